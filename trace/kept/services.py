"""Writes of kept pages, and their end. Nothing here is part of any use case: each commits by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from trace.core.installation import find_fact, set_fact

# The oldest transaction that still ran when old changes were last forgotten, and when that was.
_HORIZON = "page_changes_horizon"
# Longer than a page is being made, and than a process remembers what it does not ask about.
ASKED_FOR_AT_MOST = timedelta(hours=1)
AT_ONCE = 1_000
_KEEP = """
insert into kept_pages (batch_id, language, build, snapshot, subjects, valid_until, verdict, name, content)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (batch_id, language) do update set build = excluded.build, snapshot = excluded.snapshot,
    subjects = excluded.subjects, valid_until = excluded.valid_until, verdict = excluded.verdict,
    name = excluded.name, content = excluded.content
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    """A page to keep (``models.KeptPage``)."""

    batch_id: UUID
    language: str
    build: str
    snapshot: str
    subjects: Sequence[UUID]
    valid_until: datetime
    verdict: str
    name: str
    content: bytes


def snapshot_of(session: Session) -> str:
    """What the session's transaction sees; it must be REPEATABLE READ, so that it sees no more later."""
    found: str = session.execute(text("select pg_current_snapshot()::text")).scalar_one()
    return found


def keep(connection: Any, page: NewPage) -> None:
    """Keep a page in place of the one before; ``connection`` is the driver's own, in autocommit mode.

    Of two that are made at once the last one stays, which may be the older: it is no less up to date by what it says of
    itself.
    """
    connection.execute(
        _KEEP,
        (
            page.batch_id, page.language, page.build, page.snapshot, list(page.subjects),
            page.valid_until, page.verdict, page.name, page.content,
        ),
    )  # fmt: skip


def forget_old_pages(session: Session, now: datetime) -> int:
    """Delete pages past their day; returns how many, at most ``AT_ONCE``: whoever makes one anew waits for it."""
    old = text(
        "delete from kept_pages where (batch_id, language) in (select batch_id, language "
        "from kept_pages where valid_until <= :now limit :at_once for update skip locked)"
    )
    gone: Any = session.execute(old, {"now": now, "at_once": AT_ONCE})
    return int(gone.rowcount)


def forget_old_changes(session: Session, now: datetime) -> int:
    """Delete changes that nobody can ask for any more; returns how many.

    A page that is being made now, and what a process remembers, were begun after the last time this ran, if that is
    long ago; otherwise nothing happens. Whatever was over by then, and is older than every page kept, is asked for no
    more. The rows go in the caller's transaction.
    """
    horizon, noted_at = (find_fact(session, _HORIZON) or " ").split(" ", 1)
    if noted_at and now - datetime.fromisoformat(noted_at) < ASKED_FOR_AT_MOST:
        return 0
    gone: Any = None
    if noted_at:
        unneeded = text(
            "delete from page_changes where transaction_id < least(cast(:horizon as bigint), "
            "(select min(pg_snapshot_xmin(snapshot::pg_snapshot)::text::bigint) from kept_pages))"
        )
        gone = session.execute(unneeded, {"horizon": horizon})
    oldest_running = session.execute(
        text("select pg_snapshot_xmin(pg_current_snapshot())::text")
    ).scalar_one()
    set_fact(session, _HORIZON, f"{oldest_running} {now.isoformat()}")
    return int(gone.rowcount) if gone is not None else 0
