"""Stamps over the API: ordered once by key, followed, bound, voided, sold; nothing of anybody else's."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.api.conftest import acting
from tests.api.program import V1, Program, code_of
from tests.factories import give
from tests.stamps import SITE, make_codes
from tests.web import settle
from trace.accounts.models import OrganisationKind
from trace.batches.models import Batch
from trace.batches.stamp_models import StampRun
from trace.core.short_codes import is_well_formed, normalise
from trace.events.models import Event, Verb

Ready = Callable[..., int]


@pytest.fixture
def ready(app: Flask) -> Ready:
    """Order a run and have its codes made: ``ready(producer, count=5, batch_id=…)``; its id."""

    def order(program: Program, count: int = 10, **more: object) -> int:
        answer = program.post("/stamp-runs", {"count": count, **more}, once=f"{count}{more}")
        assert answer.status_code == 201, answer.text
        run_id = int(answer.get_json()["id"])
        with app.app_context():
            make_codes(run_id)
        return run_id

    return order


@pytest.fixture(autouse=True)
def _public(app: Flask) -> None:
    """Only the configured public address is printed."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url=SITE)


def _codes(program: Program, run_id: int, **asked: int) -> list[list[str]]:
    answer = program.client.get(
        f"{V1}/stamp-runs/{run_id}/codes.csv",
        headers={"Authorization": f"Bearer {program.key}"},
        query_string=asked,
    )
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))[1:]


