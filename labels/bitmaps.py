"""A label, or a row of labels across a roll, as dots of a printer: 1-bit pictures by Pillow. No printer language here.

Thermal printers lack Vietnamese letters, so all text reaches them as dots. Letters start on whole dots, QR modules are
whole dots, and what is dark does not depend on the machine that draws.
"""

import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageChops, ImageDraw, ImageFont

from labels.fonts import face, ink, width_mm
from labels.layout import LabelLayout, PlacedTag, PlacedText, lay_out
from labels.qr import QrSymbol
from labels.spec import MM_PER_INCH, LabelContent, SheetSpec
from trace.core.errors import BadInput

# Letters are drawn this many times too large and counted down: a dot is dark where enough of it is covered. Less than
# a half, because hairlines thinner than a dot would fall apart, and heat spreads on the paper in any case.
_FINER = 8
_COVERED = round(255 * 0.42)
_DARK_FROM = [255 if value >= _COVERED else 0 for value in range(256)]
# One block of dots of a printer language; ^GF counts at most 99999 bytes.
_LARGEST_BLOCK = 60_000


class InkOutsideLabel(BadInput):
    """With the printer's offsets, something would be printed beside the label."""

    code = "ink-outside-label"

    def __init__(self) -> None:
        super().__init__(_l("The printer's offsets move the print off the label. Make them smaller."))


@dataclass(frozen=True)
class Shift:
    """How far a printer must move everything, in millimetres: to the right and down where positive."""

    right_mm: float = 0.0
    down_mm: float = 0.0


NO_SHIFT = Shift()


@dataclass(frozen=True)
class PlacedSymbol:
    """A QR on a page: the corner of its first module and its module, in dots."""

    symbol: QrSymbol
    x: int
    y: int
    module: int


@dataclass(frozen=True)
class DotPage:
    """One page of dots: a label or a row of labels. ``rest`` is all but the QRs, mode "1", dark is 0.

    ``copies`` pages like this one follow each other.
    """

    rest: Image.Image
    symbols: tuple[PlacedSymbol, ...]
    copies: int = 1

    def picture(self, symbols: Iterable[PlacedSymbol] | None = None) -> Image.Image:
        """The page with these QRs drawn in; with all of them it is what the paper will show."""
        whole = self.rest.copy()
        for placed in self.symbols if symbols is None else symbols:
            whole.paste(symbol_picture(placed.symbol, placed.module), (placed.x, placed.y))
        return whole


@dataclass(frozen=True)
class Block:
    """A rectangle of dots on a page; ``x`` is in dots, the width a whole number of bytes. ``rows``: dark is 1."""

    x: int
    y: int
    bytes_per_row: int
    rows: tuple[bytes, ...]


def dots(length_mm: float, dpi: int) -> int:
    """A length in whole printer dots."""
    # Halves go up, a hair early: bars of one code stand at x.5 dots together, and must not part by what floats lose.
    return math.floor(length_mm * dpi / MM_PER_INCH + 0.5 + 1e-6)


def for_dots(spec: SheetSpec, dpi: int) -> SheetSpec:
    """The same paper for a printer of ``dpi``: modules of about the same size, least letter heights rounded up to whole
    dots, so that a letter of 1.2 mm does not come out at 1.13."""
    return replace(
        spec,
        dpi=dpi,
        dots_per_module=max(1, round(spec.dots_per_module * dpi / spec.dpi)),
        minimum_x_height_mm=_whole_dots_up(spec.minimum_x_height_mm, dpi),
        minimum_second_x_height_mm=_whole_dots_up(spec.minimum_second_x_height_mm, dpi),
    )


def dot_pages(
    labels: Iterable[LabelContent], spec: SheetSpec, *, start: int = 1, shift: Shift = NO_SHIFT
) -> Iterator[DotPage]:
    """The pages of these labels in their order, ``spec`` as :func:`for_dots` gives it; equal neighbours become copies.

    The first label stands on position ``start`` of its page. Raises what `lay_out` does, `StartOutsideSheet` and
    `InkOutsideLabel`.
    """
    return layout_pages((lay_out(label, spec) for label in labels), spec, start=start, shift=shift)


