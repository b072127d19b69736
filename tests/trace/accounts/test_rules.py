from datetime import UTC, datetime, timedelta

import pytest

from trace.accounts import rules

NOW = datetime(2026, 11, 21, 7, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["0912345678", "0912 345 678", "+84 912 345 678", "84912345678", "0912.345.678"]
)
def test_a_number_is_one_however_it_is_typed(typed: str) -> None:
    assert rules.normalise_phone(typed) == "+84912345678"


@pytest.mark.parametrize("typed", ["", "123", "abc", "0912345678901234", "\x00"])
def test_what_cannot_be_a_number_is_none(typed: str) -> None:
    assert rules.normalise_phone(typed) is None


def test_the_first_wrong_tries_cost_nothing() -> None:
    assert rules.wait_after(rules.FREE_TRIES - 1, NOW, NOW) == 0


def test_the_wait_doubles_and_has_an_end() -> None:
    waits = [rules.wait_after(rules.FREE_TRIES + more, NOW, NOW) for more in range(3)]
    assert waits == [2, 4, 8]
    assert rules.wait_after(10**9, NOW, NOW) == rules.LONGEST_WAIT


def test_an_address_that_many_share_has_more_free_tries() -> None:
    free = rules.FREE_TRIES_OF_AN_ADDRESS
    assert rules.wait_after(free - 1, NOW, NOW, free) == 0
    assert rules.wait_after(free, NOW, NOW, free) == 2


def test_a_wait_runs_out() -> None:
    assert rules.wait_after(rules.FREE_TRIES, NOW - timedelta(seconds=3), NOW) == 0


@pytest.mark.parametrize("typed", ["0100109106", "01001 09106", "0100109106-001", "001099012345"])
def test_tax_codes_and_household_numbers_are_read(typed: str) -> None:
    assert rules.normalise_tax_code(typed)


@pytest.mark.parametrize("typed", ["0100109107", "12345", "mst", "0" * 40])
def test_a_tax_code_with_a_slip_is_none(typed: str) -> None:
    assert rules.normalise_tax_code(typed) is None


def test_names_are_alike_without_the_words_all_share() -> None:
    assert rules.names_are_alike("HTX Rau sạch Vân Nội", "Hợp tác xã rau sạch Vân Nội")
    assert not rules.names_are_alike("HTX Bưởi Diễn", "HTX Gà đồi Ba Vì")
