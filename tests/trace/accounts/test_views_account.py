"""One's own account over HTTP: password, devices, language, which organisation one acts for."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import UserFactory
from tests.trace.accounts.conftest import make_waits_long, person_of, user_of
from tests.web import send, sign_in_as, token_of
from trace.accounts import sessions
from trace.accounts.models import Membership, OrganisationKind, Role, SignIn
from trace.accounts.permissions import Actor
from trace.core import clock

PASSWORD: str = UserFactory.password
NEW_PASSWORD = "một mật khẩu khác"


def _change_password(browser: FlaskClient, old: str = PASSWORD, new: str = NEW_PASSWORD) -> tuple[int, str]:
    answer = send(browser, "/account/password", old_password=old, new_password=new)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_person_without_an_organisation_is_shown_the_next_step(
    app: Flask, visitor: FlaskClient, session: Session
) -> None:
    user = UserFactory.create(session=session)
    credentials = sessions.start_session(session, user, label="test")
    session.commit()
    visitor.set_cookie("ng_session", credentials.token)
    page = visitor.get("/account").get_data(as_text=True)
    assert "Đăng ký đơn vị" in page
    assert visitor.get("/account/organisation").location == "/account/organisation/new"


def test_pages_of_an_account_need_a_sign_in(visitor: FlaskClient) -> None:
    for path in ("", "/devices", "/password", "/organisation", "/organisation/members", "/organisation/keys"):
        assert visitor.get(f"/account{path}").location.startswith("/account/sign-in")


def test_a_new_password_is_in_use_at_once(owner_browser: FlaskClient, session: Session, owner: Actor) -> None:
    assert _change_password(owner_browser)[0] == 303
    assert sessions.check_password(user_of(session, owner), NEW_PASSWORD)


def test_a_new_password_signs_other_devices_out_and_keeps_this_one(
    app: Flask, connection: Connection, owner_browser: FlaskClient, owner: Actor
) -> None:
    other = sign_in_as(app, connection, owner)
    _change_password(owner_browser)
    assert owner_browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert "Mật khẩu" in other.get("/account/sign-in").get_data(as_text=True)


def test_other_devices_are_told_of_a_new_password_and_this_one_is_not(
    app: Flask, connection: Connection, owner_browser: FlaskClient, owner: Actor
) -> None:
    other = sign_in_as(app, connection, owner)
    _change_password(owner_browser)
    told = re.compile("Mật khẩu đã được đổi|Đã đổi mật khẩu")
    assert told.search(other.get("/account/sign-in").get_data(as_text=True))
    assert not told.search(owner_browser.get("/account").get_data(as_text=True))


def test_a_wrong_present_password_is_refused_beside_its_field(owner_browser: FlaskClient) -> None:
    status, page = _change_password(owner_browser, old="sai mật khẩu")
    assert status == 422
    assert 'id="f-old_password-error"' in page


def test_whoever_holds_an_unlocked_phone_cannot_find_the_password_by_trying(
    owner_browser: FlaskClient, session: Session
) -> None:
    _change_password(owner_browser, old="sai mật khẩu")
    make_waits_long(session)
    assert _change_password(owner_browser)[0] == 429


def test_a_weak_new_password_is_refused_beside_its_field(owner_browser: FlaskClient) -> None:
    status, page = _change_password(owner_browser, new="12345678")
    assert status == 422
    assert 'id="f-new_password-error"' in page


def test_the_devices_signed_in_are_listed(
    app: Flask, connection: Connection, owner_browser: FlaskClient, owner: Actor
) -> None:
    sign_in_as(app, connection, owner)
    page = owner_browser.get("/account/devices").get_data(as_text=True)
    assert page.count("/end") == 2
    assert page.count("Máy này") == 1


def test_another_device_is_signed_out_from_here(
    app: Flask, connection: Connection, session: Session, owner_browser: FlaskClient, owner: Actor
) -> None:
    other = sign_in_as(app, connection, owner)
    newest = select(SignIn.id).where(SignIn.user_id == owner.user_id).order_by(SignIn.id.desc()).limit(1)
    assert send(owner_browser, f"/account/devices/{session.scalar(newest)}/end").status_code == 303
    assert other.get("/account").status_code == 302
    assert owner_browser.get("/account").status_code == 200


def test_ending_the_device_in_hand_is_signing_out(owner_browser: FlaskClient, session: Session) -> None:
    own = session.scalars(select(SignIn.id)).one()
    assert send(owner_browser, f"/account/devices/{own}/end").location == "/account/sign-in"
    assert owner_browser.get("/account").status_code == 302


def test_somebody_elses_device_is_not_there(
    app: Flask, connection: Connection, session: Session, owner_browser: FlaskClient
) -> None:
    stranger = person_of(session, OrganisationKind.SHOP)
    theirs = sign_in_as(app, connection, stranger)
    device = session.scalars(select(SignIn.id).where(SignIn.user_id == stranger.user_id)).one()
    assert send(owner_browser, f"/account/devices/{device}/end").status_code == 404
    assert theirs.get("/account").status_code == 200


def test_what_was_told_is_dismissed_on_this_device_only(
    app: Flask, connection: Connection, owner_browser: FlaskClient, staff: Actor
) -> None:
    here, there = sign_in_as(app, connection, staff), sign_in_as(app, connection, staff)
    send(owner_browser, f"/account/organisation/members/{staff.user_id}/recovery")
    assert send(here, "/account/notices/dismiss", next="/account/devices").location == "/account/devices"
    assert "mã khôi phục" not in here.get("/account").get_data(as_text=True)
    assert "mã khôi phục" in there.get("/account").get_data(as_text=True)


def test_dismissing_never_leads_to_another_site(owner_browser: FlaskClient) -> None:
    answer = send(owner_browser, "/account/notices/dismiss", next="//evil.example")
    assert answer.location == "/account"


def test_the_chosen_language_is_kept(owner_browser: FlaskClient) -> None:
    send(owner_browser, "/account/language", language="en")
    assert '<html lang="en">' in owner_browser.get("/account").get_data(as_text=True)


def test_an_unknown_language_is_refused(owner_browser: FlaskClient) -> None:
    assert send(owner_browser, "/account/language", language="fr").status_code == 422


def test_one_acts_for_another_of_ones_organisations(
    session: Session, owner_browser: FlaskClient, owner: Actor
) -> None:
    shop = person_of(session, OrganisationKind.SHOP)
    session.add(
        Membership(
            user_id=owner.user_id,
            organisation_id=shop.organisation_id,
            role=Role.STAFF,
            accepted_at=clock.now(),
        )
    )
    session.commit()
    send(owner_browser, "/account/organisation/choose", organisation_id=str(shop.organisation_id))
    assert f"<h1>{shop.organisation.name}</h1>" in owner_browser.get("/account/organisation").get_data(
        as_text=True
    )


def test_one_never_acts_for_an_organisation_of_others(session: Session, owner_browser: FlaskClient) -> None:
    shop = person_of(session, OrganisationKind.SHOP)
    answer = send(owner_browser, "/account/organisation/choose", organisation_id=str(shop.organisation_id))
    assert answer.status_code == 404


def test_a_token_of_another_browser_is_refused(
    app: Flask, connection: Connection, session: Session, owner_browser: FlaskClient
) -> None:
    other = sign_in_as(app, connection, person_of(session, OrganisationKind.SHOP))
    answer = owner_browser.post("/account/language", data={"csrf_token": token_of(other), "language": "en"})
    assert answer.status_code == 400
