"""Finding a batch, its file, and recalls: confirmed by the lot number, ended or withdrawn once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.authority.conftest import City
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.events import services_receiving
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass
from trace.recalls.texts import first_step, title_in_force

Browse = Callable[[Actor], FlaskClient]

ORDERED = {
    "recall_class": "health",
    "reason": "pesticide_residue",
    "basis": "decision",
    "decision_number": "123/QĐ-XYZ",
    "decided_on-day": "2",
    "decided_on-month": "1",
    "decided_on-year": "2026",
}


def recall_by_form(officer: FlaskClient, city: City, **changed: str) -> Any:
    form = {**ORDERED, "typed_lot_number": city.batch.lot_number, **changed}
    return send(officer, f"/authority/batches/{city.batch.id}/recall", **form)


def the_recall(session: Session) -> Recall:
    session.expire_all()
    return session.scalars(select(Recall)).one()


def is_recalled(session: Session, city: City) -> bool:
    session.expire_all()
    return session.get_one(Batch, city.batch.id).is_recalled


@pytest.mark.parametrize("shape", ["{0}", "{1}-{2}-{3}", " {4} ", "https://example.test/T/{0}", "/t/{4}"])
def test_a_code_typed_any_way_leads_to_the_batch(city: City, officer: FlaskClient, shape: str) -> None:
    code = city.batch.code
    typed = shape.format(code, code[:4], code[4:8], code[8:], code.lower())
    answer = officer.get("/authority/batches", query_string={"q": typed})
    assert answer.location == f"/authority/batches/{city.batch.id}"


def test_the_only_batch_with_a_lot_number_opens_at_once(city: City, officer: FlaskClient) -> None:
    answer = officer.get("/authority/batches", query_string={"q": city.batch.lot_number.lower()})
    assert answer.location == f"/authority/batches/{city.batch.id}"


def test_several_batches_with_a_lot_number_are_listed(
    session: Session, city: City, officer: FlaskClient
) -> None:
    other = factories.ActiveBatchFactory.create(
        session=session, actor=city.producer, lot_number=city.batch.lot_number
    )
    other_id = other.id
    settle(session)
    page = officer.get("/authority/batches", query_string={"q": city.batch.lot_number}).get_data(as_text=True)
    assert f"/authority/batches/{city.batch.id}" in page
    assert f"/authority/batches/{other_id}" in page


@pytest.mark.parametrize("typed", ["khong co lo nay", "\x00", "%", "x" * 300, "\u202e", "2222222223"])
def test_what_matches_nothing_says_so(city: City, officer: FlaskClient, typed: str) -> None:
    answer = officer.get("/authority/batches", query_string={"q": typed})
    assert answer.status_code == 200
    assert f"/authority/batches/{city.batch.id}" not in answer.get_data(as_text=True)


def test_a_draft_has_no_file(session: Session, city: City, officer: FlaskClient) -> None:
    draft = factories.BatchFactory.create(session=session, actor=city.producer)
    draft_id = draft.id
    settle(session)
    assert officer.get(f"/authority/batches/{draft_id}").status_code == 404
    assert officer.get(f"/authority/batches/{draft_id}/recall").status_code == 404


def test_the_file_tells_what_is_not_known_before_who_holds(
    session: Session, city: City, officer: FlaskClient
) -> None:
    party = factories.PartyFactory.create(session=session, actor=city.producer, name="Thương lái Vắng Mặt")
    factories.ShipmentFactory.create(
        session=session, actor=city.producer, batch=city.batch, party=party, quantity=Decimal(7)
    )
    short = factories.ShipmentFactory.create(
        session=session,
        actor=city.producer,
        batch=city.batch,
        to=city.shop.organisation,
        quantity=Decimal(50),
    )
    services_receiving.receive(session, city.shop, short.id, {city.batch.id: Decimal(40)})
    settle(session)
    page = officer.get(f"/authority/batches/{city.batch.id}").get_data(as_text=True)
    places = [
        page.index(told)
        for told in ("Chưa rõ nơi đang giữ: 10 kg", "Ngoài hệ thống: 7 kg", "Thương lái Vắng Mặt", "<table")
    ]
    assert places == sorted(places)


def test_a_recall_is_public_at_once(session: Session, city: City, officer: FlaskClient) -> None:
    answer = recall_by_form(officer, city)
    assert answer.status_code == 303
    found = the_recall(session)
    assert answer.location == f"/authority/recalls/{found.id}"
    assert (found.decision_number, f"{found.decided_on}") == ("123/QĐ-XYZ", "2026-01-02")
    page = officer.get(f"/T/{city.batch.code}").get_data(as_text=True)
    assert "Đang thu hồi, không ăn" in page
    assert "Dư lượng thuốc bảo vệ thực vật vượt mức." in page


@pytest.mark.parametrize("typed", ["", "1", "{0}x", "{0}-"])
def test_a_recall_needs_the_exact_lot_number(
    session: Session, city: City, officer: FlaskClient, typed: str
) -> None:
    answer = recall_by_form(officer, city, typed_lot_number=typed.format(city.batch.lot_number))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'id="f-typed_lot_number-error"' in page
    assert 'value="123/QĐ-XYZ"' in page
    assert not is_recalled(session, city)


def test_a_reason_of_another_class_is_refused_beside_the_reasons(
    session: Session, city: City, officer: FlaskClient
) -> None:
    answer = recall_by_form(officer, city, recall_class="labelling")
    assert answer.status_code == 422
    assert 'id="f-reason-error"' in answer.get_data(as_text=True)
    assert not is_recalled(session, city)


def test_a_decision_has_a_number_and_a_date(session: Session, city: City, officer: FlaskClient) -> None:
    answer = recall_by_form(
        officer,
        city,
        decision_number="",
        **{"decided_on-day": "", "decided_on-month": "", "decided_on-year": ""},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-decision_number-error"' in page
    assert 'id="f-decided_on-error"' in page
    assert not is_recalled(session, city)


def test_a_voluntary_recall_has_no_decision(session: Session, city: City, officer: FlaskClient) -> None:
    assert recall_by_form(officer, city, basis="voluntary").status_code == 303
    assert the_recall(session).is_voluntary


def test_a_second_recall_of_a_batch_is_refused(session: Session, city: City, officer: FlaskClient) -> None:
    recall_by_form(officer, city)
    assert recall_by_form(officer, city).status_code == 409
    assert the_recall(session).is_in_force


def test_a_recall_is_ended_once(session: Session, city: City, officer: FlaskClient) -> None:
    recall_by_form(officer, city)
    found = the_recall(session)
    address, lot_number = f"/authority/recalls/{found.id}/end", city.batch.lot_number
    assert send(officer, address, typed_lot_number="nhầm").status_code == 422
    assert send(officer, address, typed_lot_number=lot_number).status_code == 303
    assert send(officer, address, typed_lot_number=lot_number).status_code == 409
    assert the_recall(session).ended_at is not None
    assert is_recalled(session, city), "a pack in a fridge stays recalled"
    assert "Đã thu hồi xong" in officer.get(f"/T/{city.batch.code}").get_data(as_text=True)


def test_a_withdrawn_recall_lets_the_batch_be_sold_again(
    session: Session, city: City, officer: FlaskClient
) -> None:
    recall_by_form(officer, city)
    found = the_recall(session)
    address, lot_number = f"/authority/recalls/{found.id}/withdraw", city.batch.lot_number
    refused = send(officer, address, typed_lot_number=lot_number)
    assert refused.status_code == 422
    assert 'id="f-withdrawal_reason-error"' in refused.get_data(as_text=True)
    answer = send(officer, address, typed_lot_number=lot_number, withdrawal_reason="retest_passed")
    assert answer.status_code == 303
    assert the_recall(session).withdrawn_at is not None
    assert not is_recalled(session, city)
    assert send(officer, f"/authority/recalls/{found.id}/end", typed_lot_number=lot_number).status_code == 409


def test_recalls_are_listed_by_whether_they_are_in_force(
    session: Session, city: City, officer: FlaskClient
) -> None:
    recall_by_form(officer, city)
    found = the_recall(session)
    path = f"/authority/recalls/{found.id}"
    assert path in officer.get("/authority/recalls").get_data(as_text=True)
    assert path in officer.get("/authority/").get_data(as_text=True)
    send(officer, f"{path}/end", typed_lot_number=city.batch.lot_number)
    assert path not in officer.get("/authority/recalls").get_data(as_text=True)
    assert path in officer.get("/authority/recalls?state=over").get_data(as_text=True)


def test_the_officer_reads_the_sentence_the_public_reads(
    session: Session, city: City, officer: FlaskClient
) -> None:
    recall_by_form(officer, city)
    page = officer.get(f"/authority/recalls/{the_recall(session).id}").get_data(as_text=True)
    assert "Đang thu hồi, không ăn" in page
    assert "trả lại nơi mua" not in page


@pytest.mark.parametrize("recall_class", list(RecallClass))
def test_the_wording_of_a_class_is_the_same_for_its_plain_text(recall_class: RecallClass) -> None:
    stored: Any = str(recall_class)
    for words in (title_in_force, first_step):
        assert words(stored, is_food=True) == words(recall_class, is_food=True)


def test_a_foreign_recall_id_is_404(city: City, officer: FlaskClient) -> None:
    for path in ("", "/end", "/withdraw"):
        assert officer.get(f"/authority/recalls/{city.batch.id}{path}").status_code == 404
