"""What was captured is found again: the standard's own examples, asked for in every form, and given back valid."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.readers import Reader, in_path
from tests.trace.gs1.standards import need

EXAMPLES = ["Example_9.6.1-ObjectEvent.jsonld", "Example_9.6.2-ObjectEvent.jsonld", "Example_9.6.3-AggregationEvent.jsonld",
            "Example_9.6.4-TransformationEvent.jsonld", "EPCISQueryDocument.jsonld"]  # fmt: skip
SENSOR: dict[str, Any] = {
    "@context": [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"ex": "https://ns.example/"},
    ],
    "type": "ObjectEvent",
    "eventID": "urn:uuid:0b6a1e1e-7a80-4f9c-8d6c-5a3c3f5f0001",
    "eventTime": "2026-11-20T07:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "action": "OBSERVE",
    "bizStep": "sensor_reporting",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2099"],
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-11-20T00:00:00Z", "deviceID": "urn:x:device:1"},
            "sensorReport": [{"type": "Temperature", "value": 6.5, "uom": "CEL", "ex:quality": 2}],
        }
    ],
    "ex:colour": "red",
}


@pytest.fixture
def reader(app: Flask, start_reader: StartReader, settled: Callable[[], None]) -> Reader:
    """Everything the examples hold, captured by one organisation."""
    made = start_reader()
    settled()
    for name in EXAMPLES:
        document = (need("epcis") / "examples" / name).read_bytes()
        answer = made.send("POST", "/capture", data=document, content_type="application/ld+json")
        assert answer.status_code in (200, 201, 202), f"{name}: {answer.text}"
    assert made.post("/events", SENSOR).status_code == 201
    return made


def test_every_example_is_found_again_by_its_id(reader: Reader) -> None:
    found = reader.ids(perPage=100)
    assert len(found) == 6
    for event_id in found:
        assert reader.ids(f"/events/{in_path(event_id)}") == [event_id]
        assert reader.ids(EQ_eventID=event_id) == [event_id]


@pytest.mark.parametrize("form", ["Never_Translates", "Always_GS1_Digital_Link"])
def test_what_is_given_back_is_valid(reader: Reader, form: str) -> None:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no annotations

    schema = json.loads((need("epcis") / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8"))
    body = reader.get("/events", perPage=100, headers={"GS1-EPC-Format": form}).json
    assert [error.message for error in Draft7Validator(schema).iter_errors(body)] == []


def test_what_is_given_back_can_be_captured_elsewhere(
    reader: Reader, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    document = reader.get("/events", perPage=100, headers={"GS1-EPC-Format": "Never_Translates"}).data
    other = start_reader()
    settled()
    answer = other.send("POST", "/capture", data=document, content_type="application/ld+json")
    assert answer.status_code in (200, 201, 202), answer.text
    assert sorted(other.ids(perPage=100)) == sorted(reader.ids(perPage=100))


@pytest.mark.parametrize(
    ("query", "count"),
    [({"MATCH_epc": "urn:epc:id:sgtin:0614141.107346.2099"}, 1), ({"MATCH_epc": "https://id.gs1.org/01/10614141073464/21/2099"}, 1),
     ({"MATCH_anyEPC": "https://shop.example/01/10614141073464/21/2099"}, 1), ({"MATCH_epc": "urn:epc:idpat:sgtin:0614141.107346.*"}, None),
     ({"eventType": "AggregationEvent"}, 1), ({"eventType": "TransformationEvent"}, 1), ({"EQ_type": "Temperature"}, 1),
     ({"GT_value_CEL": "6"}, 1), ({"GT_value_CEL": "7"}, 0), ({"EQ_deviceID": "urn:x:device:1"}, 1), ({"EXISTS_sensorElementList": "true"}, 1),
     ({"EQ_ex:colour": "red"}, 1), ({"EQ_https://ns.example/colour": "red"}, 1), ({"EQ_SENSORREPORT_ex:quality": "2"}, 1),
     ({"EQ_ex:colour": "blue"}, 0), ({"EQ_bizTransaction_po": "http://transaction.acme.com/po/12345678"}, None)],
)  # fmt: skip
def test_parameters_find_what_was_captured(reader: Reader, query: dict[str, str], count: int | None) -> None:
    found = reader.ids(headers={"GS1-Extensions": "ex=https://ns.example/"}, **query)
    assert len(found) == count if count is not None else found


def test_a_prefix_nobody_declared_is_read_as_the_event_has_it(reader: Reader) -> None:
    assert len(reader.ids(**{"EQ_ex:colour": "red"})) == 1


def test_epcs_are_links_unless_the_reader_wants_them_as_captured(reader: Reader) -> None:
    query = {"MATCH_epc": "urn:epc:id:sgtin:0614141.107346.2099"}
    [link] = reader.events(**query)
    [kept] = reader.events(headers={"GS1-EPC-Format": "Never_Translates"}, **query)
    assert link["epcList"] == ["https://id.gs1.org/01/10614141073464/21/2099"]
    assert kept["epcList"] == ["urn:epc:id:sgtin:0614141.107346.2099"]


def test_own_fields_come_back_under_their_prefix(reader: Reader) -> None:
    answer: Any = reader.get("/events", EQ_type="Temperature").json
    [event] = answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event["ex:colour"] == "red"
    assert answer["@context"][1]["ex"] == "https://ns.example/"


def test_the_goods_of_a_captured_event_lead_to_it(reader: Reader) -> None:
    epc = in_path("urn:epc:id:sgtin:0614141.107346.2099")
    assert len(reader.ids(f"/epcs/{epc}/events")) == 1
    # As a server that decodes the path hands it over: its slashes are slashes again.
    assert len(reader.ids("/epcs/https://id.gs1.org/01/10614141073464/21/2099/events")) == 1


def test_events_are_sorted_by_an_own_field(reader: Reader) -> None:
    declared = {"GS1-Extensions": "ex=https://ns.example/"}
    assert reader.events(orderBy="ex:colour", headers=declared)[0]["ex:colour"] == "red"


def test_somebody_elses_capture_is_not_seen(
    reader: Reader, start_reader: StartReader, settled: Callable[[], None]
) -> None:
    other = start_reader()
    settled()
    assert other.ids() == []
    assert other.get(f"/events/{in_path(SENSOR['eventID'])}").status_code == 404
