"""Signing up, in and out over HTTP; what a stranger may try."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from tests.factories import UserFactory, nobodys_phone
from tests.trace.accounts.conftest import make_waits_long, user_of
from tests.web import send, sign_in_as
from trace.accounts import rules
from trace.accounts.models import Organisation, SignIn, SignInFailures, User
from trace.accounts.permissions import Actor
from trace.core import clock

PASSWORD: str = UserFactory.password
NEW_PHONE = nobodys_phone(11_111_111)
CHROME = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) Chrome/130.0 Mobile Safari/537.36"}


def _sign_in(browser: FlaskClient, phone: str, password: str = PASSWORD, **more: Any) -> Any:
    return browser.post("/account/sign-in", data={"phone": phone, "password": password}, **more)


def _sign_up(browser: FlaskClient, **changed: str) -> Any:
    form = {"name": "Nguyễn Thị Lan", "phone": NEW_PHONE, "password": "con gà cục tác", **changed}
    return browser.post("/account/sign-up", data=form)


def _phone(session: Session, actor: Actor) -> str:
    return rules.readable_phone(user_of(session, actor).phone)


def test_signing_up_signs_in_and_leads_to_an_organisation(visitor: FlaskClient) -> None:
    answer = _sign_up(visitor)
    assert answer.status_code == 303
    assert answer.location == "/account/organisation/new"
    assert visitor.get(answer.location).status_code == 200


def test_a_new_organisation_waits_for_approval(visitor: FlaskClient, session: Session) -> None:
    _sign_up(visitor)
    answer = send(
        visitor,
        "/account/organisation/new",
        kind="producer",
        name="Hợp tác xã Rau Ví Dụ",
        organisation_phone=NEW_PHONE,
        commune_code="00004",
        address="Xóm 3",
        idempotency_key="one",
    )
    assert answer.status_code == 303
    page = visitor.get(answer.location).get_data(as_text=True)
    assert "Chờ duyệt" in page
    founded = session.scalars(select(Organisation).where(Organisation.name == "Hợp tác xã Rau Ví Dụ")).one()
    assert founded.approval == "pending"


@pytest.mark.parametrize("field", ["name", "phone", "password"])
def test_an_empty_field_of_sign_up_is_named(visitor: FlaskClient, field: str) -> None:
    answer = _sign_up(visitor, **{field: "  " if field != "password" else ""})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.get_data(as_text=True)


def test_a_taken_number_is_refused_beside_its_field(
    visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    answer = _sign_up(visitor, phone=_phone(session, owner))
    assert answer.status_code == 409
    assert 'id="f-phone-error"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("password", ["ngắn", "12345678", "aaaaaaaaaa", "x" * 201])
def test_a_weak_password_is_refused_beside_its_field(visitor: FlaskClient, password: str) -> None:
    answer = _sign_up(visitor, password=password)
    assert answer.status_code == 422
    assert 'id="f-password-error"' in answer.get_data(as_text=True)


def test_what_was_typed_stays_but_never_the_password(visitor: FlaskClient) -> None:
    page = _sign_up(visitor, phone="123", password="bí mật của Lan").get_data(as_text=True)
    assert "Nguyễn Thị Lan" in page
    assert 'value="123"' in page
    assert "bí mật của Lan" not in page


def test_signing_in_begins_the_organisations_day(
    visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    answer = _sign_in(visitor, _phone(session, owner), headers=CHROME)
    assert answer.status_code == 303
    assert visitor.get("/account").status_code == 200
    opened = session.scalars(select(SignIn).where(SignIn.user_id == owner.user_id)).one()
    assert opened.device_label == "Chrome, Android"


def test_number_and_password_are_wrong_together(visitor: FlaskClient, session: Session, owner: Actor) -> None:
    known = _sign_in(visitor, _phone(session, owner), "sai mật khẩu")
    unknown = _sign_in(visitor, nobodys_phone(22_222_222), "sai mật khẩu")
    assert known.status_code == unknown.status_code == 422
    told = "Số điện thoại hoặc mật khẩu chưa đúng."
    assert told in known.get_data(as_text=True)
    assert told in unknown.get_data(as_text=True)


def test_a_wrong_try_counts_although_it_was_refused(
    visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    _sign_in(visitor, _phone(session, owner), "sai mật khẩu")
    assert session.scalars(select(SignInFailures.failed)).all() == [1, 1]  # by number and by address


def _try_too_often(browser: FlaskClient, session: Session, phone: str) -> Any:
    _sign_in(browser, phone, "sai mật khẩu")
    make_waits_long(session)
    return _sign_in(browser, phone, "sai mật khẩu")


def test_a_stranger_waits_after_wrong_tries(visitor: FlaskClient, session: Session, owner: Actor) -> None:
    phone = _phone(session, owner)
    answer = _try_too_often(visitor, session, phone)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    page = answer.get_data(as_text=True)
    assert f'value="{phone}"' in page
    assert "error-summary" in page


def test_a_stranger_who_must_wait_is_not_let_in_with_the_right_password(
    visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    phone = _phone(session, owner)
    _try_too_often(visitor, session, phone)
    assert _sign_in(visitor, phone).status_code == 429


def test_slips_of_others_at_the_same_address_stop_nobody(
    app: Flask, visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    _sign_in(app.test_client(), nobodys_phone(66_666_666), "sai mật khẩu")
    session.execute(update(SignInFailures).values(failed=rules.FREE_TRIES + 20))
    session.commit()
    assert _sign_in(visitor, _phone(session, owner)).status_code == 303


def test_wrong_tries_of_long_ago_are_forgotten(visitor: FlaskClient, session: Session, owner: Actor) -> None:
    phone = _phone(session, owner)
    _sign_in(visitor, phone, "sai mật khẩu")
    make_waits_long(session)
    session.execute(update(SignInFailures).values(last_failed_at=clock.now() - 2 * rules.FORGOTTEN_AFTER))
    session.commit()
    assert _sign_in(visitor, phone, "sai mật khẩu").status_code == 422
    assert session.scalars(select(SignInFailures.failed)).all() == [1, 1]


def test_a_known_device_gets_in_while_strangers_wait(
    app: Flask, visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    phone = _phone(session, owner)
    assert _sign_in(visitor, phone).status_code == 303
    send(visitor, "/account/sign-out")
    assert _try_too_often(app.test_client(), session, phone).status_code == 429
    assert _sign_in(visitor, phone).status_code == 303


def test_signing_in_goes_on_to_the_page_asked_for(
    visitor: FlaskClient, session: Session, owner: Actor
) -> None:
    sent = visitor.get("/account/devices")
    assert sent.location == "/account/sign-in?next=/account/devices"
    answer = _sign_in_at(visitor, sent.location, _phone(session, owner))
    assert answer.location == "/account/devices"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%5cevil.example\\",
        "javascript:alert(1)",
        "evil.example",
        "/a\r\nSet-Cookie: x=1",
        "\t//evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(
    visitor: FlaskClient, session: Session, owner: Actor, target: str
) -> None:
    answer = visitor.post(
        "/account/sign-in",
        query_string={"next": target},
        data={"phone": _phone(session, owner), "password": PASSWORD},
    )
    assert answer.status_code == 303
    assert answer.location == "/account/home"


def _sign_in_at(browser: FlaskClient, path: str, phone: str) -> Any:
    return browser.post(path, data={"phone": phone, "password": PASSWORD})


def test_signing_out_ends_the_session(visitor: FlaskClient, session: Session, owner: Actor) -> None:
    _sign_in(visitor, _phone(session, owner))
    token = visitor.get_cookie("ng_session")
    assert token is not None
    send(visitor, "/account/sign-out")
    visitor.set_cookie("ng_session", token.value)
    assert visitor.get("/account").status_code == 302


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/sign-up", "/account/recover"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_form_from_another_site_is_refused(
    visitor: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = visitor.post(path, data={"phone": NEW_PHONE}, headers=headers)
    assert answer.status_code == 403


def test_a_signed_in_form_without_its_token_is_refused(owner_browser: FlaskClient) -> None:
    assert owner_browser.post("/account/sign-out").status_code == 400
    assert owner_browser.get("/account").status_code == 200


def test_the_address_says_the_language(visitor: FlaskClient) -> None:
    page = visitor.get("/account/sign-in?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "/account/sign-up?lang=en" in page


def test_signing_up_in_english_keeps_the_language(visitor: FlaskClient, session: Session) -> None:
    visitor.post(
        "/account/sign-up?lang=en",
        data={"name": "Lan", "phone": NEW_PHONE, "password": "con gà cục tác"},
    )
    user = session.scalars(select(User).where(User.phone == rules.normalise_phone(NEW_PHONE))).one()
    assert user.language == "en"


def test_zalos_browser_is_told_to_open_another(visitor: FlaskClient) -> None:
    page = visitor.get("/account/sign-in", headers={"User-Agent": "Chrome/130 Zalo android/1"})
    assert "Zalo" in page.get_data(as_text=True)


def test_a_signed_in_browser_needs_no_sign_in(
    app: Flask, connection: Connection, session: Session, owner: Actor
) -> None:
    browser = sign_in_as(app, connection, owner)
    assert browser.get("/account/sign-in?next=/account/devices").location == "/account/devices"
    count = select(func.count()).select_from(SignIn).where(SignIn.user_id == owner.user_id)
    assert session.scalar(count) == 1
