import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.qr import (
    Correction,
    MarkNeedsCorrectionH,
    QrSymbol,
    digital_link_address,
    printed_address,
    qr_matrix,
)
from labels.qr_series import QrSeries
from trace.core.short_codes import ALPHABET

HOSTS = (
    "https://a.vn",
    "https://check.hanoi.gov.vn",
    "https://check.hanoi.example.vn",
    "https://truy-xuat.nong-nghiep.example.com.vn:8443",
)
# Codes that end in seven digits are another matter, and have a test of their own.
CODES = st.text(ALPHABET, min_size=13, max_size=13).filter(lambda code: not code[-7:].isdigit())


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("correction", Correction)
@pytest.mark.parametrize("is_tight", [False, True])
def test_symbols_are_those_of_the_encoder(host: str, correction: Correction, is_tight: bool) -> None:
    series = QrSeries(lambda code: printed_address(host, code), 13, correction, is_tight=is_tight)

    @given(CODES)
    @settings(max_examples=20)
    def is_the_same(code: str) -> None:
        assert series.symbol(code) == qr_matrix(printed_address(host, code), correction, is_tight=is_tight)

    is_the_same()


@pytest.mark.parametrize("code", ["2222222222222", "ABCDEF2345678"])
def test_codes_of_digits_look_like_the_others_and_are_read(code: str) -> None:
    series = QrSeries(lambda each: printed_address(HOSTS[1], each), 13)
    assert series.symbol(code).version == series.symbol("WWWWWWWWWWWWW").version
    assert _read(series.symbol(code)) == printed_address(HOSTS[1], code)


@pytest.mark.parametrize("length", [1, 2, 10, 13])
def test_codes_may_have_any_length(length: int) -> None:
    series = QrSeries(lambda each: printed_address(HOSTS[1], each), length)
    code = "Z" * length
    assert series.symbol(code) == qr_matrix(printed_address(HOSTS[1], code))


def test_a_mark_is_in_every_symbol() -> None:
    series = QrSeries(lambda code: printed_address(HOSTS[1], code), 13, Correction.H, has_mark=True)
    wanted = qr_matrix(printed_address(HOSTS[1], "7K3QX9ZPABCDE"), Correction.H, has_mark=True)
    assert series.symbol("7K3QX9ZPABCDE") == wanted


def test_a_mark_is_refused_below_h() -> None:
    with pytest.raises(MarkNeedsCorrectionH):
        QrSeries(lambda code: printed_address(HOSTS[1], code), 13, Correction.Q, has_mark=True)


def test_what_stands_before_the_code_may_be_bytes() -> None:
    def address(code: str) -> str:
        return f"{digital_link_address(HOSTS[1], '08935001800019', 'lot-1')}/21/{code}"

    assert QrSeries(address, 13).symbol("7K3QX9ZPABCDE") == qr_matrix(address("7K3QX9ZPABCDE"))


def test_many_are_made_as_one_is() -> None:
    series = QrSeries(lambda code: printed_address(HOSTS[1], code), 13)
    codes = [f"7K3QX9ZPAB{one}{other}C" for one in ALPHABET for other in ALPHABET]
    many = series.rows(codes)
    assert [series.rows([code])[0].tolist() for code in codes] == many.tolist()


def test_a_code_of_another_length_is_refused() -> None:
    series = QrSeries(lambda code: printed_address(HOSTS[1], code), 13)
    with pytest.raises(ValueError, match="one length"):
        series.rows(["7K3QX9ZPABCDE", "7K3QX9ZPABCD"])


def _read(symbol: QrSymbol) -> str:
    dark = np.pad(np.array(symbol.rows), 4)
    picture = np.kron(np.where(dark, 0, 255), np.ones((4, 4))).astype(np.uint8)
    return str(zxingcpp.read_barcodes(picture)[0].text)
