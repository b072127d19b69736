"""Every ready size, measured in the raster of both kinds of PDF: modules, quiet zones; and the text against the data."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp

from labels.bitmaps import for_dots
from labels.designs import DESIGNS, Design
from labels.dot_pdf import dots_pdf
from labels.layout import fit_modules, lay_out
from labels.pdf import sheet_pdf
from labels.spec import LabelContent, SheetSpec
from tests.labels.reading import MM_PER_POINT, a_label
from trace.core.short_codes import pretty

EACH_DESIGN = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.key)
EACH_KIND = pytest.mark.parametrize("make", [sheet_pdf, dots_pdf], ids=["lines", "dots"])
EACH_DPI = pytest.mark.parametrize("dpi", [203, 300])
Make = Callable[[list[LabelContent], SheetSpec], bytes]
FINER = 4


def _spec(design: Design, dpi: int, label: LabelContent) -> SheetSpec:
    return fit_modules([label], for_dots(design.spec, dpi))


def _first_label(pdf: bytes, spec: SheetSpec, pixels_a_dot: int) -> Any:
    """The first label, drawn by PDFium with so many pixels for each printer dot."""
    page = pdfium.PdfDocument(pdf)[0]
    corner = spec.corner(0)
    right = spec.page_width_mm - corner.x_mm - spec.label_width_mm
    bottom = spec.page_height_mm - corner.y_mm - spec.label_height_mm
    crop = tuple(side / MM_PER_POINT for side in (corner.x_mm, bottom, right, corner.y_mm))
    return (
        page.render(scale=pixels_a_dot * spec.dpi / 72, crop=crop, grayscale=True).to_numpy().squeeze() < 128
    )


@EACH_DESIGN
@EACH_KIND
@EACH_DPI
def test_modules_are_whole_dots_and_the_quiet_zone_is_white(design: Design, make: Make, dpi: int) -> None:
    label = a_label(1)
    spec = _spec(design, dpi, label)
    dark = np.pad(_first_label(make([label], spec), spec, FINER), 20 * FINER)
    [found] = zxingcpp.read_barcodes(np.where(dark, 0, 255).astype(np.uint8))
    assert found.text == label.address
    across = lay_out(label, spec).qr.modules
    module = spec.dots_per_module * FINER
    corner, end = found.position.top_left, found.position.bottom_right
    # The symbol with three and a half modules around it holds nothing but the symbol.
    around = round(3.5 * module)
    part = dark[corner.y - around : end.y + around, corner.x - around : end.x + around]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    for inked in (rows, columns):
        assert (inked[-1] - inked[0] + 1) / across == pytest.approx(module, abs=0.06)
    top, left = corner.y - around + rows[0], corner.x - around + columns[0]
    side = round(across * module)
    quiet = dark[
        top - 4 * module + FINER : top + side + 4 * module - FINER,
        left - 4 * module + FINER : left + side + 4 * module - FINER,
    ].copy()
    inner = 4 * module - FINER
    quiet[inner - 1 : inner + side + 1, inner - 1 : inner + side + 1] = False
    assert not quiet.any()


@EACH_DESIGN
@EACH_KIND
def test_extracted_text_is_the_data(design: Design, make: Make) -> None:
    label = replace(
        a_label(7, product_name="Bưởi Diễn Ẩm Thực"),
        net_quantity="1,5 kg",
        ocop="OCOP 4 sao",
        label_rules=("Xuất xứ: Việt Nam",),
    )
    spec = _spec(design, 203, label)
    layout = lay_out(label, spec)
    extracted = "".join(pdfium.PdfDocument(make([label], spec))[0].get_textpage().get_text_range().split())
    wanted = {
        "product_name": label.product_name,
        "lot_number": label.lot_number,
        "dates": "".join(f"{line.label}{line.on:%d/%m/%Y}" for line in label.dates),
        "code": pretty(label.code),
        "readable_site": label.readable_site,
        "net_quantity": label.net_quantity,
        "producer_name": label.producer_name,
        "commune": label.commune,
        "ocop": label.ocop,
        "label_rules": label.label_rules[0],
    }
    for field, text in wanted.items():
        if field not in layout.left_out:
            assert "".join(text.split()) in extracted, field
    printed = sorted("".join("".join(text.text.split()) for text in layout.texts))
    assert sorted(extracted) == printed, "nothing beside the data"
