"""Rolls for the tests of dots and printer languages, and pictures built again from what was sent to a printer."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import Image

from labels.bitmaps import for_dots
from labels.spec import SheetSpec

DPIS = (203, 300)

_ROLL = SheetSpec(
    page_width_mm=50, page_height_mm=30, columns=1, rows=1, label_width_mm=50, label_height_mm=30,
    unprintable_mm=1.5, label_margin_mm=1.5,
)  # fmt: skip
_TWO_ACROSS = replace(_ROLL, page_width_mm=100, columns=2)


def roll(dpi: int = 203) -> SheetSpec:
    """50 × 30 mm, one label across."""
    return for_dots(_ROLL, dpi)


def two_across(dpi: int = 203) -> SheetSpec:
    """Two labels of 50 × 30 mm across, 100 mm of paper."""
    return for_dots(_TWO_ACROSS, dpi)


def as_array(picture: Image.Image) -> Any:
    """Grey values of a 1-bit picture."""
    return np.asarray(picture.convert("L"))


def lies_near(one: Any, other: Any, reach: int) -> bool:
    """Whether every dark dot of ``one`` is within ``reach`` dots of a dark dot of ``other`` (both True where dark)."""
    near = cv2.dilate(other.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return bool(np.all(near[one] == 1))
