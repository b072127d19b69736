"""Sheets of labels as PDF: exact millimetres, vector QR, selectable text in embedded fonts. Only drawing."""

import io
from collections.abc import Iterable
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from labels.fonts import REGULAR, SEMIBOLD, face
from labels.layout import LabelLayout, lay_out
from labels.qr import QrSymbol
from labels.spec import A4_40, MM_PER_INCH, LabelContent, SheetSpec

_MM = 72.0 / MM_PER_INCH
_MAKER = "Nguồn Gốc"
_TITLE = "Tem truy xuất nguồn gốc"


def sheet_pdf(labels: Iterable[LabelContent], spec: SheetSpec = A4_40, start: int = 1) -> bytes:
    """The labels on as many sheets as they need, the first one on position ``start`` (1 is top left, rows first).

    The same labels always give the same bytes: no clock, no random id. Viewers are told not to scale. Raises
    `StartOutsideSheet`, `TextDoesNotFit`, `CharacterNotPrintable` or an address refusal before anything is drawn,
    and ValueError for no labels at all.
    """
    spec.check_start(start)
    placed = [lay_out(label, spec) for label in labels]
    if not placed:
        raise ValueError("no labels to print")
    for name in (REGULAR, SEMIBOLD):
        face(name)
    out = io.BytesIO()
    canvas = Canvas(
        out,
        pagesize=(spec.page_width_mm * _MM, spec.page_height_mm * _MM),
        pageCompression=1,
        invariant=1,
        initialFontName=REGULAR,
        lang="vi",
    )
    canvas.setTitle(_TITLE)
    canvas.setSubject("")
    canvas.setAuthor(_MAKER)
    canvas.setCreator(_MAKER)
    canvas.setProducer(_MAKER)
    # "Fit to page" shrinks the QR below its printer dots; this is the one way a file can ask for 100 %.
    canvas.setViewerPreference("PrintScaling", "None")
    symbols = _Symbols(canvas, spec)
    symbols.define(layout.qr for layout in placed)
    for index, layout in enumerate(placed, start=start - 1):
        if index % spec.labels_per_page == 0 and index >= spec.labels_per_page:
            canvas.showPage()
        place = spec.place(index)
        _draw(canvas, layout, symbols, place.x_mm, place.y_mm, spec.page_height_mm)
    canvas.save()
    return out.getvalue()


class _Symbols:
    """Each different QR once as a form, however often it is on the sheets."""

    def __init__(self, canvas: Any, spec: SheetSpec) -> None:
        self._canvas = canvas
        self._module_mm = spec.module_mm
        self._page_mm = spec.page_height_mm
        self._names: dict[str, str] = {}

    def define(self, symbols: Iterable[QrSymbol]) -> None:
        for symbol in symbols:
            if symbol.address in self._names:
                continue
            name = self._names[symbol.address] = f"qr{len(self._names) + 1}"
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

    def draw(self, symbol: QrSymbol, x_mm: float, top_mm: float) -> None:
        canvas = self._canvas
        bottom_mm = self._page_mm - top_mm - symbol.modules * self._module_mm
        scale = self._module_mm * _MM
        canvas.saveState()
        canvas.transform(scale, 0, 0, scale, x_mm * _MM, bottom_mm * _MM)
        canvas.doForm(self._names[symbol.address])
        canvas.restoreState()


def _draw(
    canvas: Any, layout: LabelLayout, symbols: _Symbols, x_mm: float, y_mm: float, page_mm: float
) -> None:
    symbols.draw(layout.qr, x_mm + layout.qr_x_mm, y_mm + layout.qr_y_mm)
    canvas.setFillGray(0)
    for tag in layout.tags:
        canvas.rect(
            (x_mm + tag.x_mm) * _MM,
            (page_mm - y_mm - tag.y_mm - tag.height_mm) * _MM,
            tag.width_mm * _MM,
            tag.height_mm * _MM,
            stroke=0,
            fill=1,
        )
    for text in layout.texts:
        canvas.setFont(text.font, text.size_mm * _MM)
        canvas.setFillGray(1 if text.light else 0)
        canvas.drawString((x_mm + text.x_mm) * _MM, (page_mm - y_mm - text.baseline_mm) * _MM, text.text)
