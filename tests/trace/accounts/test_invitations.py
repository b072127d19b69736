"""Nobody belongs to an organisation without having agreed, and an owner's word alone opens no account."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import ActorFactory, UserFactory, officer_of
from tests.trace.accounts.conftest import person_of
from tests.web import send, settle, sign_in_as
from trace.accounts import queries, services_members, sessions
from trace.accounts.models import Membership, OrganisationKind, RecoveryCode, Role, User
from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, SecurityRecord
from trace.core.errors import BadInput, Forbidden, NotFound

MEMBERS = "/account/organisation/members"


@pytest.fixture
def person(session: Session) -> User:
    """Somebody who signed up and belongs nowhere."""
    made: User = UserFactory.create(session=session, name="Đỗ Thị Không Nói Tên")
    return made


@pytest.fixture
def invitation(session: Session, owner: Actor, person: User) -> Membership:
    made = services_members.add_member(session, owner, person.phone, Role.OWNER)
    session.commit()
    return made


@pytest.fixture
def browser(app: Flask, session: Session, person: User) -> FlaskClient:
    """The invited person's browser."""
    credentials = sessions.start_session(session, person, label="test")
    session.commit()
    client = app.test_client()
    client.set_cookie("ng_session", credentials.token)
    return client


def _belongs(session: Session, membership: Membership) -> bool:
    session.expire_all()
    return queries.find_membership(session, membership.user_id, membership.organisation_id) is not None


def test_an_invitation_counts_nowhere(session: Session, owner: Actor, invitation: Membership) -> None:
    assert not _belongs(session, invitation)
    assert queries.list_memberships(session, invitation.user_id) == []
    assert queries.count_owners(session, owner.organisation_id) == 1
    assert invitation not in queries.list_members(session, owner.organisation_id)


def test_an_invited_person_does_not_act_for_the_organisation(
    browser: FlaskClient, invitation: Membership
) -> None:
    assert browser.get("/account/organisation").location == "/account/organisation/new"


def test_an_invited_person_is_shown_by_the_number_alone(
    owner_browser: FlaskClient, invitation: Membership
) -> None:
    paths = (MEMBERS, f"{MEMBERS}/{invitation.user_id}/remove", "/account/organisation")
    pages = [owner_browser.get(path).get_data(as_text=True) for path in paths]
    assert "chờ đồng ý" in pages[0]
    assert not any("Không Nói Tên" in page for page in pages)


def test_inviting_over_http_does_not_tell_the_name(owner_browser: FlaskClient, person: User) -> None:
    answer = send(owner_browser, f"{MEMBERS}/new", phone=person.phone, role="staff")
    assert answer.status_code == 303
    assert "Không Nói Tên" not in owner_browser.get(MEMBERS).get_data(as_text=True)


def test_the_invited_person_sees_the_invitation_and_agrees(
    browser: FlaskClient, session: Session, owner: Actor, invitation: Membership
) -> None:
    assert owner.organisation.name in browser.get("/account").get_data(as_text=True)
    assert send(browser, f"/account/invitations/{invitation.id}/accept").status_code == 303
    assert _belongs(session, invitation)
    assert Action.MEMBER_ADDED in set(session.scalars(select(SecurityRecord.action)))


def test_agreeing_twice_is_agreeing_once(session: Session, person: User, invitation: Membership) -> None:
    services_members.accept_invitation(session, person, invitation.id)
    services_members.accept_invitation(session, person, invitation.id)
    assert _belongs(session, invitation)


def test_a_declined_invitation_is_gone_and_may_be_made_again(
    browser: FlaskClient, session: Session, owner: Actor, person: User, invitation: Membership
) -> None:
    assert send(browser, f"/account/invitations/{invitation.id}/decline").status_code == 303
    assert send(browser, f"/account/invitations/{invitation.id}/accept").status_code == 404
    assert not _belongs(session, invitation)
    assert services_members.add_member(session, owner, person.phone, Role.STAFF).accepted_at is None


def test_nobody_answers_an_invitation_of_another(
    owner_browser: FlaskClient, session: Session, invitation: Membership
) -> None:
    for answer in ("accept", "decline"):
        assert send(owner_browser, f"/account/invitations/{invitation.id}/{answer}").status_code == 404
    assert not _belongs(session, invitation)


def test_an_invitation_taken_back_cannot_be_accepted(
    owner_browser: FlaskClient, session: Session, person: User, invitation: Membership
) -> None:
    assert send(owner_browser, f"{MEMBERS}/{invitation.user_id}/remove").status_code == 303
    session.expire_all()
    with pytest.raises(NotFound):
        services_members.accept_invitation(session, person, invitation.id)


def test_inviting_twice_is_refused(
    session: Session, owner: Actor, person: User, invitation: Membership
) -> None:
    with pytest.raises(BadInput) as refused:
        services_members.add_member(session, owner, person.phone, Role.STAFF)
    assert refused.value.code == "already-a-member"


def test_an_owner_issues_no_code_for_somebody_only_invited(
    owner_browser: FlaskClient, session: Session, invitation: Membership
) -> None:
    assert send(owner_browser, f"{MEMBERS}/{invitation.user_id}/recovery").status_code == 404
    assert session.scalar(select(RecoveryCode)) is None


def test_a_stranger_cannot_take_over_an_officers_account(
    app: Flask, connection: Connection, session: Session
) -> None:
    officer = officer_of(session)
    phone = session.get_one(User, officer.user_id).phone
    founder = UserFactory.create(session=session)
    stranger = ActorFactory.create(session=session, owner=founder, is_approved=False)
    services_members.add_member(session, stranger, phone, Role.STAFF)
    session.refresh(stranger.organisation)
    settle(session)
    browser = sign_in_as(app, connection, stranger)
    assert send(browser, f"{MEMBERS}/{officer.user_id}/recovery").status_code == 404
    assert session.scalar(select(RecoveryCode)) is None


def test_a_waiting_organisation_issues_no_code(session: Session, owner: Actor, staff: Actor) -> None:
    owner.organisation.approval = "pending"
    assert staff.user_id is not None
    with pytest.raises(Forbidden) as refused:
        sessions.issue_recovery_code(session, owner, staff.user_id)
    assert refused.value.code == "recovery-by-officer"


@pytest.mark.parametrize("kind", [OrganisationKind.SHOP, OrganisationKind.AUTHORITY])
def test_an_owner_issues_no_code_for_somebody_who_belongs_elsewhere_too(
    session: Session, owner: Actor, kind: OrganisationKind
) -> None:
    other = person_of(session, kind)
    assert other.user_id is not None
    person = session.get_one(User, other.user_id)
    invitation = services_members.add_member(session, owner, person.phone, Role.STAFF)
    services_members.accept_invitation(session, person, invitation.id)
    with pytest.raises(Forbidden):
        sessions.issue_recovery_code(session, owner, other.user_id)
