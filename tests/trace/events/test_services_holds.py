"""Goods set aside by their holder, and batches whose sale the authority paused; on a real database."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import ActorFactory, PartyFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Holding
from trace.core.errors import Forbidden, NotFound
from trace.events import (
    rules,
    rules_stock,
    services_holds,
    services_leaving,
    services_receiving,
    services_shipping,
    services_stock,
)
from trace.events.handover_models import Hold
from trace.events.leaf_values import public_values
from trace.events.models import Event, Verb
from trace.events.rules_stock import SetAsideReason
from trace.events.services_shipping import Receiver
from trace.recalls import holds
from trace.recalls import services as recalls
from trace.recalls.hold_rules import HoldReason, ReleaseReason
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason


def _set_aside(session: Session, actor: Actor, chain: Chain) -> Hold:
    return services_holds.hold(session, actor, chain.batch.id, SetAsideReason.TO_INSPECT)


def _sell(session: Session, actor: Actor, chain: Chain) -> Event:
    return services_leaving.sell(session, actor, chain.batch.id, Decimal(1), key=a_key())


def _ship(session: Session, chain: Chain, sender: Actor, receiver: Actor) -> None:
    services_shipping.ship(
        session,
        sender,
        chain.batch.id,
        Decimal(1),
        Receiver(organisation_id=receiver.organisation_id),
        key=a_key(),
    )


def _pause(session: Session, chain: Chain, officer: Actor | None = None) -> Hold:
    return holds.pause_sale(
        session,
        officer or chain.officer,
        chain.batch.id,
        HoldReason.TEST_RESULT,
        typed_lot_number=chain.batch.lot_number,
    )


def _resume(session: Session, chain: Chain, hold: Hold, officer: Actor | None = None) -> Hold:
    return holds.resume_sale(
        session,
        officer or chain.officer,
        hold.id,
        ReleaseReason.TEST_PASSED,
        typed_lot_number=chain.batch.lot_number,
    )


def _events(session: Session, verb: Verb) -> int:
    return session.scalar(select(func.count()).select_from(Event).where(Event.verb == verb)) or 0


def test_goods_set_aside_are_neither_sold_nor_served_nor_shipped(session: Session, chain: Chain) -> None:
    _set_aside(session, chain.producer, chain)
    with pytest.raises(rules.GoodsSetAside):
        _sell(session, chain.producer, chain)
    with pytest.raises(rules.GoodsSetAside):
        services_stock.use_up(session, chain.producer, chain.batch.id, Decimal(1), key=a_key())
    with pytest.raises(rules.GoodsSetAside):
        _ship(session, chain, chain.producer, chain.shop)


def test_one_holder_setting_aside_stops_nobody_else(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "10")
    _set_aside(session, chain.producer, chain)
    assert _sell(session, chain.shop, chain).verb == Verb.SELL
    assert not chain.batch.is_held


def test_setting_aside_is_nobody_elses_business(session: Session, chain: Chain) -> None:
    _set_aside(session, chain.producer, chain)
    event = session.scalars(select(Event).where(Event.verb == Verb.HOLD)).one()
    assert "notice" not in public_values(event)
    assert event.marks == []


def test_setting_aside_twice_is_once(session: Session, chain: Chain) -> None:
    first, second = (_set_aside(session, chain.producer, chain) for _ in range(2))
    assert first is second
    assert _events(session, Verb.HOLD) == 1
    with pytest.raises(rules_stock.AlreadySetAside):
        services_holds.hold(session, chain.producer, chain.batch.id, SetAsideReason.COMPLAINT)


def test_released_goods_are_sold_again(session: Session, chain: Chain) -> None:
    _set_aside(session, chain.producer, chain)
    services_holds.release(session, chain.producer, chain.batch.id)
    _sell(session, chain.producer, chain)
    with pytest.raises(rules_stock.NotOnHold):
        services_holds.release(session, chain.producer, chain.batch.id)


def test_who_holds_none_sets_nothing_aside(session: Session, chain: Chain) -> None:
    with pytest.raises(NotFound):
        _set_aside(session, chain.shop, chain)


def test_a_paused_batch_is_sold_and_shipped_by_nobody(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "10")
    _pause(session, chain)
    for holder in (chain.producer, chain.shop):
        with pytest.raises(rules.BatchHeld):
            _sell(session, holder, chain)
    with pytest.raises(rules.BatchHeld):
        _ship(session, chain, chain.producer, chain.other_shop)
    party = PartyFactory.create(session=session, actor=chain.producer)
    with pytest.raises(rules.BatchHeld):
        services_shipping.ship(
            session, chain.producer, chain.batch.id, Decimal(1), Receiver(party_id=party.id), key=a_key()
        )


def test_paused_goods_may_go_back_to_their_producer_and_be_destroyed(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.shop, "10")
    _pause(session, chain)
    _ship(session, chain, chain.shop, chain.producer)
    services_leaving.destroy(
        session, chain.shop, chain.batch.id, Decimal(1), rules.DisposalReason.SPOILED, key=a_key()
    )
    assert session.get_one(Holding, (chain.batch.id, chain.shop.organisation_id)).quantity == 8


def test_what_was_on_its_way_when_the_sale_was_paused_is_still_received(
    session: Session, chain: Chain
) -> None:
    shipment = services_shipping.ship(
        session,
        chain.producer,
        chain.batch.id,
        Decimal(5),
        Receiver(organisation_id=chain.shop.organisation_id),
        key=a_key(),
    )
    _pause(session, chain)
    services_receiving.receive(session, chain.shop, shipment.id)
    assert session.get_one(Holding, (chain.batch.id, chain.shop.organisation_id)).quantity == 5


def test_a_pause_is_public_and_names_no_suspicion(session: Session, chain: Chain) -> None:
    _pause(session, chain)
    event = session.scalars(select(Event).where(Event.verb == Verb.HOLD)).one()
    told = public_values(event)
    assert (told["marks"], told["notice"]) == (["official"], {"reason": "test_result"})
    assert told["persistent_disposition"] == {"set": ["unavailable"]}


def test_only_an_officer_pauses_a_sale_and_types_the_lot_number(session: Session, chain: Chain) -> None:
    with pytest.raises(Forbidden):
        _pause(session, chain, chain.producer)
    with pytest.raises(recalls.LotNumberDiffers):
        holds.pause_sale(session, chain.officer, chain.batch.id, HoldReason.TEST_RESULT, typed_lot_number="X")
    assert not chain.batch.is_held


def test_a_pause_happens_once_and_ends_once(session: Session, chain: Chain) -> None:
    hold = _pause(session, chain)
    with pytest.raises(holds.AlreadyPaused):
        _pause(session, chain)
    _resume(session, chain, hold)
    with pytest.raises(holds.HoldOver):
        _resume(session, chain, hold)
    _sell(session, chain.producer, chain)


def test_a_release_says_what_came_of_it(session: Session, chain: Chain) -> None:
    _resume(session, chain, _pause(session, chain))
    (facts,) = holds.hold_facts(session, chain.batch.id)
    assert (facts.reason, facts.release_reason) == (HoldReason.TEST_RESULT, ReleaseReason.TEST_PASSED)
    assert not facts.is_in_force


def test_a_hold_of_ones_own_is_no_pause_of_the_authority(session: Session, chain: Chain) -> None:
    own = _set_aside(session, chain.producer, chain)
    with pytest.raises(NotFound):
        holds.get_hold(session, own.id)
    assert holds.hold_facts(session, chain.batch.id) == ()


def test_two_authorities_pause_and_both_must_lift(session: Session, chain: Chain) -> None:
    other = ActorFactory.create(session=session, stated__kind=OrganisationKind.AUTHORITY)
    first, second = _pause(session, chain), _pause(session, chain, other)
    _resume(session, chain, first)
    with pytest.raises(rules.BatchHeld):
        _sell(session, chain.producer, chain)
    _resume(session, chain, second, other)
    _sell(session, chain.producer, chain)


def test_a_recall_and_a_pause_stack_and_each_is_lifted_on_its_own(session: Session, chain: Chain) -> None:
    hold = _pause(session, chain)
    recall = recalls.recall(
        session,
        chain.officer,
        chain.batch.id,
        RecallClass.HEALTH,
        RecallReason.MICROBIAL,
        None,
        typed_lot_number=chain.batch.lot_number,
    )
    _resume(session, chain, hold)
    with pytest.raises(rules.BatchRecalled):
        _sell(session, chain.producer, chain)
    again = _pause(session, chain)
    recalls.withdraw_recall(
        session,
        chain.officer,
        recall.id,
        WithdrawalReason.RETEST_PASSED,
        typed_lot_number=chain.batch.lot_number,
    )
    with pytest.raises(rules.BatchHeld):
        _sell(session, chain.producer, chain)
    _resume(session, chain, again)
    _sell(session, chain.producer, chain)
