"""Both sides settle what did not arrive: nobody alone decides what became of it."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ShipmentFactory
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.core.errors import NotFound
from trace.events import services_receiving
from trace.events.handover_models import Outcome, ShipmentLine
from trace.events.models import Event, Verb
from trace.events.rules_handover import NothingToSettle, NotYoursToAnswer, SettlementOver
from trace.events.services_settlement import agree_settlement, decline_settlement, propose_settlement


@pytest.fixture
def line(session: Session, chain: Chain) -> ShipmentLine:
    """Ten were shipped, six arrived: four are in question."""
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    found: ShipmentLine = shipment.lines[0]
    return found


def test_a_proposal_alone_moves_nothing(session: Session, chain: Chain, line: ShipmentLine) -> None:
    propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    assert balance_of(session, chain.batch) == {"held": 96, "in_question": 4}


@pytest.mark.parametrize(
    ("outcome", "where"),
    [
        (Outcome.NATURAL_LOSS, {"held": 96, "lost": 4}),
        (Outcome.LOST, {"held": 96, "lost": 4}),
        (Outcome.SPOILED, {"held": 96, "destroyed": 4}),
        (Outcome.RETURNED, {"held": 100}),
        (Outcome.MISCOUNTED_BY_SENDER, {"held": 100}),
        (Outcome.MISCOUNTED_BY_RECEIVER, {"held": 100}),
    ],
)
def test_agreed_by_both_it_is_booked(
    session: Session, chain: Chain, line: ShipmentLine, outcome: Outcome, where: dict[str, int]
) -> None:
    proposed = propose_settlement(session, chain.producer, line.id, outcome)
    agree_settlement(session, chain.shop, proposed.id)
    assert balance_of(session, chain.batch) == where
    assert (line.open_quantity, line.settled_quantity) == (Decimal(0), Decimal(4))


def test_what_the_receiver_overlooked_is_in_its_hands(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    proposed = propose_settlement(session, chain.producer, line.id, Outcome.MISCOUNTED_BY_RECEIVER)
    agree_settlement(session, chain.shop, proposed.id)
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == 10


def test_what_never_left_is_in_the_senders_hands(session: Session, chain: Chain, line: ShipmentLine) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.MISCOUNTED_BY_SENDER)
    agree_settlement(session, chain.producer, proposed.id)
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 94


def test_a_part_is_settled_and_the_rest_stays_open(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.SPOILED, Decimal(3))
    agree_settlement(session, chain.producer, proposed.id)
    assert (line.open_quantity, line.settled_quantity) == (Decimal(1), Decimal(3))
    assert balance_of(session, chain.batch) == {"held": 96, "in_question": 1, "destroyed": 3}


def test_no_more_is_settled_than_is_open(session: Session, chain: Chain, line: ShipmentLine) -> None:
    with pytest.raises(NothingToSettle) as refused:
        propose_settlement(session, chain.shop, line.id, Outcome.LOST, Decimal(5))
    assert refused.value.numbers["open"] == 4


def test_who_proposed_does_not_agree_for_the_other(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    with pytest.raises(NotYoursToAnswer):
        agree_settlement(session, chain.shop, proposed.id)


def test_saying_the_same_as_the_other_side_is_agreeing(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    propose_settlement(session, chain.producer, line.id, Outcome.LOST)
    assert balance_of(session, chain.batch) == {"held": 96, "lost": 4}


def test_saying_something_else_answers_the_other_side(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    first = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    second = propose_settlement(session, chain.producer, line.id, Outcome.MISCOUNTED_BY_RECEIVER)
    assert first.declined_at is not None
    with pytest.raises(SettlementOver):
        agree_settlement(session, chain.producer, first.id)
    agree_settlement(session, chain.shop, second.id)
    assert balance_of(session, chain.batch) == {"held": 100}


def test_a_proposal_tapped_twice_is_one(session: Session, chain: Chain, line: ShipmentLine) -> None:
    first = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    assert propose_settlement(session, chain.shop, line.id, Outcome.LOST) is first


def test_agreeing_twice_books_once(session: Session, chain: Chain, line: ShipmentLine) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    for _ in range(2):
        agree_settlement(session, chain.producer, proposed.id)
    assert len(list(session.scalars(select(Event).where(Event.verb == Verb.SETTLE)))) == 1
    assert balance_of(session, chain.batch) == {"held": 96, "lost": 4}


def test_a_declined_proposal_leaves_the_difference_open(
    session: Session, chain: Chain, line: ShipmentLine
) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    for _ in range(2):
        decline_settlement(session, chain.producer, proposed.id)
    with pytest.raises(SettlementOver):
        agree_settlement(session, chain.producer, proposed.id)
    assert line.open_quantity == 4


def test_what_was_agreed_is_not_declined(session: Session, chain: Chain, line: ShipmentLine) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    agree_settlement(session, chain.producer, proposed.id)
    with pytest.raises(SettlementOver):
        decline_settlement(session, chain.producer, proposed.id)


def test_a_third_settles_nothing(session: Session, chain: Chain, line: ShipmentLine) -> None:
    proposed = propose_settlement(session, chain.shop, line.id, Outcome.LOST)
    with pytest.raises(NotFound):
        propose_settlement(session, chain.other_shop, line.id, Outcome.LOST)
    for answer in (agree_settlement, decline_settlement):
        with pytest.raises(NotFound):
            answer(session, chain.other_shop, proposed.id)
