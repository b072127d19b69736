"""Element strings as scanners hand them over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.gs1.element_strings import element_string
from trace.gs1.keys import check_digit
from trace.gs1.scanned import read_elements, read_link

GTIN = "0950600013435" + "2"
SSCC = "39506000134352000" + check_digit("39506000134352000")


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        (f"01{GTIN}10ABC\x1d21XY", [("01", GTIN), ("10", "ABC"), ("21", "XY")]),
        (f"\x1d01{GTIN}10ABC", [("01", GTIN), ("10", "ABC")]),
        (f"]d201{GTIN}10ABC", [("01", GTIN), ("10", "ABC")]),
        (f"]C100{SSCC}", [("00", SSCC)]),
        (f"01{GTIN}3103001750", [("01", GTIN), ("3103", "001750")]),
        (f"01{GTIN}1526112410L(1)", [("01", GTIN), ("15", "261124"), ("10", "L(1)")]),
        (f"(01){GTIN}(10)A(1)B(21)X", [("01", GTIN), ("10", "A(1)B"), ("21", "X")]),
    ],
)
def test_elements_are_read_in_every_form(text: str, elements: list[tuple[str, str]]) -> None:
    assert read_elements(text) == elements


@pytest.mark.parametrize(
    "text",
    ["", "hello", "https://x.example/", f"01{GTIN[:-1]}", f"01{GTIN}10", f"(10)A B(01){GTIN}", "9", "(", "(01)", "05x",
     f"01{GTIN}" + "10A\x1d" * 200],
)  # fmt: skip
def test_what_is_no_element_string_is_none(text: str) -> None:
    assert read_elements(text) is None


def test_a_link_has_its_key_in_front_and_its_qualifiers_in_order() -> None:
    link = read_link(f"(21)X(10)ABC(15)261124(01){GTIN}")
    assert link is not None
    assert (link.key_ai, link.key) == ("01", GTIN)
    assert link.qualifiers == (("10", "ABC"), ("21", "X"))


@pytest.mark.parametrize("text", [f"01{GTIN[:-1]}1", "10ABC", f"01{GTIN}\x1d01{GTIN[::-1]}"])
def test_a_wrong_check_digit_or_no_key_makes_no_link(text: str) -> None:
    assert read_link(text) is None


_VALUES = st.text("ABCXYZ019-/", min_size=1, max_size=20)


@given(lot=_VALUES, serial=_VALUES)
def test_what_is_written_is_read_again(lot: str, serial: str) -> None:
    elements = [("01", GTIN), ("10", lot), ("21", serial)]
    assert read_elements(element_string(elements)) == elements
    assert read_elements("".join(f"({ai}){value}" for ai, value in elements)) == elements


@given(st.text(max_size=80))
def test_nothing_anybody_sends_raises(text: str) -> None:
    read_link(text)
