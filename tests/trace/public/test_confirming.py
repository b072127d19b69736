"""The page behind a link to confirm: open to whoever holds it, answered once, telling no person's name."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, ShipmentFactory, actor_of_kind
from tests.web import settle, sign_in_as
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.events import queries_handover
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.services_confirm import offer_confirmation
from trace.events.services_handover import cancel

Link = tuple[str, Actor, Batch, Shipment]


@pytest.fixture
def link(session: Session) -> Link:
    """A link for ten handed to a trader, with its sender, batch and shipment."""
    sender = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=sender)
    party = PartyFactory.create(session=session, actor=sender, name="Thương lái Bí Mật")
    shipment = ShipmentFactory.create(session=session, actor=sender, batch=batch, party=party)
    [event] = queries_handover.list_shipment_events(session, shipment.id, sender.organisation_id)
    token = offer_confirmation(session, sender, event.id).token
    session.refresh(batch)
    settle(session)
    return f"/xn/{token}", sender, batch, shipment


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def _said(session: Session) -> list[list[str]]:
    session.expire_all()
    return [event.marks for event in session.scalars(select(Event).where(Event.verb == Verb.CONFIRM))]


def test_the_page_names_goods_sender_and_day_and_no_person(browser: FlaskClient, link: Link) -> None:
    address, sender, batch, _shipment = link
    answer = browser.get(address)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert sender.organisation.name in page
    assert batch.lot_number in page
    assert "Bí Mật" not in page
    # Not "no-referrer": browsers would send the answer with "Origin: null", which is refused as another site's.
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_looking_answers_nothing(session: Session, browser: FlaskClient, link: Link) -> None:
    browser.get(link[0])
    assert _said(session) == []


@pytest.mark.parametrize(("answer", "mark"), [("yes", "party_confirmed"), ("no", "party_denied")])
def test_one_tap_answers_and_the_second_changes_nothing(
    session: Session, browser: FlaskClient, link: Link, answer: str, mark: str
) -> None:
    for _tap in range(2):
        assert browser.post(link[0], data={"answer": answer}).status_code == 200
    browser.post(link[0], data={"answer": "no" if answer == "yes" else "yes"})
    assert _said(session) == [[mark]]


def test_somebody_signed_in_elsewhere_may_answer_too(
    session: Session, app: Flask, connection: Connection, link: Link
) -> None:
    stranger = actor_of_kind(session)
    settle(session)
    client = sign_in_as(app, connection, stranger)
    assert client.post(link[0], data={"answer": "yes"}).status_code == 200
    assert _said(session) == [["party_confirmed"]]


def test_a_form_of_another_site_answers_nothing(session: Session, browser: FlaskClient, link: Link) -> None:
    answer = browser.post(link[0], data={"answer": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert _said(session) == []


def test_a_cancelled_handover_is_no_longer_asked_about(
    session: Session, browser: FlaskClient, link: Link
) -> None:
    address, sender, _batch, shipment = link
    cancel(session, sender, shipment.id)
    settle(session)
    assert browser.get(address).status_code == 410
    browser.post(address, data={"answer": "yes"})
    assert _said(session) == []


def test_an_unknown_link_is_not_found_and_trying_many_is_slowed_down(browser: FlaskClient) -> None:
    answers = [browser.get(f"/xn/{number:022d}").status_code for number in range(60)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_what_was_confirmed_by_link_is_told_as_confirmed_by_both(
    session: Session, browser: FlaskClient, link: Link
) -> None:
    browser.post(link[0], data={"answer": "yes"})
    page = browser.get(f"/T/{link[2].code}").get_data(as_text=True)
    assert "Hai bên cùng xác nhận" in page
