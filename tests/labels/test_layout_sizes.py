"""Every ready size, with awkward contents: what is on a label adapts to its size and never overlaps or is cut."""

import math
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest

from labels.designs import DESIGNS, Design, find_design, own_size
from labels.fonts import X_HEIGHT, ink, width_mm
from labels.layout import LabelLayout, PlacedText, fit_modules, lay_out
from labels.spec import SheetSpec, TextDoesNotFit
from tests.labels.reading import a_label
from trace.core.errors import BadInput
from trace.core.short_codes import pretty

RULES = ("Sản xuất tại: HTX Rau hữu cơ Đông Cao, thôn Đông Cao, xã Mê Linh, Hà Nội. Xuất xứ: Việt Nam.",)
FULL = a_label(net_quantity="500 g", ocop="Đạt OCOP 4 sao", label_rules=RULES)
CONTENTS = {
    "short": a_label(),
    "full": FULL,
    "demo": replace(FULL, is_demo=True),
    "long name": replace(FULL, product_name="Bưởi Diễn hữu cơ Phúc Thọ loại đặc biệt, hộp quà Tết 6 quả"),
    "capitals": replace(FULL, product_name="BƯỞI DIỄN ĐẶC SẢN ẨM THỰC PHỐ CỔ"),
    "long lot": replace(FULL, lot_number="DC-2026-11-21-DOT-03"),
    "long host": a_label(public_url="https://truyxuatnguongoc.nongnghiep.hanoi.gov.vn"),
    "own text": replace(FULL, own_text="Thành phần: rau cải 100%. Bảo quản 2–8 °C. Rửa sạch trước khi dùng."),
    "gs1": replace(FULL, hri="(01)08936001234569(10)CN-261121-00"),
    "till": replace(FULL, ean="8936001234569", hri="(01)08936001234569(10)CN-261121-00"),
}
SIZES = [
    *DESIGNS,
    *(
        own_size(Decimal(width), Decimal(height))
        for width, height in ((25, 40), (20, 60), (60, 18), (80, 80))
    ),
]
LARGE = ("avery-l7160", "avery-l7163", "avery-l7165", "tomy-103", "a4-24", "roll-100x150")
FINDS_ROOM = pytest.mark.parametrize("design", SIZES, ids=lambda one: f"{one.key}-{one.spec.page_width_mm:g}")
EACH_CONTENT = pytest.mark.parametrize("name", CONTENTS)

Box = tuple[float, float, float, float]


@cache
def _laid_out(name: str, spec: SheetSpec) -> tuple[LabelLayout, SheetSpec] | None:
    """The label at the modules that fit; None where it is refused by the name of a field."""
    content = CONTENTS[name]
    try:
        fitting = fit_modules([content], spec)
    except TextDoesNotFit:
        return None
    return lay_out(content, fitting), fitting


def _ink_box(text: PlacedText) -> Box:
    above, below = ink(text.text, text.font)
    right = text.x_mm + width_mm(text.text, text.size_mm, text.font)
    return text.x_mm, text.baseline_mm - above * text.size_mm, right, text.baseline_mm + below * text.size_mm


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] - 1e-6
        and other[0] < one[2] - 1e-6
        and one[1] < other[3] - 1e-6
        and other[1] < one[3] - 1e-6
    )


def _symbol(layout: LabelLayout, spec: SheetSpec) -> Box:
    side, quiet = layout.qr.modules * spec.module_mm, 4 * spec.module_mm
    return (
        layout.qr_x_mm - quiet,
        layout.qr_y_mm - quiet,
        layout.qr_x_mm + side + quiet,
        layout.qr_y_mm + side + quiet,
    )


@FINDS_ROOM
@EACH_CONTENT
def test_nothing_touches_anything_else(design: Design, name: str) -> None:
    found = _laid_out(name, design.spec)
    if found is None:
        return
    layout, spec = found
    plain = [_ink_box(text) for text in layout.texts if not text.light]
    tags = [(t.x_mm, t.y_mm, t.x_mm + t.width_mm, t.y_mm + t.height_mm) for t in layout.tags]
    boxes = [*plain, *tags, _symbol(layout, spec)]
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not _touch(box, other), (box, other)


@FINDS_ROOM
@EACH_CONTENT
def test_all_ink_is_inside_the_box_and_the_quiet_zone_on_the_label(design: Design, name: str) -> None:
    found = _laid_out(name, design.spec)
    if found is None:
        return
    layout, spec = found
    width, height = spec.content_width_mm, spec.content_height_mm
    for text in layout.texts:
        left, top, right, bottom = _ink_box(text)
        assert left >= -1e-6
        assert top >= -1e-6
        assert right <= width + 1e-6
        assert bottom <= height + 1e-6
    left, top, right, bottom = _symbol(layout, spec)
    margin = spec.label_margin_mm
    assert left >= -margin - 1e-6
    assert top >= -margin - 1e-6
    assert right <= width + margin + 1e-6
    assert bottom <= height + margin + 1e-6


