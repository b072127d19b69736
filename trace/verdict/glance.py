"""The one read of a scan: what a code stands for now, its kept page, and whether anything in that has changed since.

One statement by itself, outside of any transaction: whatever committed before it began is seen. That is what lets a
page be kept at all: a recall is told from the moment it commits, by every process.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

_NAME = b"glance"
_TRUE = b"\x01"
_COLUMNS = 13
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
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
select asked.number, c.batch_id, c.run_id is not null, c.secret_hash is not null, standing.batch_id,
    coalesce(standing.is_void_or_sold, false) or exists (
        select from copy_cases x
        where c.run_id is not null and x.code = c.code and x.decision in ('confirmed_copy', 'needs_check')
    ),
    t.first_at, t.scans,
    (select count(*) from scan_places s where c.run_id is not null and s.code = c.code),
    k.verdict, k.name, case when k.name = asked.held then null else k.content end,
    k.valid_until > $1::timestamptz and not exists (
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
    """A kept page as it lies in the database. ``content`` None: its reader holds it already."""

    verdict: str
    name: str
    content: bytes | None


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
    _check(connection.pgconn.prepare(_NAME, _GLANCE.encode()), ExecStatus.COMMAND_OK)


def glances(connection: Any, asked: Sequence[Asked]) -> list[Glance | None]:
    """What well-formed codes stand for now, in their order; None for one that was never issued.

    ``connection`` was given to ``prepare``. The statement goes by the library of PostgreSQL itself: the driver's
    cursors, which adapt any value to any type, take longer over it than the database.
    """
    columns: list[list[str | None]] = [
        [one.code for one in asked],
        [one.language for one in asked],
        [one.build for one in asked],
        [one.held for one in asked],
    ]
    now = max(one.now for one in asked)
    found = connection.pgconn.exec_prepared(
        _NAME, [now.isoformat().encode(), *map(_array, columns)], result_format=Format.BINARY
    )
    _check(found, ExecStatus.TUPLES_OK)
    answers: list[Glance | None] = [None] * len(asked)
    for row in range(found.ntuples):
        number, *values = (found.get_value(row, at) for at in range(_COLUMNS))
        answers[int.from_bytes(number) - 1] = _glance(values)
    return answers


def _glance(values: Sequence[Any]) -> Glance:
    lot, is_item, has_secret, bound_to, is_special, *told = values
    first_at, scans, places, verdict, name, content, is_fresh = told
    kept = None
    if is_fresh == _TRUE and is_special != _TRUE:
        kept = KeptRow(verdict.decode(), name.decode(), content)
    batch = bound_to if is_item == _TRUE else lot
    return Glance(
        batch_id=UUID(bytes=batch) if batch is not None else None,
        is_item=is_item == _TRUE,
        has_secret=has_secret == _TRUE,
        is_special=is_special == _TRUE,
        first_scan_at=_moment(first_at) if first_at is not None else None,
        scans=int.from_bytes(scans),
        places=int.from_bytes(places),
        kept=kept,
    )


def _array(values: Sequence[str | None]) -> bytes:
    """An array of texts as PostgreSQL reads it."""
    return ("{" + ",".join(_quoted(value) for value in values) + "}").encode()


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _moment(microseconds: bytes) -> datetime:
    """PostgreSQL counts from the year 2000."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(microseconds, signed=True))


def _check(found: Any, expected: ExecStatus) -> None:
    if found.status != expected:
        raise error_from_result(found)