def _bind(program: Program, batch: Batch, first: int, last: int) -> dict[str, object]:
    answer = program.post(
        "/stamp-bindings", {"batch_id": str(batch.id), "first": str(first), "last": str(last)}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.get_json()
    return found


def test_a_roll_is_ordered_once_by_its_key_and_followed_until_it_is_ready(
    app: Flask, session: Session, producer: Program
) -> None:
    answer = producer.post("/stamp-runs", {"count": 25}, once="r1")
    run = answer.get_json()
    assert (answer.status_code, run["state"], run["count"], run["made"]) == (201, "running", 25, 0)
    assert producer.post("/stamp-runs", {"count": 25}, once="r1").get_json()["id"] == run["id"]
    assert code_of(producer.post("/stamp-runs", {"count": 26}, once="r1")) == "idempotency-key-reused"
    assert session.scalar(select(func.count()).select_from(StampRun)) == 1
    with app.app_context():
        make_codes(run["id"])
    found = producer.get(f"/stamp-runs/{run['id']}").get_json()
    assert (found["state"], found["percent"]) == ("finished", 100)
    assert [one["id"] for one in producer.get("/stamp-runs").get_json()["items"]] == [run["id"]]


def test_the_table_of_a_run_has_its_codes_or_a_part_of_them(producer: Program, ready: Ready) -> None:
    run_id = ready(producer, 12)
    rows = _codes(producer, run_id)
    assert [row[0] for row in rows] == [str(number) for number in range(1, 13)]
    assert all(is_well_formed(normalise(row[1])) for row in rows)
    assert [row[0] for row in _codes(producer, run_id, first=3, last=5)] == ["3", "4", "5"]
    assert producer.get(f"/stamp-runs/{run_id}/codes.csv", first=90, last=95).status_code == 422


def test_a_run_that_is_not_ready_has_no_table_and_can_be_cancelled(producer: Program) -> None:
    run = producer.post("/stamp-runs", {"count": 5}, once="r").get_json()
    assert code_of(producer.get(f"/stamp-runs/{run['id']}/codes.csv")) == "run-not-finished"
    assert producer.post(f"/stamp-runs/{run['id']}/cancellation").get_json()["state"] == "cancelled"
    assert code_of(producer.post(f"/stamp-runs/{run['id']}/cancellation")) == "run-ended"


def test_labels_for_a_lot_wait_for_the_gate(
    session: Session, producer: Program, batch: Batch, ready: Ready
) -> None:
    run_id = ready(producer, 4, batch_id=str(batch.id))
    assert producer.get(f"/stamp-runs/{run_id}").get_json()["kind"] == "serial"
    both = {"count": 4, "batch_id": str(batch.id), "product_id": str(batch.product_id)}
    assert producer.post("/stamp-runs", both, once="both").status_code == 422
    lot = session.get_one(Batch, batch.id)
    lot.is_held = True
    settle(session)
    refused = producer.post("/stamp-runs", {"count": 4, "batch_id": str(batch.id)}, once="held")
    assert refused.status_code == 409


def test_stamps_are_bound_and_the_binding_is_undone(producer: Program, batch: Batch, ready: Ready) -> None:
    run_id = ready(producer)
    code = _codes(producer, run_id)[2][1]
    assert producer.get(f"/stamps/{code}").get_json()["state"] == "printed"
    binding = _bind(producer, batch, 1, 5)
    assert _bind(producer, batch, 1, 5)["id"] == binding["id"]
    assert producer.get(f"/stamps/{code}").get_json()["state"] == "active"
    undone = producer.post(f"/stamp-bindings/{binding['id']}/undoing").get_json()
    assert undone["undone_at"] is not None
    assert producer.get(f"/stamps/{code}").get_json()["batch_id"] is None


def test_stamps_are_voided_by_number_code_or_address(producer: Program, ready: Ready) -> None:
    rows = _codes(producer, ready(producer))
    for stamp, number in (("3", 3), (rows[5][1], 6), (rows[7][2], 8)):
        (made,) = producer.post("/stamp-voidings", {"first": stamp, "reason": "spoiled"}).get_json()["items"]
        assert (made["first"], made["last"], made["reason"]) == (number, number, "spoiled")
    answer = producer.post("/stamp-voidings", {"first": "1", "last": "4", "reason": "lost"})
    assert [(one["first"], one["last"]) for one in answer.get_json()["items"]] == [(1, 2), (4, 4)]
    assert producer.post("/stamp-voidings", {"first": "1", "reason": "lost"}).get_json()["items"] == []
    assert code_of(producer.post("/stamp-voidings", {"first": "99", "reason": "lost"})) == "stamp-unknown"
    assert producer.post("/stamp-voidings", {"first": "1", "reason": "bored"}).status_code == 422


def test_a_reprint_is_noted_once_for_each_key(session: Session, producer: Program, ready: Ready) -> None:
    ready(producer)
    body = {"first": "2", "last": "4"}
    one = producer.post("/stamp-reprints", body, once="p1").get_json()
    assert producer.post("/stamp-reprints", body, once="p1").get_json() == one
    assert producer.post("/stamp-reprints", body, once="p2").get_json()["id"] != one["id"]
    told = session.scalar(select(func.count()).where(Event.verb == Verb.REPRINT_STAMPS))
    assert told == 2


def test_an_item_is_sold_by_its_code_and_undone(
    session: Session, producer: Program, shop: Program, batch: Batch, ready: Ready
) -> None:
    rows = _codes(producer, ready(producer))
    _bind(producer, batch, 1, 5)
    lot = session.get_one(Batch, batch.id)
    give(session, lot, acting(session, producer), acting(session, shop))
    settle(session)
    sale = shop.post("/item-sales", {"code": rows[1][2]}, once="s1")
    assert sale.status_code == 201, sale.text
    assert shop.post("/item-sales", {"code": rows[1][2]}, once="s1").get_json() == sale.get_json()
    assert shop.get(f"/codes/{rows[1][1]}").get_json()["verdict"] == "sold"
    assert producer.get(f"/stamps/{rows[1][1]}").get_json()["state"] == "sold"
    assert code_of(producer.post("/item-sales", {"code": rows[1][1]}, once="s2")) == "item-sold"
    undone = shop.post(f"/item-sales/{sale.get_json()['id']}/undoing").get_json()
    assert undone["undone_at"] is not None
    assert shop.get(f"/codes/{rows[1][1]}").get_json()["verdict"] != "sold"


def test_others_read_and_change_nothing(
    producer: Program, start: Callable[..., Program], batch: Batch, ready: Ready
) -> None:
    run_id = ready(producer)
    code = _codes(producer, run_id)[0][1]
    binding = _bind(producer, batch, 1, 3)
    sale = producer.post("/item-sales", {"code": code}, once="s").get_json()
    for other in (start(), start(OrganisationKind.SHOP)):
        for path in (f"/stamp-runs/{run_id}", f"/stamp-runs/{run_id}/codes.csv", f"/stamps/{code}"):
            assert other.get(path).status_code == 404
        for path in (
            f"/stamp-runs/{run_id}/cancellation",
            f"/stamp-bindings/{binding['id']}/undoing",
            f"/item-sales/{sale['id']}/undoing",
        ):
            assert other.post(path).status_code in (403, 404)
        assert other.post("/item-sales", {"code": code}, once="o").status_code == 422
        assert other.get("/stamp-runs").get_json()["items"] == []


def test_a_shop_orders_no_stamps(shop: Program) -> None:
    assert code_of(shop.post("/stamp-runs", {"count": 5}, once="r")) == "not-a-producer"


def test_an_address_that_is_not_the_public_one_is_not_printed(app: Flask, producer: Program) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url=None)
    assert code_of(producer.post("/stamp-runs", {"count": 5}, once="r")) == "address-not-for-print"


def test_which_item_was_sold_is_in_nobody_elses_events(
    session: Session, producer: Program, shop: Program, batch: Batch, ready: Ready
) -> None:
    code = normalise(_codes(producer, ready(producer))[0][1])
    _bind(producer, batch, 1, 5)
    lot = session.get_one(Batch, batch.id)
    give(session, lot, acting(session, producer), acting(session, shop))
    settle(session)
    assert shop.post("/item-sales", {"code": code}, once="s1").status_code == 201

    def told(program: Program) -> str:
        key = {"Authorization": f"Bearer {program.key}"}
        events = program.client.get("/epcis/events", headers=key)
        document = program.client.get(f"{V1}/batches/{batch.id}/epcis-document", headers=key)
        assert (events.status_code, document.status_code) == (200, 200)
        return events.text + document.text

    assert code in told(shop)
    assert "selling_item" in told(shop)
    assert code not in told(producer)
    assert "selling_item" not in told(producer)
