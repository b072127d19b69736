"""Goods at rest on a real database: moved, stored, counted, used up."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, give, officer_of
from tests.trace.events.conftest import Chain
from trace.accounts import services_organisations
from trace.accounts.models import Location, OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import Place
from trace.batches import queries as batches
from trace.batches.models import Holding
from trace.batches.unit_models import Placement
from trace.core.errors import BadInput, NotFound
from trace.core.idempotency import IdempotencyKeyReused
from trace.demo.factories import BA_DINH
from trace.events import (
    rules,
    rules_stock,
    services_leaving,
    services_receiving,
    services_shipping,
    services_stock,
)
from trace.events.desk import Around
from trace.events.models import Event, Verb
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason


@dataclass(frozen=True)
class Shop:
    """A shop that holds 40 kg at its seat and has a cold room and a stall elsewhere."""

    actor: Actor
    cold_room: Location
    stall: Location


def _place(session: Session, actor: Actor, name: str) -> Location:
    place = services_organisations.add_location(
        session, actor.organisation, Place(BA_DINH, f"Số 2, {name}", name)
    )
    session.flush()
    session.refresh(actor.organisation, ["locations"])
    return place


@pytest.fixture
def shop(session: Session, chain: Chain) -> Shop:
    give(session, chain.batch, chain.producer, chain.shop, "40")
    return Shop(chain.shop, _place(session, chain.shop, "Kho lạnh"), _place(session, chain.shop, "Quầy chợ"))


def _lying(session: Session, chain: Chain, shop: Shop, place: Location) -> Decimal:
    session.flush()
    found = session.get(Placement, (chain.batch.id, shop.actor.organisation_id, place.id))
    return found.quantity if found else Decimal(0)


def _holding(session: Session, chain: Chain, actor: Actor) -> Holding:
    session.flush()
    return session.get_one(Holding, (chain.batch.id, actor.organisation_id), populate_existing=True)


def _count(session: Session, verb: Verb) -> int:
    return session.scalar(select(func.count()).select_from(Event).where(Event.verb == verb)) or 0


def _move(session: Session, chain: Chain, shop: Shop, quantity: str | None, to: Location) -> Event:
    amount = Decimal(quantity) if quantity else None
    return services_stock.move(session, shop.actor, {chain.batch.id: amount}, to.id, key=a_key())


def test_moving_changes_where_goods_lie_and_not_what_is_held(
    session: Session, chain: Chain, shop: Shop
) -> None:
    event = _move(session, chain, shop, "15", shop.cold_room)
    assert _lying(session, chain, shop, shop.cold_room) == 15
    holding = _holding(session, chain, shop.actor)
    assert (holding.quantity, holding.elsewhere) == (Decimal(40), Decimal(15))
    assert (event.read_point, event.biz_location) == (shop.actor.organisation.seat.uri, shop.cold_room.uri)


def test_moving_without_a_quantity_takes_all_that_lies_there(
    session: Session, chain: Chain, shop: Shop
) -> None:
    _move(session, chain, shop, None, shop.cold_room)
    event = services_stock.move(session, shop.actor, {chain.batch.id: None}, shop.stall.id, key=a_key())
    assert _lying(session, chain, shop, shop.stall) == 40
    assert _lying(session, chain, shop, shop.cold_room) == 0
    assert event.read_point == shop.cold_room.uri


def test_moving_back_to_the_seat_empties_the_place(session: Session, chain: Chain, shop: Shop) -> None:
    _move(session, chain, shop, None, shop.cold_room)
    _move(session, chain, shop, "40", shop.actor.organisation.seat)
    assert _holding(session, chain, shop.actor).elsewhere == 0


def test_moving_where_goods_are_already_is_refused(session: Session, chain: Chain, shop: Shop) -> None:
    with pytest.raises(rules_stock.SamePlace):
        _move(session, chain, shop, "5", shop.actor.organisation.seat)


def test_moving_more_than_lies_at_the_place_is_refused_with_both_numbers(
    session: Session, chain: Chain, shop: Shop
) -> None:
    _move(session, chain, shop, "15", shop.cold_room)
    with pytest.raises(rules.GoodsElsewhere) as refused:
        _move(session, chain, shop, "30", shop.stall)
    assert (refused.value.numbers["here"], refused.value.numbers["held"]) == (25, 40)


def test_somebody_elses_place_is_no_place_to_move_to(session: Session, chain: Chain, shop: Shop) -> None:
    with pytest.raises(BadInput):
        _move(session, chain, shop, "5", chain.producer.organisation.seat)


def test_somebody_elses_goods_are_not_there_to_move(session: Session, chain: Chain, shop: Shop) -> None:
    with pytest.raises(NotFound):
        services_stock.move(
            session,
            chain.other_shop,
            {chain.batch.id: None},
            chain.other_shop.organisation.seat.id,
            key=a_key(),
        )


def test_several_batches_move_in_one_event(session: Session, chain: Chain, shop: Shop) -> None:
    second = ActiveBatchFactory.create(session=session, actor=chain.producer)
    give(session, second, chain.producer, shop.actor, "7")
    event = services_stock.move(
        session, shop.actor, {chain.batch.id: Decimal(3), second.id: None}, shop.stall.id, key=a_key()
    )
    session.refresh(event, ["goods"])
    assert {named.batch_id: named.quantity for named in event.goods} == {chain.batch.id: 3, second.id: 7}


def test_a_move_sent_twice_is_one_move(session: Session, chain: Chain, shop: Shop) -> None:
    goods = {chain.batch.id: Decimal(5)}
    first = services_stock.move(session, shop.actor, goods, shop.cold_room.id, key="same")
    second = services_stock.move(session, shop.actor, goods, shop.cold_room.id, key="same")
    assert first.id == second.id
    assert _lying(session, chain, shop, shop.cold_room) == 5
    with pytest.raises(IdempotencyKeyReused):
        services_stock.move(session, shop.actor, goods, shop.stall.id, key="same")


def test_storing_notes_the_place_and_moves_what_lay_elsewhere(
    session: Session, chain: Chain, shop: Shop
) -> None:
    event = services_stock.store(
        session, shop.actor, {chain.batch.id: Decimal(10)}, shop.cold_room.id, key=a_key()
    )
    assert event.biz_step == "storing"
    assert _lying(session, chain, shop, shop.cold_room) == 10
    again = services_stock.store(
        session,
        shop.actor,
        {chain.batch.id: Decimal(10)},
        shop.cold_room.id,
        key=a_key(),
        around=Around(location_id=shop.cold_room.id),
    )
    assert again.read_point == again.biz_location
    assert _lying(session, chain, shop, shop.cold_room) == 10


def test_a_sale_takes_goods_from_the_place_it_names(session: Session, chain: Chain, shop: Shop) -> None:
    _move(session, chain, shop, "15", shop.stall)
    event = services_leaving.sell(
        session,
        shop.actor,
        chain.batch.id,
        Decimal(4),
        key=a_key(),
        around=Around(location_id=shop.stall.id),
    )
    assert event.location_id == shop.stall.id
    assert _lying(session, chain, shop, shop.stall) == 11
    assert _holding(session, chain, shop.actor).quantity == 36


def test_a_sale_finds_goods_at_the_one_place_where_they_are(
    session: Session, chain: Chain, shop: Shop
) -> None:
    _move(session, chain, shop, None, shop.stall)
    event = services_leaving.sell(session, shop.actor, chain.batch.id, Decimal(4), key=a_key())
    assert event.location_id == shop.stall.id
    holding = _holding(session, chain, shop.actor)
    assert (holding.quantity, holding.elsewhere) == (Decimal(36), Decimal(36))


def test_goods_received_at_a_place_lie_there(session: Session, chain: Chain, shop: Shop) -> None:
    shipment = services_shipping.ship(
        session,
        chain.producer,
        chain.batch.id,
        Decimal(10),
        services_shipping.Receiver(organisation_id=shop.actor.organisation_id),
        key=a_key(),
    )
    services_receiving.receive(session, shop.actor, shipment.id, around=Around(location_id=shop.cold_room.id))
    assert _lying(session, chain, shop, shop.cold_room) == 10
    assert _holding(session, chain, shop.actor).quantity == 50


def _counted(session: Session, chain: Chain, actor: Actor, quantity: str, *, is_sure: bool = False) -> Event:
    (event,) = services_stock.count_stock(
        session, actor, {chain.batch.id: Decimal(quantity)}, key=a_key(), is_sure=is_sure
    )
    return event


def test_a_count_that_is_less_books_the_rest_as_loss(session: Session, chain: Chain, shop: Shop) -> None:
    event = _counted(session, chain, shop.actor, "38.5")
    assert event.extensions == {"difference": {chain.batch.epc_class: {"lost": "1.5"}}}
    assert _holding(session, chain, shop.actor).quantity == Decimal("38.5")
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert balance.lost == Decimal("1.5")


def test_a_count_that_agrees_changes_nothing_and_is_kept(session: Session, chain: Chain, shop: Shop) -> None:
    event = _counted(session, chain, shop.actor, "40")
    assert event.extensions == {}
    assert _holding(session, chain, shop.actor).quantity == 40


def test_what_an_earlier_count_lost_is_found_again_and_no_more(
    session: Session, chain: Chain, shop: Shop
) -> None:
    _counted(session, chain, shop.actor, "38")
    event = _counted(session, chain, shop.actor, "39")
    assert event.extensions["difference"][chain.batch.epc_class] == {"found": "1"}
    with pytest.raises(rules_stock.CountExceedsHolding) as refused:
        _counted(session, chain, shop.actor, "41")
    assert (refused.value.numbers["held"], refused.value.numbers["most"]) == (39, 40)


def test_one_shop_cannot_find_what_another_lost(session: Session, chain: Chain, shop: Shop) -> None:
    _counted(session, chain, shop.actor, "38")
    with pytest.raises(rules_stock.CountExceedsHolding):
        _counted(session, chain, chain.producer, "61")


def test_a_count_that_loses_much_is_asked_about_once(session: Session, chain: Chain, shop: Shop) -> None:
    with pytest.raises(rules_stock.CountLosesMuch):
        _counted(session, chain, shop.actor, "4")
    _counted(session, chain, shop.actor, "4", is_sure=True)
    assert _holding(session, chain, shop.actor).quantity == 4


def test_counting_nothing_left_empties_the_holding(session: Session, chain: Chain, shop: Shop) -> None:
    _counted(session, chain, shop.actor, "0", is_sure=True)
    assert _holding(session, chain, shop.actor).quantity == 0
    _counted(session, chain, shop.actor, "12")
    assert _holding(session, chain, shop.actor).quantity == 12


def test_a_count_at_a_place_is_of_what_lies_there(session: Session, chain: Chain, shop: Shop) -> None:
    _move(session, chain, shop, "10", shop.stall)
    services_stock.count_stock(
        session,
        shop.actor,
        {chain.batch.id: Decimal(9)},
        key=a_key(),
        around=Around(location_id=shop.stall.id),
    )
    assert _lying(session, chain, shop, shop.stall) == 9
    services_stock.count_stock(
        session,
        shop.actor,
        {chain.batch.id: Decimal(10)},
        key=a_key(),
        around=Around(location_id=shop.stall.id),
    )
    holding = _holding(session, chain, shop.actor)
    assert (holding.quantity, holding.elsewhere) == (Decimal(40), Decimal(10))


def test_who_holds_none_counts_none(session: Session, chain: Chain, shop: Shop) -> None:
    with pytest.raises(NotFound):
        _counted(session, chain, chain.other_shop, "1")


def test_a_count_sent_twice_loses_once(session: Session, chain: Chain, shop: Shop) -> None:
    for _ in range(2):
        services_stock.count_stock(session, shop.actor, {chain.batch.id: Decimal(39)}, key="same")
    assert _holding(session, chain, shop.actor).quantity == 39
    assert _count(session, Verb.COUNT) == 1


@pytest.fixture
def kitchen(session: Session, chain: Chain) -> Actor:
    cook = actor_of_kind(session, OrganisationKind.KITCHEN)
    give(session, chain.batch, chain.producer, cook, "20")
    return cook


def test_a_kitchen_uses_up_what_it_cooks(session: Session, chain: Chain, kitchen: Actor) -> None:
    event = services_stock.use_up(session, kitchen, chain.batch.id, Decimal(8), key=a_key())
    assert event.biz_step == "dispensing"
    balance = batches.find_balance(session, chain.batch.id)
    assert balance is not None
    assert balance.used == 8
    assert _holding(session, chain, kitchen).quantity == 12


def test_nothing_recalled_is_cooked(session: Session, chain: Chain, kitchen: Actor) -> None:
    recalls.recall(
        session,
        officer_of(session),
        chain.batch.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=chain.batch.lot_number,
    )
    with pytest.raises(rules.BatchRecalled):
        services_stock.use_up(session, kitchen, chain.batch.id, Decimal(1), key=a_key())


def test_using_up_twice_by_one_key_is_once(session: Session, chain: Chain, kitchen: Actor) -> None:
    for _ in range(2):
        services_stock.use_up(session, kitchen, chain.batch.id, Decimal(8), key="same")
    assert _holding(session, chain, kitchen).quantity == 12
