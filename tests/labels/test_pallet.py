from dataclasses import replace
from typing import Any

import pypdfium2 as pdfium
import pytest
import zxingcpp

from labels.designs import find_design
from labels.fonts import ink, width_mm
from labels.pallet import PalletContent, PalletLine, lay_out_pallet
from labels.pdf import layouts_pdf
from labels.qr import printed_address
from labels.spec import CharacterNotPrintable, SheetSpec, TextDoesNotFit
from tests.labels.reading import SITE, code_number, page_raster, read_by_opencv
from trace.gs1.keys import check_digit

SSCC = "38935001800000001" + check_digit("38935001800000001")
CONTENT = PalletContent(
    sender="Hợp tác xã Rau hữu cơ Đông Cao",
    sender_address="Thôn Đông Cao, xã Mê Linh, thành phố Hà Nội",
    kind="Thùng",
    code=code_number(4),
    address=printed_address(SITE, code_number(4)),
    readable_site="check.hanoi.example.vn",
    sscc=SSCC,
    lines=(
        PalletLine("Cải ngọt hữu cơ", "CN-261121-01", "120 kg"),
        PalletLine("Rau muống", "RM-261121-02", "45,5 kg"),
    ),
)
MANY = tuple(PalletLine(f"Rau ăn lá loại {number}", f"L-{number:03}", f"{number} kg") for number in range(60))
CONTENTS = {
    "usual": CONTENT,
    "demo": replace(CONTENT, is_demo=True),
    "many lots": replace(CONTENT, lines=MANY),
    "long names": replace(
        CONTENT,
        sender="Công ty trách nhiệm hữu hạn một thành viên sản xuất và thương mại nông sản sạch Ba Vì",
        lines=(
            PalletLine("Bưởi Diễn hữu cơ Phúc Thọ loại đặc biệt, hộp quà Tết 6 quả", "W" * 20, "1.200 hộp"),
        ),
    ),
}


def _spec(dpi: int = 203) -> SheetSpec:
    design = find_design("roll-100x150")
    assert design
    return replace(design.spec, dpi=dpi)


def _raster(content: PalletContent, dpi: int) -> Any:
    spec = _spec(dpi)
    return page_raster(layouts_pdf([lay_out_pallet(content, spec)], spec), dpi)


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_the_sscc_and_the_qr_are_read(name: str, dpi: int) -> None:
    content = CONTENTS[name]
    found = {one.text for one in zxingcpp.read_barcodes(_raster(content, dpi))}
    assert found == {f"(00){SSCC}", content.address}
    assert read_by_opencv(_raster(content, dpi)) == content.address


def test_bars_have_the_size_that_gs1_asks_for() -> None:
    layout = lay_out_pallet(CONTENT, _spec())
    high = [tag for tag in layout.tags if tag.height_mm > 20]
    assert min(tag.width_mm for tag in high) >= 0.495
    assert {round(tag.height_mm, 3) for tag in high} == {32.0}
    # Quiet zones of ten modules lie on the label.
    assert min(tag.x_mm for tag in high) + 1.0 >= 10 * 0.495


@pytest.mark.parametrize("name", CONTENTS)
def test_nothing_touches_anything_else(name: str) -> None:
    layout = lay_out_pallet(CONTENTS[name], _spec())
    boxes = []
    for text in layout.texts:
        if not text.light:
            above, below = ink(text.text, text.font)
            right = text.x_mm + width_mm(text.text, text.size_mm, text.font)
            top, bottom = text.baseline_mm - above * text.size_mm, text.baseline_mm + below * text.size_mm
            boxes.append((text.x_mm, top, right, bottom))
    boxes += [(t.x_mm, t.y_mm, t.x_mm + t.width_mm, t.y_mm + t.height_mm) for t in layout.tags]
    quiet, side = 4 * _spec().module_mm, layout.qr.modules * _spec().module_mm
    boxes.append((layout.qr_x_mm - quiet, layout.qr_y_mm - quiet, layout.qr_x_mm + side + quiet, layout.qr_y_mm + side + quiet))  # fmt: skip
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = (
                one[2] <= other[0] + 1e-6
                or other[2] <= one[0] + 1e-6
                or one[3] <= other[1] + 1e-6
                or other[3] <= one[1] + 1e-6
            )
            assert apart, (one, other)
    assert max(box[2] for box in boxes[:-1]) <= _spec().content_width_mm + 1e-6
    assert max(box[3] for box in boxes[:-1]) <= _spec().content_height_mm + 1e-6


def test_selected_text_is_the_data() -> None:
    spec = _spec()
    document = pdfium.PdfDocument(layouts_pdf([lay_out_pallet(CONTENT, spec)], spec))
    text = " ".join(document[0].get_textpage().get_text_range().split())
    for wanted in (CONTENT.sender, CONTENT.sender_address, f"(00){SSCC}", "Số lô CN-261121-01", "45,5 kg"):
        assert wanted in text


def test_lots_without_room_are_counted() -> None:
    texts = [text.text for text in lay_out_pallet(CONTENTS["many lots"], _spec()).texts]
    shown = sum(text.startswith("Số lô") for text in texts)
    assert f"và {60 - shown} lô khác: quét mã QR" in texts


def test_only_demo_labels_say_so() -> None:
    assert "DEMO" in [text.text for text in lay_out_pallet(CONTENTS["demo"], _spec()).texts]
    assert "DEMO" not in [text.text for text in lay_out_pallet(CONTENT, _spec()).texts]


def test_a_label_too_narrow_for_the_bars_is_refused() -> None:
    small = find_design("roll-50x30")
    assert small
    with pytest.raises(TextDoesNotFit) as refused:
        lay_out_pallet(CONTENT, small.spec)
    assert refused.value.field == "sscc"


def test_what_the_typeface_lacks_is_refused() -> None:
    with pytest.raises(CharacterNotPrintable) as refused:
        lay_out_pallet(replace(CONTENT, sender="苹果"), _spec())
    assert refused.value.field == "sender"
