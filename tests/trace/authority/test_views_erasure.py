"""Erasing personal values as an officer does: what is offered, what goes, who may."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.trace.authority.conftest import City
from tests.web import send, settle
from trace.accounts.permissions import Actor
from trace.events import services_leaving
from trace.events.desk import Around
from trace.events.models import EventGoods, EventPrivate

PHOTO = "ab" * 32

Browse = Callable[[Actor], FlaskClient]


def private_of(session: Session, city: City) -> EventPrivate:
    """What is private of the batch's activation."""
    session.expire_all()
    event_id = session.scalars(select(EventGoods.event_id).where(EventGoods.batch_id == city.batch.id)).one()
    return session.get_one(EventPrivate, event_id)


def path_of(city: City) -> str:
    return f"/authority/batches/{city.batch.id}/erasure"


def test_only_what_is_there_is_offered_and_never_what_it_says(
    session: Session, city: City, officer: FlaskClient
) -> None:
    private = private_of(session, city)
    page = officer.get(path_of(city)).text
    assert f'value="{private.event_id}:person"' in page
    assert f'value="{private.event_id}:note"' not in page
    assert str(private.recorded_by) not in page


def test_what_is_ticked_is_erased(session: Session, city: City, officer: FlaskClient) -> None:
    event_id = private_of(session, city).event_id
    answer = send(officer, path_of(city), chosen=f"{event_id}:person")
    assert answer.status_code == 303
    assert private_of(session, city).recorded_by is None


def test_nothing_ticked_is_told(session: Session, city: City, officer: FlaskClient) -> None:
    answer = send(officer, path_of(city))
    assert answer.status_code == 422
    assert private_of(session, city).recorded_by is not None


@pytest.mark.parametrize("chosen", ["x", ":", "00000000-0000-0000-0000-000000000000:person"])
def test_what_was_not_offered_is_not_erased(
    session: Session, city: City, officer: FlaskClient, chosen: str
) -> None:
    assert send(officer, path_of(city), chosen=chosen).status_code == 422


def test_a_core_field_cannot_be_asked_for(session: Session, city: City, officer: FlaskClient) -> None:
    event_id = private_of(session, city).event_id
    assert send(officer, path_of(city), chosen=f"{event_id}:event_date").status_code == 422


def test_an_empty_page_says_so(session: Session, city: City, officer: FlaskClient) -> None:
    send(officer, path_of(city), chosen=f"{private_of(session, city).event_id}:person")
    assert '<form class="form"' not in officer.get(path_of(city)).text


def test_a_producer_does_not_get_there(city: City, browse: Browse) -> None:
    assert browse(city.producer).get(path_of(city)).status_code in (302, 303, 403, 404)


@pytest.fixture
def photographed(app: Flask, session: Session, city: City) -> EventPrivate:
    """A sale with a photo of its paper."""
    app.extensions["papers"].write(PHOTO, b"a photo")
    sale = services_leaving.sell(
        session,
        city.producer,
        city.batch.id,
        Decimal(1),
        key=factories.a_key(),
        around=Around(attachments=(PHOTO,)),
    )
    private = session.get_one(EventPrivate, sale.id)
    settle(session)
    return private


def test_a_paper_nobody_refers_to_any_more_is_deleted(
    app: Flask, city: City, officer: FlaskClient, photographed: EventPrivate
) -> None:
    send(officer, path_of(city), chosen=f"{photographed.event_id}:attachments")
    assert not app.extensions["papers"].path(PHOTO).exists()


def test_a_paper_another_event_refers_to_stays(
    app: Flask, session: Session, city: City, officer: FlaskClient, photographed: EventPrivate
) -> None:
    around = Around(attachments=(PHOTO,))
    services_leaving.sell(
        session, city.producer, city.batch.id, Decimal(1), key=factories.a_key(), around=around
    )
    settle(session)
    send(officer, path_of(city), chosen=f"{photographed.event_id}:attachments")
    assert app.extensions["papers"].path(PHOTO).exists()
