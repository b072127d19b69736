"""A printer's test label: a frame 1 mm inside each label, rulers in millimetres, a QR to scan. Drawn as dots or as PDF.

Everything moves by the printer's stored offsets, so that a second test shows whether they are right.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import format_decimal
from flask_babel import gettext as _
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from labels.bitmaps import NO_SHIFT, DotPage, PlacedSymbol, Shift, dots, line_mask, mask_origin
from labels.fonts import REGULAR, SEMIBOLD, face, width_mm
from labels.layout import PlacedTag, PlacedText
from labels.qr import QUIET_ZONE_MODULES, QrSymbol
from labels.spec import MM_PER_INCH, SheetSpec

FRAME_MM = 1.0  # from a label's edge to its frame
_LINE_MM = 0.25
_TICKS_MM = {10: 2.2, 5: 1.5, 1: 0.9}
_NUMBER_SIZE_MM = 1.9
_TEXT_SIZES_MM = (2.6, 2.2, 1.9, 1.7)
_TEXT_LEFT_MM, _TEXT_TOP_MM, _LINE_STEP = 6.8, 6.4, 1.35
_MM = 72.0 / MM_PER_INCH


@dataclass(frozen=True)
class RulerPage:
    """One page in millimetres from its top left corner; the QR is left out where there is no room for it."""

    width_mm: float
    height_mm: float
    bars: tuple[PlacedTag, ...]
    texts: tuple[PlacedText, ...]
    symbol: QrSymbol | None
    symbol_x_mm: float
    symbol_y_mm: float


def ruler_page(spec: SheetSpec, symbol: QrSymbol, shift: Shift = NO_SHIFT) -> RulerPage:
    """The test label on this paper, moved by ``shift``; the words are in the language of the request."""
    first = spec.corner(0)
    x, y = first.x_mm + shift.right_mm, first.y_mm + shift.down_mm
    bars = [
        *_frames(spec, shift),
        *_ticks_across(spec, x, y),
        *_ticks_down(spec, x, y),
    ]
    texts = [*_numbers(spec, x, y), *(lines := list(_words(spec, shift, x, y)))]
    side, quiet = symbol.modules * spec.module_mm, QUIET_ZONE_MODULES * spec.module_mm
    qr_x = x + spec.label_width_mm - FRAME_MM - _LINE_MM - quiet - side
    qr_y = y + spec.label_height_mm - FRAME_MM - _LINE_MM - quiet - side
    text_right = max(text.x_mm + width_mm(text.text, text.size_mm, text.font) for text in lines)
    text_bottom = lines[-1].baseline_mm + 0.3 * lines[-1].size_mm
    has_room = qr_x - quiet >= x + _TEXT_LEFT_MM and qr_y - quiet >= y + FRAME_MM + _TICKS_MM[10]
    is_clear = qr_x - quiet >= text_right or qr_y - quiet >= text_bottom
    return RulerPage(
        spec.page_width_mm,
        spec.page_height_mm,
        tuple(bars),
        tuple(texts),
        symbol if has_room and is_clear and not spec.is_round else None,
        qr_x,
        qr_y,
    )


def ruler_dots(page: RulerPage, spec: SheetSpec) -> DotPage:
    """The test label as dots of the spec's printer; what offsets push over the edge is cut, as the paper would."""
    dpi = spec.dpi
    picture = Image.new("1", (dots(page.width_mm, dpi), dots(page.height_mm, dpi)), 1)
    pen = ImageDraw.Draw(picture)
    for bar in page.bars:
        x, y = dots(bar.x_mm, dpi), dots(bar.y_mm, dpi)
        right, bottom = x + max(1, dots(bar.width_mm, dpi)), y + max(1, dots(bar.height_mm, dpi))
        pen.rectangle((x, y, right - 1, bottom - 1), fill=0)
    for text in page.texts:
        mask, _above = line_mask(text.text, text.size_mm, text.font, dpi)
        picture.paste(0, mask_origin(text, dpi), mask)
    if page.symbol is None:
        return DotPage(picture, ())
    placed = PlacedSymbol(
        page.symbol, dots(page.symbol_x_mm, dpi), dots(page.symbol_y_mm, dpi), spec.dots_per_module
    )
    side = placed.symbol.modules * placed.module
    is_inside = (
        min(placed.x, placed.y) >= 0
        and placed.x + side <= picture.width
        and placed.y + side <= picture.height
    )
    return DotPage(picture, (placed,) if is_inside else ())


