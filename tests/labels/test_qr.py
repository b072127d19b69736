import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels.images import qr_png
from labels.qr import (
    AddressNotPrintable,
    PublicAddressNotPrintable,
    SchemeNotSmall,
    printed_address,
    qr_matrix,
    readable_site,
)
from labels.spec import A4_40
from tests.labels.reading import SITE, code_number

CODE = code_number(1)


def test_scheme_is_small_and_the_rest_in_capitals() -> None:
    assert printed_address(SITE, CODE) == f"https://CHECK.HANOI.EXAMPLE.VN/T/{CODE}"


def test_capitals_in_the_setting_change_nothing() -> None:
    assert printed_address("HTTPS://Check.Hanoi.Example.VN/", CODE) == printed_address(SITE, CODE)


def test_port_is_kept() -> None:
    assert printed_address("https://check.example.vn:8443", CODE) == f"https://CHECK.EXAMPLE.VN:8443/T/{CODE}"
    assert readable_site("https://CHECK.example.vn:8443") == "check.example.vn:8443"


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "192.168.1.20:8000", "10.0.0.7", "pi.local"]
)
def test_http_is_taken_for_local_addresses(host: str) -> None:
    assert printed_address(f"http://{host}", CODE) == f"http://{host.upper()}/T/{CODE}"


@pytest.mark.parametrize(
    ("public_url", "reason"),
    [
        ("http://check.example.vn", "http"),
        ("http://8.8.8.8", "http"),
        ("https://example.vn/check", "path"),
        ("https://check.example.vn/?a=1", "query"),
        ("https://check.example.vn/#a", "query"),
        ("https://someone@check.example.vn", "user"),
        ("https://xuất-xứ.vn", "host"),
        ("https://check_hanoi.example.vn", "host"),
        ("https://[::1]:8000", "host"),
        ("https://", "host"),
        ("https://check.example.vn:eight", "unreadable"),
        ("ftp://check.example.vn", "scheme"),
        ("check.example.vn", "scheme"),
        ("", "scheme"),
    ],
)
def test_public_address_that_cannot_be_printed_is_refused(public_url: str, reason: str) -> None:
    with pytest.raises(PublicAddressNotPrintable) as refused:
        printed_address(public_url, CODE)
    assert refused.value.numbers["reason"] == reason


@pytest.mark.parametrize("code", ["", "abc", "7K3Q-X9ZP-AB", "7K3Q X9", "ĐÀ"])
def test_code_that_is_not_bare_capitals_is_refused(code: str) -> None:
    with pytest.raises(AddressNotPrintable):
        printed_address(SITE, code)


@pytest.mark.parametrize("scheme", ["HTTPS://", "Https://", "HTTP://", "", "ftp://"])
def test_scheme_not_in_small_letters_is_refused(scheme: str) -> None:
    with pytest.raises(SchemeNotSmall):
        qr_matrix(f"{scheme}CHECK.EXAMPLE.VN/T/{CODE}")


@pytest.mark.parametrize("rest", ["CHECK.EXAMPLE.VN/T/A B", "xuất.vn", "A.VN/\x00", "A.VN/" + "A" * 5000])
def test_address_that_no_qr_can_carry_is_refused(rest: str) -> None:
    with pytest.raises(AddressNotPrintable):
        qr_matrix(f"https://{rest}")


@pytest.mark.parametrize(
    ("host_length", "version"), [(5, 3), (36, 3), (37, 4), (65, 4), (66, 5), (97, 5), (98, 6)]
)
def test_smallest_version_by_length_of_the_host(host_length: int, version: int) -> None:
    # The table in docs/labels.md.
    assert qr_matrix(f"https://{'A' * host_length}/T/7K3QX9ZPAB").version == version


def test_capitals_save_a_version() -> None:
    address = f"https://{'A' * 36}/T/7K3QX9ZPAB"
    assert qr_matrix(address).version == 3
    assert qr_matrix(address.lower()).version == 4


def test_symbol_of_version_three_is_14_5_mm_and_18_5_mm_with_its_quiet_zone() -> None:
    symbol = qr_matrix(printed_address(SITE, CODE))
    assert (symbol.version, symbol.modules, symbol.modules_with_quiet_zone) == (3, 29, 37)
    assert A4_40.module_mm == pytest.approx(0.5005, abs=0.00005)
    assert symbol.modules * A4_40.module_mm == pytest.approx(14.51, abs=0.01)
    assert symbol.modules_with_quiet_zone * A4_40.module_mm == pytest.approx(18.52, abs=0.01)


def test_error_correction_is_m_where_the_version_holds_no_more() -> None:
    address = printed_address(SITE, CODE)
    picture = Image.open(_file(qr_png(qr_matrix(address))))
    assert zxingcpp.read_barcodes(picture)[0].ec_level == "M"


def test_outline_encloses_exactly_the_dark_modules() -> None:
    symbol = qr_matrix(printed_address(SITE, CODE))
    loops = symbol.outline()
    # Shoelace: loops round dark count plus, loops round holes minus.
    doubled = sum(
        x1 * y2 - x2 * y1
        for loop in loops
        for (x1, y1), (x2, y2) in zip(loop, [*loop[1:], loop[0]], strict=True)
    )
    assert doubled / 2 == sum(map(sum, symbol.rows))


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz-._~:/?#@!$&'()*+,;=%", min_size=1, max_size=150))
def test_any_address_comes_back_from_the_picture(rest: str) -> None:
    address = f"https://{rest}"
    found = zxingcpp.read_barcodes(Image.open(_file(qr_png(qr_matrix(address)))))
    assert [code.text for code in found] == [address]


def _file(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)
