"""Many at once on a database of their own: sums stay exact, nobody sees a deadlock."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, BatchFactory, ShipmentFactory, actor_of_kind, give, officer_of
from trace.accounts.models import Organisation, OrganisationKind, Party, PartyKind, Role
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch, Holding
from trace.core.database import make_engine, new_session
from trace.core.errors import Refusal
from trace.core.revisions import list_revisions, revise
from trace.events import rules, services_activation, services_leaving, services_receiving, services_shipping
from trace.events.models import Event, Verb
from trace.events.parties import state_party
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason

ROUNDS = 10 if os.environ.get("SOAK") else 1
pytestmark = pytest.mark.soak


@dataclass(frozen=True)
class Somebody:
    """An actor that any thread can become in a session of its own."""

    user_id: UUID
    organisation_id: UUID

    def act(self, session: Session) -> Actor:
        return Actor(self.user_id, session.get_one(Organisation, self.organisation_id), Role.OWNER)


@dataclass(frozen=True)
class Market:
    engine: Engine
    producer: Somebody
    shop: Somebody
    officer: Somebody

    def make(self, make: Callable[[Session, Actor], Any]) -> UUID:
        """Make one thing as the producer and commit; returns its id."""
        with new_session(self.engine) as session:
            made: UUID = make(session, self.producer.act(session)).id
            session.commit()
            return made


@pytest.fixture
def market(fresh_database: str) -> Iterator[Market]:
    with trading(fresh_database) as market:
        yield market


@contextmanager
def trading(database_url: str) -> Iterator[Market]:
    """Three who act in a database."""
    engine = make_engine(database_url, pool_size=16)
    with new_session(engine) as session:
        actors = [
            actor_of_kind(session),
            actor_of_kind(session, OrganisationKind.SHOP),
            officer_of(session),
        ]
        session.commit()
        people = [Somebody(actor.user_id, actor.organisation_id) for actor in actors if actor.user_id]
    yield Market(engine, *people)
    engine.dispose()


def at_once(engine: Engine, *tasks: Callable[[Session], object]) -> Counter[str]:
    """Run tasks in threads that start together, each in a session that commits; counts "done" and refusals."""
    gate = threading.Barrier(len(tasks))
    outcomes: Counter[str] = Counter()
    lock = threading.Lock()

    def run(task: Callable[[Session], object]) -> None:
        gate.wait()
        # Whatever is not a refusal is counted by its name and fails the test.
        outcome = "crashed"
        try:
            with new_session(engine) as session:
                task(session)
                session.commit()
            outcome = "done"
        except Refusal as refusal:
            outcome = refusal.code
        finally:
            with lock:
                outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _count(engine: Engine, verb: Verb) -> int:
    with new_session(engine) as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.verb == verb)) or 0


def _held(engine: Engine, batch_id: UUID, who: Somebody) -> Decimal:
    with new_session(engine) as session:
        return session.get_one(Holding, (batch_id, who.organisation_id)).quantity


def test_eight_who_sell_the_same_goods_sell_what_there_was(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = market.make(
            lambda s, a: ActiveBatchFactory.create(session=s, actor=a, quantity=Decimal(50))
        )

        def sell_ten(session: Session, name: int, batch_id: UUID = batch_id) -> None:
            actor = market.producer.act(session)
            for n in range(10):
                services_leaving.sell(session, actor, batch_id, Decimal(1), key=f"{batch_id}-{name}-{n}")
                session.commit()

        outcomes = at_once(market.engine, *(lambda s, n=n: sell_ten(s, n) for n in range(8)))
        assert set(outcomes) <= {"done", "not-the-holder"}
        assert _held(market.engine, batch_id, market.producer) == 0
        with new_session(market.engine) as session:
            balance = session.get_one(Balance, batch_id)
            assert [balance.held, balance.sold] == [0, 50]


def test_one_form_sent_eight_times_at_once_sells_once(market: Market) -> None:
    for turn in range(ROUNDS):
        batch_id = market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))

        def sell(session: Session, batch_id: UUID = batch_id, turn: int = turn) -> None:
            services_leaving.sell(
                session, market.producer.act(session), batch_id, Decimal(7), key=f"form-{turn}"
            )

        assert at_once(market.engine, *[sell] * 8) == {"done": 8}
        assert _held(market.engine, batch_id, market.producer) == 93
    assert _count(market.engine, Verb.SELL) == ROUNDS


def test_one_request_to_somebody_new_sent_four_times_at_once_notes_and_sells_once(market: Market) -> None:
    batch_id = market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))

    def sell(session: Session) -> None:
        actor = market.producer.act(session)
        party = state_party(session, actor, PartyKind.TRADER, "Thương lái Ví Dụ")
        services_leaving.sell(session, actor, batch_id, Decimal(7), key="one", party_id=party.id)

    assert at_once(market.engine, *[sell] * 4) == {"done": 4}
    assert _held(market.engine, batch_id, market.producer) == 93
    with new_session(market.engine) as session:
        assert session.scalar(select(func.count()).select_from(Party)) == 1


def test_two_phones_of_one_shop_receive_a_shipment_once(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))
        shipment_id = market.make(
            lambda s, a, batch_id=batch_id: ShipmentFactory.create(  # type: ignore[misc]  # bound early
                session=s, actor=a, batch=s.get_one(Batch, batch_id), to=market.shop.act(s).organisation
            )
        )

        def receive(session: Session, shipment_id: UUID = shipment_id) -> None:
            services_receiving.receive(session, market.shop.act(session), shipment_id)

        assert at_once(market.engine, receive, receive) == {"done": 2}
        assert _held(market.engine, batch_id, market.shop) == 10
    assert _count(market.engine, Verb.RECEIVE) == ROUNDS


def test_two_counts_of_one_shipment_at_once_leave_one(market: Market) -> None:
    batch_id = market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))
    shipment_id = market.make(
        lambda s, a: ShipmentFactory.create(
            session=s, actor=a, batch=s.get_one(Batch, batch_id), to=market.shop.act(s).organisation
        )
    )

    def receive(session: Session, quantity: str) -> None:
        actor = market.shop.act(session)
        services_receiving.receive(session, actor, shipment_id, {batch_id: Decimal(quantity)})

    outcomes = at_once(market.engine, lambda s: receive(s, "10"), lambda s: receive(s, "9"))
    assert outcomes == {"done": 1, "already-received": 1}
    assert _held(market.engine, batch_id, market.shop) in (9, 10)


def test_activating_at_once_activates_once(market: Market) -> None:
    draft_id = market.make(lambda s, a: BatchFactory.create(session=s, actor=a))
    outcomes = at_once(
        market.engine, *[lambda s: services_activation.activate(s, market.producer.act(s), draft_id)] * 4
    )
    assert outcomes == {"done": 1, "already-activated": 3}
    assert _held(market.engine, draft_id, market.producer) == 100


def _waits_for_commit(session: Session, act: Callable[[], None]) -> None:
    """``act`` on a connection of its own waits until the session commits, and is done after that."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(timeout=2)
    assert thread.is_alive()
    session.commit()
    thread.join()


