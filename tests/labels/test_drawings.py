"""A whole label as PNG and SVG: the same label as PDFium draws, read by decoders, true to size in Chromium."""

import io
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import sync_playwright

from labels.bitmaps import dots, for_dots
from labels.designs import DESIGNS, Design, find_design
from labels.drawings import label_png, label_svg_file
from labels.fonts import REGULAR, SEMIBOLD, missing_characters
from labels.layout import fit_modules, lay_out
from labels.outlines import line_path, units_per_em
from labels.pdf import sheet_pdf
from labels.spec import SheetSpec
from tests.labels.dots import lies_near
from tests.labels.reading import a_label, page_raster, read_by_opencv

SVG = "{http://www.w3.org/2000/svg}"
EACH_DESIGN = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.key)
# Every letter of Vietnamese stands in some name.
NAME = "Bưởi Diễn Ẩm Thực"


def _spec(key: str, dpi: int = 203) -> SheetSpec:
    found = find_design(key)
    assert found
    return for_dots(found.spec, dpi)


def _pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def _crop(raster: Any, dpi: int, spec: SheetSpec, index: int) -> Any:
    corner, per_mm = spec.corner(index), dpi / 25.4
    left, top = round(corner.x_mm * per_mm), round(corner.y_mm * per_mm)
    width, height = round(spec.label_width_mm * per_mm), round(spec.label_height_mm * per_mm)
    return raster[top : top + height, left : left + width]


@EACH_DESIGN
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_png_is_the_whole_label_in_dots_and_is_read(design: Design, dpi: int) -> None:
    label = a_label(2, product_name=NAME)
    spec = fit_modules([label], for_dots(design.spec, dpi))
    png = label_png(lay_out(label, spec), spec)
    picture = Image.open(io.BytesIO(png))
    assert picture.mode == "1"
    assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
    assert picture.size == (dots(spec.label_width_mm, dpi), dots(spec.label_height_mm, dpi))
    grey = np.pad(_pixels(png), 20, constant_values=255)
    assert [found.text for found in zxingcpp.read_barcodes(grey)] == [label.address]
    assert read_by_opencv(grey) == label.address


@pytest.mark.parametrize("dpi", [203, 300])
def test_a_png_is_the_label_of_the_pdf(dpi: int) -> None:
    label, spec = a_label(3, product_name=NAME, is_demo=True), _spec("roll-50x30", dpi)
    ours = _pixels(label_png(lay_out(label, spec), spec)) < 128
    theirs = page_raster(sheet_pdf([label], spec), dpi)[: ours.shape[0], : ours.shape[1]] < 128
    assert lies_near(ours, theirs, 2)
    assert lies_near(theirs, ours, 2)


@pytest.mark.parametrize("key", ["roll-50x30", "round-30", "a4-40", "avery-l7163"])
def test_an_svg_is_drawn_by_a_browser_as_the_pdf_is(key: str, chromium: str, tmp_path: Path) -> None:
    dpi = 384  # four times the pixels that CSS counts to an inch
    label = a_label(
        4, product_name=NAME, is_demo=key != "round-30", ean="8936001234569" if key == "avery-l7163" else ""
    )
    spec = fit_modules([label], _spec(key))
    layout = lay_out(label, spec)
    file = tmp_path / "label.svg"
    file.write_text(label_svg_file(layout, spec, label.product_name), encoding="utf-8")
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(device_scale_factor=dpi / 96, viewport={"width": 500, "height": 300})
        page.goto(file.as_uri())
        shot = page.screenshot()
        browser.close()
    width, height = (round(side * dpi / 25.4) for side in (spec.label_width_mm, spec.label_height_mm))
    drawn = _pixels(shot)[:height, :width]
    # Away from the paper's edge, where a sheet moves what stands on a label inwards.
    index = spec.columns + 1 if spec.columns > 2 else 0
    theirs = _crop(page_raster(sheet_pdf([label], spec, index + 1), dpi), dpi, spec, index)
    ours = drawn[: theirs.shape[0], : theirs.shape[1]]
    theirs = theirs[: ours.shape[0], : ours.shape[1]]
    assert lies_near(ours < 128, theirs < 128, 3)
    assert lies_near(theirs < 128, ours < 128, 3)
    grey = cv2.copyMakeBorder(drawn, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
    assert label.address in {found.text for found in zxingcpp.read_barcodes(grey)}
    assert read_by_opencv(grey) == label.address


def test_an_svg_has_its_true_size_a_name_and_its_words() -> None:
    label = a_label(5, product_name='Cải "ngọt" <hữu cơ> & sạch')
    spec = fit_modules([label], _spec("a4-40"))
    root = ET.fromstring(label_svg_file(lay_out(label, spec), spec, label.product_name))  # noqa: S314 (our own output)
    assert (root.attrib["width"], root.attrib["height"]) == ("52.5mm", "29.7mm")
    assert root.findtext(f"{SVG}title") == label.product_name
    assert label.lot_number in (root.findtext(f"{SVG}desc") or "")
    assert not list(root.iter(f"{SVG}text")), "no program needs the typeface"


@pytest.mark.parametrize("font", [REGULAR, SEMIBOLD])
def test_every_letter_of_vietnamese_has_an_outline(font: str) -> None:
    plain = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    letters = "".join(
        composed
        for letter in plain
        for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
        if len(composed := unicodedata.normalize("NFC", letter + mark)) == 1
    )
    assert len(letters) == 144
    assert not missing_characters(letters)
    for letter in (*letters, "đ", "Đ", "0", "%"):
        assert line_path(letter, font).startswith("M")
    assert line_path(" ", font) == ""
    assert units_per_em(font) == 1000
