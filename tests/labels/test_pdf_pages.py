"""Pages of every ready size: the right size in millimetres, every label where it belongs, readable by other programs."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp

from labels.backs import lay_out_back
from labels.designs import DESIGNS, Design, find_design, own_size
from labels.layout import fit_modules, lay_out
from labels.pdf import sheet_pdf
from labels.pdf_description import Flip, PageOptions
from labels.qr import qr_matrix
from labels.spec import SheetSpec, TextDoesNotFit
from tests.labels.reading import MM_PER_POINT, a_label, page_raster, read_all_by_zxing, read_by_opencv
from trace.core.short_codes import pretty

EACH_DESIGN = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.key)


def _spec(key: str) -> SheetSpec:
    found = find_design(key)
    assert found
    return found.spec


def _crop(raster: Any, dpi: int, spec: SheetSpec, index: int, margin: float = 0.0) -> Any:
    corner, per_mm = spec.corner(index), dpi / 25.4
    left, top = (corner.x_mm + margin) * per_mm, (corner.y_mm + margin) * per_mm
    right, bottom = left + spec.label_width_mm * per_mm, top + spec.label_height_mm * per_mm
    return raster[round(top) : round(bottom), round(left) : round(right)]


def _pages(pdf: bytes) -> list[tuple[float, float]]:
    """The size of each page in millimetres."""
    document = pdfium.PdfDocument(pdf)
    return [(width * MM_PER_POINT, height * MM_PER_POINT) for width, height in map(_size, document)]


def _size(page: Any) -> tuple[float, float]:
    width, height = page.get_size()
    return width, height


def _text(pdf: bytes, page: int) -> str:
    return " ".join(pdfium.PdfDocument(pdf)[page].get_textpage().get_text_range().split())


@EACH_DESIGN
def test_a_page_has_exactly_the_size_of_the_paper(design: Design) -> None:
    [page] = _pages(sheet_pdf([a_label()], design.spec))
    assert page == pytest.approx((design.spec.page_width_mm, design.spec.page_height_mm), abs=0.01)


@EACH_DESIGN
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_symbol_is_read_by_both_decoders(design: Design, dpi: int) -> None:
    count = min(design.spec.labels_per_page, 6)
    labels = [a_label(number, is_demo=number % 2 == 1) for number in range(count)]
    spec = fit_modules(labels, design.spec)
    raster = page_raster(sheet_pdf(labels, spec), dpi)
    for index, label in enumerate(labels):
        crop = _crop(raster, dpi, spec, index)
        assert read_all_by_zxing(crop) == [label.address]
        assert read_by_opencv(crop) == label.address


@EACH_DESIGN
def test_selected_text_is_the_data(design: Design) -> None:
    label = a_label(7)
    text = _text(sheet_pdf([label], design.spec), 0)
    assert label.product_name in text
    assert label.lot_number in text
    assert pretty(label.code) in text


@EACH_DESIGN
def test_a_module_is_whole_dots_in_the_raster(design: Design) -> None:
    label = a_label(1)
    spec = fit_modules([label], design.spec)
    crop = _crop(page_raster(sheet_pdf([label], spec), 203), 203, spec, 0)
    [found] = zxingcpp.read_barcodes(crop)
    corners = found.position
    width = corners.top_right.x - corners.top_left.x
    assert width / qr_matrix(label.address).modules == pytest.approx(spec.dots_per_module, abs=0.15)


def test_a_roll_has_a_page_for_each_row() -> None:
    pdf = sheet_pdf([a_label(number) for number in range(7)], _spec("roll-35x22-3"))
    assert len(_pages(pdf)) == 3
    assert "CN-261121-06" in _text(pdf, 2)


def test_a_roll_can_come_out_last_first() -> None:
    labels = [a_label(number) for number in range(5)]
    pdf = sheet_pdf(labels, _spec("roll-35x22-2"), options=PageOptions(is_last_first=True))
    assert ["CN-261121-04" in _text(pdf, 0), "CN-261121-00" in _text(pdf, 2)] == [True, True]


def test_a_roll_begun_in_the_middle_of_a_row_starts_there() -> None:
    spec = _spec("roll-35x22-3")
    labels = [a_label(number) for number in range(3)]
    pdf = sheet_pdf(labels, spec, start=3)
    raster = page_raster(pdf, 300)
    assert (_crop(raster, 300, spec, 0) == 255).all()
    assert read_all_by_zxing(_crop(raster, 300, spec, 2)) == [labels[0].address]
    assert len(_pages(pdf)) == 2


def test_crop_marks_of_a_roll_stand_outside_the_label() -> None:
    spec = _spec("roll-35x22-2")
    label = a_label()
    plain = page_raster(sheet_pdf([label, label], spec), 300)
    pdf = sheet_pdf([label, label], spec, options=PageOptions(has_marks=True))
    marked = page_raster(pdf, 300)
    assert _pages(pdf)[0] == pytest.approx((74 + 12, 22 + 12), abs=0.01)
    for index in range(2):
        one = _crop(plain, 300, spec, index)[6:-6, 6:-6]
        other = _crop(marked, 300, spec, index, margin=6.0)[6:-6, 6:-6]
        assert read_all_by_zxing(other) == [label.address]
        assert abs((one < 128).sum() - (other < 128).sum()) < 0.01 * (one < 128).sum()
    assert (marked[: int(5.0 * 300 / 25.4)] < 200).any()
    trim = re.search(rb"/TrimBox \[ ([\d. ]+) \]", pdf)
    assert trim
    left, bottom, right, top = (float(side) * MM_PER_POINT for side in trim.group(1).split())
    assert (right - left, top - bottom) == pytest.approx((74, 22), abs=0.01)


def test_crop_marks_of_a_sheet_leave_every_symbol_readable() -> None:
    spec = _spec("tomy-145")
    labels = [a_label(number) for number in range(65)]
    raster = page_raster(sheet_pdf(labels, spec, options=PageOptions(has_marks=True)), 300)
    assert sorted(read_all_by_zxing(raster)) == sorted(label.address for label in labels)


@pytest.mark.parametrize("flip", Flip)
def test_backs_lie_behind_their_labels(flip: Flip) -> None:
    spec = _spec("avery-l7160")
    options = PageOptions(back_text="Rửa sạch trước khi dùng.", flip=flip)
    pdf = sheet_pdf([a_label(number) for number in range(4)], spec, start=2, options=options)
    assert len(_pages(pdf)) == 2
    back = page_raster(pdf, 100, page=1)
    turned = back[:, ::-1] if flip is Flip.LONG_EDGE else back[::-1]
    inked = [bool((_crop(turned, 100, spec, index) < 128).any()) for index in range(21)]
    assert [index for index, is_inked in enumerate(inked) if is_inked] == [1, 2, 3, 4]
    assert "Rửa sạch trước khi dùng." in _text(pdf, 1)
    wanted = {Flip.LONG_EDGE: b"/DuplexFlipLongEdge", Flip.SHORT_EDGE: b"/DuplexFlipShortEdge"}
    assert wanted[flip] in pdf


def test_every_front_is_followed_by_its_back() -> None:
    spec = _spec("avery-l7165")
    pdf = sheet_pdf([a_label(n) for n in range(9)], spec, options=PageOptions(back_text="Mặt sau"))
    assert ["Mặt sau" in _text(pdf, page) for page in range(4)] == [False, True, False, True]


def test_a_text_too_long_for_the_back_is_refused() -> None:
    with pytest.raises(TextDoesNotFit) as refused:
        lay_out_back("Bảo quản nơi mát. " * 40, _spec("roll-35x22-2"))
    assert refused.value.field == "back_text"


def test_a_shift_moves_everything_by_millimetres() -> None:
    spec = own_size(Decimal(60), Decimal(40)).spec
    label = a_label()
    plain = page_raster(sheet_pdf([label], spec), 254)
    moved = page_raster(sheet_pdf([label], spec, options=PageOptions(right_mm=1.0, down_mm=0.5)), 254)
    assert np.mean(np.abs(plain[:-5, :-10].astype(int) - moved[5:, 10:].astype(int))) < 4
    assert np.mean(np.abs(plain.astype(int) - moved.astype(int))) > 10


@pytest.mark.parametrize(
    ("error_correction", "has_mark"), [("L", False), ("Q", False), ("H", False), ("H", True)]
)
def test_chosen_correction_or_more_is_printed(error_correction: str, has_mark: bool) -> None:
    spec = replace(_spec("avery-l7160"), error_correction=error_correction, has_mark=has_mark)
    label = a_label()
    raster = page_raster(sheet_pdf([label], fit_modules([label], spec)), 300)
    [found] = zxingcpp.read_barcodes(_crop(raster, 300, spec, 0))
    drawn = lay_out(label, fit_modules([label], spec)).qr.drawn_correction
    assert (found.text, found.ec_level) == (label.address, drawn)
    assert "LMQH".index(drawn) >= "LMQH".index(error_correction)


@pytest.mark.parametrize(
    ("key", "dpi"),
    # Thermal printers at their own dots; office printers have 300 or more.
    [(key, dpi) for key in ("avery-l7163", "tomy-103", "a4-24") for dpi in (300, 600)]
    + [("roll-100x150", 203), ("roll-100x150", 300)],
)
def test_an_ean_beside_the_qr_is_read(key: str, dpi: int) -> None:
    label = a_label(ean="8936001234569")
    spec = fit_modules([label], replace(_spec(key), dpi=dpi))
    found = zxingcpp.read_barcodes(_crop(page_raster(sheet_pdf([label], spec), dpi), dpi, spec, 0))
    assert {(str(one.format), one.text) for one in found} == {
        ("EAN-13", "8936001234569"),
        ("QR Code", label.address),
    }
