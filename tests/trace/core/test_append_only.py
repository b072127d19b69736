"""What is appended stays: the app role has no right to change it, and the owner is refused by triggers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from producers.diary.models import WorkKind
from producers.diary.services import Ground, Work, note_entry
from producers.test_results.rules import Line
from producers.test_results.services import Report, note_result
from tests.factories import ActiveBatchFactory, ProductFactory, a_key, actor_of_kind
from trace.batches.models import Batch
from trace.core import clock
from trace.core.append_only import APPEND_ONLY
from trace.core.revisions import revise
from trace.ledger.models import LogCheckpoint, LogEntry, LogTile
from trace.scans.models import ScanRecord

CHANGES = ("update {} set {} = {}", "delete from {}", "truncate {} cascade")
A_COLUMN = {
    "events": "verb",
    "event_goods": "quantity",
    "leaves": "leaf_hash",
    "log_entries": "leaf_id",
    "log_tiles": "root_hash",
    "log_checkpoints": "note",
    "revisions": "subject_kind",
    "audit": "action",
    "scans": "verdict",
    "diary_entries": "used",
    "test_results": "laboratory",
}


@pytest.fixture
def batch(session: Session) -> Batch:
    """With it every append-only table has rows: a row trigger says nothing of an empty table."""
    actor = actor_of_kind(session)
    product = ProductFactory.create(session=session, actor=actor)
    revise(session, product, {"brand": "Ví Dụ"}, actor.user_id)
    session.add_all(
        (
            LogEntry(log_index=0, leaf_id=1),
            LogTile(level=0, tile_index=0, hashes=bytes(8192), root_hash=bytes(32)),
            LogCheckpoint(tree_size=1, root_hash=bytes(32), note=""),
            ScanRecord(scanned_at=clock.now(), code="C", verdict="no_warning", device="phone"),
        )
    )
    work = Work(WorkKind.OTHER, clock.today(), purpose="Ví Dụ")
    note_entry(session, actor, Ground(product.id, actor.organisation.seat.id), work, key=a_key())
    made = ActiveBatchFactory.create(session=session, actor=actor, product=product)
    report = Report("Ví Dụ", "1", clock.today(), (Line("Ví Dụ", "1"),))
    note_result(session, actor, made.id, report, key=a_key())
    return made


@pytest.fixture
def owner(connection: Connection) -> Iterator[Connection]:
    """The same connection with the rights of whoever the database belongs to."""
    connection.execute(text("set role none"))
    yield connection
    connection.execute(text("set role trace_app"))


def _refuse(connection: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError) as refused, connection.begin_nested():
        connection.execute(text(statement))
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"  # insufficient_privilege


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_application_cannot_change_what_was_appended(
    batch: Batch, connection: Connection, table: str, change: str
) -> None:
    _refuse(connection, change.format(table, A_COLUMN[table], A_COLUMN[table]))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_owner_is_refused_as_well(batch: Batch, owner: Connection, table: str, change: str) -> None:
    assert owner.scalar(text(f"select count(*) from {table}"))  # noqa: S608 - names from the list above
    _refuse(owner, change.format(table, A_COLUMN[table], A_COLUMN[table]))


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_cannot_change_a_month_of_the_security_log(
    batch: Batch, connection: Connection, change: str
) -> None:
    month = connection.scalar(text("select relname from pg_class where relname like 'audit_y%' limit 1"))
    _refuse(connection, change.format(month, "action", "action"))


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_cannot_touch_what_is_private_of_an_event(
    batch: Batch, connection: Connection, change: str
) -> None:
    _refuse(connection, change.format("event_private", "note", "note"))


@pytest.mark.parametrize(
    "change",
    [
        "update balances set held = held + 1",
        "update balances set held = held - 1",
        "update balances set created = created + 1",
        "update balances set held = held + 1, sold = -1",
        "update balances set lost = held, held = 0, in_transit = 1",
        "update holdings set quantity = -0.000001",
    ],
)
def test_the_database_refuses_goods_from_nowhere(batch: Batch, connection: Connection, change: str) -> None:
    with (
        pytest.raises(IntegrityError, match=r"sums_balance|not_negative|packed|elsewhere"),
        connection.begin_nested(),
    ):
        connection.execute(text(change))
