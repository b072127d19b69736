"""Goods that leave the chain on a real database: sold, or destroyed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, ProductFactory, a_key
from tests.trace.events.balances import balance_of
from tests.trace.events.conftest import Chain
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import NotFound
from trace.events import queries, rules, services_leaving
from trace.events.models import Verb

KG = Decimal(1)


def test_what_is_sold_has_left(session: Session, chain: Chain) -> None:
    services_leaving.sell(session, chain.producer, chain.batch.id, Decimal(40), key=a_key())
    assert balance_of(session, chain.batch) == {"held": 60, "sold": 40}


def test_nothing_is_sold_past_its_use_by_date_and_it_may_still_be_destroyed(
    session: Session, chain: Chain
) -> None:
    old = ActiveBatchFactory.create(
        session=session, actor=chain.producer, produced_on=clock.today() - timedelta(days=4)
    )
    with pytest.raises(rules.BatchExpired):
        services_leaving.sell(session, chain.producer, old.id, KG, key=a_key())
    services_leaving.destroy(session, chain.producer, old.id, KG, rules.DisposalReason.EXPIRED, key=a_key())
    assert batches.held_quantity(session, old.id, chain.producer.organisation_id) == 99


def test_an_honest_sale_is_recorded_after_the_use_by_date(session: Session, chain: Chain) -> None:
    old = ActiveBatchFactory.create(
        session=session, actor=chain.producer, produced_on=clock.today() - timedelta(days=4)
    )
    assert old.expires_on is not None
    last_minute = rules.start_of_day(old.expires_on + timedelta(days=1)) - timedelta(minutes=1)
    event = services_leaving.sell(session, chain.producer, old.id, KG, key=a_key(), event_time=last_minute)
    assert event.event_time == last_minute
    with pytest.raises(rules.BatchExpired):
        services_leaving.sell(
            session, chain.producer, old.id, KG, key=a_key(), event_time=last_minute + timedelta(minutes=1)
        )


def test_goods_past_their_best_before_date_may_be_sold(session: Session, chain: Chain) -> None:
    tea = ProductFactory.create(session=session, actor=chain.producer, expiry_kind="best_before")
    old = ActiveBatchFactory.create(
        session=session, actor=chain.producer, product=tea, produced_on=clock.today() - timedelta(days=40)
    )
    services_leaving.sell(session, chain.producer, old.id, KG, key=a_key())
    assert batches.held_quantity(session, old.id, chain.producer.organisation_id) == 99


def test_somebody_elses_buyer_is_not_sold_to(session: Session, chain: Chain) -> None:
    party = PartyFactory.create(session=session, actor=chain.shop)
    with pytest.raises(NotFound):
        services_leaving.sell(session, chain.producer, chain.batch.id, KG, key=a_key(), party_id=party.id)


def test_destroyed_goods_are_gone_with_their_reason(session: Session, chain: Chain) -> None:
    event = services_leaving.destroy(
        session, chain.producer, chain.batch.id, KG, rules.DisposalReason.SPOILED, key=a_key()
    )
    assert event.extensions == {"disposal_reason": "spoiled"}
    assert balance_of(session, chain.batch) == {"held": 99, "destroyed": 1}


def test_two_equal_sales_are_two_events(session: Session, chain: Chain) -> None:
    when = clock.now()
    for key in ("1", "2"):
        services_leaving.sell(session, chain.producer, chain.batch.id, KG, key=key, event_time=when)
    events = queries.list_batch_events(session, chain.batch.id, chain.producer.organisation_id)
    sales = [event for event in events if event.verb == Verb.SELL]
    assert len(sales) == 2
    assert sales[0].event_hash != sales[1].event_hash
