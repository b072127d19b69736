"""Making and packing over the API: once by key, exact numbers, a stable code for every refusal."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.conftest import MakeBatch, acting
from tests.api.program import Program, code_of, own_id
from tests.factories import BatchFactory, PartyFactory
from tests.web import settle
from trace.batches.models import Batch
from trace.core import clock
from trace.events.models import Event, EventPrivate, Verb

SUPPLIER = {"kind": "trader", "name": "Thương lái Ví Dụ"}


def _part(producer: Program, batch: Batch, *parts: Any, once: str = "p1") -> dict[str, Any]:
    answer = producer.post(f"/batches/{batch.id}/parts", {"parts": list(parts)}, once=once)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_lot_is_split_and_laid_together_again(producer: Program, batch: Batch) -> None:
    split = _part(producer, batch, "20", "12.5")
    assert split["verb"] == "split"
    first, second = split["batches"]
    assert first["lot_number"] == f"{batch.lot_number}.1"
    body = {
        "inputs": [
            {"batch_id": first["id"], "quantity": "20"},
            {"batch_id": second["id"], "quantity": "12.5"},
        ]
    }
    heap = producer.post("/heaps", body, once="m1")
    again = producer.post("/heaps", body, once="m1")
    assert (heap.status_code, heap.get_json()) == (201, again.get_json())
    twice = producer.post("/heaps", {"inputs": [body["inputs"][0]] * 2}, once="m2")
    assert (twice.status_code, code_of(twice)) == (422, "goods-named-twice")


def test_what_is_activated_does_not_come_out_again(producer: Program, batch: Batch) -> None:
    body = {"inputs": [{"batch_id": str(batch.id), "quantity": 100}], "outputs": [str(batch.id)]}
    refused = producer.post("/transformations", body, once="t1")
    assert (refused.status_code, code_of(refused)) == (409, "already-activated")


def test_goods_from_outside_are_taken_in(producer: Program) -> None:
    body = {"supplier": SUPPLIER, "product_name": "Thanh long", "quantity": "60", "uom": "KGM"}
    answer = producer.post("/outside-goods", body, once="o1")
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["batches"][0]["product_name"] == "Thanh long"
    wrong = producer.post("/outside-goods", {**body, "uom": "EA"}, once="o2")
    assert (wrong.status_code, code_of(wrong)) == (422, "unit-unknown")


def test_a_delivery_is_added(producer: Program, batch: Batch) -> None:
    answer = producer.post(f"/batches/{batch.id}/deliveries", {"quantity": "7.5"}, once="d1")
    assert (answer.status_code, answer.get_json()["verb"]) == (201, "add_delivery")
    differ = {"quantity": "7.5", "sources": [{"quantity": "7", "plot": "thửa 3"}]}
    refused = producer.post(f"/batches/{batch.id}/deliveries", differ, once="d2")
    assert (refused.status_code, code_of(refused)) == (422, "sources-differ")


def test_a_pallet_is_shipped_and_a_carton_is_missing(producer: Program, shop: Program, batch: Batch) -> None:
    def packed(once: str, **what: Any) -> dict[str, Any]:
        answer = producer.post("/units", what, once=once)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    cartons = [packed(f"c{n}", goods=[{"batch_id": str(batch.id), "quantity": "10"}])["id"] for n in range(2)]
    pallet = packed("c9", kind="pallet", units=cartons)
    shipped = producer.post(
        "/unit-shipments", {"units": [pallet["id"]], "receiver_id": own_id(shop)}, once="s1"
    )
    assert shipped.status_code == 201, shipped.text
    assert {line["unit_id"] for line in shipped.get_json()["lines"]} == set(cartons)
    received = shop.post(f"/shipments/{shipped.get_json()['id']}/receipt", {"missing_units": [cartons[1]]})
    told = {line["unit_id"]: line["open_quantity"] for line in received.get_json()["lines"]}
    assert told == {cartons[0]: "0", cartons[1]: "10"}
    unit = shop.get(f"/units/{cartons[0]}").get_json()
    assert (unit["is_held"], unit["parent_id"], unit["contents"][0]["quantity"]) == (True, pallet["id"], "10")
    opened = shop.post(f"/units/{cartons[0]}/unpacking", {}, once="u1")
    assert (opened.status_code, opened.get_json()["contents"]) == (200, [])


def test_a_draft_is_sold_on_the_tree(producer: Program, batch: Batch) -> None:
    body = {"party": SUPPLIER, "counted": {"quantity": "400", "unit": "quả"}}
    refused = producer.post(f"/batches/{batch.id}/tree-sale", body, once="x1")
    assert (refused.status_code, code_of(refused)) == (409, "already-activated")


def test_a_draft_goes_to_the_buyer_who_harvested_it(producer: Program, make_batch: MakeBatch) -> None:
    draft = make_batch(producer, BatchFactory)
    path, body = f"/batches/{draft.id}/tree-sale", {"party": SUPPLIER}
    sold = producer.post(path, body, once="x2")
    assert (sold.status_code, sold.get_json()["state"]) == (201, "handed_over")
    assert sold.get_json() == producer.post(path, body, once="x2").get_json()
    assert producer.get(f"/shipments/{sold.get_json()['id']}").get_json() == sold.get_json()


def test_when_a_crop_was_sold_on_the_tree_is_not_asked(producer: Program, make_batch: MakeBatch) -> None:
    """It is activated and handed over in one step, which is now: another time is refused, not passed over."""
    draft = make_batch(producer, BatchFactory)
    body = {"party": SUPPLIER, "event_time": "2026-01-01T05:00:00+07:00"}
    answer = producer.post(f"/batches/{draft.id}/tree-sale", body, once="x3")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["event_time"])


Making = Callable[[Program, Batch, Batch], tuple[str, dict[str, Any]]]
MAKING: dict[Verb, Making] = {
    Verb.TRANSFORM: lambda _program, batch, draft: (
        "/transformations",
        {"inputs": [{"batch_id": str(batch.id), "quantity": "10"}], "outputs": [str(draft.id)]},
    ),
    Verb.SPLIT: lambda _program, batch, _draft: (f"/batches/{batch.id}/parts", {"parts": ["5"]}),
    Verb.ADD_DELIVERY: lambda _program, batch, _draft: (f"/batches/{batch.id}/deliveries", {"quantity": "5"}),
    Verb.SHIP: lambda _program, _batch, draft: (f"/batches/{draft.id}/tree-sale", {"party": SUPPLIER}),
    Verb.TAKE_IN: lambda _program, _batch, _draft: (
        "/outside-goods",
        {"supplier": SUPPLIER, "product_name": "Thanh long", "quantity": "6", "uom": "KGM"},
    ),
    Verb.PACK: lambda _program, batch, _draft: (
        "/units",
        {"goods": [{"batch_id": str(batch.id), "quantity": "5"}]},
    ),
    Verb.UNPACK: lambda program, batch, _draft: (f"/units/{_carton(program, batch)}/unpacking", {}),
    Verb.MERGE: lambda program, batch, _draft: (
        "/heaps",
        {
            "inputs": [
                {"batch_id": part["id"], "quantity": "5"}
                for part in _part(program, batch, "5", "5", once="p0")["batches"]
            ]
        },
    ),
}


def _carton(program: Program, batch: Batch) -> str:
    packed = program.post("/units", {"goods": [{"batch_id": str(batch.id), "quantity": "5"}]}, once="c0")
    unit_id: str = packed.get_json()["id"]
    return unit_id


@pytest.mark.parametrize("verb", MAKING)
def test_a_devices_clock_and_for_whom_it_was_said_are_kept(
    verb: Verb, session: Session, producer: Program, batch: Batch, make_batch: MakeBatch
) -> None:
    draft = make_batch(producer, BatchFactory, quantity=Decimal(8))
    party_id = PartyFactory.create(session=session, actor=acting(session, producer), name="Hộ bà Mai").id
    settle(session)
    path, body = MAKING[verb](producer, batch, draft)
    device_time = (clock.now() - timedelta(hours=9)).isoformat()
    times = {"event_time": device_time, "device_time": device_time} if verb is not Verb.SHIP else {}
    answer = producer.post(path, body | times | {"on_behalf_of": str(party_id)}, once="w1")
    assert answer.status_code in (200, 201), answer.text
    events = session.scalars(select(Event).where(Event.verb == verb).order_by(Event.record_time)).all()
    assert (events[-1].device_time is not None) == bool(times)
    assert abs(clock.now() - events[-1].event_time) < timedelta(hours=1)
    assert session.get_one(EventPrivate, events[-1].id).on_behalf_of == party_id
