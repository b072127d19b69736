"""Ending handovers, settling, claiming and correcting over the API: both sides, stable codes, once."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.conftest import Start
from tests.api.program import Program, code_of, own_id
from trace.batches.models import Batch
from trace.events.models import Event, Verb


def _ship(producer: Program, shop: Program, batch: Batch, quantity: Any = 10, once: str = "k1") -> str:
    body = {"batch_id": str(batch.id), "quantity": quantity, "receiver_id": own_id(shop)}
    return str(producer.post("/shipments", body, once=once).get_json()["id"])


def _held(program: Program) -> str:
    answer = program.get("/holdings").get_json()
    return str(answer["items"][0]["quantity"]) if answer["items"] else "0"


def _event_id(session: Session, verb: Verb) -> str:
    return str(session.scalars(select(Event.id).where(Event.verb == verb, ~Event.is_declaration)).first())


def test_a_shipment_is_cancelled_once(producer: Program, shop: Program, batch: Batch) -> None:
    shipment_id = _ship(producer, shop, batch)
    for _ in range(2):
        answer = producer.post(f"/shipments/{shipment_id}/cancellation")
        assert answer.get_json()["state"] == "cancelled"
    assert _held(producer) == "100"
    assert code_of(shop.post(f"/shipments/{shipment_id}/receipt")) == "shipment-over"


def test_a_shipment_is_refused_with_a_reason(producer: Program, shop: Program, batch: Batch) -> None:
    shipment_id = _ship(producer, shop, batch)
    assert shop.post(f"/shipments/{shipment_id}/refusal", {"reason": "bad"}).status_code == 422
    answer = shop.post(f"/shipments/{shipment_id}/refusal", {"reason": "damaged"})
    assert answer.get_json()["state"] == "refused"
    assert code_of(producer.post(f"/shipments/{shipment_id}/cancellation")) == "shipment-over"


def test_goods_are_sent_back_once_by_key(producer: Program, shop: Program, batch: Batch) -> None:
    shop.post(f"/shipments/{_ship(producer, shop, batch)}/receipt")
    body = {"batch_id": str(batch.id), "quantity": 4, "reason": "unsold"}
    sent = [shop.post("/returns", body, once="r1").get_json() for _ in range(2)]
    assert sent[0] == sent[1]
    assert (sent[0]["is_return"], sent[0]["receiver"]["id"]) == (True, own_id(producer))
    assert _held(shop) == "6"
    answer = shop.post("/returns", {**body, "quantity": 7}, once="r2")
    assert code_of(answer) == "quantity-exceeds-holding"


def test_both_sides_settle_a_difference(producer: Program, shop: Program, batch: Batch) -> None:
    shipment_id = _ship(producer, shop, batch)
    shop.post(f"/shipments/{shipment_id}/receipt", {"lines": [{"batch_id": str(batch.id), "quantity": 6}]})
    (line,) = producer.get("/differences").get_json()["items"]
    assert (line["open_quantity"], line["proposal"]) == ("4", None)
    proposed = shop.post(f"/differences/{line['id']}/proposals", {"outcome": "lost", "quantity": 3})
    settlement_id = proposed.get_json()["id"]
    assert code_of(shop.post(f"/settlements/{settlement_id}/agreement")) == "not-yours-to-answer"
    agreed = producer.post(f"/settlements/{settlement_id}/agreement").get_json()
    assert agreed["agreed_at"] is not None
    (rest,) = shop.get("/differences").get_json()["items"]
    assert rest["open_quantity"] == "1"
    assert code_of(producer.post(f"/settlements/{settlement_id}/refusal")) == "settlement-over"


def test_a_claim_is_answered_by_its_sender_alone(
    producer: Program, shop: Program, start: Start, batch: Batch
) -> None:
    body = {"code": batch.code, "sender_id": own_id(producer), "quantity": 60}
    claimed = shop.post("/claims", body, once="c1").get_json()
    assert claimed["outcome"] is None
    assert [one["id"] for one in producer.get("/claims").get_json()["items"]] == [claimed["id"]]
    other = start()
    assert other.get("/claims").get_json()["items"] == []
    assert other.post(f"/claims/{claimed['id']}/confirmation").status_code == 404
    confirmed = producer.post(f"/claims/{claimed['id']}/confirmation").get_json()
    assert (confirmed["outcome"], confirmed["shipment_id"]) == ("confirmed", claimed["id"])
    assert (_held(producer), _held(shop)) == ("40", "60")


def test_a_claim_beyond_what_is_held_tells_no_figure(producer: Program, shop: Program, batch: Batch) -> None:
    body = {"code": batch.code, "sender_id": own_id(producer), "quantity": 101}
    answer = shop.post("/claims", body, once="c1")
    assert code_of(answer) == "claim-exceeds-holding"
    told = {name: value for name, value in answer.get_json().items() if name != "request_id"}
    assert "100" not in str(told)


def test_a_claim_is_refused_or_withdrawn(producer: Program, shop: Program, batch: Batch) -> None:
    body = {"code": batch.code, "sender_id": own_id(producer), "quantity": 5}
    first = shop.post("/claims", body, once="c1").get_json()["id"]
    assert shop.post(f"/claims/{first}/withdrawal").get_json()["outcome"] == "withdrawn"
    second = shop.post("/claims", body, once="c2").get_json()["id"]
    assert producer.post(f"/claims/{second}/refusal").get_json()["outcome"] == "refused"
    assert code_of(shop.post("/claims", body, once="c3")) == "claim-refused-before"


def test_a_sale_is_corrected(session: Session, producer: Program, batch: Batch) -> None:
    producer.post("/sales", {"batch_id": str(batch.id), "quantity": 10}, once="s")
    event_id = _event_id(session, Verb.SELL)
    replacement = {"lines": [{"batch_id": str(batch.id), "quantity": "4"}]}
    body = {"reason": "incorrect_data", "replacement": replacement}
    told = [producer.post(f"/events/{event_id}/correction", body, once="f").get_json() for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["declared_event_id"] == f"urn:uuid:{event_id}"
    assert _held(producer) == "96"
    again = producer.post(f"/events/{event_id}/correction", body, once="g")
    assert code_of(again) == "already-corrected"


def test_a_correction_the_goods_do_not_cover_tells_the_numbers(
    session: Session, producer: Program, batch: Batch
) -> None:
    producer.post("/sales", {"batch_id": str(batch.id), "quantity": 90}, once="s")
    activated = _event_id(session, Verb.ACTIVATE)
    replacement = {"lines": [{"batch_id": str(batch.id), "quantity": "80"}]}
    body = {"reason": "incorrect_data", "replacement": replacement}
    answer = producer.post(f"/events/{activated}/correction", body, once="f")
    assert code_of(answer) == "goods-moved-on"
    assert (answer.get_json()["held"], answer.get_json()["needed"]) == ("10", "20")


def test_others_entries_are_not_there(
    session: Session, producer: Program, shop: Program, batch: Batch
) -> None:
    activated = _event_id(session, Verb.ACTIVATE)
    answer = shop.post(f"/events/{activated}/correction", {"reason": "did_not_occur"}, once="f")
    assert answer.status_code == 404
    assert shop.post(f"/events/{activated}/confirmation-link").status_code == 404


def test_a_link_is_made_for_a_party_without_an_account(
    session: Session, producer: Program, batch: Batch
) -> None:
    body = {"batch_id": str(batch.id), "quantity": 5, "party": {"kind": "trader", "name": "Cô Lan"}}
    producer.post("/shipments", body, once="k")
    answer = producer.post(f"/events/{_event_id(session, Verb.SHIP)}/confirmation-link")
    assert answer.status_code == 201
    assert "/xn/" in answer.get_json()["address"]


def test_a_devices_wrong_clock_is_set_right(session: Session, producer: Program, batch: Batch) -> None:
    body = {
        "batch_id": str(batch.id),
        "quantity": 5,
        "event_time": "2019-01-01T05:00:00+07:00",
        "device_time": "2019-01-01T05:00:00+07:00",
    }
    answer = producer.post("/sales", body, once="k")
    assert answer.status_code == 201, answer.text
    assert not answer.get_json()["event_time"].startswith("2019")
    event = session.get_one(Event, _event_id(session, Verb.SELL))
    assert event.device_time is not None
    assert event.device_time.year in (2018, 2019)
