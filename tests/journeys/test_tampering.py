"""History changed behind the service's back, on copies of one real database: what an auditor finds, and what not.

The copies hold a real chain of events, a real sequenced log and an auditor who saw the first part of it.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.databases import LOG_ORIGIN, copied_database
from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give, officer_of
from tests.journeys.tampering import Place, Verdict, serving, working_on
from trace import create_app
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.cli.witness import make_application
from trace.core.config import Settings
from trace.core.database import make_engine
from trace.events import services_leaving
from trace.events.erasure import ERASABLE, erase
from trace.ledger.keys import LogRefused, make_signer
from trace.ledger.notes import COSIGNATURE, Signer, parse_note
from trace.ledger.witness import Witness

SEEN = 270  # entries the auditor saw; above are those nobody audited yet
ALL = 280


@dataclass(frozen=True)
class Original:
    """What all copies come from."""

    database_url: str
    settings: Settings
    folder: Path


def place_of(stack: ExitStack, database_url: str, folder: Path) -> Place:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(folder / "state"),
            "TRACE_LOG_ORIGIN": LOG_ORIGIN,
        }
    )
    engine = make_engine(database_url)
    stack.callback(engine.dispose)
    app = create_app(settings, bind=engine)
    return Place(stack.enter_context(serving(app)), database_url, settings, app, folder)


def sell_until(session: Session, seller: Actor, batch: Batch, count: int) -> None:
    for _ in range(count):
        services_leaving.sell(session, seller, batch.id, Decimal("0.1"), key=a_key(), note="Khách quen")
    session.commit()


@pytest.fixture(scope="module")
def original(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    """A farm, two shops, many sales; sequenced and audited up to ``SEEN``, sequenced up to ``ALL``."""
    folder = tmp_path_factory.mktemp("original")
    with copied_database(template_url) as database_url:
        with ExitStack() as stack:
            place = place_of(stack, database_url, folder)
            make_signer(place.settings.log_key_file, LOG_ORIGIN)
            with working_on(database_url) as session:
                producer = actor_of_kind(session)
                shop = actor_of_kind(session, OrganisationKind.SHOP)
                officer_of(session)
                batch = ActiveBatchFactory.create(session=session, actor=producer)
                give(session, batch, producer, shop, "50")
                session.commit()
                sell_until(session, shop, batch, SEEN - 3)
                place.sequence()
                seen = place.audit()
                assert (seen.code, f"size={SEEN}" in seen.said) == (0, True), seen.said
                sell_until(session, shop, batch, ALL - SEEN)
                place.sequence()
        yield Original(database_url, place.settings, folder)


@pytest.fixture
def place(original: Original, tmp_path: Path) -> Iterator[Place]:
    """A running copy, with a copy of the key and of the auditor's memory."""
    shutil.copytree(original.folder, tmp_path, dirs_exist_ok=True)
    with copied_database(original.database_url) as database_url, ExitStack() as stack:
        yield place_of(stack, database_url, tmp_path)


def assert_found(verdict: Verdict, index: int) -> None:
    assert verdict.code == 1, verdict.said
    assert verdict.first_bad_index == index, verdict.said


# ------------------------------------------------------------------------------------------------ nothing changed


def test_an_untouched_copy_is_clean(place: Place) -> None:
    assert place.audit().code == 0
    assert place.audit_database().code == 0


def test_erased_private_fields_leave_everything_as_it_was(place: Place) -> None:
    with working_on(place.database_url) as session:
        officer = officer_of(session)
        for index in (0, 100, SEEN + 5):
            erase(session, officer, place.event_at(index), ERASABLE)
        session.commit()
    assert place.audit().code == 0
    verdict = place.audit_database()
    assert verdict.code == 0, verdict.said
    assert "12 fields are erased" in verdict.said
    place.sequence()
    assert place.audit().code == 0


# --------------------------------------------------------------------------------------------- the past is changed


def test_a_changed_public_column_is_found(place: Place) -> None:
    place.run_sql(
        "update events set event_time = event_time - interval '40 days' where id = %(id)s",
        id=place.event_at(42),
    )
    verdict = place.audit()
    assert_found(verdict, 42)
    assert "event_date" in verdict.said
    assert_found(place.audit_database(), 42)


