"""Many at once on goods at rest: a pause that lands while goods are sold, counts and moves that cross."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory
from tests.trace.events.test_concurrency import ROUNDS, Market, at_once, market
from trace.accounts import services_organisations
from trace.accounts.models import Organisation
from trace.accounts.services_organisations import Place
from trace.batches.models import Balance, Batch, Holding
from trace.batches.unit_models import Placement
from trace.core.database import new_session
from trace.demo.factories import BA_DINH
from trace.events import services_holds, services_leaving, services_stock
from trace.events.models import Event, EventGoods, Verb
from trace.events.rules_stock import SetAsideReason
from trace.recalls import holds
from trace.recalls.hold_rules import HoldReason

__all__ = ["market"]  # the fixture
pytestmark = pytest.mark.soak


def _batch(market: Market, quantity: int) -> UUID:
    return market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a, quantity=Decimal(quantity)))


def test_nothing_is_sold_after_a_pause_committed(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market, 50)

        def sell(session: Session, name: int, batch_id: UUID = batch_id) -> None:
            actor = market.producer.act(session)
            services_leaving.sell(session, actor, batch_id, Decimal(1), key=f"{batch_id}-{name}")

        def pause(session: Session, batch_id: UUID = batch_id) -> None:
            officer = market.officer.act(session)
            lot = session.get_one(Batch, batch_id).lot_number
            holds.pause_sale(session, officer, batch_id, HoldReason.TEST_RESULT, typed_lot_number=lot)

        sellers = [lambda session, name=name: sell(session, name) for name in range(7)]
        outcomes = at_once(market.engine, *sellers[:4], pause, *sellers[4:])
        assert set(outcomes) <= {"done", "batch-held"}
        assert sum(outcomes.values()) == 8
        with new_session(market.engine) as session:
            rows = session.execute(
                select(Event.verb, Event.record_time)
                .join(EventGoods)
                .where(EventGoods.batch_id == batch_id, Event.verb.in_((Verb.SELL, Verb.HOLD)))
            ).all()
            sold = sum(1 for verb, _when in rows if verb == Verb.SELL)
            assert session.get_one(Holding, (batch_id, market.producer.organisation_id)).quantity == 50 - sold
            assert sold == outcomes["done"] - 1
        assert at_once(market.engine, lambda session: sell(session, 99)) == {"batch-held": 1}


def test_twins_of_one_hold_set_aside_once(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = _batch(market, 50)

        def set_aside(session: Session, batch_id: UUID = batch_id) -> None:
            services_holds.hold(session, market.producer.act(session), batch_id, SetAsideReason.TO_INSPECT)

        assert at_once(market.engine, *([set_aside] * 6)) == {"done": 6}
        with new_session(market.engine) as session:
            events = session.scalars(
                select(Event).join(EventGoods).where(EventGoods.batch_id == batch_id, Event.verb == Verb.HOLD)
            ).all()
            assert len(events) == 1


def test_moves_counts_and_sales_that_cross_keep_the_sums(market: Market) -> None:
    with new_session(market.engine) as session:
        owner = session.get_one(Organisation, market.producer.organisation_id)
        there = services_organisations.add_location(session, owner, Place(BA_DINH, "Số 2", "Kho")).id
        session.commit()
    for _ in range(ROUNDS):
        first, second = _batch(market, 60), _batch(market, 60)

        def move(session: Session, name: int, goods: tuple[UUID, UUID] = (first, second)) -> None:
            # In either order: the locks are taken in one.
            ordered = goods if name % 2 else goods[::-1]
            services_stock.move(
                session,
                market.producer.act(session),
                dict.fromkeys(ordered, Decimal(5)),
                there,
                key=f"move-{goods[0]}-{name}",
            )

        def sell(session: Session, name: int, batch_id: UUID = first) -> None:
            services_leaving.sell(
                session, market.producer.act(session), batch_id, Decimal(3), key=f"s-{batch_id}-{name}"
            )

        def count(session: Session, name: int, batch_id: UUID = second) -> None:
            services_stock.count_stock(
                session,
                market.producer.act(session),
                {batch_id: Decimal(40 - name)},
                key=f"c-{batch_id}-{name}",
                is_sure=True,
            )

        tasks = [
            *(lambda session, name=name: move(session, name) for name in range(4)),
            *(lambda session, name=name: sell(session, name) for name in range(3)),
            *(lambda session, name=name: count(session, name) for name in range(2)),
        ]
        outcomes = at_once(market.engine, *tasks)
        assert set(outcomes) <= {"done", "count-exceeds-holding", "goods-elsewhere"}
        with new_session(market.engine) as session:
            for batch_id in (first, second):
                holding = session.get_one(Holding, (batch_id, market.producer.organisation_id))
                placed = session.scalars(
                    select(Placement.quantity).where(Placement.batch_id == batch_id)
                ).all()
                assert sum(placed) == holding.elsewhere <= holding.quantity
                balance = session.get_one(Balance, batch_id)
                assert balance.held == holding.quantity
                assert balance.created == balance.held + balance.sold + balance.lost
