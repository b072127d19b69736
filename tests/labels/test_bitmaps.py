"""Labels as dots: read by programs that did not draw them, and held against PDFium's picture of the same label."""

import itertools
import unicodedata
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labels.bitmaps import InkOutsideLabel, Shift, blocks, dot_pages, dots, line_mask
from labels.fonts import REGULAR, SEMIBOLD, size_for_x_height
from labels.layout import lay_out
from labels.pdf import sheet_pdf
from labels.spec import LabelContent, SheetSpec, StartOutsideSheet
from tests.labels.dots import DPIS, as_array, lies_near, roll, two_across
from tests.labels.reading import a_label, page_raster, read_all_by_zxing, read_by_opencv

AWKWARD = a_label(is_demo=True, product_name="BƯỞI DIỄN ĐẶC SẢN ẨM THỰC phở")
VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


def _picture(spec: SheetSpec, *labels: LabelContent, **options: Any) -> Any:
    (page,) = dot_pages(labels, spec, **options)
    return as_array(page.picture())


@pytest.mark.parametrize("dpi", DPIS)
def test_qr_is_read_by_zxing_and_opencv(dpi: int) -> None:
    for number in range(5):
        label = a_label(number)
        picture = _picture(roll(dpi), label)
        assert read_all_by_zxing(picture) == [label.address]
        assert read_by_opencv(picture) == label.address


@pytest.mark.parametrize("dpi", DPIS)
def test_a_module_is_whole_dots(dpi: int) -> None:
    spec = roll(dpi)
    (page,) = dot_pages([AWKWARD], spec)
    placed, picture = page.symbols[0], as_array(page.picture())
    side = placed.symbol.modules * spec.dots_per_module
    symbol = picture[placed.y : placed.y + side, placed.x : placed.x + side]
    modules = symbol[:: spec.dots_per_module, :: spec.dots_per_module] == 0
    assert modules.tolist() == [list(row) for row in placed.symbol.rows]
    again = np.kron(modules, np.ones((spec.dots_per_module, spec.dots_per_module))) > 0
    assert np.array_equal(again, symbol == 0)


@pytest.mark.parametrize("dpi", DPIS)
def test_quiet_zone_has_no_dark_dot(dpi: int) -> None:
    spec = roll(dpi)
    (page,) = dot_pages([AWKWARD], spec)
    placed, picture = page.symbols[0], as_array(page.picture()).copy()
    side, quiet = placed.symbol.modules * spec.dots_per_module, 4 * spec.dots_per_module
    picture[placed.y : placed.y + side, placed.x : placed.x + side] = 255
    around = picture[
        max(0, placed.y - quiet) : placed.y + side + quiet, max(0, placed.x - quiet) : placed.x + side + quiet
    ]
    assert around.min() == 255


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("label", [a_label(), AWKWARD], ids=["ordinary", "capitals with two marks"])
def test_dots_agree_with_what_pdfium_draws(dpi: int, label: LabelContent) -> None:
    spec = roll(dpi)
    ours = _picture(spec, label) == 0
    theirs = page_raster(sheet_pdf([label], spec), dpi)[: ours.shape[0], : ours.shape[1]]
    assert lies_near(ours, theirs < 160, 2)
    assert lies_near(theirs < 60, ours, 2)


@pytest.mark.parametrize("font", [REGULAR, SEMIBOLD])
def test_every_vietnamese_letter_is_told_apart_at_the_smallest_size(font: str) -> None:
    size = size_for_x_height(roll(203).minimum_second_x_height_mm)
    letters = [_composed(vowel + tone) for vowel, tone in itertools.product(VOWELS, TONES)]
    drawn = {
        (mask.tobytes(), mask.size)
        for mask, _ in (line_mask(x, size, font, 203) for x in [*letters, *"dđDĐ"])
    }
    assert len(drawn) == len(letters) + 4


@pytest.mark.parametrize("dpi", DPIS)
def test_small_letters_keep_their_least_height_in_dots(dpi: int) -> None:
    spec = roll(dpi)
    for least_mm, size in (
        (1.2, size_for_x_height(spec.minimum_x_height_mm)),
        (0.9, size_for_x_height(spec.minimum_second_x_height_mm)),
    ):
        mask, _ = line_mask("x", size, REGULAR, dpi)
        box = mask.getbbox()
        assert box is not None
        assert (box[3] - box[1]) * 25.4 / dpi >= least_mm


def test_blocks_hold_all_ink_and_nothing_else() -> None:
    (page,) = dot_pages([AWKWARD, a_label(1)], two_across())
    again = Image.new("1", page.rest.size, 1)
    for block in blocks(page.rest):
        for number, row in enumerate(block.rows):
            line = Image.frombytes("1", (8 * block.bytes_per_row, 1), bytes(255 - byte for byte in row))
            again.paste(line, (block.x, block.y + number))
    assert again.tobytes() == page.rest.tobytes()


def test_a_large_black_area_is_sent_in_several_blocks() -> None:
    found = blocks(Image.new("1", (1600, 800), 0))
    assert len(found) > 1
    assert all(len(block.rows) * block.bytes_per_row <= 99_999 for block in found)
    assert sum(len(block.rows) for block in found) == 800


def test_an_empty_picture_has_no_block() -> None:
    assert blocks(Image.new("1", (40, 40), 1)) == []


def test_equal_labels_are_one_page_with_copies() -> None:
    pages = list(dot_pages([a_label()] * 7, roll()))
    assert [page.copies for page in pages] == [7]


def test_labels_across_fill_a_row_before_the_next() -> None:
    pages = list(dot_pages([a_label(number) for number in (0, 1, 2)], two_across()))
    assert [[placed.symbol.address for placed in page.symbols] for page in pages] == [
        [a_label(0).address, a_label(1).address],
        [a_label(2).address],
    ]


def test_rows_of_equal_labels_are_copies_and_the_rest_is_a_page() -> None:
    pages = list(dot_pages([a_label()] * 5, two_across()))
    assert [(page.copies, len(page.symbols)) for page in pages] == [(2, 2), (1, 1)]


def test_positions_before_the_start_stay_white() -> None:
    (page,) = dot_pages([a_label()], two_across(), start=2)
    picture = as_array(page.picture())
    half = picture.shape[1] // 2
    assert picture[:, :half].min() == 255
    assert read_all_by_zxing(picture[:, half:]) == [a_label().address]


def test_start_outside_the_row_is_refused() -> None:
    with pytest.raises(StartOutsideSheet):
        list(dot_pages([a_label()], two_across(), start=3))


def test_offsets_move_everything_alike() -> None:
    still, moved = _picture(roll(), a_label()), _picture(roll(), a_label(), shift=Shift(0.5, -0.25))
    right, up = dots(0.5, 203), dots(0.25, 203)
    assert np.array_equal(moved[: -up or None, right:], still[up:, :-right])


def test_offsets_beyond_the_label_are_refused() -> None:
    for shift in (Shift(-3.0, 0), Shift(3.0, 0), Shift(0, -3.0), Shift(0, 3.0)):
        with pytest.raises(InkOutsideLabel):
            list(dot_pages([a_label()], roll(), shift=shift))


def test_letters_stand_where_the_layout_put_them() -> None:
    spec = roll(300)
    layout, place = lay_out(a_label(), spec), spec.place(0)
    picture = _picture(spec, a_label())
    for text in layout.texts:
        left = dots((place.x_mm + text.x_mm), 300)
        baseline = dots((place.y_mm + text.baseline_mm), 300)
        height = dots(text.size_mm * 0.5, 300)
        assert picture[baseline - height : baseline, left : left + 3 * height].min() == 0


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
