"""Goods at rest under any sequence of verbs: places add up, sums balance, and the events alone rebuild every holding."""

from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give
from trace.accounts import services_organisations
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import Place
from trace.batches.models import Balance, Batch, Holding
from trace.batches.unit_models import Placement
from trace.core.errors import Refusal
from trace.demo.factories import BA_DINH
from trace.events import (
    rules,
    services_holds,
    services_leaving,
    services_observation,
    services_receiving,
    services_shipping,
    services_stock,
)
from trace.events.desk import Around
from trace.events.models import Event, Role, Verb
from trace.events.postings import Account, Facts, Moved, postings_of
from trace.events.rules_stock import SetAsideReason

WHAT = (
    "move", "store", "count", "sell", "use_up", "sample", "destroy", "ship", "hold", "release",
)  # fmt: skip
STEP = st.tuples(
    st.sampled_from(WHAT),
    st.integers(0, 1),  # who
    st.integers(0, 2),  # at which of its places
    st.integers(0, 2),  # and to which
    st.decimals("0", "60", places=2),
)


def _replayed(session: Session, batch: Batch) -> dict[UUID, Decimal]:
    """What everybody holds, from the events alone."""
    held: dict[UUID, Decimal] = {}
    for event in session.scalars(select(Event).order_by(Event.record_time, Event.id)):
        goods = [
            Moved(Role(named.role), named.batch_id, named.epc, named.quantity)
            for named in event.goods
            if named.batch_id == batch.id
        ]
        facts = Facts(Verb(event.verb), event.organisation_id, event.counterpart_id, goods, event.extensions)
        for posting in postings_of(facts):
            if posting.out_of == Account.HELD and posting.giver_id:
                held[posting.giver_id] = held.get(posting.giver_id, Decimal(0)) - posting.quantity
            if posting.into == Account.HELD and posting.taker_id:
                held[posting.taker_id] = held.get(posting.taker_id, Decimal(0)) + posting.quantity
    return held


def _do(
    session: Session, what: str, actor: Actor, batch: Batch, at: UUID, to: UUID, other: Actor, amount: Decimal
) -> None:
    around, key, one = Around(location_id=at), a_key(), batch.id
    match what:
        case "move":
            services_stock.move(session, actor, {one: amount}, to, key=key, around=around)
        case "store":
            services_stock.store(session, actor, {one: None}, to, key=key, around=around)
        case "count":
            services_stock.count_stock(session, actor, {one: amount}, key=key, is_sure=True, around=around)
        case "sell":
            services_leaving.sell(session, actor, one, amount, key=key, around=around)
        case "use_up":
            services_stock.use_up(session, actor, one, amount, key=key, around=around)
        case "sample":
            services_observation.sample(session, actor, one, amount, key=key, around=around)
        case "destroy":
            services_leaving.destroy(
                session, actor, one, amount, rules.DisposalReason.SPOILED, key=key, around=around
            )
        case "ship":
            receiver = services_shipping.Receiver(organisation_id=other.organisation_id)
            shipment = services_shipping.ship(session, actor, one, amount, receiver, key=key, around=around)
            services_receiving.receive(session, other, shipment.id)
        case "hold":
            services_holds.hold(session, actor, one, SetAsideReason.TO_INSPECT)
        case _:
            services_holds.release(session, actor, one)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=5, max_size=25))
def test_whatever_is_done_places_add_up_and_events_rebuild_the_holdings(
    session: Session, steps: list[tuple[str, int, int, int, Decimal]]
) -> None:
    people = [actor_of_kind(session), actor_of_kind(session, OrganisationKind.SHOP)]
    for actor in people:
        for name in ("Kho", "Quầy"):
            services_organisations.add_location(session, actor.organisation, Place(BA_DINH, "Số 2", name))
        session.refresh(actor.organisation, ["locations"])
    batch = ActiveBatchFactory.create(session=session, actor=people[0])
    give(session, batch, people[0], people[1], "40")
    for what, who, at, to, amount in steps:
        actor, other = people[who], people[1 - who]
        places = [place.id for place in actor.organisation.locations]
        try:
            with session.begin_nested():
                _do(session, what, actor, batch, places[at], places[to], other, amount)
        except Refusal:
            continue
        finally:
            session.expire_all()
    holdings = session.scalars(select(Holding).where(Holding.batch_id == batch.id)).all()
    for holding in holdings:
        placed = session.scalars(
            select(Placement.quantity).where(
                Placement.batch_id == batch.id, Placement.organisation_id == holding.organisation_id
            )
        ).all()
        assert sum(placed, Decimal(0)) == holding.elsewhere <= holding.quantity
        assert all(quantity >= 0 for quantity in placed)
    replayed = _replayed(session, batch)
    assert {h.organisation_id: h.quantity for h in holdings} == {
        who: replayed.get(who, Decimal(0)) for who in (h.organisation_id for h in holdings)
    }
    balance = session.get_one(Balance, batch.id)
    assert balance.held == sum((holding.quantity for holding in holdings), Decimal(0))
    assert balance.created == 100
