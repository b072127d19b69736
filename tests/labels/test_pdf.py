import re
from functools import cache
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest

from labels.pdf import sheet_pdf
from labels.qr import qr_matrix
from labels.spec import A4_40, LabelContent, StartOutsideSheet, TextDoesNotFit
from tests.labels.reading import (
    a_label,
    characters,
    label_crop,
    label_text,
    page_raster,
    read_all_by_zxing,
    read_by_opencv,
)
from trace.core.short_codes import pretty

DPIS = (203, 300)
LABELS = tuple(a_label(number, is_demo=number % 3 == 0) for number in range(40))


@cache
def _sheet() -> bytes:
    return sheet_pdf(LABELS)


@cache
def _raster(dpi: int) -> Any:
    return page_raster(_sheet(), dpi)


def _qr_crop(dpi: int, index: int) -> Any:
    """The QR of a label with its quiet zone, cut out where the layout says that it stands."""
    place = A4_40.place(index)
    modules = qr_matrix(LABELS[index].address).modules
    dark = label_crop(_raster(dpi), dpi, index) < 128
    per_mm = dpi / 25.4
    column = index % 4
    left = round((place.x_mm - column * 52.5) * per_mm)
    # The finder pattern's corner: the first dark row in the symbol's columns.
    top = int(np.argmax(dark[:, left + 1 : left + round(7 * A4_40.module_mm * per_mm) - 1].any(axis=1)))
    quiet, side = round(4 * A4_40.module_mm * per_mm), round(modules * A4_40.module_mm * per_mm)
    crop = label_crop(_raster(dpi), dpi, index)
    return crop[max(0, top - quiet) : top + side + quiet, max(0, left - quiet) : left + side + quiet]


@pytest.mark.parametrize("dpi", DPIS)
def test_every_qr_is_read_by_zxing(dpi: int) -> None:
    assert sorted(read_all_by_zxing(_raster(dpi))) == sorted(label.address for label in LABELS)


@pytest.mark.parametrize("dpi", DPIS)
def test_every_qr_is_read_by_opencv_on_its_own_label(dpi: int) -> None:
    found = [read_by_opencv(label_crop(_raster(dpi), dpi, index)) for index in range(40)]
    assert found == [label.address for label in LABELS]


@pytest.mark.parametrize("dpi", DPIS)
def test_module_is_half_a_millimetre_in_the_raster(dpi: int) -> None:
    for index in (0, 3, 17, 36, 39):
        columns = np.flatnonzero((_qr_crop(dpi, index) < 128).any(axis=0))
        width_mm = (columns[-1] - columns[0] + 1) / dpi * 25.4
        assert width_mm / 29 == pytest.approx(0.5005, abs=25.4 / dpi / 29 * 1.01)


@pytest.mark.parametrize("dpi", DPIS)
def test_quiet_zone_is_white(dpi: int) -> None:
    quiet = round(4 * A4_40.module_mm * dpi / 25.4)
    for index in range(40):
        dark = _qr_crop(dpi, index) < 250
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        # Four modules on each side; one pixel for soft edges and one for rounding.
        assert rows[0] >= quiet - 2
        assert columns[0] >= quiet - 2
        assert dark.shape[0] - 1 - rows[-1] >= quiet - 2
        assert dark.shape[1] - 1 - columns[-1] >= quiet - 2


@pytest.mark.parametrize("dpi", DPIS)
def test_no_hairlines_run_through_dark_areas(dpi: int) -> None:
    # The finder pattern's dark core of 3 × 3 modules must be evenly black inside.
    crop = _qr_crop(dpi, 0)
    rows, columns = np.flatnonzero((crop < 128).any(axis=1)), np.flatnonzero((crop < 128).any(axis=0))
    module = A4_40.module_mm * dpi / 25.4
    top, left = rows[0] + round(2 * module) + 1, columns[0] + round(2 * module) + 1
    size = int(3 * module) - 2
    assert (crop[top : top + size, left : left + size] == 0).all()


@pytest.mark.parametrize("dpi", DPIS)
def test_what_office_printers_cannot_print_is_white(dpi: int) -> None:
    edge = int(4.3 * dpi / 25.4)
    raster = _raster(dpi)
    assert (raster[:edge] == 255).all()
    assert (raster[-edge:] == 255).all()
    assert (raster[:, :edge] == 255).all()
    assert (raster[:, -edge:] == 255).all()


@pytest.mark.parametrize("dpi", DPIS)
def test_edges_of_every_label_are_white(dpi: int) -> None:
    margin = int(2.4 * dpi / 25.4)
    for index in range(40):
        crop = label_crop(_raster(dpi), dpi, index)
        inside = np.zeros(crop.shape, dtype=bool)
        inside[margin:-margin, margin:-margin] = True
        assert (crop[~inside] == 255).all()


def test_selected_text_is_the_data() -> None:
    for index, label in enumerate(LABELS):
        text = label_text(_sheet(), index)
        for wanted in (
            label.product_name,
            f"Số lô {label.lot_number}",
            "NSX 21/11/2026",
            "HSD 24/11/2026",
            label.producer_name,
            label.commune,
            "Mã tra cứu",
            pretty(label.code),
            label.readable_site,
        ):
            assert wanted in text, (index, wanted, text)


