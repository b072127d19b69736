"""Erasing personal values: who may, what goes, and that everything else still verifies."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.factories import ActorFactory, UserFactory
from tests.trace.events.conftest import Chain
from trace.accounts.security_log import Action, SecurityRecord
from trace.core.errors import Forbidden, NotFound
from trace.core.ids import uuid7
from trace.events.erasure import ERASABLE, FieldNeverErased, erase
from trace.events.leaf_values import leaf_values
from trace.events.models import Event, EventGoods, EventPrivate
from trace.events.openings import open_events
from trace.ledger import leaves
from trace.ledger.models import Leaf


@pytest.fixture
def event_id(session: Session, chain: Chain) -> UUID:
    """The activation of the chain's batch, with values in every field that can be erased."""
    found = session.scalars(select(EventGoods.event_id).where(EventGoods.batch_id == chain.batch.id)).one()
    assert isinstance(found, UUID)
    return found


def opened_privately(session: Session, event_id: UUID) -> dict[str, bool]:
    """Every field whose salt is there, and whether it opens the leaf with the event's rows as they are."""
    event, private = session.get_one(Event, event_id), session.get_one(EventPrivate, event_id)
    salts = leaves.unpack_salts(private.salts)
    lots = session.scalars(select(EventGoods.lot).where(EventGoods.event_id == event_id))
    values = leaf_values(event, private) | {"lots": leaves.lot_tags({one for one in lots if one}, salts)}
    leaf = leaves.decode_leaf(session.scalars(select(Leaf.leaf).where(Leaf.event_id == event_id)).one())
    return {name: leaves.check_opening(leaf, name, values.get(name), salt) for name, salt in salts.items()}


def test_every_field_opens_before_anything_is_erased(session: Session, event_id: UUID) -> None:
    assert opened_privately(session, event_id) == dict.fromkeys(leaves.FIELDS, True)


def test_value_and_salt_go_together(session: Session, chain: Chain, event_id: UUID) -> None:
    erase(session, chain.officer, event_id, ERASABLE)
    private = session.get_one(EventPrivate, event_id)
    assert (private.recorded_by, private.people, private.note) == (None, None, "")
    assert (private.on_behalf_of, private.attachments) == (None, None)
    assert set(leaves.FIELDS) - set(leaves.unpack_salts(private.salts)) == set(ERASABLE)


def test_every_other_field_still_opens(session: Session, chain: Chain, event_id: UUID) -> None:
    erase(session, chain.officer, event_id, ["note"])
    opened = opened_privately(session, event_id)
    assert set(opened) == set(leaves.FIELDS) - {"note"}
    assert all(opened.values())


def test_what_is_public_stays(session: Session, chain: Chain, event_id: UUID) -> None:
    before = open_events(session, [event_id])
    erase(session, chain.officer, event_id, ERASABLE)
    assert open_events(session, [event_id]) == before


def test_erasing_twice_is_erasing_once(session: Session, chain: Chain, event_id: UUID) -> None:
    erase(session, chain.officer, event_id, ["note"])
    erase(session, chain.officer, event_id, ["note"])
    assert all(opened_privately(session, event_id).values())


def test_a_person_takes_their_own_name_off(session: Session, chain: Chain, event_id: UUID) -> None:
    erase(session, chain.producer, event_id, ["person"])
    assert session.get_one(EventPrivate, event_id).recorded_by is None


def test_a_person_erases_nothing_else(session: Session, chain: Chain, event_id: UUID) -> None:
    with pytest.raises(Forbidden):
        erase(session, chain.producer, event_id, ["person", "note"])


def test_others_do_not_learn_that_there_is_such_an_event(
    session: Session, chain: Chain, event_id: UUID
) -> None:
    stranger = ActorFactory.create(session=session, owner=UserFactory.create(session=session))
    with pytest.raises(NotFound):
        erase(session, stranger, event_id, ["person"])


def test_an_unknown_event_is_not_found(session: Session, chain: Chain) -> None:
    with pytest.raises(NotFound):
        erase(session, chain.officer, uuid7(), ["note"])


def test_what_happened_is_never_erased(session: Session, chain: Chain, event_id: UUID) -> None:
    for field in set(leaves.FIELDS) - set(ERASABLE):
        with pytest.raises(FieldNeverErased):
            erase(session, chain.officer, event_id, ["note", field])


def test_the_database_itself_refuses_other_fields(session: Session, event_id: UUID) -> None:
    with pytest.raises(ProgrammingError, match="never erased"):
        session.execute(
            text("select erase_event_private(:event_id, array['event_date'])"), {"event_id": event_id}
        )


def test_the_application_cannot_change_private_values_itself(session: Session, event_id: UUID) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("update event_private set note = ''"))


def test_it_stands_in_the_security_log_without_the_value(
    session: Session, chain: Chain, event_id: UUID
) -> None:
    erase(session, chain.officer, event_id, ["person", "note"])
    (found,) = session.scalars(select(SecurityRecord).where(SecurityRecord.action == Action.VALUES_ERASED))
    assert (found.subject_id, found.user_id) == (event_id, chain.officer.user_id)
    assert found.details == {"fields": ["note", "person"]}
