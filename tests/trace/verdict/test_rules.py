"""The precedence of verdicts: what gives the title, what stands under it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.copies.rules import CopyFacts
from trace.copies.rules import Decision as CopyDecision
from trace.core.clock import HANOI
from trace.recalls.hold_rules import HoldFacts, HoldReason, ReleaseReason
from trace.recalls.rules import REASONS_OF, RecallClass, RecallFacts, RecallReason
from trace.verdict.rules import CodeState, Decision, Facts, Verdict, decide

TODAY = date(2026, 11, 21)
YESTERDAY = TODAY - timedelta(days=1)
PLAIN = Facts(today=TODAY)
RECALL = RecallFacts(
    recall_class=RecallClass.HEALTH,
    reason=RecallReason.PESTICIDE_RESIDUE,
    started_at=datetime(2026, 11, 21, 16, 40, tzinfo=HANOI),
)

HOLD = HoldFacts(reason=HoldReason.TEST_RESULT, started_at=datetime(2026, 11, 21, 9, 0, tzinfo=HANOI))
COPIED = CopyFacts(
    decision=CopyDecision.CONFIRMED_COPY, decided_at=datetime(2026, 11, 20, 9, 0, tzinfo=HANOI)
)
# Everything that may be true of a known code at once, gravest first: what makes it so, and what is then said.
PRECEDENCE: tuple[tuple[Verdict, dict[str, Any]], ...] = (
    (Verdict.RECALLED, {"recalls": (RECALL,)}),
    (Verdict.HELD, {"holds": (HOLD,)}),
    (Verdict.UNDER_REVIEW, {"is_under_review": True}),
    (Verdict.EXPIRED, {"use_by_on": YESTERDAY}),
    (Verdict.VOID, {"voided_on": YESTERDAY}),
    (Verdict.COPIED, {"copy": COPIED}),
    (Verdict.SOLD, {"sold_at": COPIED.decided_at}),
    (Verdict.BEST_BEFORE_PASSED, {"best_before_on": YESTERDAY}),
    (Verdict.NO_WARNING_UNCONFIRMED, {"unconfirmed_handovers": 1}),
)


@pytest.mark.parametrize(
    ("graver", "lesser"),
    [pytest.param(a, b, id=f"{a[0]}>{b[0]}") for i, a in enumerate(PRECEDENCE) for b in PRECEDENCE[i + 1 :]],
)
def test_of_two_the_graver_gives_the_title_and_the_other_stands_under_it(
    graver: tuple[Verdict, dict[str, Any]], lesser: tuple[Verdict, dict[str, Any]]
) -> None:
    decision = decide(replace(PLAIN, **graver[1], **lesser[1]))
    is_silent = lesser[0] is Verdict.NO_WARNING_UNCONFIRMED or (
        # What is recalled itself has been decided about.
        (graver[0], lesser[0]) == (Verdict.RECALLED, Verdict.UNDER_REVIEW)
    )
    assert (decision.verdict, decision.also) == (graver[0], () if is_silent else (lesser[0],))


def test_a_label_to_be_checked_stands_where_a_copied_one_does() -> None:
    suspected = replace(PLAIN, copy=replace(COPIED, decision=CopyDecision.NEEDS_CHECK))
    assert decide(suspected).verdict is Verdict.COPY_SUSPECTED
    assert decide(replace(suspected, use_by_on=YESTERDAY)).also == (Verdict.COPY_SUSPECTED,)
    assert decide(replace(suspected, sold_at=COPIED.decided_at)).also == (Verdict.SOLD,)


def test_no_copy_says_nothing() -> None:
    assert decide(replace(PLAIN, copy=replace(COPIED, decision=CopyDecision.NO_COPY))) == decide(PLAIN)


def test_a_copied_label_that_is_not_in_use_says_both() -> None:
    decision = decide(replace(PLAIN, is_activated=False, copy=COPIED))
    assert (decision.verdict, decision.also) == (Verdict.NOT_ACTIVATED, (Verdict.COPIED,))


def test_an_ended_recall_stands_above_a_pause() -> None:
    ended = replace(RECALL, ended_on=TODAY)
    decision = decide(replace(PLAIN, recalls=(ended,), holds=(HOLD,)))
    assert (decision.verdict, decision.also, decision.hold) == (
        Verdict.RECALL_ENDED,
        (Verdict.HELD,),
        HOLD,
    )


def test_of_two_pauses_the_longer_one_is_told() -> None:
    later = replace(HOLD, started_at=HOLD.started_at + timedelta(hours=1))
    assert decide(replace(PLAIN, holds=(later, HOLD))).hold is HOLD


def test_a_lifted_pause_leaves_the_title_and_is_told_below_for_30_days() -> None:
    lifted = replace(HOLD, released_on=TODAY, release_reason=ReleaseReason.TEST_PASSED)
    decision = decide(replace(PLAIN, holds=(lifted,)))
    assert (decision.verdict, decision.released) == (Verdict.NO_WARNING, lifted)
    old = replace(lifted, released_on=TODAY - timedelta(days=31))
    assert decide(replace(PLAIN, holds=(old,))).released is None


def test_a_lifted_pause_is_not_told_while_another_stands_or_a_recall_took_its_place() -> None:
    lifted = replace(HOLD, released_on=TODAY, release_reason=ReleaseReason.TEST_PASSED)
    assert decide(replace(PLAIN, holds=(lifted, HOLD))).released is None
    assert decide(replace(PLAIN, holds=(lifted,), recalls=(RECALL,))).released is None
    replaced = replace(lifted, release_reason=ReleaseReason.RECALLED_INSTEAD)
    assert decide(replace(PLAIN, holds=(replaced,))).released is None


def test_nothing_against_it_is_no_warning() -> None:
    assert decide(PLAIN) == Decision(verdict=Verdict.NO_WARNING)


def test_a_slip_comes_before_everything() -> None:
    assert decide(replace(PLAIN, code_state=CodeState.MALFORMED)).verdict is Verdict.MALFORMED


def test_a_code_never_issued_is_unknown() -> None:
    assert decide(replace(PLAIN, code_state=CodeState.UNKNOWN)).verdict is Verdict.UNKNOWN


def test_a_recall_in_force_gives_the_title() -> None:
    decision = decide(replace(PLAIN, recalls=(RECALL,)))
    assert decision.verdict is Verdict.RECALLED
    assert decision.recall is RECALL


def test_an_ended_recall_stays_a_recall() -> None:
    ended = replace(RECALL, ended_on=TODAY)
    assert decide(replace(PLAIN, recalls=(ended,))).verdict is Verdict.RECALL_ENDED


def test_a_recalled_lot_past_its_date_says_both_with_the_recall_first() -> None:
    decision = decide(replace(PLAIN, recalls=(RECALL,), use_by_on=YESTERDAY))
    assert (decision.verdict, decision.also) == (Verdict.RECALLED, (Verdict.EXPIRED,))


def test_a_withdrawn_recall_leaves_the_title_and_is_told_below() -> None:
    withdrawn = replace(RECALL, withdrawn_on=TODAY)
    decision = decide(replace(PLAIN, recalls=(withdrawn,)))
    assert (decision.verdict, decision.withdrawn) == (Verdict.NO_WARNING, withdrawn)


def test_an_old_withdrawal_is_told_no_more() -> None:
    withdrawn = replace(RECALL, withdrawn_on=TODAY - timedelta(days=31))
    assert decide(replace(PLAIN, recalls=(withdrawn,))).withdrawn is None


def test_a_withdrawal_is_not_told_under_another_recall() -> None:
    withdrawn = replace(RECALL, withdrawn_on=TODAY)
    assert decide(replace(PLAIN, recalls=(withdrawn, RECALL))).withdrawn is None


def test_a_label_not_in_use_says_nothing_of_dates() -> None:
    decision = decide(replace(PLAIN, is_activated=False, use_by_on=YESTERDAY))
    assert decision == Decision(verdict=Verdict.NOT_ACTIVATED)


def test_a_voided_label_never_waits_to_be_used() -> None:
    decision = decide(replace(PLAIN, is_activated=False, voided_on=YESTERDAY, use_by_on=YESTERDAY))
    assert decision == Decision(verdict=Verdict.VOID)


def test_a_voided_label_is_told_beneath_what_is_graver_and_over_what_is_not() -> None:
    voided = replace(PLAIN, voided_on=TODAY)
    assert decide(voided).verdict is Verdict.VOID
    assert decide(replace(voided, use_by_on=YESTERDAY)).also == (Verdict.VOID,)
    assert decide(replace(voided, best_before_on=YESTERDAY)).also == (Verdict.BEST_BEFORE_PASSED,)
    assert decide(replace(voided, recalls=(RECALL,))).also == (Verdict.VOID,)


def test_the_use_by_date_itself_is_still_in_date() -> None:
    assert decide(replace(PLAIN, use_by_on=TODAY)).verdict is Verdict.NO_WARNING
    assert decide(replace(PLAIN, use_by_on=YESTERDAY)).verdict is Verdict.EXPIRED


def test_a_best_before_date_that_passed_is_not_an_expiry() -> None:
    assert decide(replace(PLAIN, best_before_on=TODAY)).verdict is Verdict.NO_WARNING
    assert decide(replace(PLAIN, best_before_on=YESTERDAY)).verdict is Verdict.BEST_BEFORE_PASSED


def test_an_unconfirmed_handover_is_a_note_and_no_warning() -> None:
    assert decide(replace(PLAIN, unconfirmed_handovers=1)).verdict is Verdict.NO_WARNING_UNCONFIRMED


def test_an_unconfirmed_handover_is_not_told_under_a_warning() -> None:
    decision = decide(replace(PLAIN, unconfirmed_handovers=1, use_by_on=YESTERDAY))
    assert decision == Decision(verdict=Verdict.EXPIRED)


days = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))


@st.composite
def some_recalls(draw: st.DrawFn) -> RecallFacts:
    recall_class = draw(st.sampled_from(RecallClass))
    ended, withdrawn = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    return RecallFacts(
        recall_class=recall_class,
        reason=draw(st.sampled_from(REASONS_OF[recall_class])),
        started_at=datetime(2026, 1, 1, tzinfo=HANOI) + timedelta(minutes=draw(st.integers(0, 500_000))),
        ended_on=draw(days) if ended else None,
        withdrawn_on=draw(days) if withdrawn else None,
    )


some_holds = st.builds(
    HoldFacts,
    reason=st.sampled_from(HoldReason),
    started_at=st.integers(0, 500_000).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=HANOI) + timedelta(minutes=minutes)
    ),
    released_on=st.none() | days,
    release_reason=st.sampled_from(ReleaseReason),
)
some_facts = st.builds(
    Facts,
    today=days,
    code_state=st.sampled_from(CodeState),
    is_activated=st.booleans(),
    recalls=st.lists(some_recalls(), max_size=4).map(tuple),
    holds=st.lists(some_holds, max_size=3).map(tuple),
    is_under_review=st.booleans(),
    use_by_on=st.none() | days,
    best_before_on=st.none() | days,
    unconfirmed_handovers=st.integers(0, 3),
    is_food=st.booleans(),
)
NO_WARNINGS = {Verdict.NO_WARNING, Verdict.NO_WARNING_UNCONFIRMED}


@given(some_facts)
def test_a_recalled_lot_never_shows_no_warning(facts: Facts) -> None:
    standing = [recall for recall in facts.recalls if not recall.is_withdrawn]
    if facts.code_state is CodeState.KNOWN and standing:
        is_in_force = any(recall.is_in_force for recall in standing)
        assert decide(facts).verdict is (Verdict.RECALLED if is_in_force else Verdict.RECALL_ENDED)


@given(some_facts)
def test_nothing_graver_than_the_title_stands_under_it(facts: Facts) -> None:
    decision = decide(facts)
    order = list(Verdict)
    places = [order.index(verdict) for verdict in (decision.verdict, *decision.also)]
    assert places == sorted(set(places))


@given(some_facts)
def test_goods_out_of_date_never_show_no_warning(facts: Facts) -> None:
    if facts.use_by_on is not None and facts.use_by_on < facts.today:
        assert decide(facts).verdict not in NO_WARNINGS


@given(some_facts)
def test_a_paused_lot_never_shows_no_warning(facts: Facts) -> None:
    if facts.is_under_review or any(hold.is_in_force for hold in facts.holds):
        assert decide(facts).verdict not in NO_WARNINGS


@given(some_facts)
def test_no_warning_has_nothing_under_it(facts: Facts) -> None:
    decision = decide(facts)
    if decision.verdict in NO_WARNINGS:
        assert decision.also == ()
        assert decision.recall is None


@given(some_facts, some_recalls())
def test_one_more_recall_in_force_always_makes_the_title_a_recall(facts: Facts, recall: RecallFacts) -> None:
    known = replace(facts, code_state=CodeState.KNOWN)
    in_force = replace(recall, ended_on=None, withdrawn_on=None)
    assert decide(replace(known, recalls=(*facts.recalls, in_force))).verdict is Verdict.RECALLED
