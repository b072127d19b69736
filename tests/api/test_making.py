"""Making and packing over the API: once by key, exact numbers, a stable code for every refusal."""

from typing import Any

from tests.api.program import Program, code_of, own_id
from trace.batches.models import Batch

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