def test_every_vietnamese_letter_can_be_selected() -> None:
    vowels = "ăâđêôơư áàảãạ ấầẩẫậ ắằẳẵặ éèẻẽẹ ếềểễệ íìỉĩị óòỏõọ ốồổỗộ ớờởỡợ úùủũụ ứừửữự ýỳỷỹỵ"
    first, second = vowels[:45].strip(), vowels[45:].strip()
    pdf = sheet_pdf([a_label(product_name=text) for text in (first, second, first.upper(), second.upper())])
    assert [
        part in label_text(pdf, i) for i, part in enumerate((first, second, first.upper(), second.upper()))
    ]
    for index, part in enumerate((first, second, first.upper(), second.upper())):
        assert part in label_text(pdf, index)


def test_letters_written_apart_are_printed_together() -> None:
    pdf = sheet_pdf([a_label(product_name="Ca\u0309i ngo\u0323t hu\u031b\u0303u co\u031b")])
    assert "Cải ngọt hữu cơ" in label_text(pdf, 0)


def test_drawn_characters_of_different_lines_do_not_touch() -> None:
    name = "BƯỞI DIỄN ĐẶC SẢN ẨM THỰC PHỐ CỔ HÀ NỘI"
    drawn = characters(sheet_pdf([a_label(product_name=name, lot_number="gjpqy-Q-gjpqy", is_demo=True)]))
    for number, one in enumerate(drawn):
        for other in drawn[number + 1 :]:
            across = min(one.right, other.right) - max(one.left, other.left)
            down = min(one.bottom, other.bottom) - max(one.top, other.top)
            # Neighbours in a line may lean into one another by a hair; lines may not.
            assert across < 0.15 or down < 0.01, (one, other)


def test_mark_of_the_demo_is_on_demo_labels_only() -> None:
    for index, label in enumerate(LABELS):
        text = label_text(_sheet(), index)
        assert ("DEMO Dữ liệu minh họa" in text) == label.is_demo
        assert ("DEMO" in text) == label.is_demo


def test_page_is_a4_and_viewers_are_asked_not_to_scale() -> None:
    document = pdfium.PdfDocument(_sheet())
    assert document[0].get_size() == pytest.approx((595.276, 841.890), abs=0.001)
    assert b"/PrintScaling /None" in _sheet()


def test_fonts_are_embedded() -> None:
    assert len(re.findall(rb"/FontFile2 ", _sheet())) == 2
    assert b"Helvetica" not in _sheet()


def test_information_names_the_service_and_no_program_or_person() -> None:
    information = pdfium.PdfDocument(_sheet()).get_metadata_dict()
    assert information["Title"] == "Tem truy xuất nguồn gốc"
    assert {information[name] for name in ("Author", "Creator", "Producer")} == {"Nguồn Gốc"}
    assert not information["Subject"]
    assert not information["Keywords"]


def test_same_labels_give_the_same_bytes() -> None:
    assert sheet_pdf(LABELS) == _sheet()


def test_forty_first_label_starts_a_second_page() -> None:
    document = pdfium.PdfDocument(sheet_pdf([*LABELS, a_label(99)]))
    assert len(document) == 2


def test_start_leaves_used_positions_blank() -> None:
    pdf = sheet_pdf([a_label(1), a_label(2)], start=40)
    assert len(pdfium.PdfDocument(pdf)) == 2
    assert [label_text(pdf, index) for index in (0, 38)] == ["", ""]
    assert "CN-261121-01" in label_text(pdf, 39)
    assert "CN-261121-02" in label_text(pdf, 0, page=1)


def test_start_outside_the_sheet_is_refused() -> None:
    with pytest.raises(StartOutsideSheet):
        sheet_pdf([a_label()], start=41)


def test_one_label_that_does_not_fit_refuses_the_sheet() -> None:
    with pytest.raises(TextDoesNotFit):
        sheet_pdf([a_label(), a_label(product_name="Bưởi Diễn " * 15)])


def test_no_labels_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no labels"):
        sheet_pdf([])


@pytest.mark.parametrize(
    "label",
    [
        a_label(public_url="https://truyxuatnguongoc.nongnghiep.hanoi.gov.vn"),
        a_label(
            public_url="https://a-very-long-host-name-of-a-province.truyxuat.nongnghiep.example.gov.vn",
            is_demo=True,
        ),
        a_label(product_name="Cốm làng Vòng dẻo thơm gói lá sen truyền thống 200 g", is_demo=True),
        a_label(lot_number="W" * 20),
    ],
)
@pytest.mark.parametrize("dpi", DPIS)
def test_awkward_labels_are_read_by_both_decoders(label: LabelContent, dpi: int) -> None:
    crop = label_crop(page_raster(sheet_pdf([label]), dpi), dpi, 0)
    assert read_all_by_zxing(crop) == [label.address]
    assert read_by_opencv(crop) == label.address
