"""The log held against its own database: what each table can have wrong, one fault each."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from tests.factories import give
from tests.trace.events.conftest import Chain
from tests.trace.events.sequenced import publish
from trace.events.audit import audit_database
from trace.events.erasure import ERASABLE, erase
from trace.events.models import Event
from trace.ledger import crosscheck, merkle, queries
from trace.ledger.audit_report import Fault, Report
from trace.ledger.notes import Checkpoint, Signer

Forge = Callable[..., None]
ENTRIES = 3


@pytest.fixture
def signer(session: Session, chain: Chain, tmp_path: Path) -> Signer:
    """An activation, a shipment and its receipt, in the log and published."""
    give(session, chain.batch, chain.producer, chain.shop)
    session.commit()
    return publish(session, tmp_path)


@pytest.fixture
def forge(session: Session, connection: Connection) -> Forge:
    """Change the database as its owner, triggers off; rolled back with everything else."""

    def run(statement: str, **values: object) -> None:
        session.flush()
        connection.execute(text("set local role none"))
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(statement), values)
        connection.execute(text("set local session_replication_role = origin"))
        connection.execute(text("set local role trace_app"))
        session.expire_all()

    return run


def audit(session: Session, signer: Signer, last: Checkpoint | None = None) -> Report:
    return audit_database(session, signer.verifier, last)


def kinds(report: Report) -> set[str]:
    return set(report.counts)


def test_an_untouched_database_is_clean(session: Session, signer: Signer) -> None:
    report = audit(session, signer)
    assert report.is_clean, report.findings
    assert (report.size, report.known_size, report.cross_checked) == (ENTRIES, ENTRIES, ENTRIES)


def test_an_empty_database_is_clean(session: Session) -> None:
    assert audit(session, Signer.generate("log.example")).is_clean


def test_erased_values_are_counted_and_no_fault(session: Session, chain: Chain, signer: Signer) -> None:
    event_id = session.scalars(select(Event.id)).first()
    assert event_id is not None
    erase(session, chain.officer, event_id, ERASABLE)
    report = audit(session, signer)
    assert report.is_clean, report.findings
    assert report.hidden_fields == len(ERASABLE)


def test_an_event_without_a_leaf_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge("delete from log_entries where log_index = 2")
    forge("delete from leaves where id = (select max(id) from leaves)")
    assert {Fault.EVENT_UNLOGGED, Fault.CUT} <= kinds(audit(session, signer))


def test_an_entry_taken_out_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge("delete from log_entries where log_index = 1")
    report = audit(session, signer)
    assert report.first_bad_index == 1
    assert kinds(report) == {Fault.LEAF_LOST}


def test_a_lost_leaf_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge("delete from leaves where id = (select leaf_id from log_entries where log_index = 1)")
    report = audit(session, signer)
    assert report.first_bad_index == 1
    assert Fault.LEAF_LOST in kinds(report)


def test_a_spoilt_leaf_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge("update leaves set leaf = 'x' where id = (select leaf_id from log_entries where log_index = 1)")
    report = audit(session, signer)
    assert report.first_bad_index == 1
    assert {Fault.LEAF_CHANGED, crosscheck.Fault.LEAF_MALFORMED, Fault.ROOT_DIFFERENT} == kinds(report)


def test_a_changed_hash_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge(
        "update leaves set leaf_hash = :other where id = (select leaf_id from log_entries where log_index = 1)",
        other=bytes(32),
    )
    report = audit(session, signer)
    assert (report.first_bad_index, kinds(report)) == (1, {Fault.LEAF_CHANGED})


def test_spoilt_salts_are_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge(
        "update event_private set salts = 'x' where event_id = (select event_id from leaves "
        "where id = (select leaf_id from log_entries where log_index = 1))"
    )
    report = audit(session, signer)
    assert report.first_bad_index == 1
    assert crosscheck.Fault.FIELD_MISSING in kinds(report)


def test_an_old_copy_is_shown_by_the_checkpoint_kept_outside(session: Session, signer: Signer) -> None:
    last = Checkpoint(signer.name, 10, bytes(32))
    report = audit(session, signer, last)
    assert (report.first_bad_index, kinds(report)) == (ENTRIES, {Fault.CUT})


def test_another_root_than_the_one_kept_outside_is_found(session: Session, signer: Signer) -> None:
    assert kinds(audit(session, signer, Checkpoint(signer.name, 2, bytes(32)))) == {Fault.ROOT_DIFFERENT}


def test_the_checkpoint_kept_outside_may_be_between(session: Session, signer: Signer) -> None:
    root = merkle.tree_root(2, queries.tree_reader(session, ENTRIES))
    assert audit(session, signer, Checkpoint(signer.name, 2, root)).is_clean


def test_checkpoints_by_another_key_are_found(session: Session, signer: Signer) -> None:
    assert Fault.NOT_SIGNED in kinds(audit(session, Signer.generate(signer.name)))


def test_an_event_filed_under_another_party_is_found(
    session: Session, chain: Chain, signer: Signer, forge: Forge
) -> None:
    """The column decides who may read it; the lists its leaf commits to say who was party to it."""
    other = chain.other_shop.organisation_id
    forge("update events set counterpart_id = :other where verb = 'ship'", other=other)
    report = audit(session, signer)
    assert (report.first_bad_index, kinds(report)) == (1, {Fault.FILED_DIFFERENTLY})


def test_an_event_filed_under_another_place_is_found(session: Session, signer: Signer, forge: Forge) -> None:
    forge(
        "update events set location_id = (select location_id from events where verb = 'receive') where verb = 'ship'"
    )
    assert kinds(audit(session, signer)) == {Fault.FILED_DIFFERENTLY}
