"""Products and certificates, as a producer states them over HTTP."""

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import PRODUCT, Workspace, jpeg, png_bomb, visible
from trace.accounts.models import OrganisationKind
from trace.core import clock


def stored(connection: Connection, column: str) -> Any:
    newest = f"select {column} from products order by created_at desc limit 1"  # noqa: S608 - a column named by the test
    return connection.execute(text(newest)).scalar()


def test_a_product_with_its_picture_is_registered(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    page = workspace.page(f"/producer/products/{product_id}")
    assert PRODUCT["name"] in page
    assert "TCVN 11892-1:2017" in page
    assert "/picture/large/" in page


def test_a_product_without_a_picture_is_a_draft_with_a_reminder(workspace: Workspace) -> None:
    product_id = workspace.add_product(picture=None)
    assert "Thiếu ảnh" in visible(workspace.page(f"/producer/products/{product_id}"))


def test_an_empty_form_names_each_missing_field(workspace: Workspace) -> None:
    answer = workspace.send("/producer/products/new")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    for name in ("name", "ocop_set", "measure", "expiry_kind"):
        assert f'href="#f-{name}"' in page


def test_nothing_typed_is_lost_and_the_picture_is_asked_for_again(workspace: Workspace) -> None:
    form = {**PRODUCT, "shelf_life_days": "", "picture": (io.BytesIO(jpeg()), "anh.jpg")}
    answer = workspace.send("/producer/products/new", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'value="{PRODUCT["name"]}"' in page
    assert "Trồng trong nhà lưới." in page
    assert "Chọn lại ảnh" in visible(page)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script></html>", "anh.jpg"),
        (b"%PDF-1.7\n", "anh.png"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "anh.gif"),
        (b"\xff\xd8\xff\xe0 not really", "anh.jpg"),
        (b"", "anh.jpg"),
    ],
)
def test_what_is_no_picture_is_refused(
    workspace: Workspace, connection: Connection, content: bytes, name: str
) -> None:
    answer = workspace.send("/producer/products/new", **{**PRODUCT, "picture": (io.BytesIO(content), name)})
    assert answer.status_code == 422
    assert "không phải ảnh đọc được" in visible(answer)
    assert connection.execute(text("select count(*) from products")).scalar() == 0


def test_a_picture_that_unfolds_to_too_many_pixels_is_refused(workspace: Workspace) -> None:
    form = {**PRODUCT, "picture": (io.BytesIO(png_bomb()), "anh.png")}
    assert workspace.send("/producer/products/new", **form).status_code == 422


def test_a_picture_over_five_megabytes_is_refused(workspace: Workspace) -> None:
    too_large = jpeg() + b"\0" * (5 * 1024 * 1024)
    form = {**PRODUCT, "picture": (io.BytesIO(too_large), "anh.jpg")}
    answer = workspace.send("/producer/products/new", **form)
    # What a client sends above 500 kB waits in a temporary file of its own.
    answer.request.environ["wsgi.input"].close()
    assert answer.status_code == 422
    assert "5 MB" in visible(answer)


def test_a_name_is_taken_once(workspace: Workspace) -> None:
    workspace.add_product()
    answer = workspace.send("/producer/products/new", **PRODUCT)
    assert answer.status_code == 409
    assert "Đã có sản phẩm tên này" in visible(answer)


def test_counting_needs_a_word(workspace: Workspace) -> None:
    answer = workspace.send("/producer/products/new", **{**PRODUCT, "measure": "count"})
    assert answer.status_code == 422
    assert 'href="#f-packaging_word"' in answer.get_data(as_text=True)


def test_a_counted_product_keeps_its_word(workspace: Workspace, connection: Connection) -> None:
    workspace.add_product(measure="count", packaging_word="quả", expiry_kind="none", shelf_life_days=None)
    assert (stored(connection, "uom"), stored(connection, "packaging_word")) == (None, "quả")


@pytest.mark.parametrize(("typed", "percent"), [("0", "0"), ("2,5", "2.5"), ("2.5 %", "2.5"), ("", "0")])
def test_natural_loss_is_read_as_people_type_it(
    workspace: Workspace, connection: Connection, typed: str, percent: str
) -> None:
    workspace.add_product(natural_loss_percent=typed)
    assert f"{stored(connection, 'natural_loss_percent').normalize():f}" == percent


def test_the_usual_weight_is_asked_about_where_it_has_two_readings(workspace: Workspace) -> None:
    form = {**PRODUCT, "second_unit": "quả", "usual_weight_kg": "1.200"}
    page = workspace.send("/producer/products/new", **form).get_data(as_text=True)
    assert page.count('name="usual_weight_kg_meaning"') == 2


def test_a_wrong_gtin_is_refused(workspace: Workspace) -> None:
    assert workspace.send("/producer/products/new", **{**PRODUCT, "gtin": "8934563138164"}).status_code == 422