def ruler_pdf(page: RulerPage, spec: SheetSpec) -> bytes:
    """The test label as a PDF of the paper's size."""
    for name in (REGULAR, SEMIBOLD):
        face(name)
    out = io.BytesIO()
    canvas = Canvas(
        out,
        pagesize=(page.width_mm * _MM, page.height_mm * _MM),
        invariant=1,
        initialFontName=REGULAR,
        lang="vi",
    )
    canvas.setViewerPreference("PrintScaling", "None")
    bars = list(page.bars)
    if page.symbol is not None:
        bars += _modules(page.symbol, page.symbol_x_mm, page.symbol_y_mm, spec.module_mm)
    for bar in bars:
        bottom = page.height_mm - bar.y_mm - bar.height_mm
        canvas.rect(bar.x_mm * _MM, bottom * _MM, bar.width_mm * _MM, bar.height_mm * _MM, stroke=0, fill=1)
    for text in page.texts:
        canvas.setFont(text.font, text.size_mm * _MM)
        canvas.drawString(text.x_mm * _MM, (page.height_mm - text.baseline_mm) * _MM, text.text)
    canvas.save()
    return out.getvalue()


def _frames(spec: SheetSpec, shift: Shift) -> Iterator[PlacedTag]:
    if spec.is_round:
        return
    width, height = spec.label_width_mm - 2 * FRAME_MM, spec.label_height_mm - 2 * FRAME_MM
    for index in range(spec.labels_per_page):
        corner = spec.corner(index)
        x, y = corner.x_mm + FRAME_MM + shift.right_mm, corner.y_mm + FRAME_MM + shift.down_mm
        yield PlacedTag(x, y, width, _LINE_MM)
        yield PlacedTag(x, y + height - _LINE_MM, width, _LINE_MM)
        yield PlacedTag(x, y, _LINE_MM, height)
        yield PlacedTag(x + width - _LINE_MM, y, _LINE_MM, height)


def _length(at: int) -> float:
    return next(length for step, length in _TICKS_MM.items() if at % step == 0)


def _ticks_across(spec: SheetSpec, x: float, y: float) -> Iterator[PlacedTag]:
    for at in range(2, int(spec.label_width_mm - FRAME_MM)):
        yield PlacedTag(x + at - _LINE_MM / 2, y + FRAME_MM, _LINE_MM, _length(at))


def _ticks_down(spec: SheetSpec, x: float, y: float) -> Iterator[PlacedTag]:
    for at in range(2, int(spec.label_height_mm - FRAME_MM)):
        yield PlacedTag(x + FRAME_MM, y + at - _LINE_MM / 2, _length(at), _LINE_MM)


def _numbers(spec: SheetSpec, x: float, y: float) -> Iterator[PlacedText]:
    beyond = FRAME_MM + _TICKS_MM[10] + 0.4
    for at in range(10, int(spec.label_width_mm - 2 * FRAME_MM), 10):
        half = width_mm(str(at), _NUMBER_SIZE_MM, REGULAR) / 2
        yield PlacedText(
            str(at), x + at - half, y + beyond + 0.74 * _NUMBER_SIZE_MM, _NUMBER_SIZE_MM, REGULAR
        )
    for at in range(10, int(spec.label_height_mm - 2 * FRAME_MM), 10):
        yield PlacedText(str(at), x + beyond, y + at + 0.37 * _NUMBER_SIZE_MM, _NUMBER_SIZE_MM, REGULAR)


def _words(spec: SheetSpec, shift: Shift, x: float, y: float) -> Iterator[PlacedText]:
    lines = (
        (_("Test label"), SEMIBOLD),
        (f"{_short(spec.label_width_mm)} × {_short(spec.label_height_mm)} mm", REGULAR),
        (f"{spec.dpi} dpi", REGULAR),
        (f"x {_short(shift.right_mm)} · y {_short(shift.down_mm)} mm", REGULAR),
    )
    room = spec.label_width_mm - _TEXT_LEFT_MM - 2 * FRAME_MM
    high = (spec.label_height_mm - _TEXT_TOP_MM - 2 * FRAME_MM) / (len(lines) * _LINE_STEP)
    size = next(
        (
            size
            for size in _TEXT_SIZES_MM
            if size <= high and all(width_mm(text, size, font) <= room for text, font in lines)
        ),
        _TEXT_SIZES_MM[-1],
    )
    for number, (text, font) in enumerate(lines):
        baseline = y + _TEXT_TOP_MM + size * (1 + number * _LINE_STEP)
        yield PlacedText(text, x + _TEXT_LEFT_MM, baseline, size, font)


def _short(length_mm: float) -> str:
    return str(format_decimal(length_mm, "0.##"))


def _modules(symbol: QrSymbol, x: float, y: float, module_mm: float) -> Iterator[PlacedTag]:
    """The dark modules, runs of a row at once."""
    for number, row in enumerate(symbol.rows):
        begun: int | None = None
        for at, dark in enumerate((*row, False)):
            if dark and begun is None:
                begun = at
            elif not dark and begun is not None:
                width = (at - begun) * module_mm
                yield PlacedTag(x + begun * module_mm, y + number * module_mm, width, module_mm)
                begun = None
