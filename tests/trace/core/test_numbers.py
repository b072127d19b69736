"""What people type as a quantity, and how it is read back to them."""

import contextlib
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from trace.core.errors import BadInput
from trace.core.numbers import AmbiguousNumber, Meaning, format_quantity, in_words, parse_quantity
from trace.events.rules import QuantityExceedsHolding, check_quantity


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12.5", "12.5"), ("12,5", "12.5"), (" 12 ", "12"), ("0,500", "0.5"), ("0.125", "0.125"), ("1500", "1500"),
        ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1.234.567", "1234567"), ("1 500", "1500"), ("1234.567", "1234.567"),
    ],
)  # fmt: skip
def test_common_ways_of_writing_are_understood(typed: str, meant: str) -> None:
    assert parse_quantity(typed) == Decimal(meant)


@pytest.mark.parametrize("typed", ["1.500", "1,500", "12.000", "999.999"])
def test_a_mark_before_three_digits_is_asked_about(typed: str) -> None:
    with pytest.raises(AmbiguousNumber):
        parse_quantity(typed)


def test_the_answer_to_the_question_is_taken() -> None:
    assert parse_quantity("1.500", meaning=Meaning.THOUSANDS) == 1500
    assert parse_quantity("1.500", meaning=Meaning.DECIMALS) == Decimal("1.5")


@pytest.mark.parametrize(
    "typed", ["", "abc", "-5", "0", "0,0", "1e999999", "NaN", "Infinity", "１２", "1..2", "1.2.3", "12,5 kg", "9" * 13, "0.1234567"]
)  # fmt: skip
def test_what_is_no_quantity_is_refused(typed: str) -> None:
    with pytest.raises(BadInput):
        parse_quantity(typed)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0.5", "không phẩy năm"), ("15", "mười lăm"), ("21", "hai mươi mốt"), ("104", "một trăm linh bốn"),
        ("1500", "một nghìn năm trăm"), ("1005", "một nghìn không trăm linh năm"), ("12.05", "mười hai phẩy không năm"),
        ("1234.5", "một nghìn hai trăm ba mươi tư phẩy năm"), ("2000000", "hai triệu"), ("10", "mười"), ("100", "một trăm"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_in_the_north(number: str, words: str) -> None:
    assert in_words(Decimal(number)) == words


def test_vietnamese_and_english_marks_differ() -> None:
    assert format_quantity(Decimal("1234.500000")) == "1.234,5"
    assert format_quantity(Decimal("1234.500000"), "en") == "1,234.5"


@given(st.decimals(min_value="0.000001", max_value="999999999999", places=6))
def test_a_formatted_quantity_reads_back_as_itself(quantity: Decimal) -> None:
    assert parse_quantity(format_quantity(quantity), meaning=Meaning.THOUSANDS) == quantity or quantity < 1000


@given(st.text(max_size=40))
def test_any_text_is_a_quantity_or_a_refusal(typed: str) -> None:
    with contextlib.suppress(BadInput):
        assert parse_quantity(typed) > 0


@pytest.mark.parametrize(("language", "written"), [("vi", "1.234,5"), ("en", "1,234.5")])
def test_a_figure_of_a_refusal_is_written_as_its_sentence_is_read(
    app: Flask, language: str, written: str
) -> None:
    with pytest.raises(QuantityExceedsHolding) as refused:
        check_quantity(Decimal(2000), Decimal("1234.500"), "kg", is_count=False)
    with app.test_request_context("/"), force_locale(language):
        assert f" {written} kg" in str(refused.value)
