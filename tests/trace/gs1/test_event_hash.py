import contextlib
import copy
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.gs1 import standards
from trace.gs1.event_hash import MalformedEvent, canonical_form, event_hash, names_of_document
from trace.gs1.names import Names

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://ns.example.com/"},
]

DOCUMENTS = [
    "ReferenceEventHashAlgorithm",
    "ReferenceEventHashAlgorithm2",
    "TimeStampRoundOff",
    "epcisDocHavingEventWithComment",
    "epcisDocHavingEventWithIgnoreFields",
    "epcisDocWithAllGS1Keys",
    "epcisDocWithShippingAndTransportingEvent",
    "epcisDocWithSingleEvent",
    "epcisDocWithVariousEventTypes",
    "epcisEventWithCURIEs",
]


def an_event(**fields: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2025-11-01T06:30:00+07:00",
        "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE",
        **fields,
    }


def tail(**fields: Any) -> str:
    """What the fields add to the hashed text of an otherwise empty event."""
    return canonical_form(an_event(**fields), CONTEXT).removeprefix(canonical_form(an_event()))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_published_hashes_are_met(name: str) -> None:
    folder = standards.need("event-hash")
    document = json.loads((folder / f"{name}.jsonld").read_text())
    names = names_of_document(document)
    hashes = [event_hash(event, names) for event in document["epcisBody"]["eventList"]]
    assert hashes == (folder / f"{name}.hashes").read_text().split()


def test_every_published_document_is_among_those_tested() -> None:
    found = {path.stem for path in standards.need("event-hash").glob("*.jsonld")}
    assert found <= set(DOCUMENTS)


def test_every_example_of_the_standard_has_a_hash() -> None:
    for path in sorted((standards.need("epcis") / "examples").glob("*.jsonld")):
        document = json.loads(path.read_text())
        body = document.get("epcisBody", {})
        events = body.get("eventList") or body.get("queryResults", {}).get("resultsBody", {}).get(
            "eventList", []
        )
        for event in events:
            assert event_hash(event, document.get("@context")).startswith("ni:///sha-256;")


@pytest.mark.parametrize(
    ("written", "hashed"),
    [
        ("2025-11-01T06:30:00+07:00", "2025-10-31T23:30:00.000Z"),
        ("2025-11-01T06:30:00Z", "2025-11-01T06:30:00.000Z"),
        ("2025-11-01T06:30:00.1Z", "2025-11-01T06:30:00.100Z"),
        ("2025-11-01T06:30:00.1415Z", "2025-11-01T06:30:00.142Z"),
        ("2025-11-01T06:30:00.1425Z", "2025-11-01T06:30:00.143Z"),
        ("2025-11-01T06:30:00.14149999999Z", "2025-11-01T06:30:00.141Z"),
        ("2025-12-31T23:59:59.9995Z", "2026-01-01T00:00:00.000Z"),
        (" 2025-11-01T06:30:00Z ", "2025-11-01T06:30:00.000Z"),
    ],
)
def test_time_is_utc_with_milliseconds(written: str, hashed: str) -> None:
    assert f"eventTime={hashed}eventTimeZoneOffset" in canonical_form(an_event(eventTime=written))


@pytest.mark.parametrize(
    "written",
    ["yesterday", "2025-11-01", "2025-11-01T06:30:00", "9999-12-31T23:59:59.9999Z", "0001-01-01T00:00+14:00"],
)
def test_what_is_no_instant_stays_as_written(written: str) -> None:
    assert f"eventTime={written}eventTimeZoneOffset" in canonical_form(an_event(eventTime=written))


