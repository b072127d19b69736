"""The trace graph read from a real database: all verbs together, as of the past, and what each organisation sees."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    PartyFactory,
    ShipmentFactory,
    a_key,
    actor_of_kind,
    give,
)
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.events import documents, services_correction, services_making, services_shipping
from trace.events.corrective import Replacement
from trace.events.documents import party_uri
from trace.events.models import Event
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_making import YieldReason
from trace.recalls.graph import Direction, Nearness, Trace, graph_of_events, signature
from trace.recalls.graph_events import event_of
from trace.recalls.graph_queries import read_events, trace_lot

KG = Decimal(1)


@dataclass(frozen=True)
class Market:
    """A farm's lot went to three chains; each cooked something of it and gave it to a kitchen of its own."""

    farm: Actor
    chains: tuple[Actor, ...]
    kitchens: tuple[Actor, ...]
    lot: Batch
    meals: tuple[Batch, ...]


def cook(session: Session, actor: Actor, batch: Batch) -> Batch:
    draft = BatchFactory.create(session=session, actor=actor, quantity=Decimal(5))
    services_making.transform(
        session, actor, {batch.id: 5 * KG}, [draft.id], key=a_key(), reason=next(iter(YieldReason))
    )
    return draft


@pytest.fixture
def market(session: Session) -> Market:
    farm = actor_of_kind(session)
    chains = tuple(actor_of_kind(session, OrganisationKind.PROCESSOR) for _ in range(3))
    kitchens = tuple(actor_of_kind(session, OrganisationKind.KITCHEN) for _ in range(3))
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    meals = []
    for chain, kitchen in zip(chains, kitchens, strict=True):
        give(session, lot, farm, chain)
        meals.append(cook(session, chain, lot))
        give(session, meals[-1], chain, kitchen, "2")
    return Market(farm, chains, kitchens, lot, tuple(meals))


def uri(actor: Actor) -> str:
    return party_uri(actor.organisation_id)


def forward(
    session: Session, batch: Batch, viewer: Actor | None = None, as_of: datetime | None = None
) -> Trace:
    viewer_id = viewer.organisation_id if viewer else None
    return trace_lot(session, batch.epc_class, Direction.FORWARD, as_of=as_of, viewer_id=viewer_id)


def back(session: Session, batch: Batch, viewer: Actor | None = None, as_of: datetime | None = None) -> Trace:
    viewer_id = viewer.organisation_id if viewer else None
    return trace_lot(session, batch.epc_class, Direction.BACK, as_of=as_of, viewer_id=viewer_id)


def lots(found: Trace) -> list[str]:
    return [lot.epc for lot in found.lots]


def test_forward_finds_every_lot_and_every_hand(session: Session, market: Market) -> None:
    found = forward(session, market.lot)
    assert found.nearness == {
        market.lot.epc_class: Nearness.START,
        **{meal.epc_class: Nearness.MADE_FROM for meal in market.meals},
    }
    assert found.holders[market.lot.epc_class] == (uri(market.farm), *map(uri, market.chains))
    for chain, kitchen, meal in zip(market.chains, market.kitchens, market.meals, strict=True):
        assert found.holders[meal.epc_class] == (uri(chain), uri(kitchen))
    assert found.problems == []


def test_back_finds_where_it_came_from_and_no_other_buyer(session: Session, market: Market) -> None:
    found = back(session, market.meals[1])
    assert lots(found) == [market.meals[1].epc_class, market.lot.epc_class]
    assert found.holders[market.lot.epc_class] == (uri(market.farm), uri(market.chains[1]))
    assert found.problems == []


def test_handovers_say_how_much_and_when(session: Session, market: Market) -> None:
    hand = forward(session, market.lot).handovers[0]
    assert (hand.shipped, hand.received, hand.is_void) == (10 * KG, 10 * KG, False)
    assert hand.received_at is not None


def test_parties_without_an_account_are_told_by_their_kind(session: Session) -> None:
    farm = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    party = PartyFactory.create(session=session, actor=farm)
    services_shipping.ship(
        session, farm, lot.id, KG, services_shipping.Receiver(party_id=party.id), key=a_key()
    )
    (hand,) = forward(session, lot).handovers
    assert (hand.taker, hand.other_kind) == (party_uri(party.id), party.kind)