@EACH_CONTENT
def test_on_a_round_label_all_ink_is_inside_the_disc(name: str) -> None:
    design = find_design("round-30")
    assert design
    found = _laid_out(name, design.spec)
    if found is None:
        return
    layout, spec = found
    middle = spec.content_width_mm / 2
    corners = [
        (x, y) for box in map(_ink_box, layout.texts) for x in (box[0], box[2]) for y in (box[1], box[3])
    ]
    assert max(math.hypot(x - middle, y - middle) for x, y in corners) <= middle + 1e-6
    quiet = _symbol(layout, spec)
    reach = max(
        math.hypot(x - middle, y - middle) for x in (quiet[0], quiet[2]) for y in (quiet[1], quiet[3])
    )
    assert reach <= spec.label_width_mm / 2 + 1e-6


@FINDS_ROOM
@EACH_CONTENT
def test_what_a_size_must_hold_is_there_whole_and_the_rest_is_named(design: Design, name: str) -> None:
    found = _laid_out(name, design.spec)
    if found is None:
        return
    layout, spec = found
    content = CONTENTS[name]
    together = "".join(text.text for text in layout.texts).replace(" ", "")
    wanted = {
        "product_name": content.product_name,
        "code": pretty(content.code),
        "lot_number": content.lot_number,
        "dates": "24/11/2026",
        "readable_site": content.readable_site,
        "net_quantity": content.net_quantity,
        "producer_name": content.producer_name,
        "commune": content.commune,
        "ocop": content.ocop,
        "label_rules": content.label_rules[0] if content.label_rules else "",
        "own_text": content.own_text,
        "hri": content.hri,
        "ean": content.ean,
    }
    for field, text in wanted.items():
        is_there = text.replace(" ", "") in together
        assert is_there or field in layout.left_out, field
    assert not {"product_name", "code", "own_text", "hri", "ean", *spec.required} & {*layout.left_out}
    assert ("DEMO" in together) == content.is_demo


@FINDS_ROOM
@EACH_CONTENT
def test_letters_keep_their_legal_height(design: Design, name: str) -> None:
    found = _laid_out(name, design.spec)
    if found is None:
        return
    small = {"DEMO", "Dữ liệu minh họa", "Mã tra cứu"}
    content = CONTENTS[name]
    beside = f"{content.producer_name}, {content.commune} {content.readable_site} {content.hri}"
    for text in found[0].texts:
        is_beside = text.text in small or text.text.rstrip(",") in beside
        assert text.size_mm * X_HEIGHT >= (0.9 if is_beside else 1.2) - 1e-9, text


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.key)
def test_every_ready_size_holds_an_ordinary_label(design: Design) -> None:
    assert _laid_out("short", design.spec)
    assert _laid_out("demo", design.spec)


@pytest.mark.parametrize("key", LARGE)
@EACH_CONTENT
def test_large_labels_hold_every_content(key: str, name: str) -> None:
    design = find_design(key)
    assert design
    assert _laid_out(name, design.spec)


def test_a_larger_label_leaves_out_no_more_than_a_smaller_one() -> None:
    left_out = []
    for key in ("roll-35x22-2", "roll-50x30", "avery-l7160"):
        design = find_design(key)
        assert design
        found = _laid_out("full", design.spec)
        assert found
        left_out.append(set(found[0].left_out))
    assert left_out[0] > left_out[1] > left_out[2] == set()


def test_smaller_letters_make_room_on_packs_under_80_cm2() -> None:
    design = find_design("roll-35x22-2")
    assert design
    small = replace(design.spec, minimum_x_height_mm=0.9)
    assert len(lay_out(FULL, small).left_out) < len(lay_out(FULL, design.spec).left_out)


def test_fewer_dots_are_taken_where_the_symbol_is_too_large() -> None:
    spec = own_size(Decimal(30), Decimal(30)).spec
    wide = a_label(public_url="https://truyxuatnguongoc.nongnghiep.hanoi.gov.vn")
    assert fit_modules([wide], replace(spec, dots_per_module=5)).dots_per_module in (3, 4)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"own_text": "Bảo quản mát. " * 40}, "own_text"),
        ({"ean": "8936001234569"}, "ean"),
        ({"product_name": "Bưởi Diễn " * 12}, "product_name"),
        ({"lot_number": "W" * 60}, "lot_number"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(changes: dict[str, str], field: str) -> None:
    design = find_design("roll-35x22-2")
    assert design
    content = replace(a_label(), **changes)  # type: ignore[arg-type]  # names of text fields only
    with pytest.raises(BadInput) as refused:
        fit_modules([content], design.spec)
    assert refused.value.field == field
