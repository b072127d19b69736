"""Days waited, seasons, and which wait is over last."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from producers.diary.rules import SEASON_DAYS, Wait, is_in_season, season_of, shortest

HARVEST = date(2026, 11, 20)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
GAPS = st.integers(0, SEASON_DAYS)
LABELS = st.none() | st.integers(0, 365)


def test_eight_days_are_waited_from_the_twelfth_to_the_twentieth() -> None:
    assert Wait(date(2026, 11, 12), HARVEST, 7).days == 8


def test_a_wait_as_long_as_the_label_says_is_not_short() -> None:
    assert not Wait(date(2026, 11, 13), HARVEST, 7).is_short


def test_a_day_less_than_the_label_says_is_short() -> None:
    assert Wait(date(2026, 11, 14), HARVEST, 7).is_short


def test_a_label_nobody_noted_makes_no_wait_short() -> None:
    assert not Wait(HARVEST, HARVEST, None).is_short


def test_of_short_waits_the_one_that_is_over_last_is_told() -> None:
    recent, long = Wait(date(2026, 11, 18), HARVEST, 3), Wait(date(2026, 11, 1), HARVEST, 30)
    assert shortest([recent, long]) == long


def test_where_none_is_short_nothing_is_told() -> None:
    assert shortest([Wait(date(2026, 11, 1), HARVEST, 7), Wait(HARVEST, HARVEST, None)]) is None


@given(made=DAYS, gap=GAPS, label=LABELS)
def test_a_wait_is_short_exactly_while_the_harvest_is_before_its_free_day(
    made: date, gap: int, label: int | None
) -> None:
    wait = Wait(made - timedelta(days=gap), made, label)
    assert wait.days == gap
    assert wait.is_short == (label is not None and made < wait.free_on)


@given(made=DAYS, gap=st.integers(-400, 400))
def test_the_season_is_the_days_up_to_the_harvest_and_no_later(made: date, gap: int) -> None:
    first, last = season_of(made)
    done_on = made - timedelta(days=gap)
    assert is_in_season(done_on, made) == (first <= done_on <= last) == (0 <= gap <= SEASON_DAYS)


@given(
    waits=st.lists(
        st.builds(lambda gap, label: Wait(HARVEST - timedelta(days=gap), HARVEST, label), GAPS, LABELS)
    )
)
def test_what_is_told_is_short_and_no_short_one_is_over_later(waits: list[Wait]) -> None:
    told = shortest(waits)
    short = [wait for wait in waits if wait.is_short]
    assert (told is None) == (not short)
    assert told is None or all(told.free_on >= wait.free_on for wait in short)
