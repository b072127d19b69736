"""The preview against the file: Chromium draws the one, PDFium the other, and they show the same."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image
from playwright.sync_api import sync_playwright

from labels.backs import lay_out_back
from labels.designs import find_design
from labels.fonts import FOLDER
from labels.layout import fit_modules, lay_out
from labels.pdf import sheet_pdf
from labels.pdf_description import Flip, PageOptions
from labels.preview import back_svg, page_svg
from labels.spec import SheetSpec
from tests.labels.dots import lies_near
from tests.labels.reading import a_label, page_raster

BACK = "Rửa sạch trước khi ăn."
# Edges of labels are drawn in grey, what is printed in black; hairlines of 0.1 mm are less than a pixel, so paler.
BLACK, INK = 90, 220
PIXELS_PER_MM = 8
DPI = PIXELS_PER_MM * 25.4
STYLE = (FOLDER.parent / "css" / "labels.css").as_uri()
FACES = "".join(
    f'@font-face {{ font-family: "Be Vietnam Pro"; font-weight: {weight};'
    f' src: url("{(FOLDER / f"be-vietnam-pro-{weight}.ttf").as_uri()}"); }}'
    for weight in (400, 600)
)


def _spec(key: str) -> SheetSpec:
    found = find_design(key)
    assert found
    return fit_modules([a_label()], found.spec)


def _drawn(svgs: list[Markup], width_mm: float, chromium: str, folder: Path) -> list[Any]:
    """What Chromium draws of each, grey values."""
    file = folder / "preview.html"
    width = width_mm * PIXELS_PER_MM
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{STYLE}"><style>{FACES}'
        f"body {{ margin: 0; }} svg {{ display: block; width: {width}px; max-width: none !important; }}</style>"
        + "".join(map(str, svgs)),
        encoding="utf-8",
    )
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": int(width) + 20, "height": 200})
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready")
        shots = [one.screenshot() for one in page.locator("svg").all()]
        browser.close()
    return [np.asarray(Image.open(io.BytesIO(shot)).convert("L")) for shot in shots]


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("roll-35x22-2", PageOptions(has_marks=True, back_text=BACK)),
        ("roll-35x22-2", PageOptions(back_text=BACK, flip=Flip.SHORT_EDGE)),
        ("avery-l7165", PageOptions(has_marks=True, back_text=BACK, flip=Flip.SHORT_EDGE)),
        ("a4-40", PageOptions(has_marks=True)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_preview_shows_what_the_pdf_prints(
    key: str, options: PageOptions, chromium: str, tmp_path: Path
) -> None:
    spec, label = _spec(key), a_label(3, product_name="Bưởi Diễn Ẩm Thực")
    count, start = 3, 2
    pdf = sheet_pdf([label] * count, spec, start, options)
    filled = range(start - 1, min(start - 1 + count, spec.labels_per_page))
    svgs = [page_svg(lay_out(label, spec), spec, "Trang", filled, has_marks=options.has_marks)]
    if options.back_text:
        svgs.append(
            back_svg(
                lay_out_back(options.back_text, spec),
                spec,
                "Mặt sau",
                filled,
                over_short_edge=options.flip is Flip.SHORT_EDGE,
                has_marks=options.has_marks,
            )
        )
    margin = 6.0 if options.has_marks and spec.is_roll else 0.0
    previews = _drawn(svgs, spec.page_width_mm + 2 * margin, chromium, tmp_path)
    for number, preview in enumerate(previews):
        printed = page_raster(pdf, DPI, number)
        size = (
            slice(min(preview.shape[0], printed.shape[0])),
            slice(min(preview.shape[1], printed.shape[1])),
        )
        assert (preview[size] < BLACK).any()
        assert lies_near(preview[size] < BLACK, printed[size] < INK, 3)
        assert lies_near(printed[size] < BLACK, preview[size] < INK, 3)


def test_a_preview_without_backs_has_none() -> None:
    spec = _spec("a4-40")
    plain = page_svg(lay_out(a_label(), spec), spec, "Trang", range(3))
    marked = page_svg(lay_out(a_label(), spec), spec, "Trang", range(3), has_marks=True)
    assert plain.count("<use") == marked.count("<use") == 3
    assert (plain.count('stroke-width="0.1"'), marked.count('stroke-width="0.1"')) == (0, 3 * 8)
    assert 'viewBox="0 0 210 297"' in marked
    roll = replace(_spec("roll-50x30"))
    assert 'viewBox="-6 -6 62 42"' in page_svg(lay_out(a_label(), roll), roll, "T", range(1), has_marks=True)