def test_a_changed_private_column_is_found_next_to_the_database(place: Place) -> None:
    """Nobody outside sees quantities, so nobody outside can check them: the parties and the operator can."""
    place.run_sql(
        """update events set quantity_list = jsonb_set(quantity_list, '{0,quantity}', '"9"') where id = %(id)s""",
        id=place.event_at(42),
    )
    assert place.audit().code == 0
    verdict = place.audit_database()
    assert_found(verdict, 42)
    assert "quantity_list" in verdict.said


def test_goods_counted_otherwise_than_named_are_found_next_to_the_database(place: Place) -> None:
    place.run_sql("update event_goods set quantity = 9 where event_id = %(id)s", id=place.event_at(42))
    assert_found(place.audit_database(), 42)


def test_goods_moved_to_another_lot_are_found(place: Place) -> None:
    place.run_sql("update event_goods set lot = 'AAAAAAAAAA' where event_id = %(id)s", id=place.event_at(42))
    assert_found(place.audit(), 42)


def test_a_private_value_changed_under_an_erased_salt_is_found(place: Place) -> None:
    """Erasing leaves nothing behind: a value without its salt was put there later."""
    place.run_sql(
        "select erase_event_private(%(id)s, array['note'])",
        "update event_private set note = 'Chuyện khác' where event_id = %(id)s",
        id=place.event_at(42),
    )
    verdict = place.audit_database()
    assert_found(verdict, 42)
    assert "nothing vouches" in verdict.said


def test_an_erased_public_field_that_must_stay_is_found(place: Place) -> None:
    place.run_sql(
        "update event_private set salts = overlay(salts placing decode(repeat('00', 16), 'hex') from 97) "
        "where event_id = %(id)s",
        id=place.event_at(42),
    )
    verdict = place.audit()
    assert_found(verdict, 42)
    assert "event_date" in verdict.said


def test_a_deleted_event_is_found(place: Place) -> None:
    event_id = place.event_at(42)
    place.run_sql(
        "delete from event_goods where event_id = %(id)s",
        "delete from event_private where event_id = %(id)s",
        "delete from events where id = %(id)s",
        id=event_id,
    )
    verdict = place.audit()
    assert_found(verdict, 42)
    assert "gone" in verdict.said
    assert_found(place.audit_database(), 42)


def test_a_deleted_leaf_is_found(place: Place) -> None:
    place.run_sql("delete from leaves where event_id = %(id)s", id=place.event_at(42))
    assert_found(place.audit(), 42)
    assert_found(place.audit_database(), 42)


def test_all_events_truncated_are_found(place: Place) -> None:
    place.run_sql("truncate events cascade")
    assert_found(place.audit(), 0)


def test_two_swapped_events_are_found(place: Place) -> None:
    """What one says stands under the id of the other."""
    first, second = place.event_at(42), place.event_at(99)
    place.run_sql(
        "update events set epcis_id = 'x' where id = %(first)s",
        "update events set epcis_id = %(first_id)s where id = %(second)s",
        "update events set epcis_id = %(second_id)s where id = %(first)s",
        first=first,
        second=second,
        first_id=f"urn:uuid:{first}",
        second_id=f"urn:uuid:{second}",
    )
    assert_found(place.audit(), 42)


def test_two_swapped_entries_are_found(place: Place) -> None:
    swap_entries(place, 42, 99)
    assert_found(place.audit(), 42)
    assert_found(place.audit_database(), 42)


# ------------------------------------------------------------------------------- … and signed again with the same key


def swap_entries(place: Place, first: int, second: int) -> None:
    place.run_sql(
        "create temporary table kept as select * from log_entries where log_index in (%(first)s, %(second)s)",
        "delete from log_entries where log_index in (%(first)s, %(second)s)",
        "insert into log_entries (log_index, leaf_id) "
        "select %(first)s + %(second)s - log_index, leaf_id from kept",
        first=first,
        second=second,
    )


