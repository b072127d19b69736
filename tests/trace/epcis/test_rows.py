import json
from typing import Any
from uuid import uuid4

from hypothesis import given

from tests.trace.epcis.documents import CONTEXT, OWN, a_document, an_event, official_paths, official_validator
from tests.trace.epcis.test_documents import own_values, read_one
from trace.core import clock
from trace.epcis.answers import event_document, json_text
from trace.epcis.canonical import EpcisEvent
from trace.epcis.documents import parse_json, read_document
from trace.epcis.export import bare_event_json
from trace.epcis.rows import columns_of, event_of
from trace.epcis.visibility import whole
from trace.events.models import Event


def row_of(event: EpcisEvent) -> Event:
    """A row as the database gives it back: JSON columns through JSON text."""
    columns = columns_of(event)
    for name, value in columns.items():
        if isinstance(value, dict | list):
            columns[name] = json.loads(json.dumps(value))
    identity = {"epcis_id": event.event_id or event.event_hash, "record_time": clock.now(), "id": uuid4()}
    return Event(**columns, **identity)


def written(*rows: Event) -> str:
    """Their document, as whoever recorded them gets it."""
    return json_text(event_document([whole(row) for row in rows], [row.context for row in rows], clock.now()))


def exported(*rows: Event) -> Any:
    """The document as its reader parses it."""
    return json.loads(written(*rows))


def official_events() -> list[EpcisEvent]:
    found = []
    for path in official_paths():
        document = read_document(parse_json(path.read_bytes()))
        found += [document.read(index) for index in range(len(document))]
    return found


def test_every_official_event_comes_back_from_its_row_the_same() -> None:
    for event in official_events():
        assert event_of(row_of(event)).content == event.content


def test_every_official_event_is_exported_as_the_schema_asks_and_read_as_the_same() -> None:
    validator = official_validator()
    for event in official_events():
        document = exported(row_of(event))
        assert [error.message for error in validator.iter_errors(document)] == []
        assert read_document(document).read(0).content == event.content


def test_an_event_alone_is_exported_with_its_context() -> None:
    event = read_one(an_event(**{"example:a": {"example:b": 1}}))
    alone = json.loads(json_text(bare_event_json(row_of(event))))
    assert alone["@context"] == [CONTEXT, OWN]
    assert [error.message for error in official_validator().iter_errors(alone)] == []


def test_two_events_that_mean_different_things_by_one_prefix_are_told_apart() -> None:
    events = [
        read_one(an_event(**{"x:a": 1}), [CONTEXT, {"x": "https://one.example/"}]),
        read_one(an_event(**{"x:a": 1}), [CONTEXT, {"x": "https://two.example/"}]),
    ]
    document = read_document(exported(*map(row_of, events)))
    assert [document.read(index).content for index in (0, 1)] == [event.content for event in events]


def test_quantities_are_exported_with_every_digit() -> None:
    body = json.dumps(
        a_document(an_event(epcList=None, quantityList=[{"epcClass": "urn:x:y", "quantity": 7}]))
    )
    long = "123456789012.123456"
    event = read_document(parse_json(body.replace('"quantity": 7', f'"quantity": {long}').encode())).read(0)
    assert f'"quantity":{long}' in written(row_of(event))


@given(own_values)
def test_own_fields_come_back_from_a_row_with_the_same_hash(own: dict[str, Any]) -> None:
    fields = {f"example:{name}": value for name, value in own.items()}
    event = read_document(a_document(an_event(action="ADD", ilmd=fields, **fields))).read(0)
    back = event_of(row_of(event))
    assert back.content == event.content
    assert list(back.extensions) == list(event.extensions)


def test_what_is_added_to_a_place_comes_back_from_a_row() -> None:
    event = read_one(an_event(readPoint={"id": "geo:21,105", "example:door": "2"}))
    assert event_of(row_of(event)).to_json()["readPoint"] == {"id": "geo:21,105", "example:door": "2"}


def test_the_error_declaration_comes_back_from_a_row() -> None:
    declared = {"declarationTime": "2026-11-22T00:00:00Z", "reason": "incorrect_data", "example:by": "x"}
    event = read_one(an_event(errorDeclaration=declared))
    assert event_of(row_of(event)).to_json()["errorDeclaration"] == declared
