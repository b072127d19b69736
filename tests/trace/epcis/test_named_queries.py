"""Named queries: kept, shown, read, forgotten, each within its organisation."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader, exception_of, next_path

DEFINITION = {"name": "harvests", "query": {"EQ_bizStep": ["commissioning"], "GE_quantity": 50}}


@pytest.fixture
def producer(start_reader: StartReader, session: Session, settled: Callable[[], None]) -> Reader:
    reader = start_reader()
    ActiveBatchFactory.create(session=session, actor=reader.actor)
    settled()
    return reader


def test_a_query_is_kept_under_its_name(producer: Reader) -> None:
    created = producer.post("/queries", DEFINITION)
    assert created.status_code == 201
    assert created.headers["Location"].endswith("/epcis/queries/harvests")
    assert producer.get("/queries/harvests").json == DEFINITION
    assert producer.get("/queries").json == [DEFINITION]


def test_its_events_are_those_that_satisfy_it(producer: Reader) -> None:
    producer.post("/queries", DEFINITION)
    answer = producer.get("/queries/harvests/events")
    body: Any = answer.json
    assert body["epcisBody"]["queryResults"]["queryName"] == "harvests"
    assert len(producer.events("/queries/harvests/events")) == 1


def test_numbers_that_are_not_whole_are_kept(producer: Reader) -> None:
    query = {"GE_quantity": 12.5, "EQ_quantity": [100, 0.1], "EQ_nguongoc:weight": [0.3]}
    assert producer.post("/queries", {"name": "numbers", "query": query}).status_code == 201
    assert json.loads(producer.get("/queries/numbers").text) == {"name": "numbers", "query": query}
    assert producer.get("/queries/numbers/events").status_code == 200


def test_a_name_is_taken_once(producer: Reader) -> None:
    producer.post("/queries", DEFINITION)
    answer = producer.post("/queries", DEFINITION)
    assert (answer.status_code, exception_of(answer)) == (409, "ResourceAlreadyExistsException")


def test_the_standards_own_name_is_not_given_away(producer: Reader) -> None:
    assert producer.post("/queries", {**DEFINITION, "name": "SimpleEventQuery"}).status_code == 409


def test_a_deleted_query_is_gone(producer: Reader) -> None:
    producer.post("/queries", DEFINITION)
    assert producer.delete("/queries/harvests").status_code == 204
    assert producer.get("/queries/harvests").status_code == 404
    assert producer.get("/queries/harvests/events").status_code == 404
    assert producer.delete("/queries/harvests").status_code == 404


def test_queries_come_in_pages(producer: Reader) -> None:
    for name in ("a", "b", "c"):
        producer.post("/queries", {**DEFINITION, "name": name})
    first = producer.get("/queries", perPage=2)
    second = producer.get(next_path(first) or "")
    names: list[Any] = [*(first.json or []), *(second.json or [])]
    assert [one["name"] for one in names] == ["a", "b", "c"]


NO_QUERIES: list[Any] = [None, [], "x", {}, {"name": "a"}, {"query": {}}, {"name": "", "query": {}}, {"name": "a/b", "query": {}}, {"name": 5, "query": {}},
     {"name": "a" * 101, "query": {}}, {"name": "a", "query": []}, {"name": "a", "query": {"EQ_colour": ["red"]}},
     {"name": "a", "query": {"EQ_bizStep": ["harvesting"]}}, {"name": "a", "query": {}, "more": 1}]  # fmt: skip


def test_what_is_no_query_is_refused(producer: Reader) -> None:
    for body in NO_QUERIES:
        answer = producer.post("/queries", body)
        assert answer.status_code == 400, answer.text
        assert producer.get("/queries").json == []


def test_what_is_no_json_is_refused(producer: Reader) -> None:
    answer = producer.send("POST", "/queries", data="{", content_type="application/json")
    assert (answer.status_code, exception_of(answer)) == (400, "ValidationException")
    answer = producer.send("POST", "/queries", data="<a/>", content_type="application/xml")
    assert (answer.status_code, exception_of(answer)) == (415, "UnsupportedMediaTypeException")


NOT_KEPT = [b'{"name": "a", "query": {"EQ_stringValue": ["\\ud800"]}}', b'{"name": "a", "query": {"EQ_stringValue": ["\\u0000"]}}',
     b'{"name": "a", "query": {"EQ_nguongoc:x\\udfff": ["1"]}}', b"[" * 100_000, b'{"name": "a", "query": {"GE_quantity": 1e999999}}',
     b'{"name": "a", "query": {"GE_quantity": NaN}}', b"\xff\xfe", b'{"name": "\\ud800", "query": {}}']  # fmt: skip


def test_what_no_database_keeps_is_refused(producer: Reader) -> None:
    for body in NOT_KEPT:
        answer = producer.send("POST", "/queries", data=body, content_type="application/json")
        assert answer.status_code == 400, answer.text


def test_events_over_a_websocket_are_not_offered(producer: Reader) -> None:
    producer.post("/queries", DEFINITION)
    answer = producer.get("/queries/harvests/events", stream="true")
    assert (answer.status_code, exception_of(answer)) == (400, "SubscriptionControlsException")


def test_another_organisations_query_is_not_there(
    producer: Reader, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    producer.post("/queries", DEFINITION)
    other = start_reader()
    settled()
    assert other.get("/queries").json == []
    assert other.get("/queries/harvests").status_code == 404
    assert other.get("/queries/harvests/events").status_code == 404
    assert other.delete("/queries/harvests").status_code == 404
    assert other.post("/queries", DEFINITION).status_code == 201
    assert producer.get("/queries/harvests").status_code == 200