def test_a_gtin_waits_for_its_check(workspace: Workspace) -> None:
    product_id = workspace.add_product(gtin="8934563138165")
    assert "Đang chờ xác nhận mã GTIN" in visible(workspace.page(f"/producer/products/{product_id}"))


def test_a_change_is_told_with_its_day(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    answer = workspace.send(f"/producer/products/{product_id}/change", **{**PRODUCT, "brand": "Nhãn khác"})
    assert answer.status_code == 303
    told = visible(workspace.page(f"/producer/products/{product_id}"))
    assert f"Đã đổi ngày {clock.today():%d/%m/%Y}" in told
    assert "Nhãn khác" in told


def test_changing_without_a_new_picture_keeps_the_old_one(
    workspace: Workspace, connection: Connection
) -> None:
    product_id = workspace.add_product()
    before = stored(connection, "picture_sha256")
    workspace.send(f"/producer/products/{product_id}/change", **{**PRODUCT, "brand": "Nhãn khác"})
    assert stored(connection, "picture_sha256") == before


@pytest.mark.parametrize("weight", ["1.2", "0.125", "1.125", "1500"])
def test_a_change_form_reads_back_the_numbers_it_shows(
    workspace: Workspace, connection: Connection, weight: str
) -> None:
    product_id = workspace.add_product(second_unit="quả", usual_weight_kg="2")
    connection.execute(text("update products set usual_weight_kg = :weight"), {"weight": weight})
    page = workspace.page(f"/producer/products/{product_id}/change")
    shown = page.split('name="usual_weight_kg"')[1].split('value="')[1].split('"')[0]
    form = {**PRODUCT, "second_unit": "quả", "usual_weight_kg": shown}
    assert workspace.send(f"/producer/products/{product_id}/change", **form).status_code == 303
    assert f"{stored(connection, 'usual_weight_kg').normalize():f}" == weight


def test_coming_from_a_draft_leads_back_to_it(workspace: Workspace) -> None:
    product_id = workspace.add_product(picture=None)
    batch_id = workspace.add_batch(product_id)
    form = {**PRODUCT, "picture": (io.BytesIO(jpeg()), "anh.jpg")}
    answer = workspace.send(f"/producer/products/{product_id}/change?batch={batch_id}", **form)
    assert answer.headers["Location"].endswith(f"/producer/batches/{batch_id}")


def test_an_archived_product_leaves_the_list(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    assert workspace.send(f"/producer/products/{product_id}/archive").status_code == 303
    assert PRODUCT["name"] not in workspace.page("/producer/products")


def test_a_certificate_shows_its_stars_and_its_last_day(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    answer = workspace.send(
        f"/producer/products/{product_id}/certificates/new",
        **{"stars": "4", "decision_number": "858/QĐ-UBND", "issuer": "UBND thành phố Ví Dụ",
           "decided_on-day": "9", "decided_on-month": "3", "decided_on-year": "2025"},
    )  # fmt: skip
    assert answer.status_code == 303
    told = visible(workspace.page(f"/producer/products/{product_id}"))
    assert "Đạt OCOP 4 sao" in told
    assert "09/03/2028" in told


def test_a_decision_of_tomorrow_is_refused(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    day = clock.today() + timedelta(days=1)
    answer = workspace.send(
        f"/producer/products/{product_id}/certificates/new",
        stars="4", decision_number="1", issuer="UBND", decided_on=f"{day:%d/%m/%Y}",
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'href="#f-decided_on"' in answer.get_data(as_text=True)


def test_a_certificate_is_taken_away(workspace: Workspace, connection: Connection) -> None:
    product_id = workspace.add_product()
    workspace.send(
        f"/producer/products/{product_id}/certificates/new",
        stars="3", decision_number="1/QĐ", issuer="UBND", decided_on="01/02/2025",
    )  # fmt: skip
    certificate_id = connection.execute(text("select id from certificates")).scalar()
    assert workspace.send(f"/producer/certificates/{certificate_id}/remove").status_code == 303
    assert "1/QĐ" not in workspace.page(f"/producer/products/{product_id}")


def test_another_organisations_products_are_not_there(make_workspace: MakeWorkspace) -> None:
    owner, stranger = make_workspace(), make_workspace()
    product_id = owner.add_product()
    for path in ("", "/change", "/certificates/new"):
        assert stranger.client.get(f"/producer/products/{product_id}{path}").status_code == 404
    for path in ("/change", "/archive", "/certificates/new"):
        assert stranger.send(f"/producer/products/{product_id}{path}", **PRODUCT).status_code == 404


def test_a_shop_has_no_producers_pages(make_workspace: MakeWorkspace) -> None:
    shop = make_workspace(kind=OrganisationKind.SHOP)
    assert shop.client.get("/producer/products").status_code == 403


def test_an_empty_list_offers_the_first_step(workspace: Workspace) -> None:
    assert "/producer/products/new" in workspace.page("/producer/")
    assert "/producer/products/new" in workspace.page("/producer/batches/new")
