"""Batches as a producer registers, completes and activates them over HTTP."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from tests.producers.conftest import MakeWorkspace
from tests.producers.workspace import PRODUCT, Workspace, jpeg, visible
from trace.core import clock


def date_parts(name: str, page: str) -> tuple[str, str, str]:
    day, month, year = (
        re.search(rf'name="{name}-{part}" value="(\d*)"', page) for part in ("day", "month", "year")
    )
    assert day
    assert month
    assert year
    return day.group(1), month.group(1), year.group(1)


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"select count(*) from {table}")).scalar() or 0)  # noqa: S608 - a table named by the test


def test_a_draft_repeats_its_quantity_in_words(workspace: Workspace) -> None:
    batch_id = workspace.add_batch(workspace.add_product())
    told = visible(workspace.page(f"/producer/batches/{batch_id}"))
    assert "12,5 kg" in told
    assert "mười hai phẩy năm ki-lô-gam" in told
    assert "Bản nháp" in told


@pytest.mark.parametrize("typed", ["12.5", "12,5", "12,50"])
def test_point_and_comma_are_the_same(workspace: Workspace, connection: Connection, typed: str) -> None:
    workspace.add_batch(workspace.add_product(), quantity=typed)
    assert connection.execute(text("select quantity = 12.5 from batches")).scalar()


def test_a_number_with_two_readings_is_asked_about_with_words(workspace: Workspace) -> None:
    form = workspace.batch_form(workspace.add_product(), quantity="1.500")
    answer = workspace.send("/producer/batches/new", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert page.count('name="quantity_meaning"') == 2
    assert "một nghìn năm trăm" in page
    assert "một phẩy năm" in page


@pytest.mark.parametrize(("meaning", "quantity"), [("thousands", "1500"), ("decimals", "1.5")])
def test_the_chosen_reading_is_registered(
    workspace: Workspace, connection: Connection, meaning: str, quantity: str
) -> None:
    workspace.add_batch(workspace.add_product(), quantity="1.500", quantity_meaning=meaning)
    found = connection.execute(text("select quantity from batches")).scalar_one()
    assert f"{found.normalize():f}" == quantity


def test_half_a_counted_thing_is_refused(workspace: Workspace) -> None:
    product_id = workspace.add_product(measure="count", packaging_word="quả")
    answer = workspace.send("/producer/batches/new", **workspace.batch_form(product_id, quantity="2,5"))
    assert answer.status_code == 422
    assert 'href="#f-quantity"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "typed", ["", "0", "-1", "abc", "1e999999", "9" * 40, "1,2,3", "１２", "NaN", "<script>", "0,0000001"]
)
def test_what_is_no_quantity_is_refused(workspace: Workspace, connection: Connection, typed: str) -> None:
    form = workspace.batch_form(workspace.add_product(), quantity=typed)
    assert workspace.send("/producer/batches/new", **form).status_code == 422
    assert count(connection, "batches") == 0


def test_the_form_proposes_lot_number_place_and_dates(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    page = workspace.page(f"/producer/batches/new?product={product_id}")
    today = clock.today()
    expires = today + timedelta(days=3)
    assert f'value="{today:%d%m%y}-1"' in page
    assert date_parts("produced_on", page) == (f"{today:%d}", f"{today:%m}", f"{today:%Y}")
    assert date_parts("expires_on", page) == (f"{expires:%d}", f"{expires:%m}", f"{expires:%Y}")


def test_the_expiry_is_derived_where_none_is_stated(workspace: Workspace, connection: Connection) -> None:
    workspace.add_batch(workspace.add_product())
    assert connection.execute(text("select expires_on from batches")).scalar() == clock.today() + timedelta(
        days=3
    )


def test_a_proposed_expiry_follows_a_changed_date(workspace: Workspace, connection: Connection) -> None:
    today = clock.today()
    made = today - timedelta(days=2)
    workspace.add_batch(
        workspace.add_product(),
        derived_for=today.isoformat(),
        expires_on=(today + timedelta(days=3)).isoformat(),
        **{
            "produced_on-day": str(made.day),
            "produced_on-month": str(made.month),
            "produced_on-year": str(made.year),
        },
    )
    assert connection.execute(text("select expires_on from batches")).scalar() == made + timedelta(days=3)


def test_a_stated_expiry_stays(workspace: Workspace, connection: Connection) -> None:
    today = clock.today()
    stated = today + timedelta(days=1)
    workspace.add_batch(workspace.add_product(), derived_for=today.isoformat(), expires_on=stated.isoformat())
    assert connection.execute(text("select expires_on from batches")).scalar() == stated


def test_a_date_that_does_not_exist_is_refused(workspace: Workspace) -> None:
    form = workspace.batch_form(
        workspace.add_product(), **{"produced_on-day": "31", "produced_on-month": "2"}
    )
    answer = workspace.send("/producer/batches/new", **form)
    assert answer.status_code == 422
    assert 'value="31"' in answer.get_data(as_text=True)


def test_a_taken_lot_number_is_refused_with_a_free_one(workspace: Workspace, connection: Connection) -> None:
    product_id = workspace.add_product()
    workspace.add_batch(product_id)
    answer = workspace.send("/producer/batches/new", **workspace.batch_form(product_id))
    assert answer.status_code == 409
    assert f"Số còn trống: {clock.today():%d%m%y}-1" in visible(answer)
    assert 'value="LO-1"' in answer.get_data(as_text=True)
    assert count(connection, "batches") == 1


@pytest.mark.parametrize("lot", ["Lô 12", "LÔ-1", "A" * 21, "a b", "é"])
def test_a_lot_number_outside_the_character_set_is_refused(workspace: Workspace, lot: str) -> None:
    form = workspace.batch_form(workspace.add_product(), lot_number=lot)
    answer = workspace.send("/producer/batches/new", **form)
    assert answer.status_code == 422
    assert 'href="#f-lot_number"' in answer.get_data(as_text=True)


def test_yesterdays_batch_is_repeated_with_todays_date(workspace: Workspace) -> None:
    batch_id = workspace.add_batch(workspace.add_product(), quantity="98", lot_number="HOM-QUA")
    page = workspace.page(f"/producer/batches/new?repeat={batch_id}")
    assert 'value="98"' in page
    assert f'value="{clock.today():%d%m%y}-1"' in page


def test_with_several_products_one_is_chosen_first(workspace: Workspace) -> None:
    first = workspace.add_product()
    workspace.add_product(name="Bưởi Diễn Ví Dụ")
    batch_id = workspace.add_batch(first)
    page = workspace.page("/producer/batches/new")
    assert f"product={first}" in page
    assert f"repeat={batch_id}" in page


def test_a_draft_changes(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    batch_id = workspace.add_batch(product_id)
    form = workspace.batch_form(product_id, quantity="20", lot_number="LO-2")
    assert workspace.send(f"/producer/batches/{batch_id}/change", **form).status_code == 303
    told = visible(workspace.page(f"/producer/batches/{batch_id}"))
    assert "20 kg" in told
    assert "LO-2" in told


def test_the_change_form_is_read_back_as_it_is_shown(workspace: Workspace, connection: Connection) -> None:
    batch_id = workspace.add_batch(workspace.add_product(), quantity="1.500", quantity_meaning="thousands")
    page = workspace.page(f"/producer/batches/{batch_id}/change")
    assert re.search(r'name="quantity"[^>]*value="1500"', page)


def test_a_complete_draft_is_activated(workspace: Workspace, connection: Connection) -> None:
    batch_id = workspace.add_batch(workspace.add_product())
    assert "Kích hoạt lô" in visible(workspace.page(f"/producer/batches/{batch_id}"))
    answer = workspace.activate(batch_id)
    assert answer.status_code == 303
    told = visible(workspace.page(f"/producer/batches/{batch_id}"))
    assert "Đã kích hoạt" in told
    assert "Giao hàng" in told
    assert count(connection, "events") == 1


def test_a_second_tap_on_activate_finds_it_done(workspace: Workspace, connection: Connection) -> None:
    batch_id = workspace.add_batch(workspace.add_product())
    workspace.activate(batch_id)
    answer = workspace.activate(batch_id)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/producer/batches/{batch_id}")
    assert count(connection, "events") == 1


@pytest.mark.parametrize(
    ("sql", "label"),
    [
        ("update products set name = ''", "Tên sản phẩm"),
        ("update products set picture_sha256 = null", "Hình ảnh sản phẩm"),
        ("update organisations set name = ''", "Đơn vị sản xuất"),
        ("update locations set code = ''", "Các công đoạn"),
        ("update products set standards = '[]', has_food_safety_commitment = false", "Tiêu chuẩn áp dụng"),
    ],
)
def test_a_missing_item_is_named_and_stops_activation(
    workspace: Workspace, connection: Connection, sql: str, label: str
) -> None:
    batch_id = workspace.add_batch(workspace.add_product())
    if "locations" in sql or "organisations" in sql:
        table = sql.split()[1]
        column = "organisation_id" if table == "locations" else "id"
        sql += f" where {column} = '{workspace.actor.organisation_id}'"
    connection.execute(text(sql))
    page = workspace.page(f"/producer/batches/{batch_id}")
    missing = re.findall(r'<li class="missing">(.*?)</li>', page, flags=re.DOTALL)
    assert label in visible(missing[0])
    assert "Kích hoạt lô" not in visible(page)
    answer = workspace.activate(batch_id)
    assert answer.status_code == 422
    assert "Còn thiếu" in visible(answer)
    assert count(connection, "events") == 0


def test_a_food_safety_commitment_counts_as_a_standard(workspace: Workspace) -> None:
    product_id = workspace.add_product(standards="", has_food_safety_commitment="true")
    assert workspace.activate(workspace.add_batch(product_id)).status_code == 303


def test_a_batch_without_brand_and_expiry_is_activated(workspace: Workspace) -> None:
    product_id = workspace.add_product(brand="", expiry_kind="none", shelf_life_days=None)
    assert workspace.activate(workspace.add_batch(product_id)).status_code == 303


def test_the_missing_picture_is_added_and_the_draft_activated(workspace: Workspace) -> None:
    product_id = workspace.add_product(picture=None)
    batch_id = workspace.add_batch(product_id)
    assert workspace.activate(batch_id).status_code == 422
    form = {**PRODUCT, "picture": (io.BytesIO(jpeg()), "anh.jpg")}
    workspace.send(f"/producer/products/{product_id}/change", **form)
    assert workspace.activate(batch_id).status_code == 303


def test_before_approval_a_draft_is_kept_and_not_activated(
    make_workspace: MakeWorkspace, connection: Connection
) -> None:
    waiting = make_workspace(is_approved=False)
    batch_id = waiting.add_batch(waiting.add_product())
    assert "Chờ duyệt" in visible(waiting.page(f"/producer/batches/{batch_id}"))
    answer = waiting.activate(batch_id)
    assert answer.status_code == 403
    assert "Mười mục phải có" in visible(answer)
    assert count(connection, "events") == 0


def test_an_activated_batch_is_not_edited(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    batch_id = workspace.add_batch(product_id)
    workspace.activate(batch_id)
    assert workspace.client.get(f"/producer/batches/{batch_id}/change").status_code == 303
    form = workspace.batch_form(product_id, quantity="99")
    assert workspace.send(f"/producer/batches/{batch_id}/change", **form).status_code == 409


def test_a_later_change_of_the_product_stands_beside_what_was_sealed(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    batch_id = workspace.add_batch(product_id)
    workspace.activate(batch_id)
    workspace.send(f"/producer/products/{product_id}/change", **{**PRODUCT, "brand": "Nhãn khác"})
    told = visible(workspace.page(f"/producer/batches/{batch_id}"))
    assert "Nhãn khác" not in told
    assert f"Sản phẩm đã đổi ngày {clock.today():%d/%m/%Y}" in told


def test_a_list_shows_one_state(workspace: Workspace) -> None:
    product_id = workspace.add_product()
    active = workspace.add_batch(product_id, lot_number="CO-TEM")
    workspace.add_batch(product_id, lot_number="CON-NHAP")
    workspace.activate(active)
    page = workspace.page("/producer/?state=active")
    assert "CO-TEM" in page
    assert "CON-NHAP" not in page
    assert "CON-NHAP" in workspace.page("/producer/?state=draft")


def test_another_organisations_batches_are_not_there(make_workspace: MakeWorkspace) -> None:
    owner, stranger = make_workspace(), make_workspace()
    product_id = owner.add_product()
    batch_id = owner.add_batch(product_id)
    stranger.add_product()
    for path in (
        f"/{batch_id}",
        f"/{batch_id}/change",
        f"/new?repeat={batch_id}",
        f"/new?product={product_id}",
    ):
        assert stranger.client.get(f"/producer/batches{path}").status_code == 404
    assert stranger.activate(batch_id).status_code == 404
    assert stranger.send("/producer/batches/new", **stranger.batch_form(product_id)).status_code == 404


def test_a_place_of_another_organisation_is_refused(make_workspace: MakeWorkspace) -> None:
    owner, stranger = make_workspace(), make_workspace()
    form = owner.batch_form(owner.add_product(), location_id=str(stranger.actor.organisation.seat.id))
    assert owner.send("/producer/batches/new", **form).status_code == 404
