import json
import string
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.epcis.documents import (
    CONTEXT,
    OWN,
    a_document,
    an_event,
    events_of,
    official_paths,
    rewritten,
)
from tests.trace.gs1 import standards
from trace.epcis.canonical import EpcisEvent
from trace.epcis.documents import parse_json, read_document, read_single
from trace.epcis.problems import MOST_EVENTS, InvalidDocument
from trace.epcis.refusals import CaptureTooLarge
from trace.gs1 import vocabulary
from trace.gs1.event_hash import event_hash, names_of_document


def read_one(event: Any, context: Any = None) -> EpcisEvent:
    """The event as the service reads it out of a document."""
    document = a_document(event, **({"@context": context} if context else {}))
    return read_document(parse_json(json.dumps(document).encode())).read(0)


def refused(body: Any) -> list[tuple[str, str]]:
    """Codes and places of what is wrong with a document or with its events."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        document = read_document(parse_json(text))
    except InvalidDocument as problem:
        return [(told.code, told.pointer) for told in problem.problems]
    return [
        (told.code, told.pointer)
        for event in document.read_all()
        if isinstance(event, InvalidDocument)
        for told in event.problems
    ]


@pytest.mark.parametrize("path", official_paths() if standards.FOLDER.is_dir() else [], ids=lambda p: p.name)
def test_every_official_document_is_read_and_hashed_as_published(path: Path) -> None:
    document = read_document(parse_json(path.read_bytes()))
    events = [document.read(index) for index in range(len(document))]
    raw = json.loads(path.read_text())
    published = path.with_suffix(".hashes")
    expected = (
        published.read_text().split()
        if published.exists()
        else [event_hash(event, names_of_document(raw)) for event in events_of(raw)]
    )
    assert [event.event_hash for event in events] == expected


def test_all_forms_of_words_are_one_event() -> None:
    forms: list[dict[str, Any]] = [
        {"bizStep": "shipping", "disposition": "in_transit"},
        {"bizStep": "cbv:BizStep-shipping", "disposition": "cbv:Disp-in_transit"},
        {
            "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
            "disposition": "https://ref.gs1.org/cbv/Disp-in_transit",
        },
        {"epcis:bizStep": "shipping", "https://ref.gs1.org/epcis/disposition": "in_transit"},
    ]
    read = [read_one(an_event(**form)) for form in forms]
    assert {(event.biz_step, event.disposition) for event in read} == {("shipping", "in_transit")}
    assert len({event.event_hash for event in read}) == 1


@pytest.mark.parametrize(
    "kind", ["ObjectEvent", "epcis:ObjectEvent", "https://ref.gs1.org/epcis/ObjectEvent"]
)
def test_the_kind_of_an_event_may_be_written_in_full(kind: str) -> None:
    assert read_one(an_event(type=kind)).event_type == "ObjectEvent"


def test_aliases_of_json_ld_are_read() -> None:
    event = an_event(
        type=None, **{"@type": "ObjectEvent", "@id": "urn:uuid:1", "readPoint": {"@id": "geo:21,105"}}
    )
    read = read_one(event)
    assert (read.event_type, read.event_id, read.read_point) == ("ObjectEvent", "urn:uuid:1", "geo:21,105")


@pytest.mark.parametrize("form", ["Temperature", "gs1:Temperature", "https://gs1.org/voc/Temperature"])
def test_all_forms_of_a_measurement_are_one_word(form: str) -> None:
    read = read_one(
        an_event(sensorElementList=[{"sensorReport": [{"type": form, "value": 4.5, "uom": "CEL"}]}])
    )
    assert read.sensor_element_list[0]["sensorReport"][0]["type"] == "Temperature"


def test_an_own_word_is_a_full_address() -> None:
    assert read_one(an_event(bizStep="example:drying")).biz_step == "http://ns.example.com/epcis/drying"


def test_own_fields_come_out_under_full_names_and_are_written_with_their_prefix() -> None:
    read = read_one(an_event(**{"example:myField": "x"}))
    assert read.extensions == {"http://ns.example.com/epcis/myField": "x"}
    assert read.namespaces == OWN
    assert read.to_json()["example:myField"] == "x"


def test_prefix_term_and_full_name_of_an_own_field_are_one() -> None:
    address = OWN["example"] + "myField"
    written = [
        read_one(an_event(**{"example:myField": 5})),
        read_one(an_event(**{address: 5})),
        read_one(an_event(myField=5), [CONTEXT, OWN, {"myField": {"@id": address, "@type": "xsd:decimal"}}]),
        read_one(an_event(myField=5), [CONTEXT, {**OWN, "@vocab": OWN["example"]}]),
        read_one(an_event(**{"@context": OWN, "example:myField": 5}), [CONTEXT]),
    ]
    assert {tuple(event.extensions) for event in written} == {(address,)}
    assert len({event.event_hash for event in written}) == 1


def test_names_inside_own_fields_are_written_out_too() -> None:
    read = read_one(an_event(**{"example:a": {"example:b": [{"c": 1}]}}))
    assert read.extensions == {OWN["example"] + "a": {OWN["example"] + "b": [{"c": 1}]}}


def test_what_is_added_to_a_place_is_kept_beside_it() -> None:
    place = {"id": "urn:epc:id:sgln:0614141.07346.1234", "example:door": "2"}
    read = read_one(an_event(readPoint=place))
    assert read.read_point == "urn:epc:id:sgln:0614141.07346.1234"
    assert read.to_json()["readPoint"] == place


def test_comments_are_kept_and_not_hashed() -> None:
    plain, commented = read_one(an_event()), read_one(an_event(**{"rdfs:comment": "seen"}))
    assert plain.event_hash == commented.event_hash
    assert commented.to_json()["rdfs:comment"] == "seen"


def test_numbers_keep_every_digit() -> None:
    body = json.dumps(
        a_document(an_event(epcList=None, quantityList=[{"epcClass": "urn:x:y", "quantity": 7}]))
    )
    long = body.replace('"quantity": 7', '"quantity": 123456789012345678.100000000001')
    read = read_document(parse_json(long.encode())).read(0)
    assert read.quantity_list[0]["quantity"] == Decimal("123456789012345678.100000000001")


def test_a_bare_event_with_its_context_is_read() -> None:
    event = {"@context": [CONTEXT, OWN], **an_event(bizStep="receiving")}
    assert read_single(parse_json(json.dumps(event).encode())).biz_step == "receiving"


def test_a_document_is_not_one_event() -> None:
    with pytest.raises(InvalidDocument):
        read_single(a_document(an_event()))


def test_an_own_kind_of_event_is_read_under_its_full_name() -> None:
    assert read_one(an_event(type="example:Drying")).event_type == "http://ns.example.com/epcis/Drying"


def test_fields_the_document_asks_to_leave_out_are_no_part_of_its_events() -> None:
    document = a_document(an_event(**{"example:hash": "x"}), **{"example:ignoreFields": "example:hash"})
    read = read_document(parse_json(json.dumps(document).encode())).read(0)
    assert read.extensions == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json-malformed"),
        (b"{", "json-malformed"),
        (b"\xff\xfe", "json-malformed"),
        (b'{"a": NaN}', "json-malformed"),
        (b"[" * 100_000, "json-too-deep"),
        (b"1" * 5000, "number-out-of-range"),
        (b"[]", "value-type"),
        (b"null", "value-type"),
        (b'"\\ud800"', "text-forbidden-character"),
        (b'{"\\u0000": 1}', "text-forbidden-character"),
        (b'{"type": "EPCISDocument", "type": "EPCISDocument"}', "key-duplicate"),
    ],
)
def test_what_is_no_document_is_refused_by_code(body: bytes, code: str) -> None:
    assert refused(body) == [(code, "")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"@context": None}, ("value-required", "/@context")),
        ({"type": "EPCISdocument"}, ("document-kind", "/type")),
        ({"schemaVersion": None}, ("value-required", "/schemaVersion")),
        ({"schemaVersion": "two"}, ("version-malformed", "/schemaVersion")),
        ({"creationDate": "yesterday"}, ("time-malformed", "/creationDate")),
        ({"epcisBody": {}}, ("value-required", "/epcisBody/eventList")),
        ({"epcisBody": {"eventList": {}}}, ("value-type", "/epcisBody/eventList")),
        ({"madeUp": 1}, ("name-unknown", "/madeUp")),
        ({"@context": ["nowhere"]}, ("context-unreadable", "/@context/0")),
        ({"@context": [CONTEXT, CONTEXT]}, ("value-duplicate", "/@context/1")),
        ({"@context": [CONTEXT, {"action": "urn:x:y"}]}, ("context-protected", "/@context/1/action")),
        (
            {"@context": [CONTEXT, {"@import": "https://x.example/"}]},
            ("context-unreadable", "/@context/1/@import"),
        ),
    ],
)
def test_a_wrong_frame_is_told_with_its_place(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert refused(a_document(an_event(), **changes)) == [problem]


def test_a_prefix_only_an_unknown_context_could_declare_is_refused() -> None:
    context = [CONTEXT, "https://context.example.com/x.jsonld"]
    assert refused(a_document(an_event(**{"x:field": 1}), **{"@context": context})) == [
        ("context-not-fetched", "/epcisBody/eventList/0/x:field")
    ]
    assert refused(a_document(an_event(), **{"@context": context})) == []


def test_too_many_events_are_refused() -> None:
    with pytest.raises(CaptureTooLarge):
        refused(a_document(*([{}] * (MOST_EVENTS + 1))))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ('"\\u0000"', "text-forbidden-character"),
        ("1e999999", "number-out-of-range"),
        ("1e-999999999999999999999", "number-out-of-range"),
        ('"' + "x" * 30_000 + '"', "text-too-long"),
        ("[" * 30 + "]" * 30, "json-too-deep"),
        ("[" + "1," * 10_001 + "1]", "too-many"),
        ('{"b": 1, "b": 2}', "key-duplicate"),
        ('{"@context": {}}', "context-unreadable"),
    ],
)
def test_bounds_of_own_fields_are_told_with_their_place(value: str, code: str) -> None:
    body = json.dumps(a_document(an_event(**{"example:a": 7}))).replace(
        '"example:a": 7', f'"example:a": {value}'
    )
    found = refused(body.encode())
    assert {told for told, _ in found} == {code}
    assert found[0][1].startswith("/epcisBody/eventList/0/example:a")


_words = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)


own_values = st.dictionaries(_words, _json, max_size=3)


@given(own_values)
def test_what_is_read_and_written_is_read_as_the_same_again(own: dict[str, Any]) -> None:
    event = read_document(
        {**a_document(an_event(**{f"example:{name}": value for name, value in own.items()}))}
    ).read(0)
    again = read_document(a_document(event.to_json())).read(0)
    assert again == event
    assert again.content == event.content


@given(
    st.binary(max_size=60)
    | st.text(max_size=40).map(str.encode)
    | _json.map(lambda v: json.dumps(v, default=str).encode())
)
def test_no_bytes_at_all_are_more_than_refused(body: bytes) -> None:
    assert refused(body)


def test_every_official_event_survives_being_written_and_read() -> None:
    for path in official_paths():
        document = read_document(parse_json(path.read_bytes()))
        for index in range(len(document)):
            event = document.read(index)
            again = read_document(
                a_document(event.to_json(), **{"@context": [CONTEXT, dict(event.namespaces)]})
            )
            assert again.read(0) == event


def test_every_word_of_the_vocabulary_is_read_in_every_official_event() -> None:
    full = {
        str(term): vocabulary.uri_of(term)
        for kind in (vocabulary.BizStep, vocabulary.Disposition)
        for term in kind
    }

    def in_full(name: str, value: Any) -> tuple[str, Any]:
        return name, full.get(value, value) if name in ("bizStep", "disposition") else value

    for path in official_paths():
        raw = json.loads(path.read_text())
        plain, written_out = read_document(raw), read_document(rewritten(raw, in_full))
        for index in range(len(plain)):
            assert written_out.read(index).content == plain.read(index).content
