"""Founding, seeing and changing an organisation and its places over HTTP."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from tests.factories import ActorFactory, UserFactory, nobodys_phone, officer_of
from tests.trace.accounts.conftest import person_of
from tests.web import contents, send, sign_in_as
from trace.accounts import services_approval
from trace.accounts.models import Approval, Location, Organisation, OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.services_organisations import Place

FORM = {
    "kind": "shop",
    "name": "Cửa hàng Ví Dụ",
    "organisation_phone": nobodys_phone(33_333_333),
    "commune_code": "00004",
    "address": "Số 5 phố Ví Dụ",
    "idempotency_key": "one",
}
PROFILE = {"name": "Đơn vị Ví Dụ", "phone": nobodys_phone(44_444_444)}


def _found(browser: FlaskClient, **changed: str) -> Any:
    return send(browser, "/account/organisation/new", **{**FORM, **changed})


def _read(session: Session, actor: Actor) -> Organisation:
    session.expire_all()
    return session.get_one(Organisation, actor.organisation_id)


def _count(session: Session) -> int | None:
    return session.scalar(select(func.count()).where(Organisation.name == FORM["name"]))


def test_a_founded_organisation_is_acted_for_at_once(owner_browser: FlaskClient) -> None:
    _found(owner_browser)
    page = owner_browser.get("/account/organisation").get_data(as_text=True)
    assert f"<h1>{FORM['name']}</h1>" in page
    assert "Số 5 phố Ví Dụ" in page


def test_sending_the_form_twice_founds_one(owner_browser: FlaskClient, session: Session) -> None:
    assert [_found(owner_browser).status_code for _ in range(2)] == [303, 303]
    assert _count(session) == 1


@pytest.mark.parametrize("field", ["kind", "name", "organisation_phone", "commune_code", "address"])
def test_an_empty_field_is_named_and_nothing_is_kept(
    owner_browser: FlaskClient, connection: Connection, field: str
) -> None:
    before = contents(connection)
    answer = _found(owner_browser, **{field: ""})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f'id="f-{field}-error"' in page
    assert page.count('class="error"') == 1
    assert contents(connection) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "authority"),
        ("name", "x" * 121),
        ("name", "tên \u202e ngược"),
        ("organisation_phone", "12"),
        ("commune_code", "99999"),
        ("commune_code", "Ba Đ"),
        ("tax_code", "0100109107"),
        ("address", "\x00"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(owner_browser: FlaskClient, field: str, value: str) -> None:
    answer = _found(owner_browser, **{field: value})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_a_tax_code_of_an_approved_organisation_is_refused(
    owner_browser: FlaskClient, session: Session
) -> None:
    other = person_of(session, OrganisationKind.SHOP)
    other.organisation.tax_code = "0100109106"
    session.commit()
    answer = _found(owner_browser, tax_code="0100109106")
    assert answer.status_code == 409
    assert 'id="f-tax_code-error"' in answer.get_data(as_text=True)


def test_hanois_communes_are_offered_first(owner_browser: FlaskClient) -> None:
    page = owner_browser.get("/account/organisation/new").get_data(as_text=True)
    assert page.count("<option") == 1 + 126 + 34
    assert page.index("Thành phố Hà Nội") < page.index("Tỉnh Cao Bằng")


def test_another_province_is_chosen_with_nothing_lost_and_nothing_saved(
    owner_browser: FlaskClient, connection: Connection
) -> None:
    before = contents(connection)
    answer = _found(owner_browser, province_code="04", commune_code="", change_province="yes")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Phường Thục Phán" in page
    assert 'value="Cửa hàng Ví Dụ"' in page
    assert 'value="shop" checked' in page
    assert 'class="error"' not in page
    assert contents(connection) == before


def test_communes_are_found_without_accents(owner_browser: FlaskClient) -> None:
    found = owner_browser.get("/account/communes?q=hoan kiem").get_json()["communes"]
    assert found[0]["name"] == "Phường Hoàn Kiếm"
    assert set(found[0]) == {"code", "name", "full_name", "province_code"}


def test_a_provinces_communes_are_listed(owner_browser: FlaskClient) -> None:
    assert len(owner_browser.get("/account/communes?province=01").get_json()["communes"]) == 126


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%00", f"q={'x' * 999}", "province=zz", "province=999", "q=%25"]
)
def test_a_broken_search_for_communes_finds_none(owner_browser: FlaskClient, query: str) -> None:
    answer = owner_browser.get(f"/account/communes?{query}")
    assert answer.status_code == 200
    assert answer.get_json() == {"communes": []}


def test_communes_are_for_people_who_signed_in(visitor: FlaskClient) -> None:
    assert visitor.get("/account/communes?q=a").status_code == 302


def test_what_people_wrote_is_shown_as_text_never_as_markup(
    app: Flask, connection: Connection, session: Session
) -> None:
    # A form refuses such a name; data from before, or from another way in, must be harmless all the same.
    person = UserFactory.create(session=session, name="<script>alert(1)</script>")
    made = ActorFactory.create(
        session=session,
        owner=person,
        stated__name='<img src=x onerror="alert(1)">',
        stated__place=Place("00004", "<script>alert(2)</script>"),
    )
    browser = sign_in_as(app, connection, made)
    seat = made.organisation.seat.id
    for path in (
        "",
        "/organisation",
        "/organisation/change",
        "/organisation/members",
        f"/organisation/places/{seat}",
    ):
        page = browser.get(f"/account{path}").get_data(as_text=True)
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "&lt;" in page


@pytest.mark.parametrize("name", ["Rau <b>sạch</b>", "Rau 🥬"])
def test_a_name_no_label_can_carry_is_refused_beside_its_field(owner_browser: FlaskClient, name: str) -> None:
    answer = _found(owner_browser, name=name)
    assert answer.status_code == 422
    assert 'id="f-name-error"' in answer.get_data(as_text=True)


def test_one_owner_is_asked_to_name_a_second(owner_browser: FlaskClient) -> None:
    assert "Nên có thêm một chủ đơn vị" in owner_browser.get("/account/organisation").get_data(as_text=True)


def test_a_changed_profile_is_in_the_history(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    send(owner_browser, "/account/organisation/change", **PROFILE, description="Dòng một\nDòng hai")
    assert _read(session, owner).description == "Dòng một\nDòng hai"
    page = owner_browser.get("/account/organisation").get_data(as_text=True)
    assert "<del>trống</del>" in page
    assert "<ins>Dòng một\nDòng hai</ins>" in page


def test_another_name_waits_for_approval_again(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    send(owner_browser, "/account/organisation/change", **{**PROFILE, "name": "Trại gà đồi khác hẳn"})
    assert _read(session, owner).approval == Approval.PENDING


def test_corrected_spelling_stays_approved(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    name = owner.organisation.name.replace("Đơn vị", "Đơn Vị")
    send(owner_browser, "/account/organisation/change", **{**PROFILE, "name": name})
    assert _read(session, owner).approval == Approval.APPROVED


def test_a_name_that_drifts_away_step_by_step_needs_approval_again(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    approved = owner.organisation
    approved.name = approved.approved_name = "Rau sạch Đông Anh Hà"
    session.commit()
    steps = [
        "Rau sạch Đông Anh Sơn",
        "Rau sạch Đông Lâm Sơn",
        "Rau tươi Đông Lâm Sơn",
        "Thịt tươi Tây Lâm Sơn",
    ]
    for name in steps:
        send(owner_browser, "/account/organisation/change", **{**PROFILE, "name": name})
    assert _read(session, owner).approval == Approval.PENDING


def test_a_new_tax_code_needs_approval_again(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    name = owner.organisation.name
    changed = {**PROFILE, "name": name, "tax_code": "0100109106"}
    send(owner_browser, "/account/organisation/change", **changed)
    assert _read(session, owner).approval == Approval.PENDING


def test_what_the_authority_asks_for_is_shown_and_sent_again(
    owner_browser: FlaskClient, session: Session
) -> None:
    _found(owner_browser)
    founded = session.scalars(select(Organisation).where(Organisation.name == FORM["name"])).one()
    services_approval.ask_for_changes(
        session, officer_of(session), founded.id, "Ghi đúng tên trên giấy phép."
    )
    session.commit()
    assert "Ghi đúng tên trên giấy phép." in owner_browser.get("/account/organisation").get_data(as_text=True)
    send(owner_browser, "/account/organisation/change", **{**PROFILE, "name": FORM["name"]})
    session.expire_all()
    assert founded.approval == Approval.PENDING


def test_staff_may_not_change_the_profile(app: Flask, connection: Connection, staff: Actor) -> None:
    browser = sign_in_as(app, connection, staff)
    assert browser.get("/account/organisation/change").status_code == 403
    assert send(browser, "/account/organisation/change", **PROFILE).status_code == 403


def test_a_place_is_added(owner_browser: FlaskClient) -> None:
    send(
        owner_browser, "/account/organisation/places/new", name="Vườn bãi", commune_code="00004", address="Đê"
    )
    assert "Vườn bãi" in owner_browser.get("/account/organisation").get_data(as_text=True)


def test_a_changed_place_is_in_the_history(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    path = f"/account/organisation/places/{owner.organisation.seat.id}"
    assert 'value="00004" selected' in owner_browser.get(path).get_data(as_text=True)
    send(owner_browser, path, name="Nhà sơ chế", commune_code="00008", address="Số 9")
    page = owner_browser.get("/account/organisation").get_data(as_text=True)
    assert "<ins>Số 9</ins>" in page
    assert "Nhà sơ chế" in page


def test_a_place_of_others_is_not_there(owner_browser: FlaskClient, session: Session) -> None:
    theirs = person_of(session, OrganisationKind.SHOP).organisation.seat
    path = f"/account/organisation/places/{theirs.id}"
    assert owner_browser.get(path).status_code == 404
    assert send(owner_browser, path, commune_code="00004", address="Chiếm").status_code == 404
    session.expire_all()
    assert session.get_one(Location, theirs.id).address_as_written != "Chiếm"
