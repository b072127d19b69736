"""A lost password without e-mail: a printed code, handed over by an owner or an officer."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from tests.factories import UserFactory, officer_of
from tests.trace.accounts.conftest import make_waits_long, person_of, user_of
from tests.web import send, sign_in_as
from trace.accounts import rules, sessions
from trace.accounts.models import OrganisationKind, RecoveryCode, SignInFailures
from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, SecurityRecord
from trace.core import clock
from trace.core.errors import Forbidden, NotFound

NEW_PASSWORD = "một mật khẩu khác"


@pytest.fixture
def code(owner_browser: FlaskClient, staff: Actor) -> str:
    """The code an owner printed for a member of staff."""
    return _code_on(send(owner_browser, f"/account/organisation/members/{staff.user_id}/recovery"))


def _code_on(answer: Any) -> str:
    assert answer.status_code == 200
    found = re.search(r'class="one-time numbers"><b>([^<]+)</b>', answer.get_data(as_text=True))
    assert found
    return found.group(1)


def _phone(session: Session, actor: Actor) -> str:
    return rules.readable_phone(user_of(session, actor).phone)


def _recover(browser: FlaskClient, phone: str, code: str, password: str = NEW_PASSWORD) -> Any:
    return browser.post("/account/recover", data={"phone": phone, "code": code, "new_password": password})


def _actions(session: Session) -> set[str]:
    return set(session.scalars(select(SecurityRecord.action)))


def test_a_printed_code_sets_a_new_password_and_signs_in(
    visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    answer = _recover(visitor, _phone(session, staff), code)
    assert answer.status_code == 303
    assert visitor.get("/account").status_code == 200
    assert sessions.check_password(user_of(session, staff), NEW_PASSWORD)


def test_issuing_and_using_a_code_are_logged(
    visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    _recover(visitor, _phone(session, staff), code)
    assert {Action.RECOVERY_ISSUED, Action.RECOVERY_USED} <= _actions(session)


def test_a_code_may_be_typed_in_small_letters_without_spaces(
    visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    assert _recover(visitor, _phone(session, staff), code.lower().replace(" ", "")).status_code == 303


def test_a_code_works_once(app: Flask, session: Session, staff: Actor, code: str) -> None:
    phone = _phone(session, staff)
    _recover(app.test_client(), phone, code)
    answer = _recover(app.test_client(), phone, code, "lại một mật khẩu")
    assert answer.status_code == 422
    assert 'id="f-code-error"' in answer.get_data(as_text=True)


def test_a_code_is_for_one_number(visitor: FlaskClient, session: Session, owner: Actor, code: str) -> None:
    assert _recover(visitor, _phone(session, owner), code).status_code == 422


def test_an_old_code_is_refused(visitor: FlaskClient, session: Session, staff: Actor, code: str) -> None:
    session.execute(update(RecoveryCode).values(expires_at=clock.now()))
    assert _recover(visitor, _phone(session, staff), code).status_code == 422


def test_a_second_code_stops_the_first(
    visitor: FlaskClient, owner_browser: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    send(owner_browser, f"/account/organisation/members/{staff.user_id}/recovery")
    assert _recover(visitor, _phone(session, staff), code).status_code == 422


def test_a_weak_new_password_leaves_the_code_good(
    visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    phone = _phone(session, staff)
    answer = _recover(visitor, phone, code, "12345678")
    assert answer.status_code == 422
    assert 'id="f-new_password-error"' in answer.get_data(as_text=True)
    assert _recover(visitor, phone, code).status_code == 303


def test_wrong_codes_count_and_make_wait(visitor: FlaskClient, session: Session, staff: Actor) -> None:
    phone = _phone(session, staff)
    assert _recover(visitor, phone, "WRNG").status_code == 422
    assert session.scalars(select(SignInFailures.failed)).all() == [1, 1]  # by number and by address
    make_waits_long(session)
    answer = _recover(visitor, phone, "WRNG")
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_devices_signed_in_are_told_that_a_code_was_issued(
    app: Flask, connection: Connection, owner_browser: FlaskClient, staff: Actor
) -> None:
    phone_of_staff = sign_in_as(app, connection, staff)
    send(owner_browser, f"/account/organisation/members/{staff.user_id}/recovery")
    assert "đã cấp mã khôi phục" in phone_of_staff.get("/account").get_data(as_text=True)


def test_other_devices_are_signed_out_and_told_before_signing_in_again(
    app: Flask, connection: Connection, visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    other = sign_in_as(app, connection, staff)
    _recover(visitor, _phone(session, staff), code)
    assert other.get("/account").status_code == 302
    page = other.get("/account/sign-in").get_data(as_text=True)
    assert "Đã đặt mật khẩu mới bằng mã khôi phục" in page
    assert "Máy này đã bị đăng xuất" in page


def test_a_device_signed_out_is_still_told_after_signing_in_again(
    app: Flask, connection: Connection, visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    other = sign_in_as(app, connection, staff)
    phone = _phone(session, staff)
    _recover(visitor, phone, code)
    other.post("/account/sign-in", data={"phone": phone, "password": NEW_PASSWORD})
    assert "Đã đặt mật khẩu mới bằng mã khôi phục" in other.get("/account").get_data(as_text=True)


def test_the_device_that_recovered_is_not_told_of_itself(
    visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    _recover(visitor, _phone(session, staff), code)
    assert "Đã đặt mật khẩu mới bằng mã khôi phục" not in visitor.get("/account").get_data(as_text=True)


def test_staff_may_not_issue_codes(app: Flask, connection: Connection, owner: Actor, staff: Actor) -> None:
    browser = sign_in_as(app, connection, staff)
    assert send(browser, f"/account/organisation/members/{owner.user_id}/recovery").status_code == 403


def test_an_owner_issues_no_code_for_other_organisations(
    owner_browser: FlaskClient, session: Session
) -> None:
    stranger = person_of(session, OrganisationKind.SHOP)
    answer = send(owner_browser, f"/account/organisation/members/{stranger.user_id}/recovery")
    assert answer.status_code == 404
    assert session.scalar(select(RecoveryCode)) is None


def test_an_officer_issues_a_code_for_anybody(visitor: FlaskClient, session: Session, staff: Actor) -> None:
    assert staff.user_id is not None
    code = sessions.issue_recovery_code(session, officer_of(session), staff.user_id)
    session.commit()
    assert _recover(visitor, _phone(session, staff), code).status_code == 303


def test_an_officer_issues_no_code_for_another_authoritys_officers(session: Session) -> None:
    other = person_of(session, OrganisationKind.AUTHORITY)
    assert other.user_id is not None
    with pytest.raises(Forbidden):
        sessions.issue_recovery_code(session, officer_of(session), other.user_id)


def test_nobody_issues_a_code_for_somebody_unknown(session: Session, owner: Actor) -> None:
    stranger = UserFactory.create(session=session)
    with pytest.raises(NotFound):
        sessions.issue_recovery_code(session, owner, stranger.id)


def test_wrong_codes_of_strangers_do_not_stop_the_right_one(
    app: Flask, visitor: FlaskClient, session: Session, staff: Actor, code: str
) -> None:
    phone = _phone(session, staff)
    _recover(app.test_client(), phone, "WRNG")
    make_waits_long(session)
    assert _recover(visitor, phone, code).status_code == 303
