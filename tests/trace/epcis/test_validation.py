import copy
import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # ships no annotations

from tests.trace.epcis.documents import (
    CONTEXT,
    OWN,
    a_document,
    an_event,
    events_of,
    official_documents,
    official_validator,
)
from tests.trace.epcis.test_documents import refused
from tests.trace.gs1 import standards
from trace.gs1 import vocabulary

FIRST = "/epcisBody/eventList/0"


def problems(event: Any) -> list[tuple[str, str]]:
    """Codes and places, inside the event, of what is wrong with it."""
    return [(code, pointer.removeprefix(FIRST)) for code, pointer in refused(a_document(event))]


def an_aggregation(**fields: Any) -> dict[str, Any]:
    parts = {"type": "AggregationEvent", "epcList": None, "childEPCs": ["urn:x:1"], "parentID": "urn:x:2"}
    return an_event(**{**parts, **fields})


def a_transformation(**fields: Any) -> dict[str, Any]:
    parts = {
        "type": "TransformationEvent",
        "action": None,
        "epcList": None,
        "inputEPCList": ["urn:x:1"],
        "outputEPCList": ["urn:x:2"],
    }
    return an_event(**{**parts, **fields})


def a_transaction(**fields: Any) -> dict[str, Any]:
    parts = {"type": "TransactionEvent", "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:3"}]}
    return an_event(**{**parts, **fields})


def a_reading(**report: Any) -> dict[str, Any]:
    return an_event(sensorElementList=[{"sensorReport": [report]}])


