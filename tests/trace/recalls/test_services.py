"""Recalls: who may, what they must confirm, what may be done with recalled goods."""

from dataclasses import dataclass
from datetime import timedelta
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
    officer_of,
)
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import BadInput, Forbidden, NotFound
from trace.events import queries as events
from trace.events import rules, services_leaving, services_receiving
from trace.events.models import Verb
from trace.recalls import queries
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason
from trace.recalls.services import Decision

KG = Decimal(1)


@dataclass(frozen=True)
class Chain:
    producer: Actor
    shop: Actor
    officer: Actor
    batch: Batch


@pytest.fixture
def chain(session: Session) -> Chain:
    """The shop holds 10 of 100 kg."""
    producer, shop = actor_of_kind(session), actor_of_kind(session, OrganisationKind.SHOP)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    give(session, batch, producer, shop)
    return Chain(producer, shop, officer_of(session), batch)


def _recall(session: Session, chain: Chain, decision: Decision | None = None) -> Recall:
    return recalls.recall(
        session,
        chain.officer,
        chain.batch.id,
        RecallClass.HEALTH,
        RecallReason.PESTICIDE_RESIDUE,
        decision,
        typed_lot_number=chain.batch.lot_number,
    )


def _withdraw(session: Session, chain: Chain, recall: Recall) -> Recall:
    return recalls.withdraw_recall(
        session,
        chain.officer,
        recall.id,
        WithdrawalReason.RETEST_PASSED,
        typed_lot_number=chain.batch.lot_number,
    )


def _end(session: Session, chain: Chain, recall: Recall) -> Recall:
    return recalls.end_recall(session, chain.officer, recall.id, typed_lot_number=chain.batch.lot_number)


def test_a_recall_sets_the_persistent_disposition_and_the_batch(session: Session, chain: Chain) -> None:
    _recall(session, chain, Decision("123/QĐ-VD", clock.today()))
    event = events.list_batch_events(session, chain.batch.id)[-1]
    assert (event.verb, event.persistent_disposition) == (Verb.RECALL, {"set": ["recalled"]})
    assert event.extensions["decision"]["number"] == "123/QĐ-VD"
    assert chain.batch.is_recalled


def test_without_a_decision_the_recall_is_voluntary(session: Session, chain: Chain) -> None:
    assert _recall(session, chain).is_voluntary


def test_only_officers_recall(session: Session, chain: Chain) -> None:
    for actor in (chain.producer, chain.shop):
        with pytest.raises(Forbidden):
            _recall(session, Chain(chain.producer, chain.shop, actor, chain.batch))


def test_another_lot_number_confirms_nothing(session: Session, chain: Chain) -> None:
    with pytest.raises(recalls.LotNumberDiffers):
        recalls.recall(
            session,
            chain.officer,
            chain.batch.id,
            RecallClass.HEALTH,
            RecallReason.MICROBIAL,
            None,
            typed_lot_number="221126-9",
        )
    assert queries.find_recall_in_force(session, chain.batch.id) is None


def test_a_reason_of_another_class_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput) as refused:
        recalls.recall(
            session,
            chain.officer,
            chain.batch.id,
            RecallClass.LABELLING,
            RecallReason.MICROBIAL,
            None,
            typed_lot_number=chain.batch.lot_number,
        )
    assert (refused.value.code, refused.value.field) == ("reason-not-of-class", "reason")
    assert queries.find_recall_in_force(session, chain.batch.id) is None


def test_a_decision_of_tomorrow_is_refused(session: Session, chain: Chain) -> None:
    with pytest.raises(BadInput) as refused:
        _recall(session, chain, Decision("1", clock.today() + timedelta(days=1)))
    assert refused.value.field == "decided_on"


def test_a_draft_is_not_recalled(session: Session, chain: Chain) -> None:
    draft = BatchFactory.create(session=session, actor=chain.producer)
    with pytest.raises(NotFound):
        _recall(session, Chain(chain.producer, chain.shop, chain.officer, draft))


def test_one_recall_at_a_time(session: Session, chain: Chain) -> None:
    _recall(session, chain)
    with pytest.raises(recalls.AlreadyRecalled):
        _recall(session, chain)


def test_recalled_goods_are_not_sold_and_not_passed_on(session: Session, chain: Chain) -> None:
    _recall(session, chain)
    party = PartyFactory.create(session=session, actor=chain.shop)
    other = actor_of_kind(session, OrganisationKind.SHOP)
    with pytest.raises(rules.BatchRecalled):
        services_leaving.sell(session, chain.shop, chain.batch.id, KG, key=a_key())
    for to in ({"party": party}, {"to": other.organisation}):
        with pytest.raises(rules.BatchRecalled):
            ShipmentFactory.create(session=session, actor=chain.shop, batch=chain.batch, **to)


def test_recalled_goods_go_back_to_their_producer_and_are_destroyed(session: Session, chain: Chain) -> None:
    _recall(session, chain)
    give(session, chain.batch, chain.shop, chain.producer, "6")
    reason = rules.DisposalReason.RECALLED
    services_leaving.destroy(session, chain.shop, chain.batch.id, Decimal(4), reason, key=a_key())
    services_leaving.destroy(session, chain.producer, chain.batch.id, Decimal(96), reason, key=a_key())


def test_goods_on_their_way_when_the_recall_came_are_still_received(session: Session, chain: Chain) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=chain.producer, batch=chain.batch, to=chain.shop.organisation
    )
    _recall(session, chain)
    services_receiving.receive(session, chain.shop, shipment.id)
    assert not shipment.is_open


def test_what_was_recalled_to_the_end_stays_unsaleable(session: Session, chain: Chain) -> None:
    assert _end(session, chain, _recall(session, chain)).ended_at is not None
    with pytest.raises(rules.BatchRecalled):
        services_leaving.sell(session, chain.shop, chain.batch.id, KG, key=a_key())


def test_after_a_withdrawal_goods_are_sold_again(session: Session, chain: Chain) -> None:
    _withdraw(session, chain, _recall(session, chain))
    services_leaving.sell(session, chain.shop, chain.batch.id, KG, key=a_key())
    event = next(
        e for e in events.list_batch_events(session, chain.batch.id) if e.verb == Verb.WITHDRAW_RECALL
    )
    assert event.persistent_disposition == {"unset": ["recalled"]}


def test_withdrawing_a_second_recall_leaves_the_first_that_ended(session: Session, chain: Chain) -> None:
    _end(session, chain, _recall(session, chain))
    _withdraw(session, chain, _recall(session, chain))
    assert chain.batch.is_recalled


@pytest.mark.parametrize("first", [_end, _withdraw])
@pytest.mark.parametrize("second", [_end, _withdraw])
def test_a_recall_is_over_once(session: Session, chain: Chain, first: object, second: object) -> None:
    recall = _recall(session, chain)
    first(session, chain, recall)  # type: ignore[operator]  # one of the two above
    with pytest.raises(recalls.RecallOver):
        second(session, chain, recall)  # type: ignore[operator]  # one of the two above


def test_ending_needs_the_lot_number_too(session: Session, chain: Chain) -> None:
    recall = _recall(session, chain)
    with pytest.raises(recalls.LotNumberDiffers):
        recalls.end_recall(session, chain.officer, recall.id, typed_lot_number="")
    assert recall.is_in_force
