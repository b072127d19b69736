"""What a count of stock means. Pure."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from trace.core.errors import BadInput, Refusal
from trace.events.rules import NotTheHolder, WholeUnitsOnly
from trace.events.rules_stock import (
    CountBelowPacked,
    Counted,
    CountExceedsHolding,
    CountLosesMuch,
    InspectionResult,
    ResultNeedsDecision,
    check_number,
    check_result,
    settle_count,
)

amounts = st.decimals(min_value=0, max_value=1000, places=3)


def _settle(counted: str, booked: str, **more: Any) -> Counted:
    facts: dict[str, Any] = {
        "packed": Decimal(0),
        "lost_before": Decimal(0),
        "unit": "kg",
        "is_count": False,
        "is_sure": False,
    }
    return settle_count(Decimal(counted), Decimal(booked), **{**facts, **more})


def test_what_is_missing_is_lost() -> None:
    assert _settle("46", "50") == Counted(lost=Decimal(4), found=Decimal(0))


def test_a_fifth_is_lost_unasked_and_no_more() -> None:
    assert _settle("40", "50").lost == 10
    with pytest.raises(CountLosesMuch) as refused:
        _settle("39.9", "50")
    assert refused.value.numbers["lost"] == Decimal("10.1")
    assert _settle("39.9", "50", is_sure=True).lost == Decimal("10.1")


def test_more_than_is_on_record_is_what_was_lost_before() -> None:
    assert _settle("52", "50", lost_before=Decimal(2)).found == 2
    with pytest.raises(CountExceedsHolding) as refused:
        _settle("52.1", "50", lost_before=Decimal(2))
    assert refused.value.numbers["most"] == 52


def test_less_than_lies_in_cartons_is_refused() -> None:
    with pytest.raises(CountBelowPacked):
        _settle("29", "50", packed=Decimal(30), is_sure=True)
    assert _settle("30", "50", packed=Decimal(30), is_sure=True).lost == 20


def test_counted_goods_are_counted_in_whole_pieces() -> None:
    with pytest.raises(WholeUnitsOnly):
        _settle("1.5", "2", is_count=True)


def test_less_than_nothing_is_no_count() -> None:
    with pytest.raises(BadInput):
        _settle("-1", "2")


def test_who_never_had_any_counts_none() -> None:
    with pytest.raises(NotTheHolder):
        _settle("1", "0")


@given(amounts, amounts, amounts, st.booleans())
def test_a_count_always_ends_at_what_was_counted(
    counted: Decimal, booked: Decimal, lost_before: Decimal, is_sure: bool
) -> None:
    try:
        result = _settle(str(counted), str(booked), lost_before=lost_before, is_sure=is_sure)
    except Refusal:
        reject()
    assert booked - result.lost + result.found == counted
    assert result.found <= lost_before
    assert not (result.lost and result.found)


def test_a_failure_needs_a_pause_and_a_pass_does_not() -> None:
    check_result(InspectionResult.PASSED, is_paused=False)
    check_result(InspectionResult.FAILED, is_paused=True)
    with pytest.raises(ResultNeedsDecision):
        check_result(InspectionResult.FAILED, is_paused=False)


def test_nothing_and_too_much_at_once_are_refused() -> None:
    check_number(200)
    for count in (0, 201):
        with pytest.raises(BadInput):
            check_number(count)
