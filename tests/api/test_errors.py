"""Every error is one shape: problem+json with a stable code, a sentence, and the fields that are wrong."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.api.program import Program, code_of
from tests.web import contents
from trace.batches.models import Batch

SALE = {"batch_id": "00000000-0000-0000-0000-000000000007", "quantity": 1}
SHAPE = {"type", "title", "status", "detail", "code", "request_id"}


def _bad_bodies() -> list[tuple[str, Any, int, str]]:
    deep = "[" * 100_000
    return [
        ("nothing", None, 422, "bad-input"),
        ("no JSON", "{", 400, "bad-json"),
        ("not UTF-8", b"\xff\xfe\xfa", 400, "bad-json"),
        ("NaN", '{"quantity": NaN}', 400, "bad-json"),
        ("infinity", '{"quantity": -Infinity}', 400, "bad-json"),
        ("too deep", deep, 400, "bad-json"),
        ("an integer of 5000 digits", '{"quantity": ' + "9" * 5000 + "}", 400, "bad-json"),
        ("an exponent of 20 digits", '{"quantity": 1e' + "9" * 20 + "}", 400, "bad-json"),
        ("a list", "[]", 422, "bad-input"),
        ("null", "null", 422, "bad-input"),
        ("text", '"sale"', 422, "bad-input"),
        ("an empty object", "{}", 422, "bad-input"),
        ("1e999999", json.dumps(SALE)[:-2] + "1e999999}", 422, "bad-input"),
        ("1e-999999", json.dumps(SALE)[:-2] + "1e-999999}", 422, "bad-input"),
        ("an integer of 4000 digits", json.dumps(SALE)[:-2] + "9" * 4000 + "}", 422, "bad-input"),
        ("a quantity of true", {**SALE, "quantity": True}, 422, "bad-input"),
        ("a quantity of null", {**SALE, "quantity": None}, 422, "bad-input"),
        ("a quantity in a list", {**SALE, "quantity": [1]}, 422, "bad-input"),
        ("no quantity", {**SALE, "quantity": 0}, 422, "bad-input"),
        ("less than nothing", {**SALE, "quantity": -1}, 422, "bad-input"),
        ("seven decimals", {**SALE, "quantity": "1.1234567"}, 422, "bad-input"),
        ("a million millions", {**SALE, "quantity": 10**12}, 422, "bad-input"),
        ("a comma", {**SALE, "quantity": "12,5"}, 422, "bad-input"),
        ("Arabic digits", {**SALE, "quantity": "١٢"}, 422, "bad-input"),
        ("no id", {**SALE, "batch_id": "1 or 1=1"}, 422, "bad-input"),
        ("an id in braces", {**SALE, "batch_id": "{00000000-0000-0000-0000-000000000007}"}, 422, "bad-input"),
        ("an unknown field", {**SALE, "price": 3}, 422, "bad-input"),
        ("half a surrogate as a name", '{"\\ud800": 1}', 422, "bad-input"),
        ("half a surrogate as text", {**SALE, "note": "\ud800"}, 422, "bad-input"),
        ("NUL", {**SALE, "note": "a\x00b"}, 422, "bad-input"),
        ("a bidi override", {**SALE, "note": "\u202egnp.exe"}, 422, "bad-input"),
        ("a note too long", {**SALE, "note": "x" * 501}, 422, "bad-input"),
        ("a time of nonsense", {**SALE, "event_time": "yesterday"}, 422, "bad-input"),
        ("a year beyond all", {**SALE, "event_time": "9999-12-31T23:59:59-12:00"}, 422, "bad-input"),
        ("a party of text", {**SALE, "party": "somebody"}, 422, "bad-input"),
        ("a party of no kind", {**SALE, "party": {"kind": "king", "name": "A"}}, 422, "bad-input"),
        ("a thousand unknown fields", {str(n): n for n in range(1000)}, 422, "bad-input"),
    ]


BAD_BODIES = _bad_bodies()


@pytest.mark.parametrize(
    ("body", "status", "code"), [rest for _, *rest in BAD_BODIES], ids=[b[0] for b in BAD_BODIES]
)
def test_a_bad_body_is_refused_with_its_reason_and_changes_nothing(
    producer: Program, connection: Connection, body: Any, status: int, code: str
) -> None:
    before = contents(connection)
    answer = producer.post("/sales", body, once="k1")
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    assert answer.json is not None
    assert set(answer.json) - {"errors"} == SHAPE
    assert len(answer.json.get("errors", {})) <= 50
    assert contents(connection) == before


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not-found"),
        ("GET", "/batches/not-an-id", {}, 404, "not-found"),
        ("DELETE", "/products", {}, 405, "method-not-allowed"),
        ("PUT", "/batches", {}, 405, "method-not-allowed"),
        ("POST", "/products", {"data": "<a/>", "content_type": "text/xml"}, 415, "unsupported-media-type"),
        ("POST", "/products", {"data": {"name": "x"}}, 415, "unsupported-media-type"),
        ("POST", "/products", {"data": b"x" * 7_000_000, "content_type": "application/json"}, 413, "too-large"),
        ("GET", "/batches?page=0", {}, 422, "bad-input"),
        ("GET", "/batches?page=1e9", {}, 422, "bad-input"),
        ("GET", "/batches?page=99999999999999999999", {}, 422, "bad-input"),
        ("GET", "/holdings?page=%00", {}, 422, "bad-input"),
        ("GET", "/shipments", {}, 422, "bad-input"),
        ("GET", "/shipments?direction=sideways", {}, 422, "bad-input"),
        ("GET", "/organisations", {}, 422, "bad-input"),
        ("GET", "/organisations?q=%00", {}, 422, "bad-input"),
        ("GET", "/organisations?q=%ff%fe", {}, 200, ""),
        ("GET", "/codes/%00", {}, 400, "code-malformed"),
        ("GET", "/codes/7K3QX9ZPAA", {}, 400, "code-malformed"),
        ("GET", "/codes/' or 1=1 --", {}, 400, "code-malformed"),
        ("GET", "/codes/" + "A" * 5000, {}, 400, "code-malformed"),
        ("GET", "/codes/", {}, 404, "not-found"),
    ],
)  # fmt: skip
def test_every_other_error_has_the_same_shape(
    producer: Program, method: str, path: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = producer.send(method, path, **more)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert code_of(answer) == code
        assert answer.json is not None
        assert set(answer.json) >= SHAPE
        assert answer.json["status"] == status
        assert answer.json["type"] == f"/problems/{code}"
        assert answer.headers["X-Request-Id"] == answer.json["request_id"]


def test_wrong_fields_are_named_with_their_sentences(producer: Program, batch: Batch) -> None:
    body = {"quantity": "12,5", "note": "\x00", "party": {"kind": "trader"}}
    answer = producer.post("/sales?lang=en", body, once="k1")
    assert answer.json is not None
    assert answer.json["errors"] == {
        "batch_id": "Fill this in.",
        "quantity": "Write a number with a point, as in 12.5.",
        "note": "Remove the invisible or control characters from this text.",
        "party.name": "Fill this in.",
    }


def test_a_line_of_a_list_is_named_by_its_place(producer: Program, shop: Program, batch: Batch) -> None:
    body = {"lines": [{"batch_id": str(batch.id), "quantity": "x"}]}
    answer = shop.post("/shipments/00000000-0000-0000-0000-000000000007/receipt", body)
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"lines.0.quantity"}


@pytest.mark.parametrize("key", [None, "", " ", "x" * 101, "a\x7fb"])
def test_moving_goods_needs_an_idempotency_key(producer: Program, batch: Batch, key: str | None) -> None:
    answer = producer.post("/sales", {"batch_id": str(batch.id), "quantity": 1}, once=key)
    assert (answer.status_code, code_of(answer)) == (422, "bad-input")
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"Idempotency-Key"}


@pytest.mark.parametrize(("language", "sentence"), [("vi", "Điền vào ô này."), ("en", "Fill this in.")])
def test_sentences_are_vietnamese_unless_english_is_asked_for(
    producer: Program, language: str, sentence: str
) -> None:
    answer = producer.post(f"/sales?lang={language}", {"quantity": 1}, once="k1")
    assert answer.json is not None
    assert answer.json["errors"]["batch_id"] == sentence


def test_types_of_json_are_not_guessed(producer: Program) -> None:
    body = {
        "name": "Trà",
        "ocop_set": "11",
        "uom": "KGM",
        "expiry_kind": "none",
        "has_food_safety_commitment": "on",
    }
    answer = producer.post("/products", body)
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"ocop_set", "has_food_safety_commitment"}
