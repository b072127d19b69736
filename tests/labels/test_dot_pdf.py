"""A PDF in dots: each page one 1-bit picture of the printer's dots, the text laid over it unseen."""

import re
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from labels.bitmaps import dot_pages, dots, for_dots
from labels.designs import find_design
from labels.dot_pdf import dots_pdf
from labels.layout import fit_modules
from labels.pdf import sheet_pdf
from labels.pdf_description import Flip, PageOptions
from labels.spec import SheetSpec, StartOutsideSheet
from tests.labels.dots import as_array, lies_near
from tests.labels.reading import MM_PER_POINT, a_label, page_raster, read_all_by_zxing

BACK = "Rửa sạch trước khi ăn."


def _spec(key: str, dpi: int = 203) -> SheetSpec:
    found = find_design(key)
    assert found
    return fit_modules([a_label()], for_dots(found.spec, dpi))


def _pictures(pdf: bytes) -> list[Any]:
    """Every picture in the file by its own dots: True where dark."""
    head = re.compile(
        rb"<</Length (\d+)/Filter/FlateDecode/Type/XObject/Subtype/Image/Width (\d+)/Height (\d+)"
        rb"/ColorSpace/DeviceGray/BitsPerComponent 1>>\nstream\n"
    )
    found = []
    for match in head.finditer(pdf):
        length, width, height = map(int, match.groups())
        bits = zlib.decompress(pdf[match.end() : match.end() + length])
        found.append(~np.asarray(Image.frombytes("1", (width, height), bits)))
    return found


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("key", ["roll-50x30", "roll-35x22-3", "a4-40"])
def test_a_page_is_the_printers_own_dots(key: str, dpi: int) -> None:
    spec = _spec(key, dpi)
    labels = [a_label(number) for number in range(min(spec.labels_per_page, 5))]
    [picture] = _pictures(dots_pdf(labels, spec))
    (page,) = dot_pages(labels, spec)
    assert np.array_equal(picture, as_array(page.picture()) == 0)


@pytest.mark.parametrize("key", ["roll-50x30", "roll-35x22-3", "a4-40", "round-30"])
def test_it_looks_like_the_pdf_of_lines(key: str) -> None:
    spec = _spec(key)
    options = PageOptions(has_marks=True, back_text=BACK if key != "round-30" else "", flip=Flip.SHORT_EDGE)
    labels = [a_label(number) for number in range(3)]
    by_dots, by_lines = (make(labels, spec, 1, options) for make in (dots_pdf, sheet_pdf))
    document, measure = pdfium.PdfDocument(by_dots), pdfium.PdfDocument(by_lines)
    assert [page.get_size() for page in document] == [page.get_size() for page in measure]
    assert [page.get_trimbox() for page in document] == [page.get_trimbox() for page in measure]
    for page in range(len(document)):
        ours, theirs = (page_raster(pdf, 406, page) < 128 for pdf in (by_dots, by_lines))
        assert lies_near(ours, theirs, 4)
        assert lies_near(theirs, ours, 4)


def test_the_text_is_there_and_not_drawn() -> None:
    spec, label = _spec("roll-50x30"), a_label(1)
    pdf = dots_pdf([label], spec)
    page = pdfium.PdfDocument(pdf)[0]
    text = " ".join(page.get_textpage().get_text_range().split())
    for value in (label.product_name, label.lot_number, label.producer_name, "21/11/2026"):
        assert value in text
    [picture] = _pictures(pdf)
    dark = page_raster(pdf, spec.dpi) < 128
    # Nothing but the picture is dark: the same number of dots, but for what half a dot of the page's edge makes.
    assert abs(int(dark.sum()) - int(picture.sum())) <= 0.03 * picture.sum()


def test_start_copies_and_order_are_those_of_the_other() -> None:
    spec = _spec("roll-35x22-2")
    labels = [a_label(number) for number in range(4)]
    pdf = dots_pdf(labels, spec, 2, PageOptions(is_last_first=True))
    document = pdfium.PdfDocument(pdf)
    assert len(document) == 3
    read = [sorted(read_all_by_zxing(page_raster(pdf, 203, page))) for page in range(3)]
    assert read == [
        [labels[3].address],
        sorted(label.address for label in labels[1:3]),
        [labels[0].address],
    ]


def test_equal_pages_share_one_picture() -> None:
    spec = _spec("roll-50x30")
    pdf = dots_pdf([a_label()] * 200, spec)
    assert len(_pictures(pdf)) == 1
    assert len(pdfium.PdfDocument(pdf)) == 200
    assert len(pdf) < 60_000


def test_it_asks_for_100_percent_and_the_right_edge() -> None:
    spec = _spec("a4-40")
    pdf = dots_pdf([a_label()], spec, 1, PageOptions(back_text=BACK, flip=Flip.SHORT_EDGE))
    assert b"/PrintScaling /None /Duplex /DuplexFlipShortEdge" in pdf
    width, height = pdfium.PdfDocument(pdf)[0].get_size()
    assert (width * MM_PER_POINT, height * MM_PER_POINT) == pytest.approx((210, 297), abs=0.01)


def test_the_printers_shift_moves_dots_and_text() -> None:
    spec = _spec("a4-40")
    [plain] = _pictures(dots_pdf([a_label()], spec))
    [moved] = _pictures(dots_pdf([a_label()], spec, 1, PageOptions(right_mm=1.0, down_mm=2.0)))
    right, down = dots(1.0, spec.dpi), dots(2.0, spec.dpi)
    assert lies_near(plain[:-down, :-right], moved[down:, right:], 1)
    assert plain.sum() == pytest.approx(moved.sum(), abs=4)


def test_what_cannot_be_printed_is_refused() -> None:
    spec = _spec("roll-35x22-3")
    with pytest.raises(StartOutsideSheet):
        dots_pdf([a_label()], spec, 4)
    with pytest.raises(ValueError, match="no labels"):
        dots_pdf([], spec)


def test_the_same_labels_give_the_same_bytes() -> None:
    spec = replace(_spec("roll-50x30"), error_correction="H")
    assert dots_pdf([a_label()], spec) == dots_pdf([a_label()], spec)