def test_two_swapped_entries_signed_again_are_found(place: Place) -> None:
    swap_entries(place, 42, 99)
    place.sign_again()
    assert_found(place.audit(), 42)


@pytest.mark.parametrize("index", [0, 42, 255, 256, SEEN - 1])
def test_a_changed_event_with_leaf_tree_and_signature_forged_is_found(place: Place, index: int) -> None:
    """Everything is consistent in itself; only somebody who remembers can tell."""
    event_id = place.event_at(index)
    place.run_sql("update events set disposition = 'damaged' where id = %(id)s", id=event_id)
    place.rewrite_leaf(event_id)
    place.sign_again()
    assert place.audit_database().code == 0
    assert_found(place.audit(), index)
    assert_found(place.audit(since_last=True), index)


def test_an_event_taken_out_of_a_log_signed_again_is_found(place: Place) -> None:
    event_id = place.event_at(42)
    place.run_sql(
        "delete from event_goods where event_id = %(id)s",
        "delete from event_private where event_id = %(id)s",
        "delete from events where id = %(id)s",
        "delete from leaves where event_id = %(id)s",
        id=event_id,
    )
    place.sign_again()
    assert place.audit_database().code == 0
    assert_found(place.audit(), 42)


def test_a_log_cut_below_the_last_audit_is_found(place: Place) -> None:
    place.run_sql("delete from log_entries where log_index >= 260")
    place.sign_again()
    verdict = place.audit()
    assert_found(verdict, 260)
    assert "gone from here on" in verdict.said


def test_a_new_auditor_finds_nothing_in_a_forged_whole(place: Place) -> None:
    """The limit of every audit without a memory, told in the docs."""
    event_id = place.event_at(42)
    place.run_sql("update events set disposition = 'damaged' where id = %(id)s", id=event_id)
    place.rewrite_leaf(event_id)
    place.sign_again()
    shutil.rmtree(place.folder / "auditor")
    assert place.audit().code == 0


# -------------------------------------------------------------------------------- what was cut above the last audit


def cut_above(place: Place) -> None:
    place.run_sql("delete from log_entries where log_index >= %(from)s", **{"from": SEEN + 4})
    place.sign_again()


def test_what_was_cut_above_the_last_audit_is_not_seen_by_that_auditor(place: Place) -> None:
    cut_above(place)
    assert place.audit().code == 0


@pytest.fixture
def witness_url(place: Place, tmp_path: Path) -> Iterator[str]:
    """A witness that cosigned the log as it was before anything was cut."""
    key = Signer.generate("witness.example/w1", COSIGNATURE)
    witness = Witness(key, [place.signer.verifier], tmp_path / "witness")
    note = place.app.test_client().get("/log/checkpoint").text
    assert parse_note(note)
    assert witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == 200
    with serving(make_application(witness)) as url:
        yield url


def test_what_was_cut_above_the_last_audit_is_shown_by_a_witness(place: Place, witness_url: str) -> None:
    cut_above(place)
    verdict = place.audit(witness_urls=(witness_url,))
    assert_found(verdict, SEEN + 4)
    assert "witness" in verdict.said


def test_a_witness_that_saw_the_same_changes_nothing(place: Place, witness_url: str) -> None:
    assert place.audit(witness_urls=(witness_url,)).code == 0


@pytest.mark.parametrize("index", [SEEN, ALL - 1])
def test_what_was_rewritten_above_the_last_audit_is_shown_by_a_witness(
    place: Place, witness_url: str, index: int
) -> None:
    event_id = place.event_at(index)
    place.run_sql("update events set disposition = 'damaged' where id = %(id)s", id=event_id)
    place.rewrite_leaf(event_id)
    place.sign_again()
    assert place.audit(witness_urls=(witness_url,)).code == 1


# --------------------------------------------------------------------------------------- what the service itself does


def test_a_sequencer_does_not_sign_a_log_that_was_cut(place: Place) -> None:
    place.run_sql("delete from log_entries where log_index >= 260")
    with pytest.raises(LogRefused):
        place.sequence()