@pytest.mark.parametrize(
    ("written", "hashed"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.3434, "0.3434"),
        ("0.34340", "0.3434"),
        ("+5", "5"),
        ("-0", "0"),
        (".5", "0.5"),
        ("007", "7"),
        (1e-07, "0.0000001"),
        ("1E5", "100000"),
        (10**30, "1" + "0" * 30),
        (Decimal("12.500000"), "12.5"),
        (Decimal("123456789012345678901234567890.10"), "123456789012345678901234567890.1"),
        ("1e999999999", "1e999999999"),
        ("1_000", "1_000"),
        ("٣", "٣"),
        ("NaN", "NaN"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_numbers_have_one_form(written: object, hashed: str) -> None:
    assert tail(**{"ex:n": written}) == f"{{https://ns.example.com/}}n={hashed}"


def test_all_forms_of_a_term_hash_the_same() -> None:
    forms = [
        "shipping",
        "cbv:BizStep-shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
    ]
    assert len({event_hash(an_event(bizStep=form)) for form in forms}) == 1


def test_bare_and_prefixed_measurements_hash_the_same() -> None:
    hashes = {
        event_hash(an_event(sensorElementList=[{"sensorReport": [{"type": kind, "value": 4, "uom": "CEL"}]}]))
        for kind in ("Temperature", "gs1:Temperature", "https://gs1.org/voc/Temperature")
    }
    assert len(hashes) == 1


def test_urn_and_digital_link_hash_the_same() -> None:
    hashes = {
        event_hash(an_event(epcList=[epc]))
        for epc in (
            "urn:epc:id:sgtin:4012345.011111.9876",
            "https://id.gs1.org/01/04012345111118/21/9876",
            "https://shop.example/p/01/4012345111118/10/L7/21/9876?17=251231",
        )
    }
    assert len(hashes) == 1


def test_gtin_13_and_gtin_14_hash_the_same() -> None:
    one, other = (
        event_hash(
            an_event(quantityList=[{"epcClass": f"https://example.vn/01/{gtin}/10/L7", "quantity": 5}])
        )
        for gtin in ("4012345111118", "04012345111118")
    )
    assert one == other


def test_prefixes_only_abbreviate() -> None:
    short = event_hash(an_event(**{"ex:grade": "A"}), CONTEXT)
    other = event_hash(an_event(**{"mine:grade": "A"}), [{"mine": "https://ns.example.com/"}])
    spelled = event_hash(an_event(**{"https://ns.example.com/grade": "A"}))
    term = event_hash(an_event(grade="A"), [{"grade": {"@id": "https://ns.example.com/grade"}}])
    inner = event_hash(an_event(**{"@context": {"ex": "https://ns.example.com/"}, "ex:grade": "A"}))
    assert short == other == spelled == term == inner


def test_standard_fields_may_be_spelled_in_full() -> None:
    bare = event_hash(an_event(bizStep="shipping"))
    assert event_hash(an_event(**{"epcis:bizStep": "shipping"})) == bare
    assert event_hash(an_event(**{"https://ref.gs1.org/epcis/bizStep": "shipping"})) == bare
    assert event_hash({**an_event(bizStep="shipping"), "type": "epcis:ObjectEvent"}) == bare


def test_a_document_cannot_rename_standard_fields() -> None:
    event = an_event(bizStep="shipping")
    assert event_hash(event, [{"bizStep": "https://ns.example.com/colour"}]) == event_hash(event)


@pytest.mark.parametrize(
    "field",
    [
        {"recordTime": "2025-11-01T06:31:00Z"},
        {"eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"},
        {"id": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"},
        {"errorDeclaration": {"declarationTime": "2025-11-02T00:00:00Z", "reason": "incorrect_data"}},
        {"rdfs:comment": "said in passing"},
        {"comment": "said in passing"},
        {"http://www.w3.org/2000/01/rdf-schema#comment": "said in passing"},
        {"epcList": []},
        {"disposition": None},
        {"bizStep": "  "},
        {"quantityList": [{}]},
        {"readPoint": {"id": ""}},
    ],
)
def test_what_takes_no_part_changes_nothing(field: dict[str, Any]) -> None:
    assert event_hash(an_event(**field)) == event_hash(an_event())


@pytest.mark.parametrize(
    "field",
    [
        {"bizStep": "other"},
        {"certificationInfo": "https://example.vn/c/1"},
        {"epcList": ["urn:epc:id:sgtin:4012345.011111.1"]},
        {"parentID": "urn:epc:id:sscc:4012345.3111111111"},
        {"persistentDisposition": {"set": ["recalled"]}},
        {"persistentDisposition": {"unset": ["recalled"]}},
        {"readPoint": {"id": "geo:21.0,105.8"}},
        {"bizLocation": {"id": "geo:21.0,105.8"}},
        {"ilmd": {"cbvmda:lotNumber": "L7"}},
        {"ex:empty": ""},
        {"childEPCs": ["urn:epc:id:sgtin:4012345.011111.1"]},
    ],
)
def test_what_takes_part_changes_the_hash(field: dict[str, Any]) -> None:
    assert event_hash(an_event(**field), CONTEXT) != event_hash(an_event(), CONTEXT)


def test_extensions_of_a_field_stand_at_its_end() -> None:
    text = canonical_form(
        an_event(
            readPoint={"ex:gate": "2", "id": "geo:1,2"},
            sensorElementList=[
                {
                    "ex:b": "element",
                    "sensorMetadata": {"ex:a": "metadata", "time": "2025-11-01T00:00:00Z"},
                    "sensorReport": [{"ex:c": "report", "value": 4}],
                }
            ],
        ),
        CONTEXT,
    )
    assert text.endswith(
        "readPointid=geo:1,2{https://ns.example.com/}gate=2"
        "sensorElementListsensorElement"
        "sensorMetadatatime=2025-11-01T00:00:00.000Z{https://ns.example.com/}a=metadata"
        "sensorReportvalue=4{https://ns.example.com/}c=report"
        "{https://ns.example.com/}b=element"
    )


def test_nested_extensions_are_sorted_with_their_values() -> None:
    ns = "{https://ns.example.com/}"
    assert tail(**{"ex:f2": "b", "ex:f": {"ex:z": ["3", "1"], "ex:a": [{"ex:k": 1}, {}]}, "ex:g": None}) == (
        f"{ns}f2=b{ns}f{ns}a{ns}a{ns}k=1{ns}z=1{ns}z=3"
    )


def test_a_curie_in_a_value_is_expanded() -> None:
    assert tail(**{"ex:kind": "ex:organic"}) == "{https://ns.example.com/}kind=https://ns.example.com/organic"
    assert tail(**{"ex:note": "Note: ripe"}) == "{https://ns.example.com/}note=Note: ripe"


def test_a_type_stands_before_its_value_in_any_order_of_keys() -> None:
    one = event_hash(an_event(sourceList=[{"type": "location", "source": "urn:epc:id:pgln:4012345.00000"}]))
    other = event_hash(an_event(sourceList=[{"source": "urn:epc:id:pgln:4012345.00000", "type": "location"}]))
    assert one == other


def test_a_business_transaction_may_have_no_type() -> None:
    assert (
        tail(bizTransactionList=[{"bizTransaction": "urn:x:7"}]) == "bizTransactionListbizTransaction=urn:x:7"
    )


def test_fields_a_document_asks_to_leave_out_are_left_out() -> None:
    document = {"@context": [*CONTEXT, {"r": "https://r.example/"}], "r:ignoreFields": ["ex:seen", "r:hash"]}
    names = names_of_document(document)
    event = an_event(**{"ex:seen": 3, "r:hash": "x", "ex:kept": 1})
    assert event_hash(event, names) == event_hash(an_event(**{"ex:kept": 1}), CONTEXT)


def test_deep_nesting_is_no_event() -> None:
    value: Any = "x"
    for _ in range(5000):
        value = {"ex:n": value}
    with pytest.raises(MalformedEvent):
        event_hash(an_event(**{"ex:n": value}), CONTEXT)
    listed: Any = "x"
    for _ in range(5000):
        listed = [listed]
    with pytest.raises(MalformedEvent):
        event_hash(an_event(epcList=listed), CONTEXT)


@pytest.mark.parametrize("event", [{}, {"type": None}, {"type": ["ObjectEvent"]}, [], "ObjectEvent", None])
def test_what_has_no_type_is_no_event(event: Any) -> None:
    with pytest.raises(MalformedEvent):
        event_hash(event)


def test_half_a_character_is_no_event() -> None:
    with pytest.raises(MalformedEvent):
        event_hash(an_event(bizStep="\ud800"))


@given(st.randoms(use_true_random=False))
def test_order_of_keys_and_of_sets_does_not_matter(shuffler: random.Random) -> None:
    event = an_event(
        epcList=[f"urn:epc:id:sgtin:4012345.011111.{n}" for n in range(5)],
        quantityList=[{"epcClass": f"urn:x:{n}", "quantity": n, "uom": "KGM"} for n in range(4)],
        sourceList=[{"type": kind, "source": f"urn:x:{kind}"} for kind in ("location", "owning_party")],
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": n} for n in range(3)]}],
        ilmd={f"ex:k{n}": [n, n + 1] for n in range(4)},
    )
    shuffled = copy.deepcopy(event)

    def shuffle(node: Any) -> Any:
        if isinstance(node, dict):
            items = list(node.items())
            shuffler.shuffle(items)
            return {key: shuffle(value) for key, value in items}
        if isinstance(node, list):
            shuffler.shuffle(node)
            return [shuffle(value) for value in node]
        return node

    assert event_hash(shuffle(shuffled), CONTEXT) == event_hash(event, CONTEXT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "epcList",
    "bizStep",
    "readPoint",
    "quantityList",
    "sensorElementList",
    "sourceList",
    "ilmd",
    "eventTime",
]


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), json_values, max_size=5), json_values)
def test_any_json_is_hashed_or_refused(fields: dict[str, Any], context: Any) -> None:
    with contextlib.suppress(MalformedEvent):
        assert event_hash({**fields, "type": "ObjectEvent"}, context).endswith("?ver=CBV2.0")


def test_names_do_not_grow_with_what_passes_through() -> None:
    names = Names()
    for n in range(20_000):
        names.key(f"k{n}")
    assert len(names._keys) < 5_000
