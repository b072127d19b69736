"""What is drawn in a PDF, as its operators: texts, rectangles, symbols. Points; y upwards from the origin."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import numpy as np

from labels.pdf_file import number
from labels.pdf_fonts import EmbeddedFont
from labels.placed import LabelLayout, PlacedTag, PlacedText
from labels.qr_series import Lines
from labels.spec import MM_PER_INCH

PT = 72.0 / MM_PER_INCH
# Rows of modules are cut into pieces of so many bits, whose rectangles are known beforehand.
_PIECE = 10


def names(fonts: Iterable[str]) -> dict[str, str]:
    """The name of each font in the resources of a page."""
    return {font: f"F{at}" for at, font in enumerate(fonts, start=1)}


def text_ops(text: PlacedText, fonts: Mapping[str, EmbeddedFont], named: Mapping[str, str]) -> str:
    """One line of text; the origin is the top left corner of the label's box."""
    drawn = (
        f"BT /{named[text.font]} {number(text.size_mm * PT)} Tf {number(text.x_mm * PT)} "
        f"{number(-text.baseline_mm * PT)} Td <{fonts[text.font].encode(text.text)}> Tj ET\n"
    )
    return f"1 g {drawn}0 g\n" if text.light else drawn


def tag_ops(tags: Iterable[PlacedTag]) -> str:
    """Filled rectangles."""
    return "".join(
        f"{number(tag.x_mm * PT)} {number(-(tag.y_mm + tag.height_mm) * PT)} "
        f"{number(tag.width_mm * PT)} {number(tag.height_mm * PT)} re f\n"
        for tag in tags
    )


def symbol_matrix(layout: LabelLayout, module_mm: float) -> str:
    """Makes a module the unit, with the origin in the symbol's lower left corner."""
    side = layout.qr.modules
    return (
        f"{module_mm * PT:.6f} 0 0 {module_mm * PT:.6f} {number(layout.qr_x_mm * PT)} "
        f"{number(-(layout.qr_y_mm + side * module_mm) * PT)} cm"
    )


def label_ops(
    layout: LabelLayout,
    module_mm: float,
    fonts: Mapping[str, EmbeddedFont],
    named: Mapping[str, str],
) -> str:
    """A whole label."""
    rows = np.array(
        [[sum(1 << x for x, is_dark in enumerate(row) if is_dark) for row in layout.qr.rows]], np.uint64
    )
    (path,) = SymbolPaths(layout.qr.modules).paths(rows)
    symbol = f"q {symbol_matrix(layout, module_mm)}\n{path}f Q\n"
    texts = "".join(text_ops(text, fonts, named) for text in layout.texts)
    return symbol + tag_ops(layout.tags) + texts


class SymbolPaths:
    """Symbols of ``side`` modules as one path of rectangles each, a module being the unit.

    One path, filled once: where its rectangles meet, no renderer leaves a hairline.
    """

    def __init__(self, side: int) -> None:
        self._lows = range(0, side, _PIECE)
        self._rectangles = _rectangles(side)
        places = np.arange(len(self._lows) * side).reshape(len(self._lows), side)
        self._starts = places << _PIECE

    def paths(self, rows: Lines) -> Iterator[str]:
        """The path of each symbol; ``rows`` (symbols, side) are lines from the top, bit x being module x."""
        pieces = np.stack(
            [rows >> np.uint64(low) & np.uint64((1 << _PIECE) - 1) for low in self._lows], axis=1
        )
        known = self._rectangles.__getitem__
        for one in (pieces.astype(np.int64) + self._starts).reshape(len(rows), -1).tolist():
            yield "".join(map(known, one))


@cache
def _rectangles(side: int) -> tuple[str, ...]:
    """The dark rectangles of each pattern, in each row from the top, in each piece of a row from the left."""
    patterns = [list(_runs(pattern)) for pattern in range(1 << _PIECE)]
    return tuple(
        "".join(f"{low + x} {side - 1 - y} {width} 1 re\n" for x, width in runs)
        for low in range(0, side, _PIECE)
        for y in range(side)
        for runs in patterns
    )


def _runs(pattern: int) -> Iterator[tuple[int, int]]:
    x = 0
    while pattern >> x:
        width = 0
        while pattern >> x + width & 1:
            width += 1
        if width:
            yield x, width
        x += width + 1
