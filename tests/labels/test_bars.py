from typing import Any

import numpy as np
import pytest
import zxingcpp

from labels.bars import EAN_MODULES, Bar, bars_width, ean13_bars, gs1_128_bars
from trace.gs1.keys import check_digit


def _raster(bars: list[Bar], dots: int = 3, height: int = 90) -> Any:
    quiet = 12
    row = np.full((bars_width(bars) + 2 * quiet) * dots, 255, dtype=np.uint8)
    for bar in bars:
        row[(quiet + bar.start) * dots : (quiet + bar.start + bar.width) * dots] = 0
    return np.pad(np.tile(row, (height, 1)), ((20, 20), (0, 0)), constant_values=255)


@pytest.mark.parametrize("first", range(10))
def test_an_ean_of_each_first_digit_is_read(first: int) -> None:
    body = f"{first}93600123456"
    digits = body + check_digit(body)
    [found] = zxingcpp.read_barcodes(_raster(ean13_bars(digits)))
    assert (found.text, str(found.format)) == (digits, "EAN-13")


def test_an_ean_is_95_modules_wide_with_three_guards() -> None:
    bars = ean13_bars("8936001234569")
    assert bars_width(bars) == EAN_MODULES
    assert [bar.start for bar in bars if bar.is_guard] == [0, 2, 46, 48, 92, 94]


@pytest.mark.parametrize(
    "body", ["38935001800000001", "00000000000000000", "99999999999999999", "01234567890123456"]
)
def test_an_sscc_is_read_as_gs1_128(body: str) -> None:
    sscc = body + check_digit(body)
    [found] = zxingcpp.read_barcodes(_raster(gs1_128_bars("00" + sscc)))
    assert found.text == f"(00){sscc}"
    assert str(found.format) == "Code 128"
    assert found.symbology_identifier == "]C1"


def test_an_sscc_takes_156_modules() -> None:
    # Start, FNC1, ten pairs and the check of 11 modules each, and the stop of 13.
    assert bars_width(gs1_128_bars("00" + "389350018000000019"[:18])) == 156
