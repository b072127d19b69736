"""More of a lot, households and plots, crops sold on the tree: on a real database, one behaviour each."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    PartyFactory,
    ProductFactory,
    a_key,
    actor_of_kind,
)
from tests.trace.events.conftest import Chain
from trace.accounts.models import PartyKind
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import (
    queries,
    rules,
    services_activation,
    services_harvest,
    services_making,
    services_receiving,
)
from trace.events.models import EventPrivate
from trace.events.services_activation import Source
from trace.events.services_harvest import SecondCount
from trace.events.services_shipping import Receiver


def _household(session: Session, chain: Chain, name: str) -> Source:
    party = PartyFactory.create(session=session, actor=chain.producer, kind=PartyKind.HOUSEHOLD, name=name)
    return Source(Decimal(12), party.id, "thửa 7")


def test_a_second_delivery_adds_to_the_lot(session: Session, chain: Chain) -> None:
    event = services_harvest.add_delivery(session, chain.producer, chain.batch.id, Decimal(25), key=a_key())
    assert (event.action, event.biz_step) == ("ADD", "creating_class_instance")
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert {balance.created, balance.held} == {125}


def test_a_delivery_sent_twice_is_one(session: Session, chain: Chain) -> None:
    key = a_key()
    for _each in range(2):
        services_harvest.add_delivery(session, chain.producer, chain.batch.id, Decimal(25), key=key)
    assert batches.held_quantity(session, chain.batch.id, chain.producer.organisation_id) == 125


def test_households_and_plots_stay_apart_from_the_event(session: Session, chain: Chain) -> None:
    sources = [_household(session, chain, "Hộ Ví Dụ"), _household(session, chain, "Hộ Minh Họa")]
    event = services_harvest.add_delivery(
        session, chain.producer, chain.batch.id, Decimal(24), sources=sources, key=a_key()
    )
    private = session.get_one(EventPrivate, event.id)
    assert [(one["plot"], one["quantity"]) for one in private.people or ()] == [("thửa 7", "12")] * 2
    assert "thửa" not in str(event.extensions)


def test_households_add_up_to_the_delivery(session: Session, chain: Chain) -> None:
    sources = [_household(session, chain, "Hộ Ví Dụ")]
    with pytest.raises(services_activation.SourcesDiffer):
        services_harvest.add_delivery(
            session, chain.producer, chain.batch.id, Decimal(24), sources=sources, key=a_key()
        )


def test_a_delivery_on_a_later_day_says_so(session: Session, chain: Chain) -> None:
    yesterday = clock.today() - timedelta(days=1)
    batch = ActiveBatchFactory.create(session=session, actor=chain.producer, produced_on=yesterday)
    event = services_harvest.add_delivery(session, chain.producer, batch.id, Decimal(5), key=a_key())
    assert event.extensions == {"days_after_production": "1"}


def test_nothing_is_added_past_the_use_by_date(session: Session, chain: Chain) -> None:
    old = clock.today() - timedelta(days=9)
    batch = ActiveBatchFactory.create(session=session, actor=chain.producer, produced_on=old)
    with pytest.raises(rules.BatchExpired):
        services_harvest.add_delivery(session, chain.producer, batch.id, Decimal(5), key=a_key())


def test_a_part_of_a_lot_does_not_grow(session: Session, chain: Chain) -> None:
    (part,) = services_making.split(
        session, chain.producer, chain.batch.id, [Decimal(5)], key=a_key()
    ).batches
    with pytest.raises(services_harvest.NotGrownHere):
        services_harvest.add_delivery(session, chain.producer, part.id, Decimal(5), key=a_key())


def test_only_the_producer_adds_to_its_lot(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    with pytest.raises(rules.BatchNotActivated):
        services_harvest.add_delivery(session, chain.producer, draft.id, Decimal(5), key=a_key())
    with pytest.raises(NotFound):
        services_harvest.add_delivery(
            session, actor_of_kind(session), chain.batch.id, Decimal(5), key=a_key()
        )


def test_a_crop_sold_on_the_tree_goes_to_a_trader_at_once(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer, quantity=Decimal(480))
    trader = PartyFactory.create(session=session, actor=chain.producer)
    shipment = services_harvest.sell_on_tree(
        session,
        chain.producer,
        draft.id,
        Receiver(party_id=trader.id),
        counted=SecondCount(Decimal(400), "quả"),
        key=a_key(),
    )
    assert shipment.party_id == trader.id
    balance = batches.find_balance(session, draft.id)
    assert balance is not None
    assert {balance.created, balance.outside} == {480}
    assert balance.held == 0
    events = queries.list_batch_events(session, draft.id)
    assert [event.verb for event in events] == ["activate", "ship"]
    said = {"sold_on_tree": True, "harvested_by": "buyer", "counted": {"quantity": "400", "unit": "quả"}}
    assert all(event.extensions == said for event in events)
    assert events[1].marks == ["one_sided"]


def test_a_buyer_with_an_account_counts_too(session: Session, chain: Chain) -> None:
    counted = ProductFactory.create(session=session, actor=chain.producer, uom=None, packaging_word="quả")
    draft = BatchFactory.create(session=session, actor=chain.producer, product=counted)
    to = Receiver(organisation_id=chain.shop.organisation_id)
    key = a_key()
    shipment = services_harvest.sell_on_tree(session, chain.producer, draft.id, to, key=key)
    assert shipment.is_open
    assert services_harvest.sell_on_tree(session, chain.producer, draft.id, to, key=key).id == shipment.id
    services_receiving.receive(session, chain.shop, shipment.id, {draft.id: Decimal(98)})
    assert batches.held_quantity(session, draft.id, chain.shop.organisation_id) == 98
