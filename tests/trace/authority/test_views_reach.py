"""An officer's recall page: what nobody knows first, who has the rest, and what is decided about each lot."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import ShipmentFactory, a_key
from tests.trace.authority.conftest import City
from tests.trace.recalls.test_graph_queries import cook
from tests.web import send, settle
from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.events import services_making, services_receiving
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason

KG = Decimal(1)
Browse = Callable[..., FlaskClient]


@pytest.fixture
def soup(session: Session, city: City) -> Batch:
    return cook(session, city.producer, city.batch)


def here(session: Session, actor: Actor) -> Actor:
    """The actor in this session; fixtures have let go of theirs."""
    return Actor(actor.user_id, session.get_one(Organisation, actor.organisation_id), actor.role)


def split(session: Session, city: City) -> Batch:
    farm = here(session, city.producer)
    return services_making.split(session, farm, city.batch.id, [7 * KG], key=a_key()).batches[0]


def recall(session: Session, city: City) -> Recall:
    found = recalls.recall(
        session, city.officer, city.batch.id, RecallClass.HEALTH, RecallReason.MICROBIAL, None,
        typed_lot_number=city.batch.lot_number,
    )  # fmt: skip
    settle(session)
    return found


def page(officer: FlaskClient, found: Recall) -> str:
    answer = officer.get(f"/authority/recalls/{found.id}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_what_nobody_knows_stands_first(session: Session, city: City, officer: FlaskClient) -> None:
    shipment = ShipmentFactory.create(
        session=session, actor=city.producer, batch=city.batch, to=city.shop.organisation, quantity=60 * KG
    )  # fmt: skip
    services_receiving.receive(session, city.shop, shipment.id, {city.batch.id: 20 * KG})
    told = page(officer, recall(session, city))
    unknown = told.index("Chưa rõ nơi đang giữ: 40 kg")
    assert unknown < told.index("<caption>Đang giữ:")
    assert city.shop.organisation.name in told


def test_goods_of_every_lot_of_the_recall_are_told(
    session: Session, city: City, officer: FlaskClient
) -> None:
    part = split(session, city)
    ShipmentFactory.create(
        session=session, actor=here(session, city.producer), batch=part, to=city.shop.organisation, quantity=3 * KG
    )  # fmt: skip
    told = page(officer, recall(session, city))
    assert "Đang trên đường: 3 kg" in told
    assert part.lot_number in told


def test_lots_under_review_stand_with_both_answers(
    session: Session, city: City, soup: Batch, officer: FlaskClient
) -> None:
    found = recall(session, city)
    told = page(officer, found)
    assert f"/authority/recalls/{found.id}/lots/{soup.id}/release" in told
    assert f"/authority/batches/{soup.id}/recall" in told


def test_a_lot_is_released_by_typing_its_number(
    session: Session, city: City, soup: Batch, officer: FlaskClient
) -> None:
    found = recall(session, city)
    address = f"/authority/recalls/{found.id}/lots/{soup.id}/release"
    assert send(officer, address, typed_lot_number="x").status_code == 422
    assert send(officer, address, typed_lot_number=soup.lot_number).status_code == 303
    assert address not in page(officer, found)


def test_a_recall_with_lots_under_review_is_not_completed(
    session: Session, city: City, soup: Batch, officer: FlaskClient
) -> None:
    found = recall(session, city)
    answer = send(officer, f"/authority/recalls/{found.id}/end", typed_lot_number=city.batch.lot_number)
    assert answer.status_code == 409
    assert "đang rà soát" in answer.text


def test_the_scan_page_of_a_lot_split_off_names_the_recalled_lot(
    session: Session, city: City, officer: FlaskClient
) -> None:
    part = split(session, city)
    recall(session, city)
    told = officer.get(f"/T/{part.code}").text
    assert f"Hàng của lô này là hàng lô {city.batch.lot_number}." in told
    answer: Any = officer.get(f"/api/v1/codes/{part.code}").get_json()
    assert answer["verdict"] == "recalled"
    assert city.batch.lot_number in answer["sentence"]
