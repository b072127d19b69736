"""Goods at rest over the API: exact, once by key, a stable code for every refusal."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.conftest import MakeBatch, Start, acting
from tests.api.program import Program, code_of
from tests.factories import PartyFactory
from tests.web import settle
from trace.accounts.models import OrganisationKind
from trace.accounts.services_organisations import Place, add_location
from trace.batches.models import Batch
from trace.core import clock
from trace.events.models import Event, EventPrivate, Verb


def _held(program: Program) -> str:
    items = program.get("/holdings").get_json()["items"]
    return str(items[0]["quantity"]) if items else "0"


def test_a_count_books_what_is_missing_as_loss(producer: Program, batch: Batch) -> None:
    lines = [{"batch_id": str(batch.id), "quantity": "96.5"}]
    answer = producer.post("/counts", {"lines": lines}, once="c1")
    assert answer.status_code == 201, answer.text
    (counted,) = answer.get_json()["items"]
    assert (counted["lost_quantity"], counted["found_quantity"], _held(producer)) == ("3.5", "0", "96.5")
    again = producer.post("/counts", {"lines": lines}, once="c1")
    assert again.get_json() == answer.get_json()


def test_a_count_of_more_than_can_be_there_tells_the_most(producer: Program, batch: Batch) -> None:
    answer = producer.post("/counts", {"lines": [{"batch_id": str(batch.id), "quantity": 101}]}, once="c1")
    assert (answer.status_code, code_of(answer)) == (409, "count-exceeds-holding")
    assert answer.json is not None
    assert Decimal(answer.json["most"]) == 100


def test_a_large_loss_is_said_twice(producer: Program, batch: Batch) -> None:
    body = {"lines": [{"batch_id": str(batch.id), "quantity": 0}]}
    assert code_of(producer.post("/counts", body, once="c1")) == "count-loses-much"
    assert producer.post("/counts", {**body, "is_sure": True}, once="c2").status_code == 201
    assert _held(producer) == "0"


def test_moving_to_a_place_that_is_not_ones_own_is_refused(producer: Program, batch: Batch) -> None:
    body = {"goods": [{"batch_id": str(batch.id)}], "to_id": str(batch.id)}
    assert code_of(producer.post("/moves", body, once="m1")) == "place-unknown"
    twice = {**body, "goods": [{"batch_id": str(batch.id)}] * 2}
    assert producer.post("/moves", twice, once="m2").status_code == 422


def test_storing_where_goods_lie_is_noted(producer: Program, batch: Batch) -> None:
    assert producer.actor is not None
    seat = str(producer.actor.organisation.seat.id)
    body = {"goods": [{"batch_id": str(batch.id), "quantity": 5}], "to_id": seat}
    answer = producer.post("/storings", body, once="s1")
    assert (answer.status_code, answer.get_json()["goods"][0]["quantity"]) == (201, "5")


def test_readings_are_kept_and_a_breach_is_marked(producer: Program, make_batch: MakeBatch) -> None:
    batch = make_batch(
        producer,
        product=None,
    )
    assert producer.get(f"/batches/{batch.id}/measurements").get_json()["readings"] == []
    body = {
        "batch_ids": [str(batch.id)],
        "readings": [{"time": clock.now().isoformat(), "value": 9.5}],
        "device": "Kho 1",
    }
    answer = producer.post("/measurements", body, once="t1")
    assert (answer.status_code, answer.get_json()["marks"]) == (201, [])
    (reading,) = producer.get(f"/batches/{batch.id}/measurements").get_json()["readings"]
    assert (reading["value"], reading["uom"], reading["is_breach"]) == ("9.5", "CEL", False)
    hot = {**body, "readings": [{"time": clock.now().isoformat(), "value": "200", "uom": "CEL"}]}
    assert code_of(producer.post("/measurements", hot, once="t2")) == "reading-implausible"


def test_limits_of_a_product_are_stated_and_told(producer: Program) -> None:
    body = {
        "name": "Sữa chua",
        "ocop_set": 2,
        "uom": "KGM",
        "expiry_kind": "none",
        "min_temperature": "2",
        "max_temperature": 8,
    }
    answer = producer.post("/products", body)
    assert (answer.status_code, answer.get_json()["max_temperature"]) == (201, "8")
    swapped = producer.post("/products", {**body, "name": "Khác", "min_temperature": 9})
    assert code_of(swapped) == "temperatures-swapped"


def test_goods_set_aside_are_not_sold_until_released(producer: Program, batch: Batch) -> None:
    path = f"/batches/{batch.id}"
    first = producer.post(f"{path}/hold", {"reason": "to_inspect"})
    assert (first.status_code, first.get_json()["ended_at"]) == (200, None)
    assert producer.post(f"{path}/hold", {"reason": "to_inspect"}).get_json() == first.get_json()
    sale = {"batch_id": str(batch.id), "quantity": 1}
    assert code_of(producer.post("/sales", sale, once="k1")) == "goods-set-aside"
    assert producer.post(f"{path}/release").status_code == 200
    assert code_of(producer.post(f"{path}/release")) == "not-on-hold"
    assert producer.post("/sales", sale, once="k2").status_code == 201


def test_a_kitchen_uses_goods_up_and_inspects_and_samples_them(
    start: Start, producer: Program, batch: Batch
) -> None:
    kitchen = start(OrganisationKind.KITCHEN)
    assert kitchen.actor is not None
    shipped = producer.post(
        "/shipments",
        {"batch_id": str(batch.id), "quantity": 10, "receiver_id": str(kitchen.actor.organisation_id)},
        once="k1",
    ).get_json()
    kitchen.post(f"/shipments/{shipped['id']}/receipt")
    inspected = kitchen.post("/inspections", {"batch_id": str(batch.id), "result": "passed"}, once="k2")
    assert (inspected.status_code, inspected.get_json()["goods"][0]["quantity"]) == (201, None)
    assert kitchen.post("/samples", {"batch_id": str(batch.id), "quantity": 1}, once="k3").status_code == 201
    used = kitchen.post("/uses", {"batch_id": str(batch.id), "quantity": 4}, once="k4")
    assert (used.status_code, used.get_json()["verb"], _held(kitchen)) == (201, "use_up", "5")


def test_a_stranger_to_the_goods_does_nothing_with_them(start: Start, batch: Batch) -> None:
    other = start(OrganisationKind.SHOP)
    body = {"batch_id": str(batch.id), "result": "failed"}
    assert other.post("/inspections", body, once="k1").status_code == 404
    assert other.post(f"/batches/{batch.id}/hold", {"reason": "complaint"}).status_code == 404
    assert other.get(f"/batches/{batch.id}/measurements").status_code == 404


STOCK: dict[str, tuple[Verb, Callable[[str, str], dict[str, Any]]]] = {
    "/moves": (
        Verb.MOVE,
        lambda batch, place: {"goods": [{"batch_id": batch, "quantity": 1}], "to_id": place},
    ),
    "/storings": (
        Verb.STORE,
        lambda batch, place: {"goods": [{"batch_id": batch, "quantity": 1}], "to_id": place},
    ),
    "/counts": (Verb.COUNT, lambda batch, _place: {"lines": [{"batch_id": batch, "quantity": 99}]}),
    "/uses": (Verb.USE_UP, lambda batch, _place: {"batch_id": batch, "quantity": 1}),
    "/inspections": (Verb.INSPECT, lambda batch, _place: {"batch_id": batch, "result": "passed"}),
    "/samples": (Verb.SAMPLE, lambda batch, _place: {"batch_id": batch, "quantity": 1}),
    "/measurements": (Verb.MEASURE, lambda batch, _place: {"batch_ids": [batch], "readings": []}),
}


@pytest.mark.parametrize("path", STOCK)
def test_a_devices_clock_and_for_whom_it_was_said_are_kept(
    session: Session, producer: Program, batch: Batch, path: str
) -> None:
    actor = acting(session, producer)
    party_id = PartyFactory.create(session=session, actor=actor, name="Hộ bà Mai").id
    place = add_location(session, actor.organisation, Place(name="Kho", commune_code="00004", address="Số 2"))
    place_id = str(place.id)
    settle(session)
    verb, make = STOCK[path]
    body = make(str(batch.id), place_id)
    device_time = (clock.now() - timedelta(hours=9)).isoformat()
    if "readings" in body:
        body["readings"] = [{"time": device_time, "value": "4.5"}]
    else:
        body["event_time"] = device_time
    answer = producer.post(
        path, body | {"device_time": device_time, "on_behalf_of": str(party_id)}, once="w1"
    )
    assert answer.status_code == 201, answer.text
    event = session.scalars(select(Event).where(Event.verb == verb)).one()
    assert event.device_time is not None
    assert abs(clock.now() - event.event_time) < timedelta(hours=1)
    assert session.get_one(EventPrivate, event.id).on_behalf_of == party_id