@pytest.mark.parametrize(
    "event",
    [
        an_event(),
        an_event(epcList=[]),
        an_event(action="ADD", ilmd={"cbvmda:lotNumber": "L7"}),
        an_event(epcList=None, quantityList=[{"epcClass": "urn:x:1"}]),
        an_event(epcList=None, quantityList=[{"epcClass": "urn:x:1", "quantity": 3}]),
        an_event(
            epcList=None,
            readPoint={"id": "geo:21.03,105.85"},
            sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}],
        ),
        an_event(eventTime="2026-11-21T14:32:00.123456789Z"),
        an_event(eventTimeZoneOffset="+14:00"),
        an_event(certificationInfo="https://certificate.example/1"),
        an_event(certificationInfo=["https://certificate.example/1"]),
        an_event(persistentDisposition={"set": ["recalled"], "unset": ["active", "urn:x:mine"]}),
        an_event(bizStep="https://words.example.com/drying"),
        an_event(errorDeclaration={"declarationTime": "2026-11-22T00:00:00Z", "example:by": "x"}),
        an_event(sourceList=[{"type": "urn:x:carrier", "source": "urn:x:1"}]),
        an_aggregation(),
        an_aggregation(action="DELETE", childEPCs=None),
        an_aggregation(parentID=None),
        an_aggregation(type="AssociationEvent", childQuantityList=[{"epcClass": "urn:x:1"}], childEPCs=[]),
        a_transaction(),
        a_transaction(epcList=None, action="DELETE"),
        a_transformation(),
        a_transformation(outputEPCList=None, transformationID="urn:x:9"),
        a_transformation(ilmd={"example:a": 1}),
    ],
)
def test_what_the_standard_allows_is_taken(event: dict[str, Any]) -> None:
    assert problems(event) == []


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (an_event(type=None), ("value-required", "/type")),
        (an_event(type="HarvestEvent"), ("event-kind", "/type")),
        (an_event(type="epcis:QuantityEvent"), ("event-kind", "/type")),
        (an_event(type=["ObjectEvent"]), ("value-type", "/type")),
        (an_event(eventTime=None), ("value-required", "/eventTime")),
        (an_event(eventTime="2026-11-21 14:32"), ("time-malformed", "/eventTime")),
        (an_event(eventTime="2026-11-21T14:32:00"), ("time-malformed", "/eventTime")),
        (an_event(eventTime="2026-02-30T14:32:00Z"), ("time-malformed", "/eventTime")),
        (an_event(eventTime="0001-01-01T00:00:00+14:00"), ("time-malformed", "/eventTime")),
        (an_event(eventTime=5), ("value-type", "/eventTime")),
        (an_event(eventTimeZoneOffset=None), ("value-required", "/eventTimeZoneOffset")),
        (an_event(eventTimeZoneOffset="+7"), ("offset-malformed", "/eventTimeZoneOffset")),
        (an_event(eventTimeZoneOffset="+14:30"), ("offset-malformed", "/eventTimeZoneOffset")),
        (an_event(action=None), ("value-required", "/action")),
        (an_event(action="add"), ("value-unknown", "/action")),
        (an_event(bizStep="harvesting"), ("value-unknown", "/bizStep")),
        (an_event(bizStep="cbv:BizStep-harvesting"), ("value-unknown", "/bizStep")),
        (an_event(bizStep="urn:epcglobal:cbv:bizstep:shipping"), ("value-unknown", "/bizStep")),
        (an_event(bizStep="https://ns.gs1.org/cbv/BizStep-shipping"), ("value-unknown", "/bizStep")),
        (an_event(disposition="fresh"), ("value-unknown", "/disposition")),
        (an_event(disposition="cbv:BizStep-shipping"), ("value-unknown", "/disposition")),
        (an_event(epcList=None), ("goods-missing", "")),
        (an_event(epcList=None, quantityList=[]), ("goods-missing", "")),
        (an_event(epcList="urn:x:1"), ("value-type", "/epcList")),
        (an_event(epcList=["urn:x:1", "urn:x:1"]), ("value-duplicate", "/epcList/1")),
        (an_event(epcList=["a b"]), ("uri-malformed", "/epcList/0")),
        (an_event(epcList=["urn:epc:id:sgtin:0614141.2017"]), ("epc-malformed", "/epcList/0")),
        (an_event(quantityList=[{}]), ("value-required", "/quantityList/0/epcClass")),
        (an_event(quantityList=[{"epcClass": "urn:x:1", "quantity": "3"}]), ("value-type", "/quantityList/0/quantity")),
        (an_event(quantityList=[{"epcClass": "urn:x:1", "quantity": True}]), ("value-type", "/quantityList/0/quantity")),
        (an_event(quantityList=[{"epcClass": "urn:x:1", "uom": "kg"}]), ("value-unknown", "/quantityList/0/uom")),
        (an_event(quantityList=[{"epcClass": "urn:x:1", "example:a": 1}]), ("name-not-here", "/quantityList/0/example:a")),
        (an_event(myField=1), ("name-unknown", "/myField")),
        (an_event(parentID="urn:x:1"), ("name-not-here", "/parentID")),
        (an_event(ilmd={"example:a": 1}), ("ilmd-needs-add", "/ilmd")),
        (an_event(action="ADD", ilmd={"lotNumber": 1}), ("name-unknown", "/ilmd/lotNumber")),
        (an_event(readPoint="urn:x:1"), ("value-type", "/readPoint")),
        (an_event(readPoint={}), ("value-required", "/readPoint/id")),
        (an_event(bizLocation={"id": None}), ("value-type", "/bizLocation/id")),
        (an_event(sourceList=[{"source": "urn:x:1"}]), ("value-required", "/sourceList/0/type")),
        (an_event(sourceList=[{"type": "buyer", "source": "urn:x:1"}]), ("value-unknown", "/sourceList/0/type")),
        (an_event(destinationList=[{"type": "location"}]), ("value-required", "/destinationList/0/destination")),
        (an_event(bizTransactionList=[{"type": "po"}]), ("value-required", "/bizTransactionList/0/bizTransaction")),
        (an_event(persistentDisposition={}), ("value-required", "/persistentDisposition/set")),
        (an_event(persistentDisposition={"set": []}), ("list-empty", "/persistentDisposition/set")),
        (an_event(errorDeclaration={}), ("value-required", "/errorDeclaration/declarationTime")),
        (an_event(errorDeclaration={"declarationTime": "2026-11-22T00:00:00Z", "reason": "typo"}), ("value-unknown", "/errorDeclaration/reason")),
        (an_event(eventID="one"), ("uri-malformed", "/eventID")),
        (an_event(eventID="urn:x:1", id="urn:x:1"), ("key-duplicate", "/id")),
        (an_event(**{"epcis:action": "ADD"}), ("key-duplicate", "/epcis:action")),
        (an_event(sensorElementList=[{}]), ("value-required", "/sensorElementList/0/sensorReport")),
        (an_event(sensorElementList=[{"sensorReport": []}]), ("list-empty", "/sensorElementList/0/sensorReport")),
        (a_reading(value=4), ("value-required", "/sensorElementList/0/sensorReport/0/type")),
        (a_reading(type="Warmth"), ("value-unknown", "/sensorElementList/0/sensorReport/0/type")),
        (a_reading(type="gs1:Warmth"), ("value-unknown", "/sensorElementList/0/sensorReport/0/type")),
        (a_reading(type="Temperature", exception="HOT"), ("value-unknown", "/sensorElementList/0/sensorReport/0/exception")),
        (a_reading(type="Temperature", hexBinaryValue="xyz"), ("value-type", "/sensorElementList/0/sensorReport/0/hexBinaryValue")),
        (a_reading(type="Temperature", booleanValue=1), ("value-type", "/sensorElementList/0/sensorReport/0/booleanValue")),
        (an_aggregation(childEPCs=[]), ("goods-missing", "")),
        (an_aggregation(action="ADD", parentID=None), ("parent-missing", "/parentID")),
        (an_aggregation(ilmd={}), ("name-not-here", "/ilmd")),
        (an_aggregation(type="AssociationEvent", parentID=None), ("value-required", "/parentID")),
        (a_transaction(bizTransactionList=[]), ("list-empty", "/bizTransactionList")),
        (a_transaction(bizTransactionList=None), ("value-required", "/bizTransactionList")),
        (a_transaction(epcList=None), ("goods-missing", "")),
        (a_transformation(inputEPCList=None), ("transformation-incomplete", "")),
        (a_transformation(inputEPCList=[], transformationID="urn:x:1", outputEPCList=[]), ("transformation-incomplete", "")),
        (a_transformation(action="ADD"), ("name-not-here", "/action")),
    ],
)  # fmt: skip
def test_what_the_standard_does_not_allow_is_told_with_its_place(
    event: Any, problem: tuple[str, str]
) -> None:
    assert problems(event) == [problem]


