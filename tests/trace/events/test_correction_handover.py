"""Corrections of what is between two sides: receipts, shipments, returns, settled differences."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import PartyFactory, ShipmentFactory, a_key, give
from tests.trace.events.conftest import Chain
from tests.trace.events.correcting import fix, last, never, replayed, whole_balance
from trace.batches import queries as batches
from trace.events import queries, queries_handover, services_leaving, services_receiving
from trace.events.handover_models import Outcome, Shipment
from trace.events.models import EventPrivate, Verb
from trace.events.rules_correction import GoodsMovedOn, NotCorrectable
from trace.events.rules_handover import ReturnReason, ShipmentReceived
from trace.events.services_handover import cancel, return_goods
from trace.events.services_receiving import ShipmentOver
from trace.events.services_settlement import agree_settlement, propose_settlement
from trace.events.services_shipping import Receiver


def test_a_receipt_is_counted_again(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    done = fix(session, chain, last(session, Verb.RECEIVE), chain.shop, quantity=8)
    line = shipment.lines[0]
    assert line.received_quantity == 8
    assert line.open_quantity == 2
    assert done.corrective is not None
    assert done.corrective.shipment_id == shipment.id
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 98, "in_question": 2}
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)


def test_what_was_not_received_is_on_its_way_again(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    received = last(session, Verb.RECEIVE)
    never(session, chain, received, chain.shop)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 90, "in_transit": 10}
    (waiting,) = queries.list_incoming(session, chain.shop.organisation_id)
    services_receiving.receive(session, chain.shop, waiting.id)
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 100}


def test_a_receipt_stays_where_the_goods_were_sold_on(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    services_leaving.sell(session, chain.shop, chain.batch.id, Decimal(7), key=a_key())
    received = last(session, Verb.RECEIVE)
    with pytest.raises(GoodsMovedOn) as refused:
        never(session, chain, received, chain.shop)
    assert refused.value.numbers == {"held": 3, "needed": 10, "unit": "kg"}
    fix(session, chain, received, chain.shop, quantity=7)
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == 0


def test_a_receipt_whose_difference_is_settled_stays(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    proposed = propose_settlement(session, chain.shop, shipment.lines[0].id, Outcome.LOST, Decimal(1))
    agree_settlement(session, chain.producer, proposed.id)
    with pytest.raises(NotCorrectable):
        fix(session, chain, last(session, Verb.RECEIVE), chain.shop, quantity=8)


def test_a_shipment_on_its_way_is_sent_again_as_it_was(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    to = Receiver(organisation_id=chain.other_shop.organisation_id)
    fix(session, chain, last(session, Verb.SHIP), quantity=12, to=to)
    assert not shipment.is_open
    assert queries.list_incoming(session, chain.shop.organisation_id) == []
    (waiting,) = queries.list_incoming(session, chain.other_shop.organisation_id)
    assert waiting.lines[0].quantity == 12
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 88, "in_transit": 12}
    assert replayed(session, chain.batch.id) == whole_balance(session, chain.batch)


def test_a_corrected_shipment_still_names_its_receiver(session: Session, chain: Chain) -> None:
    to = chain.shop.organisation
    ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, to=to)
    fixed = fix(session, chain, last(session, Verb.SHIP), quantity="7")
    assert fixed.corrective is not None
    assert fixed.corrective.destination_list == [
        {"type": "possessing_party", "destination": f"urn:uuid:{to.id}"}
    ]


def test_what_was_handed_over_without_an_account_is_corrected(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, party=party)
    done = fix(session, chain, last(session, Verb.SHIP), quantity=3)
    assert done.corrective is not None
    assert session.get_one(EventPrivate, done.corrective.id).party_id == party.id
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 97, "outside": 3}


def test_a_received_shipment_is_not_corrected_by_its_sender(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    with pytest.raises(ShipmentReceived):
        fix(session, chain, last(session, Verb.SHIP), quantity=12)


def test_a_cancelled_shipment_is_not_taken_back_twice(session: Session, chain: Chain) -> None:
    one, other = (
        ShipmentFactory.create(
            session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
        )
        for _ in range(2)
    )
    [event] = queries_handover.list_shipment_events(session, one.id, chain.producer.organisation_id)
    cancel(session, chain.producer, one.id)
    with pytest.raises(ShipmentOver):
        never(session, chain, event)
    assert other.is_open


def test_a_return_on_its_way_is_corrected(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    return_goods(session, chain.shop, chain.batch.id, Decimal(4), ReturnReason.UNSOLD, key=a_key())
    done = fix(session, chain, last(session, Verb.RETURN), chain.shop, quantity=5)
    assert done.corrective is not None
    assert session.get_one(Shipment, done.corrective.shipment_id).is_return
    assert whole_balance(session, chain.batch) == {"created": 100, "held": 95, "in_transit": 5}


def test_what_both_sides_agreed_on_is_not_corrected_by_one(session: Session, chain: Chain) -> None:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(6)})
    proposed = propose_settlement(session, chain.shop, shipment.lines[0].id, Outcome.LOST)
    agree_settlement(session, chain.producer, proposed.id)
    with pytest.raises(NotCorrectable):
        never(session, chain, last(session, Verb.SETTLE))