def test_splits_and_heaps_are_followed_through(session: Session) -> None:
    farm = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    one, two = services_making.split(session, farm, lot.id, [10 * KG, 10 * KG], key=a_key()).batches
    (heap,) = services_making.merge(session, farm, {one.id: KG, two.id: KG}, key=a_key()).batches
    found = forward(session, lot)
    assert {lot.epc: lot.hops for lot in found.lots} == {
        lot.epc_class: 0, one.epc_class: 1, two.epc_class: 1, heap.epc_class: 2,
    }  # fmt: skip
    assert set(lots(back(session, heap))) == set(lots(found))


def test_as_of_a_moment_before_a_split_there_is_none(session: Session) -> None:
    farm = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    before = clock.now()
    (part,) = services_making.split(session, farm, lot.id, [KG], key=a_key()).batches
    assert lots(forward(session, lot, as_of=before)) == [lot.epc_class]
    assert lots(forward(session, lot, as_of=clock.now())) == [lot.epc_class, part.epc_class]


def test_a_corrected_shipment_counts_until_its_correction_was_recorded(session: Session) -> None:
    farm, wrong, right = (
        actor_of_kind(session),
        actor_of_kind(session, OrganisationKind.SHOP),
        actor_of_kind(session, OrganisationKind.SHOP),
    )
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    shipment = ShipmentFactory.create(
        session=session, actor=farm, batch=lot, to=wrong.organisation, quantity=10 * KG
    )  # fmt: skip
    (event,) = (
        e for e in read_events(session, lot.epc_class, Direction.FORWARD) if e.document == str(shipment.id)
    )
    before = clock.now()
    services_correction.correct(
        session,
        farm,
        _row(session, event.id).id,
        next(iter(CorrectionReason)),
        Replacement(to=services_shipping.Receiver(organisation_id=right.organisation_id)),
        key=a_key(),
    )
    assert forward(session, lot, as_of=before).holders[lot.epc_class] == (uri(farm), uri(wrong))
    assert forward(session, lot).holders[lot.epc_class] == (uri(farm), uri(right))


def _row(session: Session, event_id: str) -> Event:
    found = session.get(Event, event_id)
    assert found is not None
    return found


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_chain_sees_its_own_step_and_nothing_of_its_rivals(
    session: Session, market: Market, number: int
) -> None:
    mine = market.chains[number]
    found = forward(session, market.lot, viewer=mine)
    assert lots(found) == [market.lot.epc_class, market.meals[number].epc_class]
    told = str((found, back(session, market.lot, viewer=mine)))
    for other in range(3):
        if other != number:
            rivals = (market.chains[other], market.kitchens[other])
            assert not any(str(rival.organisation_id) in told for rival in rivals)
            assert str(market.meals[other].id) not in told


def test_the_farm_does_not_see_what_its_buyers_made(session: Session, market: Market) -> None:
    found = forward(session, market.lot, viewer=market.farm)
    assert lots(found) == [market.lot.epc_class]
    assert found.holders[market.lot.epc_class] == (uri(market.farm), *map(uri, market.chains))


def test_a_kitchen_sees_who_gave_it_the_meal_and_not_the_farm(session: Session, market: Market) -> None:
    found = back(session, market.meals[0], viewer=market.kitchens[0])
    assert lots(found) == [market.meals[0].epc_class]
    assert found.holders == {market.meals[0].epc_class: (uri(market.chains[0]), uri(market.kitchens[0]))}
    assert found.problems == []


def test_documents_of_the_events_make_the_same_graph(session: Session, market: Market) -> None:
    events = read_events(session, market.lot.epc_class, Direction.FORWARD)
    documents_of = [documents.epcis_event(_row(session, event.id)) for event in events]
    again = graph_of_events(event_of(document, by="urn:uuid:importer") for document in documents_of)
    assert signature(again) == signature(graph_of_events(events))
