"""The label's typeface: Be Vietnam Pro in two weights, measured. Digits have one width (static/fonts/README.md)."""

import struct
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).resolve().parent.parent / "static" / "fonts"
REGULAR, SEMIBOLD = "NguonGoc-Regular", "NguonGoc-SemiBold"
_FILES = {REGULAR: "be-vietnam-pro-400.ttf", SEMIBOLD: "be-vietnam-pro-600.ttf"}

# Heights as parts of the type size, the same in both weights (OS/2 sxHeight and sCapHeight).
X_HEIGHT, CAP_HEIGHT = 0.530, 0.740


@cache
def face(name: str) -> Any:
    """The named weight, loaded and made known to reportlab once a process."""
    font = TTFont(name, str(FOLDER / _FILES[name]), shapable=False)
    pdfmetrics.registerFont(font)
    return font


def size_for_x_height(x_height_mm: float) -> float:
    """The type size in millimetres whose small letters are ``x_height_mm`` high."""
    return x_height_mm / X_HEIGHT


@lru_cache(maxsize=4096)
def width_mm(text: str, size_mm: float, name: str) -> float:
    """The advance width of ``text`` set at ``size_mm``, in millimetres."""
    return float(face(name).stringWidth(text, size_mm))


@lru_cache(maxsize=4096)
def ink(text: str, name: str) -> tuple[float, float]:
    """How far the ink of ``text`` reaches above and below its baseline, as parts of the type size.

    Vietnamese capitals carry two marks (Ẳ reaches 1.2), so a fixed line height would either collide or waste a line.
    """
    bounds = [_vertical_bounds(character, name) for character in text]
    return max((high for _, high in bounds), default=0.0), -min((low for low, _ in bounds), default=0.0)


def missing_characters(text: str) -> list[str]:
    """The characters of ``text`` that neither weight can draw, in their order; text is taken as it stands (NFC)."""
    known = [face(name).face.charToGlyph for name in (REGULAR, SEMIBOLD)]
    return [character for character in text if any(ord(character) not in glyphs for glyphs in known)]


@cache
def _vertical_bounds(character: str, name: str) -> tuple[float, float]:
    loaded = face(name).face
    glyph = loaded.charToGlyph[ord(character)]
    start, end = loaded.glyphPos[glyph], loaded.glyphPos[glyph + 1]
    if start == end:  # a space has no outline
        return 0.0, 0.0
    # OpenType `glyf`: numberOfContours, xMin, yMin, xMax, yMax.
    _, _, low, _, high = struct.unpack_from(">hhhhh", loaded.get_table("glyf"), start)
    return low / loaded.unitsPerEm, high / loaded.unitsPerEm