def test_a_change_under_way_while_a_batch_is_activated_is_sealed(market: Market) -> None:
    draft_id = market.make(lambda s, a: BatchFactory.create(session=s, actor=a))
    with new_session(market.engine) as session:
        batch = session.get_one(Batch, draft_id)
        for record in (batch.product, batch.organisation):
            revise(session, record, {"name": f"{record.name} mới"}, None)

        def activate() -> None:
            with new_session(market.engine) as other:
                services_activation.activate(other, market.producer.act(other), draft_id)
                other.commit()

        _waits_for_commit(session, activate)
    with new_session(market.engine) as session:
        batch = session.get_one(Batch, draft_id)
        assert batch.seal is not None
        assert batch.seal["product_name"] == batch.product.name
        assert batch.seal["producer_name"] == batch.organisation.name
        for kind, record in (("products", batch.product), ("organisations", batch.organisation)):
            assert list_revisions(session, kind, record.id, since=batch.activated_at) == []


def test_a_change_that_comes_while_a_batch_is_activated_is_dated_after_it(market: Market) -> None:
    draft_id = market.make(lambda s, a: BatchFactory.create(session=s, actor=a))

    def rename() -> None:
        with new_session(market.engine) as other:
            revise(other, other.get_one(Batch, draft_id).product, {"name": "Tên khác"}, None)
            other.commit()

    with new_session(market.engine) as session:
        services_activation.activate(session, market.producer.act(session), draft_id)
        _waits_for_commit(session, rename)
    with new_session(market.engine) as session:
        batch = session.get_one(Batch, draft_id)
        assert batch.seal is not None
        assert batch.seal["product_name"] != "Tên khác"
        assert len(list_revisions(session, "products", batch.product_id, since=batch.activated_at)) == 1


def test_goods_sent_to_and_fro_at_once_end_in_no_deadlock(market: Market) -> None:
    batch_ids = [market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a)) for _ in range(2)]
    with new_session(market.engine) as session:
        for batch_id in batch_ids:
            batch = session.get_one(Batch, batch_id)
            give(session, batch, market.producer.act(session), market.shop.act(session), "50")
        session.commit()

    def trade(session: Session, who: Somebody, other: Somebody, order: list[UUID]) -> None:
        # Both batches in one transaction, as a delivery note with two lines would be; each side begins with another.
        actor, to = who.act(session), services_shipping.Receiver(organisation_id=other.organisation_id)
        for turn in range(5 * ROUNDS):
            for batch_id in order:
                key = f"{who.organisation_id}-{batch_id}-{turn}"
                services_shipping.ship(session, actor, batch_id, Decimal("0.5"), to, key=key)
                session.commit()

    outcomes = at_once(
        market.engine,
        lambda s: trade(s, market.producer, market.shop, batch_ids),
        lambda s: trade(s, market.shop, market.producer, batch_ids[::-1]),
    )
    assert outcomes == {"done": 2}


def test_nothing_is_sold_after_a_recall_committed(market: Market) -> None:
    for _ in range(ROUNDS):
        batch_id = market.make(lambda s, a: ActiveBatchFactory.create(session=s, actor=a))

        def sell_on(session: Session, name: int, batch_id: UUID = batch_id) -> None:
            actor = market.producer.act(session)
            for n in range(12):
                services_leaving.sell(session, actor, batch_id, Decimal(1), key=f"{batch_id}-{name}-{n}")
                session.commit()

        def call_back(session: Session, batch_id: UUID = batch_id) -> None:
            recalls.recall(
                session,
                market.officer.act(session),
                batch_id,
                RecallClass.HEALTH,
                RecallReason.MICROBIAL,
                None,
                typed_lot_number=session.get_one(Batch, batch_id).lot_number,
            )

        outcomes = at_once(market.engine, call_back, *(lambda s, n=n: sell_on(s, n) for n in range(4)))
        assert set(outcomes) <= {"done", rules.BatchRecalled.code}
        with new_session(market.engine) as session:
            events = session.scalars(
                select(Event).where(Event.goods.any(batch_id=batch_id)).order_by(Event.record_time)
            )
            assert Verb.SELL not in [e.verb for e in _after_recall(list(events))]


def _after_recall(events: list[Event]) -> list[Event]:
    at = next(n for n, event in enumerate(events) if event.verb == Verb.RECALL)
    return events[at:]
