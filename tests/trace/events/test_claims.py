"""Goods that arrived undeclared: bounded, seen by two, moving nothing until the sender says so."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, give
from tests.trace.events.conftest import Chain
from trace.accounts.permissions import Actor
from trace.batches import queries as batches
from trace.core import clock
from trace.core.errors import NotFound, TooManyTries
from trace.events import queries, queries_handover
from trace.events.handover_models import Claim, ClaimEnd, Shipment
from trace.events.models import Event, EventGoods, Verb
from trace.events.rules import start_of_day
from trace.events.rules_handover import (
    FREE_GUESSES,
    MOST_OPEN_CLAIMS,
    MOST_REFUSED_CLAIMS,
    ClaimExceedsHolding,
    ClaimOver,
    ClaimRefusedBefore,
    TooManyClaims,
)
from trace.events.services_claims import claim, confirm_claim, lapse_claims, refuse_claim, withdraw_claim


def _claim(
    session: Session, chain: Chain, quantity: str = "60", who: Actor | None = None, **more: Any
) -> Claim:
    return claim(
        session, who or chain.shop, more.pop("batch_id", chain.batch.id), chain.producer.organisation_id,
        Decimal(quantity), key=more.pop("key", a_key()), **more,
    )  # fmt: skip


def _held(session: Session, chain: Chain, who: Actor) -> Decimal:
    return batches.held_quantity(session, chain.batch.id, who.organisation_id)


def test_a_claim_moves_nothing(session: Session, chain: Chain) -> None:
    _claim(session, chain)
    assert _held(session, chain, chain.producer) == 100
    assert _held(session, chain, chain.shop) == 0


def test_confirmed_by_the_sender_goods_go_from_hand_to_hand(session: Session, chain: Chain) -> None:
    made = _claim(session, chain)
    confirm_claim(session, chain.producer, made.id)
    assert (_held(session, chain, chain.producer), _held(session, chain, chain.shop)) == (
        Decimal(40),
        Decimal(60),
    )
    shipment = session.get_one(Shipment, made.id)
    assert (shipment.is_open, shipment.received_at) == (False, shipment.shipped_at)
    assert shipment.lines[0].received_quantity == 60


def test_what_was_claimed_may_be_passed_on_from_when_it_came(session: Session, chain: Chain) -> None:
    # Never before the day the goods were made, which begins again at midnight.
    there = max(clock.now() - timedelta(minutes=30), start_of_day(chain.batch.produced_on))
    made = _claim(session, chain, event_time=there)
    confirm_claim(session, chain.producer, made.id)
    since = queries.find_had_since(session, chain.shop.organisation_id, chain.batch.id)
    assert since == session.get_one(Shipment, made.id).received_at


def test_confirming_twice_moves_once(session: Session, chain: Chain) -> None:
    made = _claim(session, chain)
    for _ in range(2):
        confirm_claim(session, chain.producer, made.id)
    assert _held(session, chain, chain.shop) == 60
    assert len(list(session.scalars(select(Event).where(Event.verb == Verb.CONFIRM_CLAIM)))) == 1


def test_a_claim_sent_twice_is_one(session: Session, chain: Chain) -> None:
    assert _claim(session, chain, key="k") is _claim(session, chain, key="k")


def test_no_more_is_claimed_than_the_sender_holds_and_the_figure_is_not_told(
    session: Session, chain: Chain
) -> None:
    with pytest.raises(ClaimExceedsHolding) as refused:
        _claim(session, chain, "101")
    assert refused.value.numbers == {"asked": 101}


def test_claims_together_stay_within_what_is_held(session: Session, chain: Chain) -> None:
    _claim(session, chain, "60")
    with pytest.raises(ClaimExceedsHolding):
        _claim(session, chain, "41", chain.other_shop)
    _claim(session, chain, "40", chain.other_shop)


def test_who_holds_none_is_claimed_from_by_nobody(session: Session, chain: Chain) -> None:
    with pytest.raises(ClaimExceedsHolding):
        claim(session, chain.shop, chain.batch.id, chain.other_shop.organisation_id, Decimal(1), key=a_key())


def test_guessing_what_a_sender_holds_is_slowed_down(session: Session, chain: Chain) -> None:
    for _ in range(FREE_GUESSES):
        with pytest.raises(ClaimExceedsHolding):
            _claim(session, chain, "1000")
    with pytest.raises(TooManyTries):
        _claim(session, chain, "1000")


def test_a_refused_claim_moves_nothing_and_is_over(session: Session, chain: Chain) -> None:
    made = _claim(session, chain)
    for _ in range(2):
        refuse_claim(session, chain.producer, made.id)
    assert made.outcome == ClaimEnd.REFUSED
    with pytest.raises(ClaimOver):
        confirm_claim(session, chain.producer, made.id)
    assert _held(session, chain, chain.producer) == 100


def test_the_same_lot_is_not_claimed_again_after_a_refusal(session: Session, chain: Chain) -> None:
    refuse_claim(session, chain.producer, _claim(session, chain).id)
    with pytest.raises(ClaimRefusedBefore):
        _claim(session, chain, "1")


def test_whoever_was_refused_often_enough_claims_no_more_from_that_sender(
    session: Session, chain: Chain
) -> None:
    for _ in range(MOST_REFUSED_CLAIMS):
        batch = ActiveBatchFactory.create(session=session, actor=chain.producer)
        refuse_claim(session, chain.producer, _claim(session, chain, batch_id=batch.id).id)
    with pytest.raises(ClaimRefusedBefore):
        _claim(session, chain)


def test_only_so_many_claims_wait_at_one_sender(session: Session, chain: Chain) -> None:
    for _ in range(MOST_OPEN_CLAIMS):
        _claim(session, chain, "1")
    with pytest.raises(TooManyClaims):
        _claim(session, chain, "1")


def test_a_withdrawn_claim_is_over_and_frees_what_it_bound(session: Session, chain: Chain) -> None:
    made = _claim(session, chain, "100")
    for _ in range(2):
        withdraw_claim(session, chain.shop, made.id)
    with pytest.raises(ClaimOver):
        confirm_claim(session, chain.producer, made.id)
    _claim(session, chain, "100", chain.other_shop)


def test_after_seven_days_a_claim_is_over_whether_or_not_it_was_noted(session: Session, chain: Chain) -> None:
    made = _claim(session, chain, "100")
    made.lapses_at = clock.now() - timedelta(seconds=1)
    session.flush()
    with pytest.raises(ClaimOver):
        confirm_claim(session, chain.producer, made.id)
    _claim(session, chain, "100", chain.other_shop)
    assert lapse_claims(session) == 1
    session.refresh(made)
    assert made.outcome == ClaimEnd.LAPSED


def test_each_side_has_its_own_answer(session: Session, chain: Chain) -> None:
    made = _claim(session, chain)
    for answer, who in (
        (confirm_claim, chain.shop),
        (confirm_claim, chain.other_shop),
        (refuse_claim, chain.shop),
        (withdraw_claim, chain.producer),
    ):
        with pytest.raises(NotFound):
            answer(session, who, made.id)


def test_a_third_reads_nothing_of_a_claim(session: Session, chain: Chain) -> None:
    give(session, chain.batch, chain.producer, chain.other_shop, "5")
    _claim(session, chain)
    assert queries_handover.list_open_claims(session, chain.other_shop.organisation_id) == []
    events = queries.list_batch_events(session, chain.batch.id, chain.other_shop.organisation_id)
    assert Verb.CLAIM not in {event.verb for event in events}


def test_the_public_leaf_of_a_claim_names_neither_lot_nor_sender(session: Session, chain: Chain) -> None:
    made = _claim(session, chain)
    refuse_claim(session, chain.producer, made.id)
    for event in session.scalars(select(Event).where(Event.verb.in_((Verb.CLAIM, Verb.REFUSE_CLAIM)))):
        assert (event.counterpart_kind, event.counterpart_commune) == (None, None)
        assert session.scalars(select(EventGoods.lot).where(EventGoods.event_id == event.id)).all() == [None]
