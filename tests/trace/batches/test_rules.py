"""Rules of batches: when a label may be printed, which lot number is proposed."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.batches.rules import TenItems, propose_lot_number, seal_value
from trace.gs1.keys import is_valid_lot_number

TODAY = date(2026, 11, 22)
COMPLETE = TenItems(
    product_name="Cải ngọt",
    product_image="a" * 64,
    producer_name="HTX Ví Dụ",
    producer_address="Thôn Mẫu, Xã Sóc Sơn",
    place_code="ABCDEFGHJ",
    production_time=TODAY,
    trace_code="7K3QX9ZPAB",
    brand="",
    expiry=TODAY,
    expiry_kind="use_by",
    standards=("VietGAP",),
    has_food_safety_commitment=False,
)


def test_with_all_ten_items_nothing_is_missing() -> None:
    assert COMPLETE.missing == ()


@pytest.mark.parametrize(
    ("taken", "numbers"),
    [
        ({"product_name": ""}, (1,)),
        ({"product_image": ""}, (2,)),
        ({"producer_name": ""}, (3,)),
        ({"producer_address": ""}, (4,)),
        ({"place_code": ""}, (5,)),
        ({"production_time": None}, (5, 6)),
        ({"trace_code": ""}, (5, 7)),
        ({"expiry": None}, (9,)),
        ({"standards": ()}, (10,)),
    ],
)
def test_each_item_is_missed_by_its_number(taken: dict[str, object], numbers: tuple[int, ...]) -> None:
    assert replace(COMPLETE, **taken).missing == numbers  # type: ignore[arg-type]  # values of several fields


def test_no_expiry_is_an_answer() -> None:
    assert replace(COMPLETE, expiry=None, expiry_kind="none").missing == ()


def test_no_brand_is_an_answer() -> None:
    assert replace(COMPLETE, brand="").missing == ()


def test_a_food_safety_commitment_counts_as_a_standard() -> None:
    assert replace(COMPLETE, standards=(), has_food_safety_commitment=True).missing == ()


def test_the_first_free_number_of_the_day_is_proposed() -> None:
    assert propose_lot_number(TODAY, set()) == "221126-1"
    assert propose_lot_number(TODAY, {"221126-1", "221126-3"}) == "221126-2"


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 30))
def test_proposed_lot_numbers_are_free_and_printable_by_gs1(day: date, taken: int) -> None:
    known = {f"{day:%d%m%y}-{n + 1}" for n in range(taken)}
    proposed = propose_lot_number(day, known)
    assert proposed not in known
    assert is_valid_lot_number(proposed)


def test_a_seal_of_an_older_form_reads_as_empty() -> None:
    assert seal_value({}, "brand") == ""
    assert seal_value({"brand": ["x"]}, "brand") == ""
