"""What may be chosen of a QR: error correction, a mark, a GS1 address, dots a module."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import zxingcpp

from labels.designs import find_design
from labels.layout import lay_out
from labels.qr import (
    Correction,
    MarkNeedsCorrectionH,
    NoSuchElement,
    QrSymbol,
    SchemeNotSmall,
    digital_link_address,
    element_string,
    printed_address,
    qr_matrix,
)
from labels.qr_size import SizeWarning, measure
from labels.spec import A4_40
from tests.labels.reading import SITE, a_label, code_number, read_by_opencv
from trace.gs1.digital_link import parse_web_uri

ADDRESS = printed_address(SITE, code_number(3))
GTIN = "08935001800019"


def _raster(symbol: QrSymbol, dots: int = 4) -> Any:
    grey = np.pad(np.where(np.array(symbol.rows), 0, 255).astype(np.uint8), 4, constant_values=255)
    return np.kron(grey, np.ones((dots, dots), dtype=np.uint8))


@pytest.mark.parametrize("level", Correction)
def test_error_correction_is_the_chosen_one_or_more(level: Correction) -> None:
    symbol = qr_matrix(ADDRESS, level)
    [found] = zxingcpp.read_barcodes(_raster(symbol))
    assert (found.text, found.ec_level) == (ADDRESS, symbol.drawn_correction)
    assert "LMQH".index(symbol.drawn_correction) >= "LMQH".index(level)
    assert read_by_opencv(_raster(symbol)) == ADDRESS


@pytest.mark.parametrize(
    ("host", "asked", "version", "drawn"),
    [
        ("check.hanoi.vn", "M", 3, "Q"),
        ("check.hanoi.example.vn", "M", 3, "M"),
        ("check.hanoi.example.vn", "L", 3, "M"),
        ("a.vn", "M", 3, "H"),
        ("a.vn", "H", 5, "H"),
    ],
)
def test_a_version_is_filled_with_as_much_correction_as_it_holds(
    host: str, asked: str, version: int, drawn: str
) -> None:
    symbol = qr_matrix(printed_address(f"https://{host}", code_number(1)), asked)
    assert (symbol.version, symbol.error_correction, symbol.drawn_correction) == (version, asked, drawn)


def test_a_label_without_room_for_headroom_takes_the_smallest_version() -> None:
    assert qr_matrix(ADDRESS, "H").version == 5
    assert qr_matrix(ADDRESS, "H", is_tight=True).version == 4
    small = find_design("roll-35x22-2")
    assert small
    layout = lay_out(a_label(3), replace(small.spec, error_correction="H"))
    assert (layout.qr.version, layout.qr.drawn_correction) == (4, "H")


def test_more_correction_never_makes_a_smaller_symbol() -> None:
    sides = [qr_matrix(ADDRESS, level).modules for level in Correction]
    assert sides == sorted(sides)


@pytest.mark.parametrize(
    "host", ["a.vn", "check.hanoi.example.vn", "truyxuatnguongoc.nongnghiep.hanoi.gov.vn"]
)
def test_a_marked_symbol_is_read_by_both_decoders(host: str) -> None:
    for number in range(10):
        address = printed_address(f"https://{host}", code_number(number))
        raster = _raster(qr_matrix(address, "H", has_mark=True))
        assert [found.text for found in zxingcpp.read_barcodes(raster)] == [address]
        assert read_by_opencv(raster) == address


def test_a_mark_lies_in_the_middle_and_spares_the_rest() -> None:
    plain, marked = qr_matrix(ADDRESS, "H"), qr_matrix(ADDRESS, "H", has_mark=True)
    changed = np.argwhere(np.array(plain.rows) != np.array(marked.rows))
    assert len(changed)
    assert abs(changed - (plain.modules - 1) / 2).max() <= 3
    assert marked.has_mark


@pytest.mark.parametrize("level", ["L", "M", "Q"])
def test_a_mark_is_refused_below_h(level: str) -> None:
    with pytest.raises(MarkNeedsCorrectionH):
        qr_matrix(ADDRESS, level, has_mark=True)


@pytest.mark.parametrize("level", Correction)
def test_capitals_in_the_scheme_are_refused_at_every_level(level: Correction) -> None:
    with pytest.raises(SchemeNotSmall):
        qr_matrix(ADDRESS.replace("https", "HTTPS"), level)


def test_a_gs1_address_names_the_goods_and_the_lot() -> None:
    address = digital_link_address(SITE, GTIN, "CN/261121-1")
    assert address == f"https://CHECK.HANOI.EXAMPLE.VN/01/{GTIN}/10/CN%2F261121-1"
    found = parse_web_uri(address)
    assert found
    assert (found.key, found.qualifier_ai, found.qualifier) == (GTIN, "10", "CN/261121-1")


@pytest.mark.parametrize(
    ("gtin", "lot", "field"),
    [
        (GTIN[:-1] + "0", "L1", "gtin"),
        ("", "L1", "gtin"),
        (GTIN, "lô 7", "lot_number"),
        (GTIN, "W" * 21, "lot_number"),
    ],
)
def test_a_gs1_address_needs_a_gtin_and_a_gs1_lot_number(gtin: str, lot: str, field: str) -> None:
    with pytest.raises(NoSuchElement) as refused:
        digital_link_address(SITE, gtin, lot)
    assert refused.value.field == field


def test_an_element_string_is_in_brackets() -> None:
    assert element_string(GTIN, "L1") == f"(01){GTIN}(10)L1"
    assert element_string(GTIN, "L1", "S9") == f"(01){GTIN}(10)L1(21)S9"


def test_sizes_of_the_table_of_the_facts() -> None:
    # 203 dpi, M, version 3: 13.9 mm at 3 dots a module, 18.5 at 4, quiet zone counted.
    of_three = qr_matrix(ADDRESS)
    assert measure(of_three, replace(A4_40, dots_per_module=3)).whole_mm == pytest.approx(13.9, abs=0.05)
    assert measure(of_three, A4_40).whole_mm == pytest.approx(18.5, abs=0.05)
    assert measure(of_three, A4_40).whole_dots == 37 * 4


@pytest.mark.parametrize(
    ("dots", "dpi", "warnings"),
    [
        (4, 203, ()),
        (3, 203, ()),
        (2, 203, (SizeWarning.FEW_DOTS, SizeWarning.SMALL_MODULE)),
        (3, 300, (SizeWarning.SMALL_MODULE,)),
        (4, 300, ()),
        (2, 96, (SizeWarning.FEW_DOTS,)),
    ],
)
def test_small_modules_are_warned_of(dots: int, dpi: int, warnings: tuple[SizeWarning, ...]) -> None:
    assert measure(qr_matrix(ADDRESS), replace(A4_40, dots_per_module=dots, dpi=dpi)).warnings == warnings


def test_ready_sizes_start_without_a_warning() -> None:
    for key in ("a4-40", "roll-35x22-2", "round-30", "tomy-145"):
        design = find_design(key)
        assert design
        assert measure(qr_matrix(ADDRESS), design.spec).warnings == ()
