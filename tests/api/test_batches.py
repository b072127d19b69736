"""Products and batches over the API, from registering to activating."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.conftest import MakeBatch, acting
from tests.api.program import Program, code_of
from tests.factories import BatchFactory, ProductFactory
from tests.web import settle
from trace.core import clock

PRODUCT = {
    "name": "Bưởi Diễn", "ocop_set": 1, "packaging_word": "quả", "second_unit": "thùng", "usual_weight_kg": 1.2,
    "natural_loss_percent": 2.5, "expiry_kind": "best_before", "shelf_life_days": 60, "gtin": "8931234567897",
    "brand": "", "net_content": "1 quả", "standards": ["VietGAP"], "has_food_safety_commitment": True,
    "description": "Vườn nhà.",
}  # fmt: skip


@pytest.fixture
def product_id(producer: Program, session: Session) -> str:
    made = ProductFactory.create(session=session, actor=acting(session, producer))
    settle(session)
    return str(made.id)


def _batch(producer: Program, product_id: str, **changed: Any) -> dict[str, Any]:
    place = producer.get("/locations").get_json()["items"][0]["id"]
    return {"product_id": product_id, "location_id": place, "lot_number": "L1", "date_kind": "harvest",
            "produced_on": clock.today().isoformat(), "quantity": 12.5, **changed}  # fmt: skip


def test_a_product_is_registered_as_sent(producer: Program) -> None:
    answer = producer.post("/products", PRODUCT)
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert {
        name: made[name]
        for name in PRODUCT
        if name not in ("gtin", "usual_weight_kg", "natural_loss_percent")
    } == {
        name: value
        for name, value in PRODUCT.items()
        if name not in ("gtin", "usual_weight_kg", "natural_loss_percent")
    }
    assert (made["gtin"], made["usual_weight_kg"], made["natural_loss_percent"]) == (
        "08931234567897",
        "1.2",
        "2.5",
    )
    assert producer.get(answer.headers["Location"].removeprefix("/api/v1")).json == made
    assert producer.get("/products").get_json()["items"] == [made]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"gtin": "1"}, 422, "gtin-malformed"),
        ({"shelf_life_days": None}, 422, "bad-input"),
        ({"usual_weight_kg": None}, 422, "bad-input"),
        ({"natural_loss_percent": 31}, 422, "bad-input"),
        ({"natural_loss_percent": -1}, 422, "bad-input"),
        ({"uom": "KGM"}, 422, "bad-input"),
        ({"uom": "TNE"}, 422, "bad-input"),
        ({"ocop_set": 27}, 422, "bad-input"),
        ({"standards": "VietGAP"}, 422, "bad-input"),
        ({"standards": [""]}, 422, "bad-input"),
        ({"standards": ["x"] * 13}, 422, "bad-input"),
        ({"name": " "}, 422, "bad-input"),
        ({"name": {"vi": "Bưởi"}}, 422, "bad-input"),
    ],
)
def test_a_product_that_makes_no_sense_is_refused(
    producer: Program, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = producer.post("/products", {**PRODUCT, **changed})
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text


def test_no_natural_loss_is_a_loss_of_zero(producer: Program) -> None:
    made = producer.post("/products", {**PRODUCT, "natural_loss_percent": 0})
    assert made.get_json()["natural_loss_percent"] == "0"


def test_a_product_name_is_taken_once(producer: Program) -> None:
    producer.post("/products", PRODUCT)
    answer = producer.post("/products", {**PRODUCT, "name": "bưởi diễn"})
    assert (answer.status_code, code_of(answer)) == (409, "product-name-taken")


def test_a_batch_is_registered_and_activated(producer: Program, product_id: str) -> None:
    answer = producer.post("/batches", _batch(producer, product_id))
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert (made["state"], made["quantity"], made["uom"], made["missing_items"]) == (
        "draft",
        "12.5",
        "KGM",
        [],
    )
    assert len(made["code"]) == 10
    activated = producer.post(f"/batches/{made['id']}/activation")
    assert (activated.status_code, activated.get_json()["state"]) == (200, "active")
    assert producer.get(f"/batches/{made['id']}").json == activated.json
    assert producer.get("/batches").get_json()["items"] == [activated.json]


def test_a_lot_number_is_taken_once(producer: Program, product_id: str) -> None:
    producer.post("/batches", _batch(producer, product_id))
    answer = producer.post("/batches", _batch(producer, product_id))
    assert (answer.status_code, code_of(answer)) == (409, "lot-number-taken")
    assert answer.get_json()["lot_number"] == "L1"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lot_number": "Lô 1"}, "lot-number-malformed"),
        ({"lot_number": "1" * 21}, "bad-input"),
        ({"produced_on": "2990-01-01"}, "bad-input"),
        ({"produced_on": "2190-01-01"}, "date-in-future"),
        ({"produced_on": "1990-01-01"}, "date-too-old"),
        ({"produced_on": "21/11/2026"}, "bad-input"),
        ({"expires_on": "2001-01-01"}, "expiry-before-production"),
        ({"date_kind": "birth"}, "bad-input"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(
    producer: Program, product_id: str, changed: dict[str, Any], code: str
) -> None:
    answer = producer.post("/batches", _batch(producer, product_id, **changed))
    assert (answer.status_code, code_of(answer)) == (422, code), answer.text


def test_activating_twice_is_refused(producer: Program, make_batch: MakeBatch) -> None:
    batch = make_batch(producer)
    answer = producer.post(f"/batches/{batch.id}/activation")
    assert (answer.status_code, code_of(answer)) == (409, "already-activated")


def test_activating_says_which_of_the_ten_items_are_missing(producer: Program) -> None:
    product = producer.post(
        "/products", {**PRODUCT, "standards": [], "has_food_safety_commitment": False}
    ).get_json()
    made = producer.post("/batches", _batch(producer, product["id"], quantity=12)).get_json()
    assert made["missing_items"] == [2, 10]
    answer = producer.post(f"/batches/{made['id']}/activation")
    assert (answer.status_code, code_of(answer)) == (422, "ten-items-missing")
    assert answer.get_json()["missing"] == [2, 10]


def test_batches_come_in_pages_of_fifty(producer: Program, make_batch: MakeBatch, session: Session) -> None:
    for n in range(51):
        make_batch(producer, BatchFactory, lot_number=f"P{n}")
    first, second = (producer.get("/batches", page=n).get_json() for n in (1, 2))
    assert (len(first["items"]), first["has_more"], len(second["items"]), second["has_more"]) == (
        50,
        True,
        1,
        False,
    )
