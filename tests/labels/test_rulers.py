"""A printer's test label: what a person measures on it is what it says."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask_babel import Babel

from labels.bitmaps import NO_SHIFT, Shift, dots, for_dots
from labels.designs import DESIGNS, Design
from labels.qr import qr_matrix
from labels.rulers import ruler_dots, ruler_page, ruler_pdf
from labels.spec import A4_40, SheetSpec
from labels.tspl import tspl
from labels.zpl import zpl
from tests.labels.dots import DPIS, as_array, roll
from tests.labels.printers import tspl_pages, zpl_pages
from tests.labels.reading import page_raster, read_all_by_zxing

SITE = "https://CHECK.HANOI.VN"
ROLLS = [design for design in DESIGNS if design.spec.is_roll]


@pytest.fixture(autouse=True)
def _request() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app, default_locale="vi")
    with app.test_request_context():
        yield


def _dark(spec: SheetSpec, shift: Shift = NO_SHIFT) -> Any:
    return as_array(ruler_dots(ruler_page(spec, qr_matrix(SITE), shift), spec).picture()) == 0


@pytest.mark.parametrize("dpi", DPIS)
def test_ticks_stand_at_their_millimetres(dpi: int) -> None:
    dark = _dark(roll(dpi))
    across = np.flatnonzero(dark[dots(2.9, dpi)])  # only ticks of 10 mm, and the frame, reach so far down
    for at in (10, 20, 30, 40):
        assert np.min(np.abs(across - at * dpi / 25.4)) <= 1.5


@pytest.mark.parametrize("dpi", DPIS)
def test_frame_stands_one_millimetre_inside_the_label(dpi: int) -> None:
    dark = _dark(roll(dpi))
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    for found, side in ((rows, dark.shape[0]), (columns, dark.shape[1])):
        assert found[0] == pytest.approx(dpi / 25.4, abs=1)
        assert side - 1 - found[-1] == pytest.approx(dpi / 25.4, abs=1)


def test_offsets_move_the_test_label() -> None:
    still, moved = _dark(roll()), _dark(roll(), Shift(1.0, 0.5))
    first = [np.flatnonzero(dark.any(axis=axis))[0] for dark in (still, moved) for axis in (0, 1)]
    assert (first[2] - first[0], first[3] - first[1]) == (8, 4)


def test_offsets_beyond_the_edge_cut_the_test_label_and_refuse_nothing() -> None:
    assert _dark(roll(), Shift(-5.0, 5.0)).any()


def test_test_label_in_each_language_is_read_back() -> None:
    spec = roll()
    page = ruler_dots(ruler_page(spec, qr_matrix(SITE)), spec)
    (one,), (other,) = zpl_pages(b"".join(zpl([page]))), tspl_pages(b"".join(tspl([page], spec)), 203)
    assert read_all_by_zxing(one.grey) == read_all_by_zxing(other.grey) == [SITE]


def test_pdf_has_the_papers_size_and_the_same_rulers() -> None:
    spec = roll(300)
    raster = page_raster(ruler_pdf(ruler_page(spec, qr_matrix(SITE)), spec), 300)
    assert raster.shape == pytest.approx(_dark(spec).shape, abs=1)
    assert read_all_by_zxing(raster) == [SITE]
    across = np.flatnonzero(raster[dots(2.9, 300)] < 128)
    for at in (10, 20, 30, 40):
        assert np.min(np.abs(across - at * 300 / 25.4)) <= 2


def test_a_sheet_gets_a_frame_on_every_label() -> None:
    page = ruler_page(A4_40, qr_matrix(SITE))
    frames = [bar for bar in page.bars if bar.width_mm == pytest.approx(50.5)]
    assert len(frames) == 2 * 40


@pytest.mark.parametrize("design", ROLLS, ids=lambda design: design.key)
def test_every_roll_has_a_test_label_whose_words_stay_on_the_first_label(design: Design) -> None:
    spec = for_dots(design.spec, 203)
    page = ruler_page(spec, qr_matrix(SITE))
    corner = spec.corner(0)
    for text in page.texts:
        assert corner.x_mm <= text.x_mm <= corner.x_mm + spec.label_width_mm
        assert text.baseline_mm <= corner.y_mm + spec.label_height_mm
