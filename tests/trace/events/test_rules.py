"""Rules of custody, without a database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.core.errors import BadInput
from trace.events import rules

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TODAY = date(2026, 11, 22)
QUANTITIES = st.decimals("0.000001", "999999", places=6)


def test_all_that_is_held_may_be_moved() -> None:
    rules.check_quantity(Decimal(5), Decimal(5), "kg", is_count=False)


def test_more_than_held_is_refused_with_its_numbers() -> None:
    with pytest.raises(rules.QuantityExceedsHolding) as refused:
        rules.check_quantity(Decimal(150), Decimal(120), "kg", is_count=False)
    assert refused.value.numbers == {"held": 120, "asked": 150, "unit": "kg"}


def test_who_holds_nothing_moves_nothing() -> None:
    with pytest.raises(rules.NotTheHolder):
        rules.check_quantity(Decimal(1), Decimal(0), "kg", is_count=False)


@pytest.mark.parametrize("asked", ["0", "-1"])
def test_nothing_and_less_than_nothing_is_no_quantity(asked: str) -> None:
    with pytest.raises(BadInput, match="above 0"):
        rules.check_quantity(Decimal(asked), Decimal(5), "kg", is_count=False)


def test_counted_goods_move_in_whole_pieces() -> None:
    rules.check_quantity(Decimal("2.0"), Decimal(5), "quả", is_count=True)
    with pytest.raises(rules.WholeUnitsOnly):
        rules.check_quantity(Decimal("2.5"), Decimal(5), "quả", is_count=True)


def test_a_difference_at_the_tolerance_closes_as_loss() -> None:
    assert rules.close_difference(Decimal(100), Decimal(97), Decimal(3)) == rules.Difference(
        Decimal(3), Decimal(0)
    )


def test_a_difference_above_the_tolerance_stays_open_whole() -> None:
    found = rules.close_difference(Decimal(100), Decimal("96.999999"), Decimal(3))
    assert found == rules.Difference(Decimal(0), Decimal("3.000001"))


def test_without_a_tolerance_every_difference_stays_open() -> None:
    assert rules.close_difference(Decimal(10), Decimal(9), Decimal(0)).open == 1


def test_more_than_shipped_cannot_be_received() -> None:
    with pytest.raises(rules.ReceivedExceedsShipped):
        rules.close_difference(Decimal(10), Decimal("10.000001"), Decimal(30))


@given(QUANTITIES, QUANTITIES, st.decimals(0, 30, places=2))
def test_a_difference_never_makes_or_eats_goods(one: Decimal, other: Decimal, percent: Decimal) -> None:
    shipped, received = max(one, other), min(one, other)
    found = rules.close_difference(shipped, received, percent)
    assert received + found.lost + found.open == shipped
    assert found.lost >= 0
    assert found.open >= 0


def test_clocks_may_be_five_minutes_ahead() -> None:
    rules.check_time(NOW + timedelta(minutes=5), NOW, NOW)
    with pytest.raises(rules.TimeOutOfRange):
        rules.check_time(NOW + timedelta(minutes=5, seconds=1), NOW, NOW)


def test_nothing_happens_to_goods_that_are_not_there_yet() -> None:
    with pytest.raises(rules.TimeOutOfRange):
        rules.check_time(NOW - timedelta(seconds=1), NOW, NOW)


def test_a_clock_that_is_ahead_is_kept_as_now() -> None:
    ahead = NOW + timedelta(minutes=5)
    assert rules.settle_time(ahead, NOW, NOW - timedelta(hours=1)) == NOW


def test_a_time_stated_to_the_minute_is_not_held_against_seconds() -> None:
    there = NOW.replace(minute=30, second=40) - timedelta(hours=2)
    assert rules.settle_time(there.replace(second=0), NOW, there) == there
    with pytest.raises(rules.TimeOutOfRange):
        rules.settle_time(there.replace(second=39), NOW, there)


def test_a_day_begins_at_midnight_in_hanoi() -> None:
    assert rules.start_of_day(TODAY) == datetime(2026, 11, 21, 17, tzinfo=UTC)


def test_the_use_by_date_itself_is_the_last_day_of_sale() -> None:
    rules.check_sellable(is_recalled=False, use_by=TODAY, today=TODAY)
    with pytest.raises(rules.BatchExpired):
        rules.check_sellable(is_recalled=False, use_by=TODAY - timedelta(days=1), today=TODAY)


def test_goods_without_a_use_by_date_may_always_be_sold() -> None:
    rules.check_sellable(is_recalled=False, use_by=None, today=TODAY)


def test_recalled_goods_are_not_sold_whatever_their_date() -> None:
    with pytest.raises(rules.BatchRecalled):
        rules.check_sellable(is_recalled=True, use_by=None, today=TODAY)


def test_an_entry_is_late_after_a_day() -> None:
    assert not rules.is_late(NOW - timedelta(hours=24), NOW)
    assert rules.is_late(NOW - timedelta(hours=24, seconds=1), NOW)
