"""The one read of a scan: what a code stands for now, its kept page, and whether anything in that has changed since.

One statement by itself, outside of any transaction: whatever committed before it began is seen. That is what lets a
page be kept at all: a recall is told from the moment it commits, by every process.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from trace.core import prepared
from trace.core.prepared import TRUE, moment, text_array

_NAME = b"glance"
_ID = 16  # bytes
# Single rows by their keys, planned once: a plan made while a table was empty would read all of it for ever.
_FOR_ONE_ROW = (
    "set enable_seqscan = off",
    "set plan_cache_mode = force_generic_plan",
    "set jit = off",
    "set enable_hashjoin = off",
    "set enable_mergejoin = off",
)

# The ranges word for word as ``ix_stamp_ranges_standing`` has them: then it answers.
_GLANCE = """
select asked.number, c.batch_id, c.run_id, c.secret_hash is not null, standing.batch_id,
    coalesce(standing.is_void_or_sold, false) or exists (
        select from copy_cases x
        where c.run_id is not null and x.code = c.code and x.decision in ('confirmed_copy', 'needs_check')
    ),
    t.first_at, t.scans,
    (select count(*) from scan_places s where c.run_id is not null and s.code = c.code),
    k.verdict, k.name, case when k.name = asked.held then null else k.content end,
    k.subjects, k.valid_until, k.valid_until > $1::timestamptz and not exists (
        select from page_changes p
        where p.subject_id = any(k.subjects)
            and p.transaction_id >= pg_snapshot_xmin(k.snapshot::pg_snapshot)::text::bigint
            and not pg_visible_in_snapshot(p.transaction_id::text::xid8, k.snapshot::pg_snapshot)
    )
from unnest($2::text[], $3::text[], $4::text[], $5::text[])
    with ordinality as asked (code, language, build, held, number)
join codes c on c.code = asked.code
left join lateral (
    select (array_agg(r.batch_id) filter (where r.kind = 'bound'))[1] as batch_id,
        bool_or(r.kind in ('voided', 'sold')) as is_void_or_sold
    from stamp_ranges r
    where c.run_id is not null and r.kind <> 'reprinted' and r.undone_at is null
        and int8range((r.run_id << 32) + r.first_number, (r.run_id << 32) + r.last_number, '[]')
            && int8range((c.run_id << 32) + c.number, (c.run_id << 32) + c.number, '[]')
) standing on true
left join lateral (
    select min(first_at) as first_at, coalesce(sum(scans), 0)::bigint as scans
    from scan_counts where code = c.code and c.run_id is not null
) t on true
left join kept_pages k on k.batch_id = coalesce(c.batch_id, standing.batch_id)
    and k.language = asked.language and k.build = asked.build
"""


class Asked(NamedTuple):
    """``held`` names the page its reader has at hand; ``build`` the code and texts that pages must be made with."""

    held: str | None
    now: datetime
    language: str
    build: str
    code: str


class KeptRow(NamedTuple):
    """A kept page as it lies in the database. ``content`` None: its reader holds it already.

    Until ``valid_until`` it holds as long as nothing changes that ``subjects`` contains: the 16 bytes of each id.
    """

    verdict: str
    name: str
    content: bytes | None
    subjects: bytes
    valid_until: datetime


class Glance(NamedTuple):
    """What an issued code stands for. ``kept`` None: there is no page, or it is out of date.

    ``batch_id`` None for a code that leads to no lot by itself, as that of a carton. ``is_special``: the label itself
    is void, or found to be copied, or its item sold, and what it says is not what others of its lot say.
    ``has_secret``: there is a second code under a scratch layer.
    """

    batch_id: UUID | None
    is_item: bool
    has_secret: bool
    is_special: bool
    first_scan_at: datetime | None
    scans: int
    places: int
    kept: KeptRow | None


def prepare(connection: Any) -> None:
    """Have a new connection know the statement; ``connection`` is the driver's own, in autocommit mode."""
    for setting in _FOR_ONE_ROW:
        connection.execute(setting)
    prepared.prepare(connection, _NAME, _GLANCE)


def glances(connection: Any, asked: Sequence[Asked]) -> list[Glance | None]:
    """What well-formed codes stand for now, in their order; None for one that was never issued.

    ``connection`` was given to ``prepare``.
    """
    columns: list[list[str | None]] = [
        [one.code for one in asked],
        [one.language for one in asked],
        [one.build for one in asked],
        [one.held for one in asked],
    ]
    now = max(one.now for one in asked)
    answers: list[Glance | None] = [None] * len(asked)
    for number, *values in prepared.rows(
        connection, _NAME, [now.isoformat().encode(), *map(text_array, columns)]
    ):
        answers[int.from_bytes(number) - 1] = _glance(values)
    return answers


def _glance(values: Sequence[Any]) -> Glance:
    lot, run, has_secret, bound_to, is_special, first_at, scans, places, *page = values
    is_item = run is not None
    batch = bound_to if is_item else lot
    return Glance(
        batch_id=UUID(bytes=batch) if batch is not None else None,
        is_item=is_item,
        has_secret=has_secret == TRUE,
        is_special=is_special == TRUE,
        first_scan_at=moment(first_at) if first_at is not None else None,
        scans=int.from_bytes(scans),
        places=int.from_bytes(places),
        kept=None if is_special == TRUE else _kept(page, run),
    )


def _kept(page: Sequence[Any], run: bytes | None) -> KeptRow | None:
    verdict, name, content, subjects, valid_until, is_fresh = page
    if is_fresh != TRUE:
        return None
    # A stamp is bound, voided and sold by its run, whose number stands in an id (migration 0028).
    watched = subjects if run is None else subjects + run.rjust(_ID, b"\0")
    return KeptRow(verdict.decode(), name.decode(), content, watched, moment(valid_until))
