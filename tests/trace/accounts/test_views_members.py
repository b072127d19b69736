"""People and keys of an organisation over HTTP."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import UserFactory, nobodys_phone
from tests.trace.accounts.conftest import person_of
from tests.web import send, sign_in_as
from trace.accounts import api_keys, queries, services_members
from trace.accounts.models import ApiKey, OrganisationKind, Role
from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, SecurityRecord

MEMBERS = "/account/organisation/members"
KEYS = "/account/organisation/keys"


def _role(session: Session, actor: Actor) -> str | None:
    session.expire_all()
    assert actor.user_id is not None
    found = queries.find_membership(session, actor.user_id, actor.organisation_id)
    return found.role if found else None


def test_somebody_who_agreed_is_listed_by_name(
    owner_browser: FlaskClient, session: Session, owner: Actor
) -> None:
    user = UserFactory.create(session=session, name="Trần <b>Bình</b>")
    invitation = services_members.add_member(session, owner, user.phone, Role.STAFF)
    services_members.accept_invitation(session, user, invitation.id)
    session.commit()
    page = owner_browser.get(MEMBERS).get_data(as_text=True)
    assert "Trần &lt;b&gt;Bình&lt;/b&gt;" in page
    assert "<b>Bình</b>" not in page


@pytest.mark.parametrize("phone", ["", "12", nobodys_phone(55_555_555)])
def test_a_number_nobody_has_is_refused_beside_its_field(owner_browser: FlaskClient, phone: str) -> None:
    answer = send(owner_browser, f"{MEMBERS}/new", phone=phone, role="staff")
    assert answer.status_code == 422
    assert 'id="f-phone-error"' in answer.get_data(as_text=True)


def test_a_member_is_not_added_twice(owner_browser: FlaskClient, session: Session, staff: Actor) -> None:
    phone = queries.get_membership(session, staff.user_id, staff.organisation_id).user.phone  # type: ignore[arg-type]  # a person
    answer = send(owner_browser, f"{MEMBERS}/new", phone=phone, role="owner")
    assert 'id="f-phone-error"' in answer.get_data(as_text=True)
    assert _role(session, staff) == Role.STAFF


def test_a_role_must_be_chosen(owner_browser: FlaskClient, staff: Actor) -> None:
    answer = send(owner_browser, f"{MEMBERS}/{staff.user_id}", role="king")
    assert answer.status_code == 422
    assert 'id="f-role-error"' in answer.get_data(as_text=True)


def test_a_member_becomes_an_owner(owner_browser: FlaskClient, session: Session, staff: Actor) -> None:
    send(owner_browser, f"{MEMBERS}/{staff.user_id}", role="owner")
    assert _role(session, staff) == Role.OWNER
    page = owner_browser.get("/account/organisation").get_data(as_text=True)
    assert "Nên có thêm một chủ đơn vị" not in page


def test_the_last_owner_stays_owner(owner_browser: FlaskClient, session: Session, owner: Actor) -> None:
    answer = send(owner_browser, f"{MEMBERS}/{owner.user_id}", role="staff")
    assert answer.status_code == 409
    assert "Chọn thêm một chủ đơn vị khác trước" in answer.get_data(as_text=True)
    assert _role(session, owner) == Role.OWNER


def test_the_last_owner_is_not_removed(owner_browser: FlaskClient, session: Session, owner: Actor) -> None:
    answer = send(owner_browser, f"{MEMBERS}/{owner.user_id}/remove")
    assert answer.status_code == 409
    assert _role(session, owner) == Role.OWNER


def test_a_removed_member_no_longer_acts_for_the_organisation(
    app: Flask, connection: Connection, owner_browser: FlaskClient, session: Session, staff: Actor
) -> None:
    theirs = sign_in_as(app, connection, staff)
    assert owner_browser.get(f"{MEMBERS}/{staff.user_id}/remove").status_code == 200
    assert _role(session, staff) == Role.STAFF
    send(owner_browser, f"{MEMBERS}/{staff.user_id}/remove")
    assert _role(session, staff) is None
    assert theirs.get("/account/organisation").location == "/account/organisation/new"


def test_an_owner_leaves_when_there_is_another(
    owner_browser: FlaskClient, session: Session, owner: Actor, staff: Actor
) -> None:
    send(owner_browser, f"{MEMBERS}/{staff.user_id}", role="owner")
    assert send(owner_browser, f"{MEMBERS}/{owner.user_id}/remove").location == "/account"
    assert _role(session, owner) is None


@pytest.mark.parametrize("rest", ["", "/remove"])
def test_a_member_of_others_is_not_there(owner_browser: FlaskClient, session: Session, rest: str) -> None:
    stranger = person_of(session, OrganisationKind.SHOP)
    path = f"{MEMBERS}/{stranger.user_id}{rest}"
    assert owner_browser.get(path).status_code == 404
    assert send(owner_browser, path, role="owner").status_code == 404
    assert _role(session, stranger) == Role.OWNER


def test_staff_see_the_people_and_change_nothing(
    app: Flask, connection: Connection, session: Session, owner: Actor, staff: Actor
) -> None:
    browser = sign_in_as(app, connection, staff)
    assert browser.get(MEMBERS).status_code == 200
    assert browser.get(f"{MEMBERS}/new").status_code == 403
    assert send(browser, f"{MEMBERS}/{staff.user_id}", role="owner").status_code == 403
    assert send(browser, f"{MEMBERS}/{owner.user_id}/remove").status_code == 403
    assert _role(session, staff) == Role.STAFF


def test_a_key_is_shown_once_and_works(owner_browser: FlaskClient, session: Session, owner: Actor) -> None:
    answer = send(owner_browser, f"{KEYS}/new", name="Phần mềm kho")
    found = re.search(r"<code>(ng_[\w-]{20,})</code>", answer.get_data(as_text=True))
    assert found
    working = api_keys.find_api_key(session, found.group(1))
    assert working is not None
    assert working.organisation_id == owner.organisation_id
    listed = owner_browser.get(KEYS).get_data(as_text=True)
    assert "Phần mềm kho" in listed
    assert found.group(1) not in listed


def test_a_key_without_a_name_is_refused_beside_its_field(owner_browser: FlaskClient) -> None:
    answer = send(owner_browser, f"{KEYS}/new", name=" ")
    assert answer.status_code == 422
    assert 'id="f-name-error"' in answer.get_data(as_text=True)


def test_a_stopped_key_works_no_more(owner_browser: FlaskClient, session: Session, owner: Actor) -> None:
    key = api_keys.create_api_key(session, owner, "kho")
    session.commit()
    key_id = session.scalars(select(ApiKey.id)).one()
    assert send(owner_browser, f"{KEYS}/{key_id}/revoke").status_code == 303
    session.expire_all()
    assert api_keys.find_api_key(session, key) is None


def test_a_key_of_others_is_not_there(owner_browser: FlaskClient, session: Session) -> None:
    key = api_keys.create_api_key(session, person_of(session, OrganisationKind.SHOP), "kho")
    session.commit()
    key_id = session.scalars(select(ApiKey.id)).one()
    assert send(owner_browser, f"{KEYS}/{key_id}/revoke").status_code == 404
    session.expire_all()
    assert api_keys.find_api_key(session, key) is not None


def test_staff_have_no_keys(app: Flask, connection: Connection, staff: Actor) -> None:
    browser = sign_in_as(app, connection, staff)
    assert browser.get(KEYS).status_code == 403
    assert send(browser, f"{KEYS}/new", name="kho").status_code == 403


@pytest.mark.parametrize(("rest", "role"), [("", "staff"), ("/remove", "")])
def test_keys_stop_with_the_rights_of_who_created_them(
    owner_browser: FlaskClient, session: Session, owner: Actor, staff: Actor, rest: str, role: str
) -> None:
    assert staff.user_id is not None
    services_members.change_role(session, owner, staff.user_id, Role.OWNER)
    theirs = api_keys.create_api_key(session, Actor(staff.user_id, owner.organisation, Role.OWNER), "kho")
    own = api_keys.create_api_key(session, owner, "kho")
    session.commit()
    assert send(owner_browser, f"{MEMBERS}/{staff.user_id}{rest}", role=role).status_code == 303
    session.expire_all()
    assert api_keys.find_api_key(session, theirs) is None
    assert api_keys.find_api_key(session, own) is not None
    actions = session.scalars(select(SecurityRecord.action)).all()
    assert Action.API_KEY_REVOKED in actions
