from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from labels.fonts import CAP_HEIGHT, SEMIBOLD, X_HEIGHT, ink, width_mm
from labels.layout import LabelLayout, PlacedText, lay_out
from labels.spec import (
    A4_40,
    CharacterNotPrintable,
    DateLine,
    LabelContent,
    SheetSpec,
    StartOutsideSheet,
    TextDoesNotFit,
)
from tests.labels.reading import a_label
from trace.core.short_codes import pretty

HARVEST_AND_BEST_BEFORE = (
    DateLine("Ngày thu hoạch", date(2026, 11, 21)),
    DateLine("Dùng tốt nhất trước", date(2026, 12, 24)),
)
LONG_NAME = "Bưởi Diễn hữu cơ Phúc Thọ loại đặc biệt, hộp quà Tết 6 quả tem bạc"
AWKWARD = {
    "ordinary": a_label(),
    "demo": a_label(is_demo=True),
    "long name": a_label(product_name=LONG_NAME),
    "long name of a demo": a_label(product_name=LONG_NAME, is_demo=True),
    "capitals with two marks": a_label(product_name="BƯỞI DIỄN ĐẶC SẢN ẨM THỰC PHỐ CỔ HÀ NỘI"),
    "long lot": a_label(lot_number="DC-2026-11-21-DOT-03"),
    "widest lot": a_label(lot_number="W" * 20),
    "long words before dates": a_label(dates=HARVEST_AND_BEST_BEFORE, is_demo=True),
    "no dates": a_label(dates=()),
    "nobody": a_label(producer_name="", commune=""),
    "long producer": a_label(producer_name="Cơ sở sản xuất giò chả truyền thống Nguyễn Văn Thắng"),
    "long host": a_label(public_url="https://truyxuatnguongoc.nongnghiep.hanoi.gov.vn"),
    "version 5": a_label(
        public_url="https://a-very-long-host-name-of-a-province.truyxuat.nongnghiep.example.gov.vn"
    ),
    "local": a_label(public_url="http://192.168.100.100:8000", is_demo=True),
}


def _texts(layout: LabelLayout) -> str:
    return " ".join(text.text for text in layout.texts)


def _ink_box(text: PlacedText) -> tuple[float, float, float, float]:
    above, below = ink(text.text, text.font)
    right = text.x_mm + width_mm(text.text, text.size_mm, text.font)
    return text.x_mm, text.baseline_mm - above * text.size_mm, right, text.baseline_mm + below * text.size_mm


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", AWKWARD)
def test_no_text_touches_another_or_the_qr_with_its_quiet_zone(name: str) -> None:
    layout = lay_out(AWKWARD[name], A4_40)
    side, quiet = layout.qr.modules * A4_40.module_mm, 4 * A4_40.module_mm
    qr = (
        layout.qr_x_mm - quiet,
        layout.qr_y_mm - quiet,
        layout.qr_x_mm + side + quiet - 1e-9,
        layout.qr_y_mm + side + quiet - 1e-9,
    )
    boxes = [_ink_box(text) for text in layout.texts]
    boxes_with_qr = [*boxes, qr]
    for number, box in enumerate(boxes):
        assert not any(_touch(box, other) for other in boxes_with_qr[number + 1 :]), layout.texts[number]


@pytest.mark.parametrize("name", AWKWARD)
def test_all_ink_is_inside_the_content_box(name: str) -> None:
    layout = lay_out(AWKWARD[name], A4_40)
    assert layout.qr_x_mm >= 0
    assert layout.qr_y_mm >= 0
    for text in layout.texts:
        left, top, right, bottom = _ink_box(text)
        assert left >= 0
        assert top >= -1e-9
        assert right <= A4_40.content_width_mm + 1e-9
        assert bottom <= A4_40.content_height_mm + 1e-9


@pytest.mark.parametrize("name", AWKWARD)
def test_everything_but_the_producer_is_there_whole(name: str) -> None:
    content = AWKWARD[name]
    together = _texts(lay_out(content, A4_40)).replace(" ", "")
    wanted = [content.product_name, content.lot_number, pretty(content.code), content.readable_site]
    wanted += [f"{line.label} {line.on:%d/%m/%Y}" for line in content.dates]
    wanted += ["DEMO Dữ liệu minh họa"] if content.is_demo else []
    for text in wanted:
        assert text.replace(" ", "") in together


@pytest.mark.parametrize("name", AWKWARD)
def test_letters_keep_their_least_height(name: str) -> None:
    content = AWKWARD[name]
    for text in lay_out(content, A4_40).texts:
        least = 1.2 if text.font == SEMIBOLD and not text.light else 0.9
        assert text.size_mm * X_HEIGHT >= least - 1e-9


