"""How a stamp is read, what of a range is left, and which address may be printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.batches.stamp_rules import (
    MOST_IN_RUN,
    AddressNotForPrint,
    FirstAfterLast,
    Span,
    StampState,
    TooManyRuns,
    Typed,
    check_address,
    check_count,
    check_order,
    left_of,
    read_stamp,
    state_of,
)
from trace.core.errors import BadInput
from trace.core.short_codes import pretty

CODE = "S7WHFK4HH9X2S"  # the same in every process that collects the tests
SPANS = st.tuples(st.integers(1, 40), st.integers(0, 10)).map(lambda pair: Span(pair[0], sum(pair)))


@pytest.mark.parametrize("typed", ["12001", "12.001", "12 001", " 12,001 "])
def test_a_number_is_read_as_printed(typed: str) -> None:
    assert read_stamp(typed) == Typed(number=12001)


@pytest.mark.parametrize(
    "typed", [CODE, CODE.lower(), pretty(CODE), f"https://check.example/T/{CODE}", f"HTTP://X/t/{CODE}?a=1"]
)
def test_a_code_is_read_typed_or_scanned(typed: str) -> None:
    assert read_stamp(typed) == Typed(code=CODE)


@pytest.mark.parametrize(
    "typed", ["", "0", "12.00", "9999999999", "-5", "một", "7K3Q", "12001a", CODE[:-1], "١٢"]
)
def test_what_is_neither_is_read_as_nothing(typed: str) -> None:
    assert read_stamp(typed) == Typed()


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_left_of_a_range_is_exactly_what_no_other_has(span: Span, taken: list[Span]) -> None:
    left = left_of(span, taken)
    numbers = [number for part in left for number in range(part.first, part.last + 1)]
    gone = {number for other in taken for number in range(other.first, other.last + 1)}
    assert numbers == [number for number in range(span.first, span.last + 1) if number not in gone]


@given(SPANS, SPANS)
def test_an_overlap_is_what_both_ranges_have(one: Span, other: Span) -> None:
    both = set(range(one.first, one.last + 1)) & set(range(other.first, other.last + 1))
    overlap = one.overlap(other)
    assert (set(range(overlap.first, overlap.last + 1)) if overlap else set()) == both


@pytest.mark.parametrize("count", [0, -1, MOST_IN_RUN + 1])
def test_a_run_of_none_or_of_too_many_is_refused(count: int) -> None:
    with pytest.raises(BadInput):
        check_count(count, 0)


def test_a_fourth_run_waits_for_the_others() -> None:
    check_count(1, 2)
    with pytest.raises(TooManyRuns):
        check_count(1, 3)


def test_a_range_runs_forwards() -> None:
    check_order(Span(5, 5))
    with pytest.raises(FirstAfterLast):
        check_order(Span(6, 5))


def test_only_the_configured_public_address_is_printed() -> None:
    check_address("https://a.example", "https://a.example", is_public=True, is_demo=False)
    for address, configured, is_public in (
        ("https://b.example", "https://a.example", True),
        ("http://127.0.0.1:8000", None, False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", False),
    ):
        with pytest.raises(AddressNotForPrint):
            check_address(address, configured, is_public=is_public, is_demo=False)


def test_the_demo_prints_under_its_mark_wherever_it_runs() -> None:
    check_address("http://127.0.0.1:8000", None, is_public=False, is_demo=True)


def test_a_voided_stamp_is_void_whether_bound_or_not() -> None:
    assert state_of(is_bound=True, is_void=True) is StampState.VOID
    assert state_of(is_bound=False, is_void=True) is StampState.VOID
    assert state_of(is_bound=True, is_void=False) is StampState.ACTIVE
    assert state_of(is_bound=False, is_void=False) is StampState.PRINTED
