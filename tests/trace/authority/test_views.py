"""The officers' organisations: approval in one screen, near-duplicates, recovery codes, and who may look."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.authority.conftest import City
from tests.web import send, settle
from trace.accounts.models import Approval, Organisation, OrganisationKind
from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, SecurityRecord
from trace.core.http import Audience, audience_of

Browse = Callable[[Actor], FlaskClient]


def someone_waiting(session: Session, **stated: object) -> Organisation:
    found: Actor = factories.ActorFactory.create(
        session=session,
        is_approved=False,
        **{f"stated__{name}": value for name, value in stated.items()},
    )
    session.refresh(found.organisation)
    settle(session)
    return found.organisation


def reads_of(session: Session, subject_id: object) -> int:
    session.expire_all()
    wanted = select(func.count()).select_from(SecurityRecord)
    return (
        session.scalar(
            wanted.where(
                SecurityRecord.action == Action.OFFICER_READ, SecurityRecord.subject_id == subject_id
            )
        )
        or 0
    )


def test_every_route_of_the_authority_is_for_officers(app: Flask) -> None:
    endpoints = [name for name in app.view_functions if name.startswith("authority.")]
    assert endpoints
    assert {audience_of(app, name) for name in endpoints} == {Audience.OFFICER}


@pytest.mark.parametrize("who", ["producer", "shop"])
def test_nobody_else_finds_the_officers_pages(app: Flask, city: City, browse: Browse, who: str) -> None:
    browser = browse(getattr(city, who))
    ids = {
        "organisation_id": city.shop.organisation.id,
        "batch_id": city.batch.id,
        "recall_id": city.batch.id,
        "hold_id": city.batch.id,
        "product_id": city.batch.product_id,
        "user_id": city.shop.user_id,
        "report_id": city.batch.id,
        "case_id": city.batch.id,
        "place": 1,
    }
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("authority."):
            continue
        with app.test_request_context():
            path = rule.build({name: ids[name] for name in rule.arguments})
        assert path is not None
        methods = rule.methods or set()
        if "GET" in methods:
            assert browser.get(path[1]).status_code == 404, path
        if "POST" in methods:
            assert (
                send(
                    browser, path[1], note="x", typed_lot_number="x", decision="no_copy", why="x"
                ).status_code
                == 404
            ), path


def test_an_organisation_is_approved_once(session: Session, city: City, officer: FlaskClient) -> None:
    waiting = someone_waiting(session)
    desk = officer.get("/authority/").get_data(as_text=True)
    assert waiting.name in desk
    seen = seen_on(officer, waiting.id)
    for _attempt in range(2):
        answer = send(officer, f"/authority/organisations/{waiting.id}/approve", seen=seen)
        assert answer.status_code == 303
    session.expire_all()
    approved = session.get_one(Organisation, waiting.id)
    assert approved.approval == Approval.APPROVED
    decided = select(func.count()).select_from(SecurityRecord).where(
        SecurityRecord.action == Action.APPROVAL_DECIDED, SecurityRecord.subject_id == waiting.id
    )  # fmt: skip
    assert session.scalar(decided) == 1


def seen_on(officer: FlaskClient, organisation_id: object) -> str:
    """What the page says that the officer saw."""
    page = officer.get(f"/authority/organisations/{organisation_id}").get_data(as_text=True)
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    "changed", [{"name": "Tên khác hẳn"}, {"phone": "+84912345678"}, {"tax_code": "0100109106"}]
)
def test_what_changed_after_it_was_seen_is_not_approved(
    session: Session, city: City, officer: FlaskClient, changed: dict[str, str]
) -> None:
    waiting = someone_waiting(session)
    seen = seen_on(officer, waiting.id)
    session.execute(update(Organisation).where(Organisation.id == waiting.id).values(**changed))
    session.commit()
    path = f"/authority/organisations/{waiting.id}/approve"
    assert send(officer, path, seen=seen).status_code == 409
    assert send(officer, path).status_code == 409
    assert session.get_one(Organisation, waiting.id).approval == Approval.PENDING


def test_an_approved_organisation_offers_no_decision(city: City, officer: FlaskClient) -> None:
    page = officer.get(f"/authority/organisations/{city.shop.organisation.id}").get_data(as_text=True)
    assert "/approve" not in page


def test_asking_for_changes_needs_words(session: Session, city: City, officer: FlaskClient) -> None:
    waiting = someone_waiting(session)
    address = f"/authority/organisations/{waiting.id}/ask-for-changes"
    refused = send(officer, address, note="  ")
    assert refused.status_code == 422
    assert 'id="f-note-error"' in refused.get_data(as_text=True)
    assert send(officer, address, note="Thiếu mã số thuế").status_code == 303
    session.expire_all()
    asked = session.get_one(Organisation, waiting.id)
    assert (asked.approval, asked.approval_note) == (Approval.NEEDS_CHANGES, "Thiếu mã số thuế")


def test_near_duplicates_stand_side_by_side_with_what_is_alike(
    session: Session, city: City, officer: FlaskClient
) -> None:
    first = someone_waiting(session, name="HTX Rau sạch Sông Mẫu")
    second = someone_waiting(session, name="Hợp tác xã rau sạch Sông Mẫu", phone=first.phone)
    page = officer.get(f"/authority/organisations/{second.id}").get_data(as_text=True)
    assert first.name in page
    alike = re.findall(r'<tr class="alike"><th scope="row">(\S[^<]*?) <', page)
    assert alike[:2] == ["Tên", "Số điện thoại"] or alike[:2] == ["Tên", "Điện thoại"]


def test_organisations_are_found_by_folded_name_and_state(
    session: Session, city: City, officer: FlaskClient
) -> None:
    waiting = someone_waiting(session, name="Tổ hợp tác Đầm Sen")
    found = officer.get("/authority/organisations?q=dam sen").get_data(as_text=True)
    assert waiting.name in found
    elsewhere = officer.get("/authority/organisations?approval=approved&q=dam sen").get_data(as_text=True)
    assert waiting.name not in elsewhere


def test_a_recovery_code_is_shown_once_and_works(
    session: Session, app: Flask, city: City, officer: FlaskClient
) -> None:
    person = factories.UserFactory.create(session=session)
    member: Actor = factories.ActorFactory.create(
        session=session, owner=person, stated__kind=OrganisationKind.SHOP
    )
    phone, organisation_id, user_id = person.phone, member.organisation.id, person.id
    settle(session)
    shown = send(officer, f"/authority/organisations/{organisation_id}/members/{user_id}/recovery")
    code = re.search(r'class="one-time[^>]*>(?:<b>)?([^<]+)<', shown.get_data(as_text=True))
    assert code
    assert shown.headers["Cache-Control"] == "no-store"
    answer = app.test_client().post(
        "/account/recover", data={"phone": phone, "code": code[1], "new_password": "mot mat khau moi"}
    )
    assert answer.status_code in (302, 303)


def test_a_recovery_code_is_only_for_members(session: Session, city: City, officer: FlaskClient) -> None:
    stranger = factories.UserFactory.create(session=session)
    stranger_id = stranger.id
    settle(session)
    answer = send(
        officer, f"/authority/organisations/{city.shop.organisation.id}/members/{stranger_id}/recovery"
    )
    assert answer.status_code == 404


def test_reading_an_organisations_file_is_logged(session: Session, city: City, officer: FlaskClient) -> None:
    officer.get(f"/authority/organisations/{city.shop.organisation.id}")
    assert reads_of(session, city.shop.organisation.id) == 1


def test_reading_a_batchs_file_is_logged(session: Session, city: City, officer: FlaskClient) -> None:
    officer.get(f"/authority/batches/{city.batch.id}")
    assert reads_of(session, city.batch.id) == 1


def test_the_authority_itself_is_no_organisation_to_decide_on(
    session: Session, city: City, officer: FlaskClient
) -> None:
    own = city.officer.organisation.id
    assert officer.get(f"/authority/organisations/{own}").status_code == 404
    assert send(officer, f"/authority/organisations/{own}/approve").status_code == 404
