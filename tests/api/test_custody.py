"""Custody over the API: exact numbers, once by key, and a stable code for every refusal."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.conftest import MakeBatch, Start, acting
from tests.api.program import Program, code_of, own_id
from tests.factories import BatchFactory, ProductFactory, officer_of
from tests.web import settle
from trace.accounts.models import OrganisationKind
from trace.accounts.queries import list_parties
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core import clock
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason


def _ship(producer: Program, shop: Program, batch: Batch, quantity: Any, once: str = "k1") -> dict[str, Any]:
    body = {"batch_id": str(batch.id), "quantity": quantity, "receiver_id": own_id(shop)}
    answer = producer.post("/shipments", body, once=once)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def _held(program: Program) -> str:
    answer = program.get("/holdings").get_json()
    return str(answer["items"][0]["quantity"]) if answer["items"] else "0"


def test_goods_go_from_producer_to_shop_to_buyer(producer: Program, shop: Program, batch: Batch) -> None:
    shipped = _ship(producer, shop, batch, 12.5)
    assert (shipped["state"], shipped["direction"], shipped["lines"][0]["quantity"]) == (
        "in_transit",
        "outgoing",
        "12.5",
    )
    waiting = shop.get("/shipments", direction="incoming").get_json()["items"]
    assert [one["id"] for one in waiting] == [shipped["id"]]
    received = shop.post(f"/shipments/{shipped['id']}/receipt").get_json()
    assert (received["state"], received["lines"][0]["received_quantity"]) == ("received", "12.5")
    sold = shop.post("/sales", {"batch_id": str(batch.id), "quantity": "2.5"}, once="k2")
    assert (sold.status_code, sold.get_json()["quantity"], sold.get_json()["verb"]) == (201, "2.5", "sell")
    gone = shop.post("/disposals", {"batch_id": str(batch.id), "quantity": 1, "reason": "spoiled"}, once="k3")
    assert (gone.status_code, gone.get_json()["reason"]) == (201, "spoiled")
    assert (_held(producer), _held(shop)) == ("87.5", "9")


def test_a_difference_outside_the_tolerance_stays_open(
    producer: Program, shop: Program, batch: Batch
) -> None:
    shipped = _ship(producer, shop, batch, 50)
    body = {"lines": [{"batch_id": str(batch.id), "quantity": "40.25"}]}
    line = shop.post(f"/shipments/{shipped['id']}/receipt", body).get_json()["lines"][0]
    assert (line["received_quantity"], line["lost_quantity"], line["open_quantity"]) == ("40.25", "0", "9.75")


def test_a_party_without_an_account_is_noted_once(producer: Program, batch: Batch, session: Session) -> None:
    party = {"kind": "trader", "name": "Bà Tư chợ Đồng Xuân", "phone": "0912 345 678"}
    for key in ("k1", "k2"):
        body = {"batch_id": str(batch.id), "quantity": 1, "party": party}
        told = producer.post("/shipments", body, once=key).get_json()
        assert (told["state"], told["receiver"]) == ("handed_over", {"id": None, "name": party["name"]})
    assert len(list_parties(session, acting(session, producer).organisation_id)) == 1


@pytest.mark.parametrize(
    ("sent", "exact"),
    [("12.5", "12.5"), ("0.1", "0.1"), ('"12.50"', "12.5"), ("1.250", "1.25"), ('"1.125"', "1.125"),
     ("1.25e1", "12.5"), ("10", "10"), ("0.000001", "0.000001"), ("99.999999", "99.999999")],
)  # fmt: skip
def test_numbers_arrive_exactly(producer: Program, batch: Batch, sent: str, exact: str) -> None:
    body = f'{{"batch_id": "{batch.id}", "quantity": {sent}}}'
    answer = producer.post("/sales", body, once="k1")
    assert answer.get_json()["quantity"] == exact
    assert Decimal(_held(producer)) == 100 - Decimal(exact)


def test_a_tenth_ten_times_is_one(producer: Program, batch: Batch) -> None:
    for n in range(10):
        producer.post("/sales", {"batch_id": str(batch.id), "quantity": 0.1}, once=f"k{n}")
    assert _held(producer) == "99"


def test_what_an_answer_says_may_be_sent_back(producer: Program, batch: Batch) -> None:
    producer.post("/sales", {"batch_id": str(batch.id), "quantity": "98.875"}, once="k1")
    rest = _held(producer)
    assert rest == "1.125"
    assert (
        producer.post("/sales", {"batch_id": str(batch.id), "quantity": rest}, once="k2").status_code == 201
    )


@pytest.mark.parametrize("path", ["/shipments", "/sales", "/disposals"])
def test_the_same_key_and_body_act_once_and_answer_the_same(
    producer: Program, shop: Program, batch: Batch, path: str
) -> None:
    more = {"/shipments": {"receiver_id": own_id(shop)}, "/disposals": {"reason": "damaged"}}.get(path, {})
    body = {"batch_id": str(batch.id), "quantity": 30, **more}
    first = producer.post(path, body, once="k1")
    again = producer.post(path, json.dumps(body | {"quantity": "30.0"}), once="k1")
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert _held(producer) == "70"


@pytest.mark.parametrize("path", ["/shipments", "/sales", "/disposals"])
def test_the_same_key_with_another_body_is_refused(
    producer: Program, shop: Program, batch: Batch, path: str
) -> None:
    more = {"/shipments": {"receiver_id": own_id(shop)}, "/disposals": {"reason": "damaged"}}.get(path, {})
    body = {"batch_id": str(batch.id), "quantity": 30, **more}
    producer.post(path, body, once="k1")
    answer = producer.post(path, {**body, "quantity": 31}, once="k1")
    assert (answer.status_code, code_of(answer)) == (409, "idempotency-key-reused")
    assert _held(producer) == "70"


def test_keys_of_two_organisations_do_not_meet(
    producer: Program, start: Start, make_batch: MakeBatch
) -> None:
    other = start()
    for program in (producer, other):
        body = {"batch_id": str(make_batch(program).id), "quantity": 1}
        assert program.post("/sales", body, once="k1").status_code == 201


def test_receiving_twice_is_receiving_once(producer: Program, shop: Program, batch: Batch) -> None:
    shipped = _ship(producer, shop, batch, 10)
    first = shop.post(f"/shipments/{shipped['id']}/receipt")
    assert shop.post(f"/shipments/{shipped['id']}/receipt").json == first.json
    other = {"lines": [{"batch_id": str(batch.id), "quantity": 9}]}
    answer = shop.post(f"/shipments/{shipped['id']}/receipt", other)
    assert (answer.status_code, code_of(answer)) == (409, "already-received")


def test_a_refusal_carries_its_numbers(producer: Program, batch: Batch) -> None:
    answer = producer.post("/sales", {"batch_id": str(batch.id), "quantity": 150.5}, once="k1")
    assert (answer.status_code, code_of(answer)) == (409, "quantity-exceeds-holding")
    told = answer.get_json()
    assert (told["held"], told["asked"], told["unit"]) == ("100", "150.5", "kg")


def test_a_refused_request_leaves_its_key_free(producer: Program, batch: Batch) -> None:
    body = {"batch_id": str(batch.id), "quantity": 150}
    assert producer.post("/sales", body, once="k1").status_code == 409
    assert producer.post("/sales", {**body, "quantity": 50}, once="k1").status_code == 201


def test_refusals_of_shipping_have_stable_codes(
    producer: Program, shop: Program, make_batch: MakeBatch, session: Session
) -> None:
    batch, draft = make_batch(producer), make_batch(producer, BatchFactory)
    receiver = own_id(shop)

    def refused(**body: Any) -> tuple[int, str]:
        stated = {"batch_id": str(batch.id), "quantity": 1, "receiver_id": receiver, **body}
        answer = producer.post("/shipments", {n: v for n, v in stated.items() if v is not None}, once="k1")
        return answer.status_code, code_of(answer)

    assert refused(batch_id=str(draft.id)) == (409, "batch-not-activated")
    assert refused(receiver_id=own_id(producer)) == (422, "receiver-unknown")
    assert refused(receiver_id=None) == (422, "bad-input")
    assert refused(party={"kind": "trader", "name": "A"}) == (422, "bad-input")
    assert refused(receiver_id=None, party={"kind": "trader", "name": "A", "phone": "1"}) == (
        422,
        "phone-malformed",
    )
    ahead = (clock.now() + timedelta(hours=1)).isoformat()
    assert refused(event_time=ahead) == (422, "event-time-out-of-range")


def test_counted_goods_move_in_whole_pieces(
    producer: Program, make_batch: MakeBatch, session: Session
) -> None:
    product = ProductFactory.create(
        session=session, actor=acting(session, producer), uom=None, packaging_word="quả", name="Bưởi Diễn"
    )
    batch = make_batch(producer, product=product)
    answer = producer.post("/sales", {"batch_id": str(batch.id), "quantity": 1.5}, once="k1")
    assert (answer.status_code, code_of(answer)) == (422, "whole-units-only")


def test_more_than_was_shipped_is_not_received(producer: Program, shop: Program, batch: Batch) -> None:
    shipped = _ship(producer, shop, batch, 10)
    body = {"lines": [{"batch_id": str(batch.id), "quantity": 11}]}
    answer = shop.post(f"/shipments/{shipped['id']}/receipt", body)
    assert (answer.status_code, code_of(answer)) == (409, "received-exceeds-shipped")


def test_a_batch_that_was_not_shipped_is_not_received(
    producer: Program, shop: Program, make_batch: MakeBatch
) -> None:
    shipped = _ship(producer, shop, make_batch(producer), 10)
    line = {"batch_id": str(make_batch(producer).id), "quantity": 1}
    path = f"/shipments/{shipped['id']}/receipt"
    assert code_of(shop.post(path, {"lines": [line]})) == "batch-not-in-shipment"
    assert code_of(shop.post(path, {"lines": [line, line]})) == "bad-input"


def test_a_recalled_batch_is_not_sold(
    producer: Program, shop: Program, batch: Batch, session: Session
) -> None:
    recalls.recall(
        session, officer_of(session), batch.id, RecallClass.HEALTH, RecallReason.PESTICIDE_RESIDUE,
        recalls.Decision("12/QĐ", clock.today()), typed_lot_number=batch.lot_number,
    )  # fmt: skip
    settle(session)
    answer = producer.post("/sales", {"batch_id": str(batch.id), "quantity": 1}, once="k1")
    assert (answer.status_code, code_of(answer)) == (409, "batch-recalled")
    assert producer.get(f"/batches/{batch.id}").get_json()["state"] == "recalled"


def test_what_is_past_its_use_by_date_is_not_sold(producer: Program, make_batch: MakeBatch) -> None:
    batch = make_batch(producer, produced_on=clock.today() - timedelta(days=10))
    answer = producer.post("/sales", {"batch_id": str(batch.id), "quantity": 1}, once="k1")
    assert (answer.status_code, code_of(answer)) == (409, "batch-expired")


def test_a_shop_registers_nothing(start: Start) -> None:
    shop = start(OrganisationKind.SHOP)
    body = {"name": "Trà", "ocop_set": 11, "uom": "KGM", "expiry_kind": "none"}
    answer = shop.post("/products", body)
    assert (answer.status_code, code_of(answer)) == (403, "not-a-producer")


def test_holdings_follow_the_balance(
    producer: Program, shop: Program, batch: Batch, session: Session
) -> None:
    _ship(producer, shop, batch, "0.3")
    balance = batch_queries.find_balance(session, batch.id)
    assert balance is not None
    assert (balance.held, balance.in_transit) == (Decimal("99.7"), Decimal("0.3"))
