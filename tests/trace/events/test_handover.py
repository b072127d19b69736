"""Ending a handover otherwise than by receiving it: cancel, refuse, return."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import PartyFactory, ShipmentFactory, a_key, give
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.core.errors import BadInput, NotFound
from trace.events import queries, rules, services_receiving
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.rules_handover import (
    RefusalReason,
    ReturnExceedsReceived,
    ReturnMustBeReceived,
    ReturnReason,
    ShipmentReceived,
)
from trace.events.services_handover import cancel, refuse, return_goods
from trace.events.services_receiving import ShipmentOver
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

TEN = Decimal(10)


def _sent(session: Session, chain: Chain) -> Shipment:
    shipment: Shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    return shipment


def _count(session: Session, verb: Verb) -> int:
    return len(list(session.scalars(select(Event).where(Event.verb == verb))))


def _recall(session: Session, chain: Chain) -> None:
    recalls.recall(
        session, chain.officer, chain.batch.id, RecallClass.HEALTH, RecallReason.MICROBIAL, None,
        typed_lot_number=chain.batch.lot_number,
    )  # fmt: skip


def test_a_cancelled_shipment_is_in_the_senders_hands_again(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    cancel(session, chain.producer, shipment.id)
    assert balance_of(session, chain.batch) == {"held": 100}
    assert not shipment.is_open


def test_cancelling_twice_is_cancelling_once(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    assert cancel(session, chain.producer, shipment.id) is cancel(session, chain.producer, shipment.id)
    assert _count(session, Verb.CANCEL) == 1
    assert balance_of(session, chain.batch) == {"held": 100}


def test_what_was_received_is_not_cancelled(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    services_receiving.receive(session, chain.shop, shipment.id)
    with pytest.raises(ShipmentReceived):
        cancel(session, chain.producer, shipment.id)


def test_a_cancelled_shipment_is_not_received(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    cancel(session, chain.producer, shipment.id)
    with pytest.raises(ShipmentOver):
        services_receiving.receive(session, chain.shop, shipment.id)
    assert queries.list_incoming(session, chain.shop.organisation_id) == []


def test_only_the_sender_cancels(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    for other in (chain.shop, chain.other_shop):
        with pytest.raises(NotFound):
            cancel(session, other, shipment.id)


def test_a_handover_to_somebody_without_an_account_is_cancelled_too(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    shipment = ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, party=party)
    cancel(session, chain.producer, shipment.id)
    assert balance_of(session, chain.batch) == {"held": 100}


def test_refused_goods_are_in_the_senders_hands_again(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    refuse(session, chain.shop, shipment.id, RefusalReason.DAMAGED)
    assert balance_of(session, chain.batch) == {"held": 100}
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 100
    event = session.scalars(select(Event).where(Event.verb == Verb.REFUSE)).one()
    assert (event.biz_step, event.extensions) == ("void_shipping", {"refusal_reason": "damaged"})


def test_refusing_twice_is_refusing_once(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    for _ in range(2):
        refuse(session, chain.shop, shipment.id, RefusalReason.NOT_ORDERED)
    assert _count(session, Verb.REFUSE) == 1


def test_a_refused_shipment_is_neither_received_nor_cancelled(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    refuse(session, chain.shop, shipment.id, RefusalReason.NOT_ORDERED)
    with pytest.raises(ShipmentOver):
        services_receiving.receive(session, chain.shop, shipment.id)
    with pytest.raises(ShipmentOver):
        cancel(session, chain.producer, shipment.id)


def test_only_the_receiver_refuses(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    for other in (chain.producer, chain.other_shop):
        with pytest.raises(NotFound):
            refuse(session, other, shipment.id, RefusalReason.OTHER)


def test_returned_goods_are_on_their_way_to_whoever_sent_them(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    shipment = return_goods(session, chain.shop, chain.batch.id, Decimal(4), ReturnReason.UNSOLD, key=a_key())
    assert (shipment.receiver_id, shipment.is_return) == (chain.producer.organisation_id, True)
    assert balance_of(session, chain.batch) == {"held": 96, "in_transit": 4}
    services_receiving.receive(session, chain.producer, shipment.id)
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 94


def test_one_return_form_sent_twice_returns_once(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    sent = [
        return_goods(session, chain.shop, chain.batch.id, Decimal(4), ReturnReason.UNSOLD, key="one")
        for _ in range(2)
    ]
    assert sent[0] is sent[1]
    assert balance_of(session, chain.batch) == {"held": 96, "in_transit": 4}


def test_recalled_goods_go_back_along_the_chain(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    give(session, chain.batch, chain.shop, chain.other_shop, "5")
    _recall(session, chain)
    shipment = return_goods(
        session, chain.other_shop, chain.batch.id, Decimal(5), ReturnReason.RECALLED, key=a_key()
    )
    assert shipment.receiver_id == chain.shop.organisation_id


def test_a_return_is_not_refused(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    shipment = return_goods(session, chain.shop, chain.batch.id, TEN, ReturnReason.DAMAGED, key=a_key())
    with pytest.raises(ReturnMustBeReceived):
        refuse(session, chain.producer, shipment.id, RefusalReason.NOT_ORDERED)


def test_no_more_goes_back_than_came(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    give(session, chain.batch, chain.producer, chain.other_shop)
    give(session, chain.batch, chain.other_shop, chain.shop, "5")
    with pytest.raises(ReturnExceedsReceived) as refused:
        return_goods(
            session, chain.shop, chain.batch.id, Decimal(6), ReturnReason.UNSOLD, key=a_key(),
            to_id=chain.other_shop.organisation_id,
        )  # fmt: skip
    assert refused.value.numbers["returnable"] == 5


def test_where_goods_came_from_two_hands_one_is_named(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    give(session, chain.batch, chain.producer, chain.other_shop)
    give(session, chain.batch, chain.other_shop, chain.shop, "5")
    with pytest.raises(BadInput):
        return_goods(session, chain.shop, chain.batch.id, TEN, ReturnReason.UNSOLD, key=a_key())


def test_goods_are_not_returned_to_a_stranger(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    with pytest.raises(BadInput):
        return_goods(
            session, chain.shop, chain.batch.id, TEN, ReturnReason.UNSOLD, key=a_key(),
            to_id=chain.other_shop.organisation_id,
        )  # fmt: skip


def test_what_went_back_does_not_go_back_again(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    return_goods(session, chain.shop, chain.batch.id, TEN, ReturnReason.UNSOLD, key=a_key())
    with pytest.raises(rules.NotTheHolder):
        return_goods(session, chain.shop, chain.batch.id, Decimal(1), ReturnReason.UNSOLD, key=a_key())


def test_a_cancelled_handover_is_not_waited_for(session: Session, chain: Chain) -> None:
    shipment = _sent(session, chain)
    cancel(session, chain.producer, shipment.id)
    later = shipment.shipped_at + timedelta(days=366)
    shipments = queries.list_batch_shipments(session, chain.batch.id)
    assert queries.count_unconfirmed(shipments, later) == (0, None)