@pytest.mark.parametrize("name", AWKWARD)
def test_code_to_type_stands_under_the_qr(name: str) -> None:
    content = AWKWARD[name]
    layout = lay_out(content, A4_40)
    code = next(text for text in layout.texts if text.text == pretty(content.code))
    assert code.x_mm == layout.qr_x_mm
    assert code.baseline_mm > layout.qr_y_mm + layout.qr.modules * A4_40.module_mm
    assert code.size_mm * CAP_HEIGHT >= 1.6


def test_producer_and_commune_have_a_line_each() -> None:
    lines = [text.text for text in lay_out(a_label(), A4_40).texts]
    assert "HTX Rau hữu cơ Đông Cao" in lines
    assert "xã Mê Linh" in lines


def test_producer_is_left_out_whole_where_there_is_no_room() -> None:
    crowded = a_label(product_name=LONG_NAME, dates=HARVEST_AND_BEST_BEFORE)
    assert "HTX" not in _texts(lay_out(crowded, A4_40))
    assert "Mê Linh" not in _texts(lay_out(crowded, A4_40))


def test_labels_of_one_run_look_alike_whatever_their_codes() -> None:
    layouts = [lay_out(a_label(number), A4_40) for number in range(20)]
    assert (
        len({tuple((text.x_mm, text.baseline_mm, text.size_mm) for text in one.texts) for one in layouts})
        == 1
    )


def test_letters_written_apart_are_put_together() -> None:
    apart = "Ca\u0309i ngo\u0323t hu\u031b\u0303u co\u031b"
    assert lay_out(a_label(product_name=apart), A4_40) == lay_out(
        a_label(product_name="Cải ngọt hữu cơ"), A4_40
    )


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        ("product_name", "Cải 🥬", "U+1F96C"),
        ("product_name", "تفاح", "U+0627 U+062A U+062D U+0641"),
        ("producer_name", "HTX \u202eoaC gnôĐ", "U+202E"),
        ("commune", "xã \x00", "U+0000"),
        ("lot_number", "LÔ\u200b7", "U+200B"),
        ("product_name", "x\u0323", "U+0323"),
        ("product_name", "苹果", "U+679C U+82F9"),
    ],
)
def test_character_outside_the_typeface_is_refused_by_field(field: str, text: str, shown: str) -> None:
    changes: dict[str, Any] = {field: text}
    changed = replace(a_label(), **changes)
    with pytest.raises(CharacterNotPrintable) as refused:
        lay_out(changed, A4_40)
    assert refused.value.field == field
    assert refused.value.numbers["characters"] == shown


def test_character_in_the_words_of_a_date_is_refused() -> None:
    with pytest.raises(CharacterNotPrintable) as refused:
        lay_out(a_label(dates=(DateLine("日", date(2026, 1, 1)),)), A4_40)
    assert refused.value.field == "dates"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (a_label(product_name="Bưởi Diễn " * 15), "product_name"),
        (a_label(product_name="B" * 40), "product_name"),
        (a_label(lot_number="W" * 90), "lot_number"),
        (a_label(dates=HARVEST_AND_BEST_BEFORE * 3), "dates"),
        (a_label(public_url=f"https://{'a' * 60}.{'b' * 60}.vn"), "address"),
        (a_label(readable_site="w" * 150), "readable_site"),
    ],
)
def test_text_that_does_not_fit_is_refused_by_field(content: LabelContent, field: str) -> None:
    with pytest.raises(TextDoesNotFit) as refused:
        lay_out(content, A4_40)
    assert refused.value.field == field


def test_smaller_letters_where_the_rules_allow_them_hold_more() -> None:
    name = "Bưởi Diễn hữu cơ " * 8
    with pytest.raises(TextDoesNotFit):
        lay_out(a_label(product_name=name), A4_40)
    assert lay_out(a_label(product_name=name), SheetSpec(minimum_x_height_mm=0.9)).texts


def test_default_sheet_covers_a4_edge_to_edge() -> None:
    assert A4_40.columns * A4_40.label_width_mm == A4_40.page_width_mm
    assert A4_40.rows * A4_40.label_height_mm == A4_40.page_height_mm
    assert A4_40.labels_per_page == 40


def test_content_keeps_clear_of_the_printers_edge_and_of_each_labels() -> None:
    for index in range(40):
        place = A4_40.place(index)
        row, column = divmod(index, 4)
        left, top = place.x_mm - column * 52.5, place.y_mm - row * 29.7
        assert left >= 2.5 - 1e-9
        assert top >= 2.5 - 1e-9
        assert left + A4_40.content_width_mm <= 50 + 1e-9
        assert top + A4_40.content_height_mm <= 27.2 + 1e-9
        assert 4.3 - 1e-9 <= place.x_mm <= 210 - 4.3 - A4_40.content_width_mm + 1e-9
        assert 4.3 - 1e-9 <= place.y_mm <= 297 - 4.3 - A4_40.content_height_mm + 1e-9


@pytest.mark.parametrize("start", [0, 41, -1])
def test_start_outside_the_sheet_is_refused(start: int) -> None:
    with pytest.raises(StartOutsideSheet):
        A4_40.check_start(start)
