"""The officers' check of barcode numbers: what it changes for a scan, and what is refused and logged."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.authority.conftest import City
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.accounts.security_log import Action, SecurityRecord
from trace.core.revisions import list_revisions
from trace.gs1.keys import check_digit

Browse = Callable[[Actor], FlaskClient]
GTIN = "0" + "893504950151" + check_digit("893504950151")


def _claim(session: Session, owner: Actor, gtin: str = GTIN) -> UUID:
    product_id: UUID = factories.ProductFactory.create(session=session, actor=owner, gtin=gtin).id
    settle(session)
    return product_id


def _check(
    officer: FlaskClient, product_id: UUID, certificate: str = "8935 049/2026", seen: str = GTIN
) -> int:
    answer = send(officer, f"/authority/gtins/{product_id}", certificate=certificate, seen=seen)
    return int(answer.status_code)


def _scan(app: Flask) -> int:
    return app.test_client().get(f"/san-pham/{GTIN}").status_code


def test_of_two_claims_the_checked_one_is_led_to(
    app: Flask, session: Session, city: City, officer: FlaskClient
) -> None:
    mine = _claim(session, city.producer)
    rival = factories.actor_of_kind(session)
    _claim(session, rival)
    assert _scan(app) == 404
    waiting = officer.get("/authority/gtins").get_data(as_text=True)
    assert "Nhiều nơi cùng khai" in waiting
    assert rival.organisation.name in officer.get(f"/authority/gtins/{mine}").get_data(as_text=True)
    assert _check(officer, mine) == 303
    assert _scan(app) == 200
    assert city.producer.organisation.name in app.test_client().get(f"/san-pham/{GTIN}").get_data(
        as_text=True
    )


def test_a_check_is_logged_with_its_certificate_and_kept_as_a_revision(
    session: Session, city: City, officer: FlaskClient
) -> None:
    product_id = _claim(session, city.producer)
    for _attempt in range(2):
        assert _check(officer, product_id) == 303
    session.expire_all()
    logged = session.scalars(
        select(SecurityRecord).where(
            SecurityRecord.action == Action.GTIN_CHECKED, SecurityRecord.subject_id == product_id
        )
    ).all()
    assert [(one.user_id, one.details) for one in logged] == [
        (city.officer.user_id, {"gtin": GTIN, "certificate": "8935 049/2026"})
    ]
    assert [list(one.changes) for one in list_revisions(session, "products", product_id)] == [
        ["gtin_checked_at"]
    ]


def test_a_second_producer_is_refused_until_the_first_check_is_withdrawn(
    app: Flask, session: Session, city: City, officer: FlaskClient
) -> None:
    mine = _claim(session, city.producer)
    rival = factories.actor_of_kind(session)
    theirs = _claim(session, rival)
    _check(officer, mine)
    assert _check(officer, theirs) == 409
    assert send(officer, f"/authority/gtins/{mine}/withdraw", reason="").status_code == 422
    for _attempt in range(2):
        assert send(officer, f"/authority/gtins/{mine}/withdraw", reason="giấy giả").status_code == 303
    assert _scan(app) == 404
    assert _check(officer, theirs) == 303
    assert rival.organisation.name in app.test_client().get(f"/san-pham/{GTIN}").get_data(as_text=True)
    session.expire_all()
    (withdrawn,) = session.scalars(
        select(SecurityRecord).where(SecurityRecord.action == Action.GTIN_CHECK_WITHDRAWN)
    )
    assert withdrawn.details == {"gtin": GTIN, "reason": "giấy giả"}


@pytest.mark.parametrize(
    ("certificate", "seen", "status"), [("", GTIN, 422), ("x", "0" * 14, 409), ("x", "", 422)]
)
def test_without_a_certificate_or_for_another_number_nothing_is_checked(
    session: Session, city: City, officer: FlaskClient, certificate: str, seen: str, status: int
) -> None:
    product_id = _claim(session, city.producer)
    assert _check(officer, product_id, certificate, seen) == status
    assert "Chưa kiểm tra" in officer.get(f"/authority/gtins/{product_id}").get_data(as_text=True)


def test_a_product_without_a_number_has_no_such_page(city: City, officer: FlaskClient) -> None:
    assert officer.get(f"/authority/gtins/{city.batch.product_id}").status_code == 404


def test_numbers_of_who_is_not_let_in_yet_do_not_wait_here(
    session: Session, city: City, officer: FlaskClient
) -> None:
    stranger = factories.ActorFactory.create(session=session, is_approved=False)
    _claim(session, stranger)
    assert GTIN not in officer.get("/authority/gtins").get_data(as_text=True)
    _claim(session, city.producer)
    assert GTIN in officer.get("/authority/gtins").get_data(as_text=True)
    assert "số mã vạch chờ kiểm tra" in officer.get("/authority/").get_data(as_text=True)
    assert GTIN not in officer.get("/authority/gtins?state=checked").get_data(as_text=True)


def test_nobody_but_an_officer_checks(session: Session, city: City, browse: Browse) -> None:
    product_id = _claim(session, city.producer)
    for who in (city.producer, city.shop):
        assert _check(browse(who), product_id) == 404
