"""Labels over HTTP: who may have them, in which state, and that what is printed leads to the page."""

import io
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Connection, text

from tests.labels.reading import page_raster, read_all_by_zxing
from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import Workspace, visible

FILES = ("qr.png", "qr.svg", "label.png", "label.svg", "sheet.pdf")
DPI = 300


@pytest.fixture
def batch_id(workspace: Workspace) -> UUID:
    """An activated batch of the workspace."""
    made = workspace.add_batch(workspace.add_product(), lot_number="221126-1")
    assert workspace.activate(made).status_code == 303
    return made


def code_of(connection: Connection, batch_id: UUID) -> str:
    return str(connection.execute(text("select code from batches where id = :id"), {"id": batch_id}).scalar())


def spoil_seal(connection: Connection, batch_id: UUID, **values: Any) -> None:
    """Take something out of a seal, as no service can."""
    connection.execute(
        text("update batches set seal = seal || cast(:values as jsonb) where id = :id"),
        {"id": batch_id, "values": json.dumps(values)},
    )


def assert_refused(workspace: Workspace, batch_id: UUID, sentence: str, status: int = 409) -> None:
    for name in FILES:
        answer = workspace.client.get(f"/labels/{batch_id}/{name}")
        assert answer.status_code == status, name
        assert answer.content_type.startswith("text/html")
        assert sentence in visible(answer)


def test_the_page_shows_the_label_as_it_is_printed(workspace: Workspace, batch_id: UUID) -> None:
    page = workspace.page(f"/labels/{batch_id}")
    assert '<svg class="label-preview"' in page
    assert "221126-1" in page


def test_the_png_leads_to_the_batchs_page(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/qr.png")
    assert answer.content_type == "image/png"
    picture = np.asarray(Image.open(io.BytesIO(answer.data)).convert("L"))
    assert read_all_by_zxing(picture) == [f"http://LOCALHOST/T/{code_of(connection, batch_id)}"]


def test_the_svg_is_a_drawing_named_by_its_address(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/qr.svg")
    assert answer.content_type == "image/svg+xml"
    assert f"<title>http://LOCALHOST/T/{code_of(connection, batch_id)}</title>" in answer.get_data(
        as_text=True
    )


def test_a_sheet_holds_forty_labels_that_lead_to_the_page(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf")
    assert answer.content_type == "application/pdf"
    page = page_raster(answer.data, DPI)
    assert read_all_by_zxing(page) == [f"http://LOCALHOST/T/{code_of(connection, batch_id)}"] * 40


def test_what_the_qr_holds_opens_the_page(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    path = f"/T/{code_of(connection, batch_id)}"
    assert "Chưa có cảnh báo" in visible(workspace.page(path))


def test_a_sheet_begun_elsewhere_fills_the_rest(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf?start=39")
    page = page_raster(answer.data, DPI)
    assert len(read_all_by_zxing(page)) == 2


@pytest.mark.parametrize("start", ["0", "41", "-1", "abc", "1e9", "٣", "9" * 50])
def test_a_first_label_outside_the_sheet_is_refused(workspace: Workspace, batch_id: UUID, start: str) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf", query_string={"start": start})
    assert answer.status_code == 422
    assert "từ 1 đến 40" in visible(answer)


def test_the_configured_address_is_printed(app: Flask, workspace: Workspace, batch_id: UUID) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url="https://tra.vidu.vn")
    page = workspace.client.get(f"/labels/{batch_id}/qr.svg").get_data(as_text=True)
    assert "<title>https://TRA.VIDU.VN/T/" in page


def test_files_are_named_in_plain_and_in_all_letters(workspace: Workspace, batch_id: UUID) -> None:
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf")
    disposition = answer.headers["Content-Disposition"]
    assert 'filename="tem-cai-ngot-vi-du-221126-1.pdf"' in disposition
    assert "filename*=UTF-8''Tem%20C%E1%BA%A3i%20ng%E1%BB%8Dt" in disposition
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_lot_number_cannot_break_a_files_name(workspace: Workspace) -> None:
    batch_id = workspace.add_batch(workspace.add_product(), lot_number='A"/..%;B')
    workspace.activate(batch_id)
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf")
    assert answer.status_code == 200
    plain = answer.headers["Content-Disposition"].split('filename="')[1].split('"')[0]
    assert set(plain) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def test_a_draft_has_no_labels(workspace: Workspace) -> None:
    draft = workspace.add_batch(workspace.add_product())
    assert_refused(workspace, draft, "Lô chưa kích hoạt")
    assert "Kích hoạt lô" in visible(workspace.page(f"/labels/{draft}"))


def test_a_draft_is_told_what_is_missing_and_where_to_add_it(workspace: Workspace) -> None:
    product_id = workspace.add_product(picture=None, standards="")
    draft = workspace.add_batch(product_id)
    page = workspace.page(f"/labels/{draft}")
    assert "Hình ảnh sản phẩm" in page
    assert "Tiêu chuẩn áp dụng" in page
    assert f"/producer/products/{product_id}/change?batch={draft}#f-picture" in page


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"product_name": ""}, "Tên sản phẩm"),
        ({"product_image": ""}, "Hình ảnh sản phẩm"),
        ({"producer_name": ""}, "Đơn vị sản xuất"),
        ({"producer_address": "", "commune": "", "province": ""}, "Địa chỉ"),
        ({"place_code": ""}, "Các công đoạn"),
        ({"production_time": ""}, "Thời gian sản xuất"),
        ({"trace_code": ""}, "Mã truy xuất nguồn gốc"),
        ({"expiry": ""}, "Hạn sử dụng"),
        ({"standards": [], "has_food_safety_commitment": False}, "Tiêu chuẩn áp dụng"),
    ],
)
def test_without_one_of_the_ten_items_there_is_no_label(
    workspace: Workspace, batch_id: UUID, connection: Connection, values: dict[str, Any], label: str
) -> None:
    spoil_seal(connection, batch_id, **values)
    assert_refused(workspace, batch_id, "Không in tem trống")
    assert label in visible(workspace.page(f"/labels/{batch_id}"))


