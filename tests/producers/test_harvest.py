"""The harvest over HTTP: household by household, today's table, a further delivery."""

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, PartyFactory, ProductFactory, a_key, actor_of_kind
from tests.web import send, settle, sign_in_as
from trace.accounts.models import PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Balance, Batch
from trace.events.models import EventPrivate


@pytest.fixture
def producer(session: Session) -> Actor:
    return actor_of_kind(session)


@pytest.fixture
def browser(app: Flask, connection: Connection, session: Session, producer: Actor) -> FlaskClient:
    """Signed in once everything the test made is committed."""
    settle(session)
    return sign_in_as(app, connection, producer)


def _newest(session: Session) -> Batch:
    session.expire_all()
    found = session.scalars(select(Batch).order_by(Batch.created_at.desc(), Batch.id.desc())).first()
    assert found is not None
    return found


def _rows(page: str) -> dict[str, str]:
    """The fields of the table: name by the household written beside it."""
    found = re.findall(r'name="h(\d+)_party" value="([^"]+)"', page)
    return {party: f"h{place}" for place, party in found}


def test_a_lot_is_the_sum_of_its_households(session: Session, producer: Actor, browser: FlaskClient) -> None:
    product = ProductFactory.create(session=session, actor=producer)
    parties = [
        PartyFactory.create(session=session, actor=producer, kind=PartyKind.HOUSEHOLD, name=name).id
        for name in ("Hộ Ví Dụ", "Hộ Minh Họa")
    ]
    product_id = product.id
    settle(session)
    page = browser.get(f"/producer/batches/harvest?product={product_id}").get_data(as_text=True)
    rows = _rows(page)
    form: dict[str, Any] = {"product_id": str(product_id), "rows": "5", "idempotency_key": a_key()}
    for party_id, weight in zip(parties, ("12,5", "7,5"), strict=True):
        place = rows[str(party_id)]
        form |= {f"{place}_party": str(party_id), f"{place}_quantity": weight, f"{place}_plot": "thửa 7"}
    form |= {"h5_name": "Hộ Mới", "h5_quantity": "5"}
    form |= {
        name: re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)[0]
        for name in ("produced_on-day", "produced_on-month", "produced_on-year", "lot_number")
    }
    answer = send(browser, "/producer/batches/harvest", **form)
    assert answer.status_code == 303
    batch = _newest(session)
    assert batch.quantity == 25
    assert batch.is_activated
    people = session.scalars(select(EventPrivate.people).where(EventPrivate.people.is_not(None))).one()
    assert sorted(one["quantity"] for one in people or ()) == ["12.5", "5", "7.5"]
    shown = browser.get(answer.location).get_data(as_text=True)
    assert "Hộ Minh Họa" in shown
    again = browser.get(f"/producer/batches/harvest?product={product_id}").get_data(as_text=True)
    assert "thửa 7" in again
    assert send(browser, "/producer/batches/harvest", **form).location == answer.location


def test_a_weight_without_a_name_is_asked_about(
    session: Session, producer: Actor, browser: FlaskClient
) -> None:
    product_id = ProductFactory.create(session=session, actor=producer).id
    settle(session)
    form = {
        "product_id": str(product_id),
        "rows": "1",
        "h1_quantity": "5",
        "produced_on": "2026-11-22",
        "lot_number": "A1",
        "idempotency_key": a_key(),
    }
    answer = send(browser, "/producer/batches/harvest", **form)
    assert answer.status_code == 422
    assert 'id="f-h1_name-error"' in answer.get_data(as_text=True)


def test_todays_lots_are_registered_by_their_weights(
    session: Session, producer: Actor, browser: FlaskClient
) -> None:
    products = [ProductFactory.create(session=session, actor=producer).id for _each in range(3)]
    settle(session)
    page = browser.get("/producer/batches/today").get_data(as_text=True)
    assert all(f"t_{product_id}" in page for product_id in products)
    form: dict[str, Any] = {f"t_{products[0]}": "40", f"t_{products[2]}": "15,5", "idempotency_key": a_key()}
    for _twice in range(2):
        assert send(browser, "/producer/batches/today", **form).status_code == 303
    session.expire_all()
    lots = session.scalars(select(Batch).where(Batch.organisation_id == producer.organisation_id)).all()
    assert sorted(str(batch.quantity.normalize()) for batch in lots) == ["15.5", "4E+1"]
    assert all(batch.is_activated for batch in lots)


def test_a_weight_far_above_the_last_lot_is_asked_about_once(
    session: Session, producer: Actor, browser: FlaskClient
) -> None:
    last = ActiveBatchFactory.create(session=session, actor=producer)
    settle(session)
    field = f"t_{last.product_id}"
    form: dict[str, Any] = {field: "12500", "idempotency_key": a_key()}
    answer = send(browser, "/producer/batches/today", **form)
    assert answer.status_code == 422
    assert f'name="{field}_sure" value="12500"' in answer.get_data(as_text=True)
    # Another figure than the one asked about is asked about again.
    assert send(browser, "/producer/batches/today", **form | {f"{field}_sure": "1250"}).status_code == 422
    assert send(browser, "/producer/batches/today", **form | {f"{field}_sure": "12500"}).status_code == 303


def test_an_empty_table_is_no_harvest(session: Session, producer: Actor, browser: FlaskClient) -> None:
    ProductFactory.create(session=session, actor=producer)
    settle(session)
    answer = send(browser, "/producer/batches/today", idempotency_key=a_key())
    assert answer.status_code == 422


def test_a_delivery_is_added_to_a_lot(session: Session, producer: Actor, browser: FlaskClient) -> None:
    batch_id = ActiveBatchFactory.create(session=session, actor=producer).id
    settle(session)
    path = f"/producer/batches/{batch_id}/deliveries"
    assert browser.get(path).status_code == 200
    answer = send(browser, path, quantity="12,5", rows="0", idempotency_key=a_key())
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Balance, batch_id).created == Decimal("112.5")
    assert browser.get(answer.location).status_code == 200
    assert send(browser, path, rows="0", idempotency_key=a_key()).status_code == 422
