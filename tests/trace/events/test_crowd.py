"""Sixteen threads on one batch: shipping, receiving, splitting, selling, sending again, all at once.

Sums balance, no deadlock reaches anybody, no operation is lost or doubled, and two equal real sales stay two.
"""

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind
from tests.trace.events.replay import PLACES, replay
from trace.accounts.models import Organisation, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.core.database import make_engine, new_session
from trace.events import services_leaving, services_making, services_receiving, services_shipping
from trace.events.handover_models import Shipment

pytestmark = pytest.mark.soak
THREADS = 16
OPERATIONS = 10_000 if os.environ.get("SOAK") else 480
SHOPS = 4


@dataclass
class Crowd:
    """Who takes part, by ids: each thread has a session of its own."""

    engine: Engine
    people: list[tuple[UUID, UUID]]  # the producer first
    batch_id: UUID
    done: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def gather(url: str) -> Crowd:
    engine = make_engine(url, pool_size=THREADS, max_overflow=0)
    with new_session(engine) as session:
        producer = actor_of_kind(session)
        shops = [actor_of_kind(session, OrganisationKind.SHOP) for _ in range(SHOPS)]
        batch = ActiveBatchFactory.create(session=session, actor=producer, quantity=Decimal(1_000_000))
        for shop in shops:
            to = services_shipping.Receiver(organisation_id=shop.organisation_id)
            shipment = services_shipping.ship(session, producer, batch.id, Decimal(100_000), to, key=a_key())
            services_receiving.receive(session, shop, shipment.id)
        session.commit()
        people = [(one.user_id, one.organisation_id) for one in (producer, *shops) if one.user_id]
        return Crowd(engine, people, batch.id)


def act(crowd: Crowd, chance: random.Random) -> None:
    """One operation, as one request would do it; a third of those with a key are sent twice."""
    verb = chance.choice(["ship", "receive", "receive", "sell", "sell", "split"])
    index = chance.randrange(len(crowd.people))
    key, times = a_key(), 2 if chance.random() < 0.3 else 1
    to_id = crowd.people[(index + 1) % len(crowd.people)][1]
    for attempt in range(times):
        with new_session(crowd.engine) as session:
            user_id, organisation_id = crowd.people[index]
            actor = Actor(user_id, session.get_one(Organisation, organisation_id), Role.OWNER)
            if verb == "ship":
                to = services_shipping.Receiver(organisation_id=to_id)
                services_shipping.ship(session, actor, crowd.batch_id, Decimal(2), to, key=key)
            elif verb == "sell":
                # Always one kilogram: equal sales are many sales.
                services_leaving.sell(session, actor, crowd.batch_id, Decimal(1), key=key)
            elif verb == "split":
                services_making.split(session, actor, crowd.batch_id, [Decimal(1), Decimal(1)], key=key)
            else:
                waiting = session.scalar(
                    select(Shipment.id)
                    .where(Shipment.receiver_id == organisation_id, Shipment.received_at.is_(None))
                    .order_by(Shipment.shipped_at)
                    .offset(chance.randrange(3))
                    .limit(1)
                )
                if waiting is None:
                    return
                services_receiving.receive(session, actor, waiting)
                session.commit()
                return
            session.commit()
        if not attempt:
            with crowd.lock:
                crowd.done[verb] += 1


def work(crowd: Crowd, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(OPERATIONS // THREADS):
        act(crowd, chance)  # there is plenty of everything: nothing is to be refused


def test_sixteen_at_once_leave_sums_that_balance_and_nothing_twice(fresh_database: str) -> None:
    crowd = gather(fresh_database)
    try:
        everybody_at_once(crowd)
        check(crowd)
    finally:
        crowd.engine.dispose()


def everybody_at_once(crowd: Crowd) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for worker in [pool.submit(work, crowd, seed) for seed in range(THREADS)]:
            worker.result()  # raises what its thread met


def check(crowd: Crowd) -> None:
    with crowd.engine.connect() as connection:
        rows = connection.execute(text("select verb, count(*) from events group by verb"))
        counts: dict[str, int] = dict(rows.all())
        assert counts["sell"] == crowd.done["sell"]
        assert counts.get("split", 0) == crowd.done["split"]
        assert counts["ship"] == crowd.done["ship"] + SHOPS
        received = connection.execute(
            text("select count(*) from shipments where received_at is not null")
        ).scalar_one()
        assert counts["receive"] == received
        assert connection.execute(text("select count(*) from leaves")).scalar_one() == sum(counts.values())
        books = replay(connection)
        for row in connection.execute(text("select * from balances")).mappings():
            assert {place: row[place] for place in PLACES} == dict(books.places[row["batch_id"]])
        held = connection.execute(text("select batch_id, organisation_id, quantity from holdings"))
        found = {(batch, who): quantity for batch, who, quantity in held if quantity}
        assert found == {place: quantity for place, quantity in books.held.items() if quantity}
