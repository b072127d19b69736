"""What a recall reaches: the same goods are recalled with it, what was made of them waits for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    ActiveBatchFactory,
    BatchFactory,
    a_key,
    actor_of_kind,
    give,
    officer_of,
)
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.errors import Forbidden
from trace.events import queries as event_queries
from trace.events import rules, services_correction, services_leaving, services_making
from trace.events.models import Verb
from trace.events.rules_correction import CorrectionReason, NotCorrectable
from trace.events.rules_making import YieldReason
from trace.recalls import queries, reach
from trace.recalls import services as recalls
from trace.recalls.models import Recall, Relation
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason
from trace.recalls.services import Decision, LotsUnderReview, NotUnderReview
from trace.verdict import queries as verdicts
from trace.verdict.rules import Verdict, decide

KG = Decimal(1)


@dataclass(frozen=True)
class Chain:
    """Three lots of the farm: split, and cooked into two soups one after the other."""

    farm: Actor
    officer: Actor
    lot: Batch
    part: Batch
    soup: Batch
    tin: Batch


def make(session: Session, actor: Actor, *inputs: Batch) -> Batch:
    draft = BatchFactory.create(session=session, actor=actor, quantity=Decimal(5))
    services_making.transform(
        session,
        actor,
        {one.id: KG for one in inputs},
        [draft.id],
        key=a_key(),
        reason=next(iter(YieldReason)),
    )
    return draft


def split(session: Session, actor: Actor, batch: Batch, quantity: int = 20) -> Batch:
    return services_making.split(session, actor, batch.id, [quantity * KG], key=a_key()).batches[0]


@pytest.fixture
def chain(session: Session) -> Chain:
    farm = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=farm)
    part = split(session, farm, lot)
    soup = make(session, farm, part)
    return Chain(farm, officer_of(session), lot, part, soup, make(session, farm, soup))


def recall(session: Session, chain: Chain, batch: Batch, decision: Decision | None = None) -> Recall:
    return recalls.recall(
        session, chain.officer, batch.id, RecallClass.HEALTH, RecallReason.MICROBIAL, decision,
        typed_lot_number=batch.lot_number,
    )  # fmt: skip


def withdraw(session: Session, chain: Chain, found: Recall) -> None:
    recalls.withdraw_recall(
        session, chain.officer, found.id, WithdrawalReason.RETEST_PASSED, typed_lot_number=found.batch.lot_number
    )  # fmt: skip


def release(session: Session, chain: Chain, found: Recall, batch: Batch) -> None:
    recalls.release_lot(session, chain.officer, found.id, batch.id, typed_lot_number=batch.lot_number)


def states(*batches: Batch) -> list[str]:
    return [
        "recalled" if batch.is_recalled else "review" if batch.is_under_review else "free"
        for batch in batches
    ]


def relations(session: Session, found: Recall) -> dict[UUID, str]:
    return {lot.batch_id: lot.relation for lot in reach.list_lots(session, found.id)}


def verdict_of(session: Session, batch: Batch) -> Verdict:
    return decide(verdicts.look_up(session, batch.code).facts).verdict


def test_the_same_goods_are_recalled_and_what_was_made_of_them_is_under_review(
    session: Session, chain: Chain
) -> None:
    found = recall(session, chain, chain.lot)
    assert relations(session, found) == {
        chain.lot.id: Relation.NAMED,
        chain.part.id: Relation.SAME_GOODS,
        chain.soup.id: Relation.MADE_FROM,
        chain.tin.id: Relation.MADE_FROM,
    }
    assert states(chain.lot, chain.part, chain.soup, chain.tin) == [
        "recalled",
        "recalled",
        "review",
        "review",
    ]


def test_a_recall_goes_forward_only(session: Session, chain: Chain) -> None:
    recall(session, chain, chain.soup)
    assert states(chain.lot, chain.part, chain.soup, chain.tin) == ["free", "free", "recalled", "review"]


def test_a_heap_is_recalled_with_any_of_its_lots_and_the_other_lots_are_not(
    session: Session, chain: Chain
) -> None:
    other = split(session, chain.farm, chain.lot)
    heap = services_making.merge(
        session, chain.farm, {chain.part.id: KG, other.id: KG}, key=a_key()
    ).batches[0]  # fmt: skip
    found = recall(session, chain, chain.part)
    assert relations(session, found)[heap.id] == Relation.SAME_GOODS
    assert states(heap, other, chain.lot) == ["recalled", "free", "free"]


def test_the_scan_page_of_the_same_goods_names_the_lot_that_is_recalled(
    session: Session, chain: Chain
) -> None:
    recall(session, chain, chain.lot)
    (told,) = verdicts.look_up(session, chain.part.code).facts.recalls
    assert told.through_lot == chain.lot.lot_number
    assert verdicts.look_up(session, chain.lot.code).facts.recalls[0].through_lot is None
    assert verdict_of(session, chain.part) is Verdict.RECALLED
    assert verdict_of(session, chain.soup) is Verdict.UNDER_REVIEW


def test_the_recalls_event_names_every_lot_of_the_same_goods(session: Session, chain: Chain) -> None:
    recall(session, chain, chain.lot)
    for batch, told in ((chain.part, True), (chain.soup, False)):
        verbs = [event.verb for event in event_queries.list_batch_events(session, batch.id)]
        assert (Verb.RECALL in verbs) is told


@pytest.mark.parametrize("reached", ["part", "soup"])
def test_goods_a_recall_reaches_do_not_move(session: Session, chain: Chain, reached: str) -> None:
    recall(session, chain, chain.lot)
    batch: Batch = getattr(chain, reached)
    with pytest.raises((rules.BatchRecalled, rules.BatchHeld)):
        services_leaving.sell(session, chain.farm, batch.id, KG, key=a_key())
    with pytest.raises((rules.BatchRecalled, rules.BatchHeld)):
        split(session, chain.farm, batch, 1)
    with pytest.raises((rules.BatchRecalled, rules.BatchHeld)):
        make(session, chain.farm, batch)


def test_goods_do_not_leave_a_recalled_lot_by_taking_its_making_back(session: Session, chain: Chain) -> None:
    part = split(session, chain.farm, chain.lot)
    (made,) = (
        event for event in event_queries.list_batch_events(session, part.id) if event.verb == Verb.SPLIT
    )
    recall(session, chain, part)
    with pytest.raises(NotCorrectable):
        services_correction.correct(
            session, chain.farm, made.id, next(iter(CorrectionReason)), key=a_key()
        )  # fmt: skip
    assert not chain.lot.is_recalled


def test_a_withdrawn_recall_lets_go_of_everything(session: Session, chain: Chain) -> None:
    withdraw(session, chain, recall(session, chain, chain.lot))
    assert states(chain.lot, chain.part, chain.soup, chain.tin) == ["free"] * 4


def test_another_recall_still_holds_what_both_reach(session: Session, chain: Chain) -> None:
    first = recall(session, chain, chain.lot)
    recall(session, chain, chain.part)
    withdraw(session, chain, first)
    assert states(chain.lot, chain.part, chain.soup) == ["free", "recalled", "review"]


def test_an_ended_recall_still_marks_the_goods(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    release(session, chain, found, chain.soup)
    recalls.end_recall(session, chain.officer, found.id, typed_lot_number=chain.lot.lot_number)
    assert states(chain.lot, chain.part, chain.soup) == ["recalled", "recalled", "free"]
    assert verdict_of(session, chain.part) is Verdict.RECALL_ENDED


def test_a_recall_is_not_ended_before_every_lot_is_decided_about(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    with pytest.raises(LotsUnderReview) as refusal:
        recalls.end_recall(session, chain.officer, found.id, typed_lot_number=chain.lot.lot_number)
    assert refusal.value.numbers["lots"] == 2


def test_a_lot_not_affected_is_free_with_what_was_made_of_it_alone(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    release(session, chain, found, chain.soup)
    assert states(chain.soup, chain.tin) == ["free", "free"]


def test_what_is_reached_another_way_stays_under_review(session: Session, chain: Chain) -> None:
    stew = make(session, chain.farm, chain.part)
    services_making.split(session, chain.farm, chain.lot.id, [KG], key=a_key())
    mix = make_of(session, chain.farm, {chain.tin: KG, stew: KG})
    found = recall(session, chain, chain.lot)
    release(session, chain, found, chain.soup)
    assert states(chain.tin, mix) == ["free", "review"]
    release(session, chain, found, stew)
    assert states(stew, mix) == ["free", "free"]


def make_of(session: Session, actor: Actor, inputs: dict[Batch, Decimal]) -> Batch:
    draft = BatchFactory.create(session=session, actor=actor, quantity=Decimal(2))
    quantities = {batch.id: quantity for batch, quantity in inputs.items()}
    services_making.transform(
        session, actor, quantities, [draft.id], key=a_key(), reason=next(iter(YieldReason))
    )  # fmt: skip
    return draft


def test_a_lot_under_review_may_be_recalled_too(session: Session, chain: Chain) -> None:
    first = recall(session, chain, chain.lot)
    recall(session, chain, chain.soup)
    assert states(chain.soup, chain.tin) == ["recalled", "review"]
    with pytest.raises(NotUnderReview):
        release(session, chain, first, chain.soup)
    withdraw(session, chain, first)
    assert states(chain.lot, chain.soup, chain.tin) == ["free", "recalled", "review"]


def test_a_lot_is_released_once_and_by_its_number(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    with pytest.raises(recalls.LotNumberDiffers):
        recalls.release_lot(session, chain.officer, found.id, chain.soup.id, typed_lot_number="x")
    release(session, chain, found, chain.soup)
    with pytest.raises(NotUnderReview):
        release(session, chain, found, chain.soup)


def test_only_the_authority_releases(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    with pytest.raises(Forbidden):
        recalls.release_lot(
            session, chain.farm, found.id, chain.soup.id, typed_lot_number=chain.soup.lot_number
        )  # fmt: skip


def test_parts_held_by_others_are_recalled_wherever_they_are(session: Session, chain: Chain) -> None:
    shop = actor_of_kind(session, OrganisationKind.SHOP)
    give(session, chain.part, chain.farm, shop)
    theirs = split(session, shop, chain.part, 2)
    found = recall(session, chain, chain.lot)
    assert _in(relations(session, found), [theirs])
    assert states(theirs) == ["recalled"]


def _in(found: dict[UUID, str], batches: Sequence[Batch]) -> bool:
    return all(batch.id in found for batch in batches)


def test_reviews_of_a_lot_say_which_recall_they_wait_for(session: Session, chain: Chain) -> None:
    found = recall(session, chain, chain.lot)
    assert [review.recall_id for review in queries.list_reviews(session, chain.soup.id)] == [found.id]
    assert queries.list_reviews(session, chain.part.id) == []