@pytest.mark.parametrize("word", list(vocabulary.BizStep))
def test_every_business_step_is_taken(word: str) -> None:
    assert problems(an_event(bizStep=word)) == []


@pytest.mark.parametrize("event", [None, 5, "x", [], [an_event()]])
def test_what_is_no_object_is_no_event(event: Any) -> None:
    assert problems(event) == [("value-type", "")]


def test_one_wrong_event_leaves_the_others_right() -> None:
    found = refused(a_document(an_event(), an_event(action="x"), an_event()))
    assert found == [("value-unknown", "/epcisBody/eventList/1/action")]


# ------------------------------------------------------------------------------------- against the official schema

# Where the schema knows less than the standard, these are the only reasons to refuse what it takes: words outside the
# vocabulary (in CURIEs and full names too), EPC URNs not in the form of their scheme, an aggregation to no parent, an
# own name without a namespace inside a place, a word redefined.
# The schema knows no prefixes: it takes any object or list of strings for a context, and never looks up a name in it.
STRICTER = frozenset(
    {"value-unknown", "epc-malformed", "parent-missing", "name-unknown", "event-kind", "name-not-here"}
    | {"context-not-fetched", "context-protected", "context-unreadable"}
)


@cache
def validator() -> Draft7Validator:
    return official_validator()


def schema_errors(document: Any) -> list[str]:
    return [error.message for error in validator().iter_errors(document)]


