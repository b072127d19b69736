"""Slowing strangers: what is free, what waits, what is forgotten, and how little is kept."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from trace.core.strangers import CELLS, DAY_S, Guesses, Meter, Rate, source_of

ONE, OTHER = "198.51.100.7", "203.0.113.9"


class Clock:
    """Time as the test has it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _unknown(guesses: Guesses, address: str, times: int) -> list[int]:
    return [guesses.wait_after_unknown(address) for _ in range(times)]


def test_so_many_are_free_and_the_next_waits() -> None:
    guesses = Guesses(60, 30, Clock())
    assert set(_unknown(guesses, ONE, 60)) == {0}
    assert guesses.wait_after_unknown(ONE) == 2


def test_another_source_does_not_wait() -> None:
    guesses = Guesses(60, 30, Clock())
    _unknown(guesses, ONE, 5_000)
    assert guesses.wait_after_unknown(OTHER) == 0
    assert guesses.wait_before(OTHER) == 0


def test_a_count_drains_away() -> None:
    clock = Clock()
    guesses = Guesses(60, 30, clock)
    _unknown(guesses, ONE, 61)
    clock.now += 4
    assert guesses.wait_after_unknown(ONE) == 0
    clock.now += 125
    assert set(_unknown(guesses, ONE, 60)) == {0}


def test_over_the_limit_a_source_is_still_looked_up() -> None:
    guesses = Guesses(60, 30, Clock())
    _unknown(guesses, ONE, 200)
    assert guesses.wait_before(ONE) == 0


def test_who_goes_on_and_on_is_looked_up_twice_a_second_and_no_more() -> None:
    clock = Clock()
    guesses = Guesses(60, 30, clock)
    _unknown(guesses, ONE, 10_000)
    looked_up = 0
    for _ in range(10_000):  # a hundred a second, for a hundred seconds
        clock.now += 0.01
        if guesses.wait_before(ONE) == 0:
            looked_up += 1
            guesses.wait_after_unknown(ONE)
    assert 100 < looked_up < 260


def test_nobody_waits_longer_than_ten_minutes_for_what_was_done_before() -> None:
    clock = Clock()
    guesses = Guesses(60, 30, clock)
    _unknown(guesses, ONE, 100_000)
    clock.now += 10 * 60
    assert guesses.wait_after_unknown(ONE) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 40), st.booleans()), max_size=80))
def test_where_nobody_can_be_far_over_nobody_is(steps: list[tuple[int, float, bool]]) -> None:
    clock = Clock()
    meter = Meter(Rate(5, 0.5, most=2), clock)
    sources = [f"198.51.100.{number}" for number in range(4)]
    for number, pause, is_back in steps:
        clock.now += pause
        (meter.give_back if is_back else meter.count)(sources[number])
        assert meter.is_anybody_far_over() or not any(map(meter.is_far_over, sources))


def test_no_limit_is_a_choice() -> None:
    guesses = Guesses(0, 30, Clock())
    assert set(_unknown(guesses, ONE, 1_000)) == {0}


def test_a_hundred_thousand_sources_leave_memory_where_it_was() -> None:
    meter = Meter(Rate(10, 1.0), Clock())
    before = [sys.getsizeof(cells) for cells in meter._rows]
    for number in range(100_000):
        meter.count(str(number))
    assert [sys.getsizeof(cells) for cells in meter._rows] == before
    assert sum(before) < 20 * CELLS


def test_ten_thousand_others_do_not_make_one_wait() -> None:
    meter = Meter(Rate(10, 1.0), Clock())
    for number in range(10_000):
        meter.count(f"source {number}")
    assert sum(meter.wait(f"newcomer {number}") > 0 for number in range(1_000)) == 0


def test_a_day_later_all_is_forgotten_under_another_key() -> None:
    clock = Clock()
    meter = Meter(Rate(10, 0.001, most=20), clock)
    for _ in range(100):
        meter.count(ONE)
    key = meter._key
    assert meter.wait(ONE) > 0
    clock.now += DAY_S
    assert meter.wait(ONE) == 0
    assert meter._key != key


def test_a_home_network_is_one_source_whatever_address_it_takes() -> None:
    assert source_of("2001:db8:1:2::5") == source_of("2001:db8:1:2:ffff::1") != source_of("2001:db8:1:3::5")
    assert source_of("::ffff:198.51.100.7") == source_of("198.51.100.7") == "198.51.100.7"
    assert source_of("fe80::1%eth0") == source_of("fe80::2")
    assert source_of("") == source_of("no address") == ""
