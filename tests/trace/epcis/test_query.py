"""Query parameters, read: every one of the standard's is understood, anything else is told."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.trace.gs1.standards import need
from trace.epcis.conditions import Amount, Extension, Goods, Listed, OneOf, Operator, Place, Report, Time
from trace.epcis.query import Query, read_parameters, read_prefixes, read_query
from trace.epcis.refusals import QueryInvalid, QueryParameterInvalid

TIME = "2026-11-21T14:32:00.000+07:00"
EXAMPLE: dict[str, Any] = {
    "array-uri": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "time": TIME,
    "number": 5,
    "text": ["abc"],
}
NEEDS: dict[str, dict[str, Any]] = {
    "eventCountLimit": {"orderBy": "eventTime"},
}
VALUES: dict[str, Any] = {
    "eventType": ["ObjectEvent"], "EQ_action": ["ADD"], "EQ_bizStep": ["shipping"], "EQ_disposition": ["in_transit"],
    "EQ_persistentDisposition_set": ["recalled"], "EQ_persistentDisposition_unset": ["recalled"],
    "EQ_errorReason": ["incorrect_data"], "EQ_type": ["Temperature"], "orderBy": "eventTime", "orderDirection": "ASC",
    "EQ_booleanValue": True, "EQ_quantity": [5], "EQ_stringValue": ["a"], "EQ_hexBinaryValue": ["f0"],
}  # fmt: skip


def only(query: Query) -> Any:
    [condition] = query.conditions
    return condition


def refusal(name: str, value: str) -> str:
    with pytest.raises(QueryParameterInvalid) as caught:
        read_parameters([(name, value)])
    return str(caught.value.numbers["reason"])


def value_for(name: str, schema: dict[str, Any]) -> Any:
    if name in VALUES:
        return VALUES[name]
    if "Time" in name or name.endswith(("_time", "Time")):
        return TIME
    if schema.get("type") == "array":
        return EXAMPLE["array-uri"]
    if name.startswith("EXISTS_"):
        return 1
    return 5


def test_every_fixed_parameter_of_the_query_schema_is_read() -> None:
    schema = json.loads((need("epcis") / "query-schema.json").read_text(encoding="utf-8"))
    known = schema["definitions"]["EPCIS-Query"]["properties"]
    assert len(known) > 60
    for name, expected in known.items():
        if name != "@context":
            read_query({name: value_for(name, expected), **NEEDS.get(name, {})})


def test_every_parameter_of_the_openapi_document_is_read_from_an_address() -> None:
    document = json.loads((need("epcis") / "openapi.json").read_text(encoding="utf-8"))
    asked = 0
    for parameter in document["components"]["parameters"].values():
        name = parameter["name"]
        if parameter["in"] != "query" or (name[0].islower() and name not in ("eventType", "orderBy")):
            continue
        value = value_for(name, parameter["schema"])
        text = (
            "|".join(map(str, value))
            if isinstance(value, list)
            else str(value).lower()
            if value is True
            else str(value)
        )
        read_parameters([(name, text)])
        asked += 1
    assert asked >= 50


@pytest.mark.parametrize(
    "name",
    ["EQ_ex:field", "GT_ex:field", "GE_ex:f", "LT_ex:f", "LE_ex:f", "EQ_ILMD_ex:f", "GT_ILMD_ex:f", "EQ_INNER_ex:f",
     "GE_INNER_ex:f", "EQ_INNER_ILMD_ex:f", "EXISTS_ex:f", "EXISTS_INNER_ex:f", "EXISTS_ILMD_ex:f", "EXISTS_INNER_ILMD_ex:f",
     "HASATTR_ex:f", "EQ_ATTR_ex:f_name", "EQATTR_ex:f_name", "EQ_ERROR_DECLARATION_ex:f", "GT_INNER_ERROR_DECLARATION_ex:f",
     "EXISTS_ERROR_DECLARATION_ex:f", "EQ_value_CEL", "GE_value_CEL", "LT_minValue_CEL", "GT_maxValue_CEL", "LE_meanValue_CEL",
     "GE_sDev_CEL", "GT_percValue_CEL", "LE_percRank", "GE_percRank", "EQ_quantity_KGM", "GE_quantity_KGM", "LT_quantity_KGM",
     "EQ_readPoint_ex:f", "EQ_INNER_bizLocation_ex:f", "EQ_SENSORELEMENT_ex:f", "GT_SENSORMETADATA_ex:f", "LE_SENSORREPORT_ex:f",
     "EQ_INNER_SENSORREPORT_ex:f", "EXISTS_SENSORELEMENT_ex:f", "EXISTS_SENSORMETADATA_ex:f", "EXISTS_SENSORREPORT_ex:f",
     "EQ_http://ns.example.com/epcis/field", "EQ_urn:example:field"],
)  # fmt: skip
def test_every_pattern_of_parameter_names_is_read(name: str) -> None:
    assert len(read_parameters([(name, "1")]).conditions) == 1


@pytest.mark.parametrize("name", ["EQ_bizTransaction_po", "EQ_source_possessing_party", "EQ_destination_location",
                                  "EQ_bizTransaction_urn:example:kind", "EQ_source_https://example.com/kind"])  # fmt: skip
def test_lists_are_asked_by_the_type_of_their_entries(name: str) -> None:
    condition = only(read_parameters([(name, "urn:x:1|urn:x:2")]))
    assert isinstance(condition, Listed)
    assert condition.values == {"urn:x:1", "urn:x:2"}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("EQ_colour", "red", "unknown"), ("bizStep", "shipping", "unknown"), ("eq_bizStep", "shipping", "unknown"),
     ("EQ_source_unheard", "urn:x:1", "unknown"), ("MATCH_everything", "urn:x:1", "unknown"), ("EQ_", "1", "unknown"),
     ("EQ_bizStep", "harvesting", "word-unknown"), ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:harvesting", "word-unknown"),
     ("EQ_bizStep", "cbv:BizStep-harvesting", "word-unknown"), ("EQ_disposition", "shipping", "word-unknown"),
     ("EQ_action", "add", "word-unknown"), ("eventType", "QuantityEvents", "word-unknown"), ("EQ_type", "Warmth", "word-unknown"),
     ("GE_eventTime", "yesterday", "time-expected"), ("GE_eventTime", "2026-11-21", "time-expected"),
     ("GE_eventTime", "2026-11-21T14:32:00", "time-expected"), ("LT_recordTime", "2026-13-21T14:32:00Z", "time-expected"),
     ("GE_eventTime", "0000-01-01T00:00:00Z", "time-expected"), ("GE_eventTime", "0001-01-01T00:00:00+23:00", "time-expected"),
     ("EQ_quantity", "many", "number-expected"), ("GT_quantity", "1e999999", "number-expected"), ("GT_quantity", "NaN", "number-expected"),
     ("GT_quantity", "٣", "number-expected"), ("GT_ex:f", "abc", "number-expected"), ("MATCH_epc", "2017", "uri-expected"), ("MATCH_epc", "", "text-expected"),
     ("MATCH_epc", "urn:epc:idpat:sgtin:1.2", "pattern-malformed"), ("MATCH_epc", "urn:epc:idpat:sgtin:*.1.*", "pattern-malformed"),
     ("EQ_readPoint", "here", "uri-expected"), ("EXISTS_errorDeclaration", "perhaps", "truth-expected"),
     ("orderBy", "bizStep", "unknown"), ("orderDirection", "UP", "word-unknown"), ("eventCountLimit", "5", "needs-order-by"),
     ("maxEventCount", "0", "count-expected"), ("maxEventCount", "-1", "count-expected"), ("maxEventCount", "1.5", "count-expected"),
     ("EQ_booleanValue", "2", "truth-expected"), ("EQ_eventID", "a\0b", "text-expected")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(name: str, value: str, reason: str) -> None:
    assert refusal(name, value) == reason


def test_a_limit_and_a_bound_exclude_each_other() -> None:
    with pytest.raises(QueryParameterInvalid):
        read_parameters([("orderBy", "eventTime"), ("eventCountLimit", "5"), ("maxEventCount", "5")])


def test_a_single_value_given_twice_is_refused() -> None:
    with pytest.raises(QueryParameterInvalid):
        read_parameters([("GE_eventTime", TIME), ("GE_eventTime", TIME)])


def test_a_list_is_separated_by_bars_or_repeated() -> None:
    assert only(read_parameters([("EQ_action", "ADD|OBSERVE")])) == only(
        read_parameters([("EQ_action", "ADD"), ("EQ_action", "OBSERVE")])
    )


@pytest.mark.parametrize(
    "word",
    [
        "shipping",
        "cbv:BizStep-shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
    ],
)
def test_every_form_of_a_standard_word_is_the_same_question(word: str) -> None:
    assert only(read_parameters([("EQ_bizStep", word)])) == OneOf("bizStep", frozenset({"shipping"}))


def test_an_own_word_is_a_full_address() -> None:
    given = [("EQ_bizStep", "ex:peeling")]
    condition = only(read_parameters(given, {"ex": "https://ns.example/"}))
    assert condition == OneOf("bizStep", frozenset({"https://ns.example/peeling"}))


def test_times_are_read_in_any_offset() -> None:
    condition = only(read_parameters([("GE_eventTime", TIME)]))
    assert condition == Time("eventTime", Operator.GE, datetime(2026, 11, 21, 7, 32, tzinfo=UTC))


def test_a_plus_sign_that_was_not_coded_is_still_an_offset() -> None:
    assert only(read_parameters([("GE_eventTime", TIME.replace("+", " "))])) == only(
        read_parameters([("GE_eventTime", TIME)])
    )


def test_the_two_spellings_of_the_declaration_time_are_one() -> None:
    assert only(read_parameters([("GE_errorDeclarationTime", TIME)])) == only(
        read_query({"GE_errorDeclaration_Time": TIME})
    )


def test_exists_with_false_asks_nothing() -> None:
    assert read_parameters([("EXISTS_errorDeclaration", "false")]).conditions == ()


def test_own_fields_are_named_by_declared_prefixes() -> None:
    given = read_parameters(
        [("GE_INNER_ILMD_ex:sugar", "12.5")], read_prefixes("ex=https://ns.example/, b=urn:b:")
    )
    assert only(given) == Extension(
        Place.ILMD, "https://ns.example/sugar", Operator.GE, (Decimal("12.5"),), is_inner=True
    )


def test_a_named_query_declares_prefixes_in_its_context() -> None:
    query = read_query({"@context": {"ex": "https://ns.example/"}, "EQ_ex:colour": ["red"]})
    assert only(query).name == "https://ns.example/colour"


def test_units_stand_in_the_name() -> None:
    assert only(read_parameters([("LE_quantity_KGM", "5")])) == Amount(Operator.LE, (Decimal(5),), "KGM")
    assert only(read_parameters([("GT_value_CEL", "-18")])) == Report(
        "value", Operator.GT, (Decimal(-18),), "CEL"
    )


def test_classes_and_instances_are_looked_for_in_their_own_lists() -> None:
    epc = only(read_parameters([("MATCH_anyEPC", "urn:x:1")]))
    epc_class = only(read_parameters([("MATCH_anyEPCClass", "urn:x:1")]))
    assert isinstance(epc, Goods)
    assert isinstance(epc_class, Goods)
    assert not set(epc.lists) & set(epc_class.lists)


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {"EQ_bizStep": "shipping"}, {"EQ_bizStep": []}, {"EQ_bizStep": [1]}, {"EQ_bizStep": [None]}, {"unheard": 1},
     {"GE_eventTime": 5}, {"GT_quantity": "5"}, {"GT_quantity": True}, {"MATCH_epc": [["urn:x:1"]]}, {"EQ_ex:f": [{}]},
     {"EQ_ex:f": [True]}, {"orderBy": 1}, {"EQ_bizStep": ["shipping"] * 501}, {f"EQ_ex:f{n}": "1" for n in range(101)}],
)  # fmt: skip
def test_a_definition_that_is_no_query_is_refused(body: Any) -> None:
    with pytest.raises((QueryInvalid, QueryParameterInvalid)):
        read_query(body)