_SAMPLES: list[Any] = [
    None, 0, -1, 2.5, True, False, "", " ", "word", "shipping", "in_transit", "ADD", "DELETE", "OBSERVE", "KGM", "+07:00",
    "2026-11-21T14:32:00Z", "2026-11-21T14:32:00", "urn:x:y", "a b:c", "cbv:BizStep-shipping", "example:drying",
    "https://example.com/x?y=z#w", "https://example.com/ä", "%", "urn:epc:id:sgtin:1", [], {}, [[]], ["urn:x:1", "urn:x:1"],
    {"id": "urn:x:1"}, {"type": "po"}, [{}], [None], [1],
]  # fmt: skip
_NAMES = [
    "type", "eventTime", "eventTimeZoneOffset", "recordTime", "eventID", "action", "bizStep", "disposition", "epcList",
    "quantityList", "childEPCs", "childQuantityList", "parentID", "inputEPCList", "outputQuantityList", "ilmd",
    "persistentDisposition", "readPoint", "bizLocation", "transformationID", "bizTransactionList", "sourceList",
    "destinationList", "sensorElementList", "certificationInfo", "errorDeclaration", "schemaVersion", "creationDate",
    "sender", "epcisHeader", "example:own", "own", "uom", "quantity", "reason", "set", "correctiveEventIDs", "queryName",
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield from _places(item, (*path, name))


def _mutate(draw: st.DrawFn, document: Any) -> None:
    # What a context may say is looked at by its own tests: the schema takes any object.
    path = draw(st.sampled_from([path for path in _places(document) if path and "@context" not in path[:-1]]))
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    last = path[-1]
    kind = draw(st.sampled_from(["delete", "replace", "add", "rename", "repeat"]))
    if kind == "delete":
        del parent[last]
    elif kind == "replace" or isinstance(parent, list):
        if kind == "repeat" and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        else:
            parent[last] = copy.deepcopy(draw(st.sampled_from(_SAMPLES)))
    elif kind == "add":
        parent[draw(st.sampled_from(_NAMES))] = copy.deepcopy(draw(st.sampled_from(_SAMPLES)))
    else:
        parent[draw(st.sampled_from(_NAMES))] = parent.pop(last)


def _seeds() -> list[Any]:
    """Every official event in a document of its own, and every official document as it is with one event."""
    found = []
    for document in official_documents():
        for event in events_of(document):
            one = copy.deepcopy(document)
            events_of(one)[:] = [copy.deepcopy(event)]
            found.append(one)
    return [
        *found,
        a_document(an_event(sensorElementList=[{"sensorMetadata": {"time": "2026-11-21T14:32:00Z"}, "sensorReport": [{"type": "Temperature", "minValue": 1, "component": "x", "booleanValue": True, "hexBinaryValue": "AB"}]}])),
        a_document(an_event(persistentDisposition={"set": ["recalled"]}, certificationInfo=["urn:x:1"])),
        a_document(a_transaction()), a_document(an_aggregation(type="AssociationEvent")),
        a_document(an_event(), epcisHeader={"epcisMasterData": {"vocabularyList": [{"type": "urn:x:1", "vocabularyElementList": [{"id": "urn:x:2", "attributes": [{"id": "urn:x:3", "attribute": "x"}], "children": ["urn:x:4"]}]}]}}),
        {"@context": [CONTEXT, OWN], **an_event()},
        {"@context": CONTEXT, **a_transformation()},
    ]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from(_SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        _mutate(draw, document)
    return document


_SEEDS = _seeds() if standards.FOLDER.is_dir() else [a_document(an_event())]


def test_every_seed_is_valid_by_the_schema_and_by_us() -> None:
    for document in _SEEDS:
        assert schema_errors(document) == []
        assert refused(document) == []


def _says_more_than_the_schema(document: Any) -> bool:
    """Whether the standard has us look where the schema does not: what own kinds of events hold."""
    events = document.get("epcisBody", {}).get("eventList", [document])
    return any(isinstance(event, dict) and ":" in str(event.get("type")) for event in events)


@pytest.mark.soak
@settings(max_examples=1500 if os.environ.get("SOAK") else 300, deadline=None)
@given(document=mutated())
def test_what_the_schema_refuses_is_refused_and_little_else(document: Any) -> None:
    found, errors = refused(document), schema_errors(document)
    if errors:
        assert found, (errors[:3], json.dumps(document))
    elif not _says_more_than_the_schema(document):
        assert {code for code, _ in found} <= STRICTER, (found, json.dumps(document))