def layout_pages(
    layouts: Iterable[LabelLayout], spec: SheetSpec, *, start: int = 1, shift: Shift = NO_SHIFT
) -> Iterator[DotPage]:
    """The same for finished layouts."""
    spec.check_start(start)
    waiting: list[LabelLayout | None] = [None] * (start - 1)
    last: tuple[tuple[LabelLayout | None, ...], int] | None = None
    for layout in layouts:
        waiting.append(layout)
        if len(waiting) < spec.labels_per_page:
            continue
        page, waiting = tuple(waiting), []
        if last is not None and last[0] == page:
            last = (page, last[1] + 1)
            continue
        if last is not None:
            yield _page(*last, spec, shift)
        last = (page, 1)
    if last is not None:
        yield _page(*last, spec, shift)
    if any(waiting):
        yield _page(tuple(waiting), 1, spec, shift)


@lru_cache(maxsize=64)
def symbol_picture(symbol: QrSymbol, module: int) -> Image.Image:
    """The symbol without its quiet zone, ``module`` dots a module; mode "1", dark is 0."""
    small = Image.new("1", (symbol.modules, symbol.modules), 1)
    small.putdata([0 if dark else 255 for row in symbol.rows for dark in row])
    side = symbol.modules * module
    return small.resize((side, side), Image.Resampling.NEAREST)


def picture_png(picture: Image.Image, dpi: int) -> bytes:
    """A picture of dots as a 1-bit PNG that states its resolution."""
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def blocks(picture: Image.Image) -> list[Block]:
    """The inked parts of a picture as byte-wide rectangles, from the top; together they hold all of its ink.

    Rows without ink part it, so that the white between lines is not sent.
    """
    dark = ImageChops.invert(picture.convert("L")).convert("1", dither=Image.Dither.NONE)
    found: list[Block] = []
    for top, bottom in _inked_bands(dark):
        band = dark.crop((0, top, dark.width, bottom))
        box = band.getbbox()
        if box is not None:
            found += _cut(band, box, top)
    return found


def _page(layouts: tuple[LabelLayout | None, ...], copies: int, spec: SheetSpec, shift: Shift) -> DotPage:
    size = (dots(spec.page_width_mm, spec.dpi), dots(spec.page_height_mm, spec.dpi))
    page = Image.new("1", size, 1)
    symbols: list[PlacedSymbol] = []
    for index, layout in enumerate(layouts):
        if layout is None:
            continue
        place = spec.place(index)
        left = dots(place.x_mm + shift.right_mm, spec.dpi)
        top = dots(place.y_mm + shift.down_mm, spec.dpi)
        symbols.append(_draw(page, layout, spec, left, top))
    return DotPage(page, tuple(symbols), copies)


def _draw(page: Image.Image, layout: LabelLayout, spec: SheetSpec, left: int, top: int) -> PlacedSymbol:
    draw_fixed(page, layout.tags, layout.texts, spec.dpi, left, top)
    return place_symbol(page, layout, layout.qr, spec, left, top)


def place_symbol(
    page: Image.Image, layout: LabelLayout, qr: QrSymbol, spec: SheetSpec, left: int, top: int
) -> PlacedSymbol:
    """The label's symbol in dots; ``left`` and ``top`` are the corner of the label's content box."""
    x, y = left + dots(layout.qr_x_mm, spec.dpi), top + dots(layout.qr_y_mm, spec.dpi)
    side = qr.modules * spec.dots_per_module
    _check_inside(page, x, y, x + side, y + side)
    return PlacedSymbol(qr, x, y, spec.dots_per_module)


def draw_fixed(
    page: Image.Image, tags: Iterable[PlacedTag], texts: Iterable[PlacedText], dpi: int, left: int, top: int
) -> None:
    """Tags and texts of a label; raises `InkOutsideLabel`."""
    pen = ImageDraw.Draw(page)
    for tag in tags:
        x, y = left + dots(tag.x_mm, dpi), top + dots(tag.y_mm, dpi)
        right, bottom = x + dots(tag.width_mm, dpi), y + dots(tag.height_mm, dpi)
        _check_inside(page, x, y, right, bottom)
        pen.rectangle((x, y, right - 1, bottom - 1), fill=0)
    for text in texts:
        write(page, text, line_mask(text.text, text.size_mm, text.font, dpi), dpi, left, top)


def write(
    page: Image.Image, text: PlacedText, line: tuple[Image.Image, int], dpi: int, left: int, top: int
) -> None:
    """One line of text, drawn already; raises `InkOutsideLabel`."""
    mask, above = line
    box = mask.getbbox()
    if box is None:
        return
    x, y = left + dots(text.x_mm, dpi) - _SIDE, top + dots(text.baseline_mm, dpi) - above
    _check_inside(page, x + box[0], y + box[1], x + box[2], y + box[3])
    page.paste(1 if text.light else 0, (x, y), mask)


