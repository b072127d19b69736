"""Sheets and rolls of labels as PDF: exact millimetres, vector QR, selectable text in embedded fonts. Only drawing."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from labels.backs import lay_out_back
from labels.fonts import REGULAR, SEMIBOLD, face
from labels.layout import lay_out
from labels.placed import LabelLayout, PlacedText
from labels.qr import QrSymbol
from labels.spec import A4_40, MM_PER_INCH, LabelContent, Place, SheetSpec

_MM = 72.0 / MM_PER_INCH
_MAKER = "Nguồn Gốc"
_TITLE = "Tem truy xuất nguồn gốc"
# Crop marks: hairlines that end on the label's edge; the pages of a roll grow by a margin to carry them.
_MARK_MM, _MARK_WIDTH_MM, _MARK_MARGIN_MM = 1.5, 0.1, 6.0


class Flip(StrEnum):
    """How the printer turns the sheet for its back."""

    LONG_EDGE = "long-edge"
    SHORT_EDGE = "short-edge"


@dataclass(frozen=True)
class PageOptions:
    """How labels come onto pages.

    ``has_marks`` draws crop marks; on a roll the page grows by 6 mm a side and names the label in its TrimBox.
    ``back_text`` makes every second page the backs of the one before, mirrored as ``flip`` says. ``is_last_first``
    turns the order of pages round, for a roll that is wound up as it leaves the printer and used from its outer end.
    ``right_mm`` and ``down_mm`` shift everything, for a printer that draws a little off.
    """

    has_marks: bool = False
    back_text: str = ""
    flip: Flip = Flip.LONG_EDGE
    is_last_first: bool = False
    right_mm: float = 0.0
    down_mm: float = 0.0


def sheet_pdf(
    labels: Iterable[LabelContent],
    spec: SheetSpec = A4_40,
    start: int = 1,
    options: PageOptions | None = None,
) -> bytes:
    """The labels on as many pages as they need, the first one on position ``start`` (1 is top left, rows first).

    A page of a roll is one row of labels. The same labels always give the same bytes: no clock, no random id. Viewers
    are told not to scale. Raises `StartOutsideSheet`, `TextDoesNotFit`, `CharacterNotPrintable` or an address refusal
    before anything is drawn, and ValueError for no labels at all.
    """
    spec.check_start(start)
    return layouts_pdf([lay_out(label, spec) for label in labels], spec, start, options)


def layouts_pdf(
    placed: Sequence[LabelLayout],
    spec: SheetSpec,
    start: int = 1,
    options: PageOptions | None = None,
) -> bytes:
    """Finished layouts on pages; all that `sheet_pdf` promises of pages holds."""
    options = options or PageOptions()
    spec.check_start(start)
    if not placed:
        raise ValueError("no labels to print")
    back = lay_out_back(options.back_text, spec) if options.back_text.strip() else ()
    out = io.BytesIO()
    paper = _Paper(out, spec, options)
    paper.define(layout.qr for layout in placed)
    for row in _pages(placed, spec, start, is_last_first=options.is_last_first):
        paper.draw_front(row)
        if back:
            paper.draw_back([index for index, _ in row], back)
    paper.save()
    return out.getvalue()


def _pages(
    placed: Sequence[LabelLayout], spec: SheetSpec, start: int, *, is_last_first: bool
) -> Iterator[tuple[tuple[int, LabelLayout], ...]]:
    """Pages of (position on the page, label)."""
    size = spec.labels_per_page
    first = size - start + 1
    pages = [placed[:first], *(placed[at : at + size] for at in range(first, len(placed), size))]
    numbered = [
        tuple(enumerate(page, start=start - 1 if number == 0 else 0)) for number, page in enumerate(pages)
    ]
    yield from reversed(numbered) if is_last_first else numbered


class _Paper:
    """A document of equal pages; each different QR stands in it once as a form, however often it is drawn."""

    def __init__(self, out: io.BytesIO, spec: SheetSpec, options: PageOptions) -> None:
        self._spec = spec
        self._options = options
        self._margin = _MARK_MARGIN_MM if options.has_marks and spec.is_roll else 0.0
        self._width = spec.page_width_mm + 2 * self._margin
        self._height = spec.page_height_mm + 2 * self._margin
        self._names: dict[QrSymbol, str] = {}
        for name in (REGULAR, SEMIBOLD):
            face(name)
        self._canvas: Any = Canvas(
            out,
            pagesize=(self._width * _MM, self._height * _MM),
            pageCompression=1,
            invariant=1,
            initialFontName=REGULAR,
            lang="vi",
        )
        self._canvas.setTitle(_TITLE)
        self._canvas.setSubject("")
        self._canvas.setAuthor(_MAKER)
        self._canvas.setCreator(_MAKER)
        self._canvas.setProducer(_MAKER)
        # "Fit to page" shrinks the QR below its printer dots; this is the one way a file can ask for 100 %.
        self._canvas.setViewerPreference("PrintScaling", "None")
        if options.back_text.strip():
            edge = "DuplexFlipLongEdge" if options.flip is Flip.LONG_EDGE else "DuplexFlipShortEdge"
            self._canvas.setViewerPreference("Duplex", edge)

    def save(self) -> None:
        self._canvas.save()

    def define(self, symbols: Iterable[QrSymbol]) -> None:
        for symbol in symbols:
            if symbol in self._names:
                continue
            name = self._names[symbol] = f"qr{len(self._names) + 1}"
            self._canvas.beginForm(name, 0, 0, symbol.modules, symbol.modules)
            path = self._canvas.beginPath()
            for loop in symbol.outline():
                (x, y), *rest = loop
                path.moveTo(x, symbol.modules - y)
                for next_x, next_y in rest:
                    path.lineTo(next_x, symbol.modules - next_y)
                path.close()
            self._canvas.setFillGray(0)
            self._canvas.drawPath(path, stroke=0, fill=1)
            self._canvas.endForm()

    def draw_front(self, labels: Sequence[tuple[int, LabelLayout]]) -> None:
        for index, layout in labels:
            self._draw_label(layout, self._shifted(self._spec.place(index)))
            self._draw_marks(index)
        self._end_page()

    def draw_back(self, indices: Sequence[int], texts: Sequence[PlacedText]) -> None:
        """The backs of the labels at these positions, where they lie once the sheet is turned."""
        for index in indices:
            self._draw_texts(texts, self._shifted(self._turned(self._spec.place(index))))
        self._end_page()

    def _turned(self, place: Place) -> Place:
        spec = self._spec
        if self._options.flip is Flip.SHORT_EDGE:
            return Place(place.x_mm, spec.page_height_mm - place.y_mm - spec.content_height_mm)
        return Place(spec.page_width_mm - place.x_mm - spec.content_width_mm, place.y_mm)

    def _shifted(self, place: Place) -> Place:
        return Place(
            place.x_mm + self._margin + self._options.right_mm,
            place.y_mm + self._margin + self._options.down_mm,
        )

    def _end_page(self) -> None:
        if self._margin:
            left, right = self._margin * _MM, (self._width - self._margin) * _MM
            bottom, top = self._margin * _MM, (self._height - self._margin) * _MM
            self._canvas.setTrimBox((left, bottom, right, top))
        self._canvas.showPage()

    def _draw_label(self, layout: LabelLayout, place: Place) -> None:
        canvas = self._canvas
        module = self._spec.module_mm
        top = place.y_mm + layout.qr_y_mm
        canvas.saveState()
        canvas.transform(
            module * _MM,
            0,
            0,
            module * _MM,
            (place.x_mm + layout.qr_x_mm) * _MM,
            self._up(top + layout.qr.modules * module),
        )
        canvas.doForm(self._names[layout.qr])
        canvas.restoreState()
        canvas.setFillGray(0)
        for tag in layout.tags:
            canvas.rect(
                (place.x_mm + tag.x_mm) * _MM,
                self._up(place.y_mm + tag.y_mm + tag.height_mm),
                tag.width_mm * _MM,
                tag.height_mm * _MM,
                stroke=0,
                fill=1,
            )
        self._draw_texts(layout.texts, place)

    def _draw_texts(self, texts: Sequence[PlacedText], place: Place) -> None:
        for text in texts:
            self._canvas.setFont(text.font, text.size_mm * _MM)
            self._canvas.setFillGray(1 if text.light else 0)
            x, y = (place.x_mm + text.x_mm) * _MM, self._up(place.y_mm + text.baseline_mm)
            self._canvas.drawString(x, y, text.text)

    def _draw_marks(self, index: int) -> None:
        """Hairlines at each corner: across it on a sheet; outside the paper on a roll, whose page has room for them."""
        if not self._options.has_marks:
            return
        spec, canvas, corner = self._spec, self._canvas, self._spec.corner(index)
        canvas.setLineWidth(_MARK_WIDTH_MM * _MM)
        canvas.setStrokeGray(0)
        column = index % spec.columns
        low, high = (1.0 - _MARK_MARGIN_MM, -1.0) if spec.is_roll else (-_MARK_MM, _MARK_MM)
        for x, away_x, is_outer in (
            (corner.x_mm, 1, column == 0),
            (corner.x_mm + spec.label_width_mm, -1, column == spec.columns - 1),
        ):
            for y, away_y in ((corner.y_mm, 1), (corner.y_mm + spec.label_height_mm, -1)):
                here_x, here_y = x + self._margin, y + self._margin
                self._line(here_x, here_y + away_y * low, here_x, here_y + away_y * high)
                if is_outer or not spec.is_roll:
                    self._line(here_x + away_x * low, here_y, here_x + away_x * high, here_y)

    def _line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self._canvas.line(x1 * _MM, self._up(y1), x2 * _MM, self._up(y2))

    def _up(self, down_mm: float) -> float:
        """A height from the page's top in millimetres as the canvas counts: points from the bottom."""
        return (self._height - down_mm) * _MM
