"""What was changed in master data, when and by whom: appended, never edited.

Sealed facts (the ten items) stay as they were in the activation event; a page shows later changes from here
("changed on 21/11/2026"). Events are not revised: they are corrected (``trace.events``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class Revision(Base):
    """One change of one record: ``changes`` maps each field to ``{"old": …, "new": …}`` (append-only)."""

    __tablename__ = "revisions"
    __table_args__ = (Index("ix_revisions_subject", "subject_kind", "subject_id", "revised_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]]
    revised_at: Mapped[datetime] = mapped_column(default=clock.now)
    revised_by: Mapped[UUID | None]


def revise(session: Session, record: Any, values: Mapping[str, Any], by: UUID | None) -> Revision | None:
    """Set ``values`` on ``record`` and append what changed; None when nothing did."""
    changes: dict[str, Any] = {}
    for name, new in values.items():
        old = getattr(record, name)
        if old != new:
            changes[name] = {"old": _plain(old), "new": _plain(new)}
            setattr(record, name, new)
    if not changes:
        return None
    # The record first: who waits for its lock is dated after whoever held it, a batch being sealed above all.
    session.flush()
    revision = Revision(
        subject_kind=record.__tablename__, subject_id=record.id, changes=changes, revised_by=by
    )
    session.add(revision)
    session.flush()
    return revision


def list_revisions(
    session: Session, kind: str, subject_id: UUID, since: datetime | None = None
) -> list[Revision]:
    """All changes of one record, oldest first, after ``since`` if given."""
    return list_revisions_of(session, [(kind, subject_id)], since)


def list_revisions_of(
    session: Session, subjects: Sequence[tuple[str, UUID]], since: datetime | None = None
) -> list[Revision]:
    """The same of several records, each kind and id: one question, and what changed first comes first."""
    wanted = select(Revision).where(tuple_(Revision.subject_kind, Revision.subject_id).in_(subjects))
    if since is not None:
        wanted = wanted.where(Revision.revised_at > since)
    return list(session.scalars(wanted.order_by(Revision.revised_at, Revision.id)))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int | list | dict) else str(value)