_SIDE = 2  # dots of white at a line's ends, for letters that reach beyond their advance


@lru_cache(maxsize=2048)
def line_mask(text: str, size_mm: float, font: str, dpi: int) -> tuple[Image.Image, int]:
    """One line of text as a mask (mode "1", ink is 255) and how many of its rows stand above the baseline.

    Letters stand where the layout measured them, without kerning; the line starts `_SIDE` dots from the left.
    """
    return line_of_letters(text, size_mm, font, dpi)


def line_of_letters(text: str, size_mm: float, font: str, dpi: int) -> tuple[Image.Image, int]:
    """The same, not remembered: for codes, of which none comes again."""
    scale = dpi / MM_PER_INCH
    high, low = ink(text, font)
    above, below = math.ceil(high * size_mm * scale) + 1, math.ceil(low * size_mm * scale) + 1
    width = math.ceil(width_mm(text, size_mm, font) * scale) + 2 * _SIDE
    coverage = Image.new("L", (width, above + below), 0)
    at = 0.0
    for letter in text:
        dot, part = divmod(round((at * scale + _SIDE) * _FINER), _FINER)
        piece = _letter(letter, font, size_mm * scale, above, below, part)
        # Two letters in one dot cover what both cover.
        coverage.paste(255, (dot - _SIDE, 0), piece)
        at += width_mm(letter, size_mm, font)
    return coverage.point(_DARK_FROM).convert("1"), above


@lru_cache(maxsize=4096)
def _letter(letter: str, font: str, size: float, above: int, below: int, part: int) -> Image.Image:
    """How much of each dot one letter covers, its origin `_SIDE` dots and ``part`` of a dot from the left."""
    width = math.ceil(width_mm(letter, size, font)) + 2 * _SIDE + 2
    fine = Image.new("L", (width * _FINER, (above + below) * _FINER), 0)
    ImageDraw.Draw(fine).text(
        (_SIDE * _FINER + part, above * _FINER),
        letter,
        fill=255,
        font=_pillow_font(font, size * _FINER),
        anchor="ls",
    )
    return fine.reduce(_FINER)


def mask_origin(text: PlacedText, dpi: int) -> tuple[int, int]:
    """Where the corner of a line's mask goes, in dots from where its millimetres are counted."""
    _mask, above = line_mask(text.text, text.size_mm, text.font, dpi)
    return dots(text.x_mm, dpi) - _SIDE, dots(text.baseline_mm, dpi) - above


@lru_cache(maxsize=64)
def _pillow_font(name: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face(name).face.filename, size, layout_engine=ImageFont.Layout.BASIC)


def _check_inside(page: Image.Image, left: int, top: int, right: int, bottom: int) -> None:
    if left < 0 or top < 0 or right > page.width or bottom > page.height:
        raise InkOutsideLabel


def _whole_dots_up(length_mm: float, dpi: int) -> float:
    # A hair off before rounding up, so that what is whole stays so.
    return math.ceil(length_mm * dpi / MM_PER_INCH - 1e-6) * MM_PER_INCH / dpi


def _inked_bands(dark: Image.Image) -> Iterator[tuple[int, int]]:
    """Runs of rows with ink: (first, one after the last)."""
    per_row = (dark.width + 7) // 8
    raw = dark.tobytes()
    white = bytes(per_row)
    begun: int | None = None
    for y in range(dark.height):
        has_ink = raw[y * per_row : (y + 1) * per_row] != white
        if has_ink and begun is None:
            begun = y
        elif not has_ink and begun is not None:
            yield begun, y
            begun = None
    if begun is not None:
        yield begun, dark.height


def _cut(band: Image.Image, box: tuple[int, int, int, int], top: int) -> Iterator[Block]:
    left, _, right, _ = box
    per_row = (right - left + 7) // 8
    raw = band.crop((left, 0, left + 8 * per_row, band.height)).tobytes()
    rows = [raw[at : at + per_row] for at in range(0, len(raw), per_row)]
    most_rows = max(1, _LARGEST_BLOCK // per_row)
    for first in range(0, len(rows), most_rows):
        yield Block(left, top + first, per_row, tuple(rows[first : first + most_rows]))
