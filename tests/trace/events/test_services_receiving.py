"""Shipments that arrive on a real database: by whom, how often, with what difference."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ShipmentFactory, give
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.events import queries, rules, services_receiving

KG = Decimal(1)


def test_receiving_in_full_moves_the_goods(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "12.5")
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == Decimal("12.5")
    assert balance_of(session, chain.batch) == {"held": 100}


@pytest.mark.parametrize(
    ("received", "booked"), [("9.7", {"held": Decimal("99.7"), "lost": Decimal("0.3")}),
                             ("9.5", {"held": Decimal("99.5"), "in_question": Decimal("0.5")})]
)  # fmt: skip
def test_a_difference_closes_inside_the_tolerance_and_stays_open_outside(
    session: Session, chain: Chain, received: str, booked: dict[str, Decimal]
) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(received)})
    assert balance_of(session, chain.batch) == booked
    assert len(queries.list_open_differences(session, chain.producer.organisation_id)) == int(
        "in_question" in booked
    )


def test_a_tolerance_raised_after_activation_closes_nothing(session: Session, chain: Chain) -> None:
    chain.batch.product.natural_loss_percent = Decimal(30)
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(8)})
    assert shipment.lines[0].open_quantity == 2


def test_receiving_twice_is_receiving_once(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    for _ in range(2):
        services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(9)})
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == 9


def test_receiving_again_with_another_quantity_is_refused(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    services_receiving.receive(session, chain.shop, shipment.id)
    with pytest.raises(services_receiving.AlreadyReceived):
        services_receiving.receive(session, chain.shop, shipment.id, {chain.batch.id: Decimal(9)})


def test_only_the_named_receiver_receives(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    for stranger in (chain.other_shop, chain.producer):
        with pytest.raises(NotFound):
            services_receiving.receive(session, stranger, shipment.id)


def test_a_batch_that_was_not_shipped_is_not_received(session: Session, chain: Chain) -> None:
    other = ActiveBatchFactory.create(session=session, actor=chain.producer)
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    with pytest.raises(BadInput, match="not part of the shipment"):
        services_receiving.receive(session, chain.shop, shipment.id, {other.id: KG})


def test_goods_are_not_received_before_they_were_shipped(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    with pytest.raises(rules.TimeOutOfRange):
        services_receiving.receive(
            session, chain.shop, shipment.id, event_time=shipment.shipped_at - timedelta(seconds=1)
        )


def test_a_senders_fast_clock_does_not_hold_up_the_receiver(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session,
        actor=chain.producer,
        batch=chain.batch,
        to=chain.shop.organisation,
        event_time=clock.now() + timedelta(minutes=4),
    )
    services_receiving.receive(session, chain.shop, shipment.id)
    assert shipment.received_at is not None
    assert shipment.shipped_at <= shipment.received_at <= clock.now()
