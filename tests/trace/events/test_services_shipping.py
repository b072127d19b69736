"""Goods that go out on a real database: to whom, when, and how much."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    ActorFactory,
    BatchFactory,
    PartyFactory,
    ShipmentFactory,
    a_key,
    give,
)
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.accounts.models import OrganisationKind
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.events import rules, services_leaving

KG = Decimal(1)


def test_a_draft_does_not_move(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    with pytest.raises(rules.BatchNotActivated):
        services_leaving.sell(session, chain.producer, draft.id, KG, key=a_key())


def test_shipped_goods_are_in_nobodys_hands_until_received(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    assert shipment.is_open
    assert balance_of(session, chain.batch) == {"held": 90, "in_transit": 10}
    assert batches.held_quantity(session, chain.batch.id, chain.shop.organisation_id) == 0


def test_shipping_more_than_held_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(rules.QuantityExceedsHolding):
        ShipmentFactory.create(
            session=session,
            actor=chain.producer,
            batch=chain.batch,
            to=chain.shop.organisation,
            quantity=Decimal("100.000001"),
        )


def test_only_holders_ship(session: Session, chain: Chain) -> None:
    with pytest.raises(NotFound):
        ShipmentFactory.create(
            session=session, actor=chain.shop, batch=chain.batch, to=chain.other_shop.organisation
        )


def test_who_once_held_goods_and_has_none_left_ships_nothing(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop)
    services_leaving.sell(session, chain.shop, chain.batch.id, Decimal(10), key=a_key())
    with pytest.raises(rules.NotTheHolder):
        services_leaving.sell(session, chain.shop, chain.batch.id, KG, key=a_key())


def test_goods_for_somebody_without_an_account_are_handed_over_at_once(
    session: Session, chain: Chain
) -> None:
    party = PartyFactory.create(session=session, actor=chain.producer)
    shipment = ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, party=party)
    assert not shipment.is_open
    assert balance_of(session, chain.batch) == {"held": 90, "outside": 10}


def test_goods_go_to_one_receiver_exactly(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput, match="Choose who receives"):
        ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch)


def test_goods_are_not_shipped_to_oneself(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput, match="from the list"):
        ShipmentFactory.create(
            session=session, actor=chain.producer, batch=chain.batch, to=chain.producer.organisation
        )


@pytest.mark.parametrize("kind", [OrganisationKind.SHOP, OrganisationKind.AUTHORITY])
def test_goods_go_neither_to_who_waits_for_approval_nor_to_the_authority(
    session: Session, chain: Chain, kind: OrganisationKind
) -> None:
    receiver = ActorFactory.create(session=session, stated__kind=kind, is_approved=False)
    with pytest.raises(BadInput, match="from the list"):
        ShipmentFactory.create(
            session=session, actor=chain.producer, batch=chain.batch, to=receiver.organisation
        )


def test_somebody_elses_address_book_is_not_shipped_to(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.shop)
    with pytest.raises(BadInput, match="from the list"):
        ShipmentFactory.create(session=session, actor=chain.producer, batch=chain.batch, party=party)


def test_nothing_is_shipped_before_the_day_it_was_made(session: Session, chain: Chain) -> None:
    with pytest.raises(rules.TimeOutOfRange):
        ShipmentFactory.create(
            session=session,
            actor=chain.producer,
            batch=chain.batch,
            to=chain.shop.organisation,
            event_time=clock.now() - timedelta(days=2),
        )


def test_nothing_past_its_use_by_date_is_handed_to_somebody_without_an_account(
    session: Session, chain: Chain
) -> None:
    old = ActiveBatchFactory.create(
        session=session, actor=chain.producer, produced_on=clock.today() - timedelta(days=4)
    )
    party = PartyFactory.create(session=session, actor=chain.producer)
    with pytest.raises(rules.BatchExpired):
        ShipmentFactory.create(session=session, actor=chain.producer, batch=old, party=party)
