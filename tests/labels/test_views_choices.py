"""Sizes and options of labels over HTTP: the preview says what the file will hold."""

import io
from datetime import timedelta
from uuid import UUID

import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import Connection, text

from tests.labels.reading import MM_PER_POINT, page_raster, read_all_by_zxing
from tests.producers.workspace import Workspace, visible
from trace.core import clock

GTIN = "08935001800019"


@pytest.fixture
def batch_id(workspace: Workspace) -> UUID:
    """An activated batch of a product with a GTIN."""
    made = workspace.add_batch(workspace.add_product(gtin=GTIN), lot_number="221126-1")
    assert workspace.activate(made).status_code == 303
    return made


def test_a_roll_comes_on_pages_of_its_own_size(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?size=roll-35x22-2&count=5")
    document = pdfium.PdfDocument(answer.data)
    width, height = document[0].get_size()
    assert (width * MM_PER_POINT, height * MM_PER_POINT) == pytest.approx((74, 22), abs=0.01)
    assert len(document) == 3
    assert len(read_all_by_zxing(page_raster(answer.data, 203, 2))) == 1


def test_a_size_of_ones_own_is_typed_with_a_comma(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?size=own&width=58,5&height=40")
    width, height = pdfium.PdfDocument(answer.data)[0].get_size()
    assert (width * MM_PER_POINT, height * MM_PER_POINT) == pytest.approx((58.5, 40), abs=0.01)


def test_the_preview_names_what_finds_no_room_and_the_size_of_the_qr(
    workspace: Workspace, batch_id: UUID
) -> None:
    shown = visible(workspace.page(f"/labels/{batch_id}/preview?size=roll-35x22-2"))
    assert "Cỡ này không đủ chỗ cho:" in shown
    assert "Địa chỉ cơ sở và xuất xứ" in shown
    assert "mỗi ô vuông 3 điểm in" in shown
    assert "35 × 22 mm" in shown


def test_the_preview_warns_of_modules_too_small_to_read(workspace: Workspace, batch_id: UUID) -> None:
    shown = visible(workspace.page(f"/labels/{batch_id}/preview?dots=2"))
    assert "chưa đủ 3 điểm in" in shown
    assert "nhỏ hơn 0,33 mm" in shown
    assert "chưa đủ" not in visible(workspace.page(f"/labels/{batch_id}/preview"))


def test_chosen_correction_and_dots_are_those_of_the_png(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/qr.png?ec=H&mark=true&dots=6&dpi=300")
    picture = np.asarray(Image.open(io.BytesIO(answer.data)).convert("L"))
    [found] = zxingcpp.read_barcodes(picture)
    assert found.ec_level == "H"
    assert picture.shape[0] % 6 == 0


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("size=own&width=5", "Chọn từ 20 đến 210 mm"),
        ("size=tomy-0", "Chọn một trong các mục"),
        ("mark=true&ec=M", "cần mức sửa lỗi H"),
        ("count=2001", "Chọn từ 1 đến 2000"),
        ("dots=99", "Chọn từ 1 đến 24"),
        ("size=roll-35x22-3&start=4", "từ 1 đến 3"),
        ("text=" + "a" * 1001, "Không quá 1000 ký tự"),
        ("size=roll-35x22-2&ean=true", "EAN-13"),
        ("size=roll-35x22-2&text=" + "chua+" * 100, "Chữ ghi thêm"),
        ("ec=Z", "Chọn một trong các mục"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_field(
    workspace: Workspace, batch_id: UUID, query: str, sentence: str
) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{query}")
    assert answer.status_code == 422
    assert sentence in visible(answer)
    assert sentence in visible(workspace.page(f"/labels/{batch_id}/preview?{query}"))


def test_the_number_for_the_till_is_the_sealed_gtin(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?size=avery-l7163&ean=true&count=1")
    found = {str(one.format): one.text for one in zxingcpp.read_barcodes(page_raster(answer.data, 300))}
    assert found["EAN-13"] == GTIN[1:]


def test_further_text_is_on_the_label_or_on_its_back(workspace: Workspace, batch_id: UUID) -> None:
    query = "size=avery-l7165&count=1&text=Rửa+sạch+trước+khi+dùng."
    front = pdfium.PdfDocument(workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{query}").data)
    assert len(front) == 1
    assert "Rửa sạch trước khi dùng." in front[0].get_textpage().get_text_range().replace("\r\n", " ")
    both = pdfium.PdfDocument(workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{query}&back=true").data)
    assert ["Rửa" in both[page].get_textpage().get_text_range() for page in range(2)] == [False, True]


def test_a_gs1_address_is_offered_only_where_it_is_answered(workspace: Workspace, batch_id: UUID) -> None:
    answers = workspace.client.get(f"/01/{GTIN}/10/221126-1").status_code != 404
    page = workspace.page(f"/labels/{batch_id}")
    assert ('name="form"' in page) == answers
    svg = workspace.client.get(f"/labels/{batch_id}/qr.svg?form=gs1")
    assert svg.status_code == (200 if answers else 422)
    if answers:
        assert f"<title>http://LOCALHOST/01/{GTIN}/10/221126-1</title>" in svg.get_data(as_text=True)


@pytest.mark.parametrize(("days", "is_shown"), [(0, True), (1200, False)])
def test_stars_stand_on_the_label_only_while_valid(
    workspace: Workspace, connection: Connection, days: int, is_shown: bool
) -> None:
    product_id = workspace.add_product()
    decided = clock.today() - timedelta(days=10)
    answer = workspace.send(
        f"/producer/products/{product_id}/certificates/new",
        decision_number="858/QĐ-UBND",
        issuer="UBND thành phố Hà Nội",
        stars="4",
        **{f"decided_on-{part}": str(getattr(decided, part)) for part in ("day", "month", "year")},
    )
    assert answer.status_code == 303, visible(answer)
    batch_id = workspace.add_batch(product_id)
    workspace.activate(batch_id)
    connection.execute(text("update certificates set decided_on = decided_on - :days"), {"days": days})
    connection.execute(
        text(
            "update batches set seal = jsonb_set(seal, '{ocop,decided_on}', "
            "to_jsonb((select decided_on::text from certificates)))"
        )
    )
    page = workspace.page(f"/labels/{batch_id}/preview")
    assert ("Đạt OCOP 4 sao" in page) == is_shown


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_one_whole_label_is_a_picture_under_the_lots_name(
    workspace: Workspace, batch_id: UUID, ending: str
) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/label.{ending}?size=roll-50x30&dpi=300")
    assert answer.status_code == 200
    assert (
        f'attachment; filename="tem-cai-ngot-vi-du-221126-1.{ending}"'
        in answer.headers["Content-Disposition"]
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    if ending == "png":
        picture = Image.open(io.BytesIO(answer.data))
        assert (picture.mode, picture.size) == ("1", (591, 354))
        [address] = read_all_by_zxing(np.asarray(picture.convert("L")))
        assert "/T/" in address
    else:
        assert 'width="50mm" height="30mm"' in answer.get_data(as_text=True)


def test_a_pdf_of_dots_is_chosen_and_its_letters_are_whole_dots(workspace: Workspace, batch_id: UUID) -> None:
    query = "size=a4-40&count=2&start=3"
    lines, in_dots = (
        workspace.client.get(f"/labels/{batch_id}/sheet.pdf?{query}&drawing={drawing}").data
        for drawing in ("lines", "dots")
    )
    assert (b"/Subtype/Image" in lines, b"/Subtype/Image" in in_dots) == (False, True)
    assert read_all_by_zxing(page_raster(in_dots, 203)) == read_all_by_zxing(page_raster(lines, 203))
    assert "221126-1" in pdfium.PdfDocument(in_dots)[0].get_textpage().get_text_range()
    assert workspace.client.get(f"/labels/{batch_id}/sheet.pdf?drawing=ink").status_code == 422


def test_the_preview_shows_marks_and_backs(workspace: Workspace, batch_id: UUID) -> None:
    url = f"/labels/{batch_id}/preview?size=avery-l7165&text=Rửa+sạch."
    plain, whole = workspace.page(url), workspace.page(f"{url}&back=true&marks=true")
    assert ("Mặt sau của trang đầu" in plain, "Mặt sau của trang đầu" in whole) == (False, True)
    assert ('stroke-width="0.1"' in plain, 'stroke-width="0.1"' in whole) == (False, True)


def test_the_preview_begins_with_the_page_the_file_begins_with(workspace: Workspace, batch_id: UUID) -> None:
    # Two, three and one on a page.
    url = f"/labels/{batch_id}/preview?size=roll-35x22-3&count=6&start=2"
    assert workspace.page(url).count('href="#one-label"') == 2
    assert workspace.page(f"{url}&last_first=true").count('href="#one-label"') == 1
