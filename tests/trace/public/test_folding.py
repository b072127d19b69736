"""What is folded of a long way, and what never is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.trace.public.ways import way
from trace.public.folding import FIRST_OPEN, LAST_OPEN, LONGEST_UNFOLDED, SMALLEST_FOLD, fold
from trace.public.pages import JourneyStep

STAGES = st.lists(st.booleans(), max_size=80)  # whether each stays open


def is_open(stage: tuple[int, bool]) -> bool:
    return stage[1]


@given(STAGES)
def test_every_stage_is_told_once_in_its_order(marks: list[bool]) -> None:
    stages = list(enumerate(marks))
    assert [stage for stretch in fold(stages, is_open) for stage in stretch.stages] == stages


@given(STAGES)
def test_the_first_the_last_and_what_is_marked_stay_open(marks: list[bool]) -> None:
    stages = list(enumerate(marks))
    folded = {stage for stretch in fold(stages, is_open) if stretch.is_folded for stage in stretch.stages}
    assert not folded & {*stages[:FIRST_OPEN], *stages[-LAST_OPEN:], *filter(is_open, stages)}


@given(STAGES)
def test_no_fold_is_too_small_to_be_worth_a_tap_and_no_two_follow_each_other(marks: list[bool]) -> None:
    stretches = fold(list(enumerate(marks)), is_open)
    assert all(len(one.stages) >= SMALLEST_FOLD for one in stretches if one.is_folded)
    assert all(one.is_folded != after.is_folded for one, after in pairwise(stretches))


@given(st.integers(min_value=LONGEST_UNFOLDED + 1, max_value=200))
def test_of_a_quiet_way_of_any_length_as_many_stages_are_open(stages: int) -> None:
    stretches = fold([(place, False) for place in range(stages)], is_open)
    assert sum(len(one.stages) for one in stretches if not one.is_folded) == FIRST_OPEN + LAST_OPEN


def test_a_short_way_is_told_whole() -> None:
    steps = way(LONGEST_UNFOLDED)
    (stretch,) = fold(steps, lambda step: step.stays_open)
    assert stretch.stages == steps
    assert not stretch.is_folded


def test_nothing_is_nothing() -> None:
    assert fold([], is_open) == ()


def test_what_is_missing_breached_added_later_or_official_stays_open() -> None:
    steps = way(60, missing=[10], breached=[20], marked=[30], official=[40])

    def stays_open(step: JourneyStep) -> bool:
        return step.stays_open

    folded = [step for one in fold(steps, stays_open) if one.is_folded for step in one.stages]
    assert not {steps[place] for place in (10, 20, 30, 40)} & set(folded)
    assert len(folded) == 60 - FIRST_OPEN - LAST_OPEN - 4
