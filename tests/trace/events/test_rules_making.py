"""Pure rules of making: yields, parts, heaps, numbers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.core.errors import BadInput
from trace.events import rules_making as rules
from trace.events.rules_making import Portion, YieldReason
from trace.gs1.keys import is_valid_lot_number

AMOUNTS = st.decimals("0.001", "100000", places=3)


def _kg(quantity: str) -> Portion:
    return Portion(Decimal(quantity), "KGM")


def test_what_is_missing_from_what_came_out_is_the_loss() -> None:
    found = rules.check_yield([_kg("60"), _kg("40")], [_kg("83")], None, None)
    assert found is not None
    assert [str(n) for n in (found.taken, found.made, found.lost, found.ratio)] == [
        "100.000000",
        "83.000000",
        "17.000000",
        "0.8300",
    ]


def test_grams_and_kilograms_are_compared() -> None:
    found = rules.check_yield([_kg("2")], [Portion(Decimal(1500), "GRM")], None, None)
    assert found is not None
    assert (found.unit, found.made, found.lost) == ("KGM", Decimal("1.5"), Decimal("0.5"))


def test_more_out_than_in_needs_a_reason() -> None:
    with pytest.raises(rules.YieldImplausible) as refused:
        rules.check_yield([_kg("10")], [_kg("12.5")], None, None)
    assert refused.value.numbers["taken"] == 10
    assert refused.value.numbers["made"] == Decimal("12.5")
    told = rules.check_yield([_kg("10")], [_kg("12.5")], None, YieldReason.ABSORBED_WATER)
    assert told is not None
    assert told.ratio == Decimal("1.25")


def test_a_loss_that_does_not_fit_beside_what_came_out_needs_a_reason() -> None:
    with pytest.raises(rules.YieldImplausible):
        rules.check_yield([_kg("10")], [_kg("8")], Decimal(3), None)


def test_a_slip_of_the_decimal_mark_is_asked_about() -> None:
    with pytest.raises(rules.YieldImplausible):
        rules.check_yield([_kg("1500")], [_kg("1.2")], None, None)


def test_hardly_any_is_believed_where_the_rest_was_weighed_as_lost() -> None:
    found = rules.check_yield([_kg("100")], [_kg("2")], Decimal(98), None)
    assert found is not None
    assert found.lost == 98


def test_jars_made_of_kilograms_are_not_compared() -> None:
    found = rules.check_yield([_kg("100")], [Portion(Decimal(250), None, "lọ")], Decimal(5), None)
    assert found is not None
    assert found.ratio is None
    assert found.lost == 5


def test_kilograms_beside_jars_are_never_more_than_what_went_in() -> None:
    with pytest.raises(rules.YieldImplausible):
        rules.check_yield([_kg("10")], [_kg("11"), Portion(Decimal(3), None, "lọ")], None, None)


def test_several_units_in_have_no_yield_and_no_loss() -> None:
    mixed = [_kg("10"), Portion(Decimal(3), "LTR")]
    assert rules.check_yield(mixed, [_kg("20")], None, None) is None
    with pytest.raises(BadInput):
        rules.check_yield(mixed, [_kg("20")], Decimal(1), None)


@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.lists(AMOUNTS, min_size=1, max_size=5))
def test_what_is_accepted_without_a_reason_never_gains(ins: list[Decimal], outs: list[Decimal]) -> None:
    portions = [Portion(one, "KGM") for one in ins], [Portion(one, "KGM") for one in outs]
    try:
        found = rules.check_yield(*portions, None, None)
    except rules.YieldImplausible:
        assert sum(outs) > sum(ins) or sum(outs) < sum(ins) * rules.LEAST_YIELD
        return
    assert found is not None
    assert found.made + found.lost == found.taken == sum(ins)


def test_goods_are_not_dated_before_what_they_are_made_of() -> None:
    with pytest.raises(rules.MadeBeforeInputs):
        rules.check_dates(date(2026, 11, 20), [date(2026, 11, 19), date(2026, 11, 21)])


def test_parts_are_above_zero() -> None:
    assert rules.check_parts([Decimal(2), Decimal("0.5")]) == Decimal("2.5")
    for wrong in ([], [Decimal(0)], [Decimal(1)] * 51):
        with pytest.raises(BadInput):
            rules.check_parts(wrong)


def test_a_heap_is_of_one_unit_and_one_kind_of_goods() -> None:
    rules.check_alike(["KGM", "KGM"], [1, 1])
    with pytest.raises(rules.UnitsDiffer):
        rules.check_alike(["KGM", "quả"], [1, 1])
    with pytest.raises(rules.GoodsDiffer):
        rules.check_alike(["KGM", "KGM"], [1, 2])


@given(
    st.text("!\"%&'()*+,-./0123456789:;<=>?ABCxyz_", min_size=1, max_size=20),
    st.integers(1, 120),
)
def test_the_number_of_a_part_is_new_and_a_lot_number(parent: str, count: int) -> None:
    taken: set[str] = set()
    for _each in range(count):
        number = rules.part_number(parent, taken)
        assert is_valid_lot_number(number)
        assert number not in taken
        taken.add(number)


def test_heaps_of_a_day_are_numbered() -> None:
    assert rules.heap_number(date(2026, 11, 22), {"221126-G1"}) == "221126-G2"