def test_items_that_need_not_be_there_stop_no_label(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    spoil_seal(connection, batch_id, brand="", expiry="", expiry_kind="none")
    assert workspace.client.get(f"/labels/{batch_id}/qr.png").status_code == 200


def test_an_organisation_that_is_not_approved_has_no_labels(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    connection.execute(text("update organisations set approval = 'pending'"))
    assert_refused(workspace, batch_id, "đang chờ duyệt")


def test_a_recalled_batch_has_no_labels(workspace: Workspace, batch_id: UUID, connection: Connection) -> None:
    connection.execute(text("update batches set is_recalled = true"))
    assert_refused(workspace, batch_id, "đang bị thu hồi")


def test_a_name_that_the_paper_cannot_hold_is_told(
    workspace: Workspace, batch_id: UUID, connection: Connection
) -> None:
    spoil_seal(connection, batch_id, product_name="Bưởi " * 60)
    answer = workspace.client.get(f"/labels/{batch_id}/sheet.pdf")
    assert answer.status_code == 422
    assert "rút ngắn" in visible(answer)


def test_labels_of_a_demo_say_so(workspace: Workspace, batch_id: UUID, connection: Connection) -> None:
    connection.execute(text("insert into installation (name, value) values ('demo_filled_at', 'now')"))
    assert "DEMO" in workspace.page(f"/labels/{batch_id}")


def test_another_organisations_labels_are_not_there(make_workspace: MakeWorkspace, batch_id: UUID) -> None:
    stranger = make_workspace()
    for path in ("", *(f"/{name}" for name in FILES)):
        assert stranger.client.get(f"/labels/{batch_id}{path}").status_code == 404


def test_a_stranger_is_asked_to_sign_in(app: Flask, batch_id: UUID) -> None:
    answer = app.test_client().get(f"/labels/{batch_id}/sheet.pdf")
    assert answer.status_code == 302
    assert "/account/sign-in" in answer.headers["Location"]
