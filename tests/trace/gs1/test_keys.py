import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.gs1 import keys

digits = st.text("0123456789", min_size=13, max_size=13)


@pytest.mark.parametrize(
    "gtin", ["12345670", "012345678905", "4012345111118", "04012345123456", "8935001234567"]
)
def test_a_gtin_of_any_length_is_valid(gtin: str) -> None:
    body = gtin[:-1]
    assert keys.is_valid_gtin(body + keys.check_digit(body))


def test_published_check_digits_are_right() -> None:
    # GS1 General Specifications 7.9.1: the worked example of a GTIN-13, and an SSCC.
    assert keys.check_digit("629104150021") == "3"
    assert keys.check_digit("37610425002123456") == "9"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "1234567",
        "12345671",
        "123456701",
        "00000000000000",
        "٠١٢٣٤٥٦٧",
        "1234567²",
        "1234567x",
        " 12345670",
    ],
)
def test_what_is_no_gtin_is_not_taken_for_one(text: str) -> None:
    assert not keys.is_valid_gtin(text)


def test_gtin_13_and_gtin_14_are_one_gtin() -> None:
    assert keys.normalise_gtin("4012345111118") == keys.normalise_gtin("04012345111118") == "04012345111118"


def test_a_gtin_typed_as_printed_is_read() -> None:
    assert keys.normalise_gtin(" 4 012345 111118 ") == "04012345111118"


def test_a_wrong_gtin_has_no_normal_form() -> None:
    assert keys.normalise_gtin("4012345111119") is None


@given(digits, st.integers(0, 13), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, shift: int) -> None:
    gtin = body + keys.check_digit(body)
    wrong = gtin[:place] + str((int(gtin[place]) + shift) % 10) + gtin[place + 1 :]
    assert not keys.has_valid_check_digit(wrong)


def test_gln_and_sscc_have_their_own_lengths() -> None:
    assert keys.is_valid_gln("4012345000115")
    assert not keys.is_valid_gln("04012345000115")
    assert keys.is_valid_sscc("040123450000003338")
    assert not keys.is_valid_sscc("040123450000003339")


@pytest.mark.parametrize("lot", ["L", "BD-2025/11-01", "a_b.c", "!\"%&'()*+,-./:;<=", "x" * 20])
def test_a_lot_number_takes_character_set_82(lot: str) -> None:
    assert keys.is_valid_lot_number(lot)


@pytest.mark.parametrize("lot", ["", "x" * 21, "lô 7", "L 7", "L#7", "L@7", "L\n", "L\x00", "L^", "Ｌ", "é"])
def test_a_lot_number_takes_nothing_else(lot: str) -> None:
    assert not keys.is_valid_lot_number(lot)


def test_character_set_82_has_82_characters() -> None:
    assert len(keys.CHARACTER_SET_82) == 82
    assert len(keys.CHARACTER_SET_39) == 39
