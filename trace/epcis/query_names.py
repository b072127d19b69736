"""The query parameters whose names are fixed (EPCIS 2.0, 8.2.7.1), and what each asks. Pure."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from trace.epcis.conditions import (
    GOODS_OF,
    Amount,
    Below,
    Condition,
    Goods,
    HasError,
    HasSensors,
    OneOf,
    Operator,
    Report,
)
from trace.epcis.patterns import Pattern, is_uri, read_pattern
from trace.epcis.query_values import ValueReader
from trace.epcis.refusals import QueryParameterInvalid
from trace.gs1.vocabulary import EPCIS_NAMESPACE, BizStep, Disposition, ErrorReason, EventType

ORDERS = ("eventTime", "recordTime")

Read = Callable[[ValueReader, str, Any], Condition | None]


def _one_of(path: str, read: Callable[[ValueReader, str, Any], Sequence[str]]) -> tuple[Read, bool]:
    return lambda reader, name, value: OneOf(path, frozenset(read(reader, name, value))), True


def _terms(path: str, vocabulary: type[StrEnum]) -> tuple[Read, bool]:
    return _one_of(path, lambda reader, name, value: reader.terms(name, value, vocabulary))


def _below(path: str) -> tuple[Read, bool]:
    return lambda reader, name, value: Below(path, frozenset(reader.uris(name, value))), True


def _goods(name: str) -> tuple[Read, bool]:
    is_class = name.endswith("Class")

    def read(reader: ValueReader, name: str, value: Any) -> Condition:
        patterns: list[Pattern] = []
        for text in reader.uris(name, value):
            pattern = read_pattern(text, is_class=is_class)
            if pattern is None:
                raise QueryParameterInvalid(name, "pattern-malformed")
            patterns.append(pattern)
        return Goods(GOODS_OF[name], tuple(patterns))

    return read, True


def _report(attribute: str, *, is_uri_list: bool = True) -> tuple[Read, bool]:
    def read(reader: ValueReader, name: str, value: Any) -> Condition:
        wanted = reader.uris(name, value) if is_uri_list else reader.texts(name, value)
        return Report(attribute, Operator.EQ, tuple(wanted), None)

    return read, True


def _read_types(reader: ValueReader, name: str, value: Any) -> Sequence[str]:
    found = []
    for text in reader.texts(name, value):
        bare = text.removeprefix("epcis:").removeprefix(EPCIS_NAMESPACE)
        if bare in EventType.__members__.values():
            found.append(bare)
        elif is_uri(text):
            found.append(reader.names.expand(text))
        else:
            raise QueryParameterInvalid(name, "word-unknown")
    return found


def _read_actions(reader: ValueReader, name: str, value: Any) -> Sequence[str]:
    found = reader.texts(name, value)
    if not set(found) <= {"ADD", "OBSERVE", "DELETE"}:
        raise QueryParameterInvalid(name, "word-unknown")
    return found


def _read_measurements(reader: ValueReader, name: str, value: Any) -> Condition:
    return Report(
        "type",
        Operator.EQ,
        tuple(_measurement(reader, name, text) for text in reader.texts(name, value)),
        None,
    )


def _measurement(reader: ValueReader, name: str, text: str) -> str:
    bare = (
        text.removeprefix("gs1:")
        .removeprefix("https://gs1.org/voc/")
        .removeprefix("https://ref.gs1.org/voc/")
    )
    if bare in reader.names.measurements:
        return bare
    if not is_uri(text) or bare != text:
        raise QueryParameterInvalid(name, "word-unknown")
    return reader.names.expand(text)


def _read_truth_value(reader: ValueReader, name: str, value: Any) -> Condition:
    if value is None or value == "":
        raise QueryParameterInvalid(name, "truth-expected")
    return Report("booleanValue", Operator.EQ, (reader.truth(name, value),), None)


def _amount(operator: Operator) -> tuple[Read, bool]:
    def read(reader: ValueReader, name: str, value: Any) -> Condition:
        numbers = reader.numbers(name, value) if operator is Operator.EQ else (reader.number(name, value),)
        return Amount(operator, numbers, None)

    return read, operator is Operator.EQ


FIXED: Mapping[str, tuple[Read, bool]] = {
    "eventType": _one_of("type", _read_types),
    "EQ_action": _one_of("action", _read_actions),
    "EQ_bizStep": _terms("bizStep", BizStep),
    "EQ_disposition": _terms("disposition", Disposition),
    "EQ_persistentDisposition_set": _terms("persistentDisposition.set", Disposition),
    "EQ_persistentDisposition_unset": _terms("persistentDisposition.unset", Disposition),
    "EQ_readPoint": _one_of("readPoint", lambda r, n, v: r.uris(n, v)),
    "WD_readPoint": _below("readPoint"),
    "EQ_bizLocation": _one_of("bizLocation", lambda r, n, v: r.uris(n, v)),
    "WD_bizLocation": _below("bizLocation"),
    "EQ_transformationID": _one_of("transformationID", lambda r, n, v: r.texts(n, v)),
    "EQ_eventID": _one_of("eventID", lambda r, n, v: r.uris(n, v)),
    **{name: _goods(name) for name in GOODS_OF},
    **{f"{operator}_quantity": _amount(operator) for operator in Operator if operator is not Operator.EXISTS},
    "EXISTS_errorDeclaration": (lambda r, n, v: HasError() if r.truth(n, v) else None, False),
    "EQ_errorReason": _terms("errorDeclaration.reason", ErrorReason),
    "EQ_correctiveEventID": _one_of("errorDeclaration.correctiveEventIDs", lambda r, n, v: r.uris(n, v)),
    "EXISTS_sensorElementList": (lambda r, n, v: HasSensors() if r.truth(n, v) else None, False),
    "EQ_type": (_read_measurements, True),
    "EQ_deviceID": _report("deviceID"),
    "EQ_dataProcessingMethod": _report("dataProcessingMethod"),
    "EQ_microorganism": _report("microorganism"),
    "EQ_chemicalSubstance": _report("chemicalSubstance"),
    "EQ_bizRules": _report("bizRules"),
    "EQ_stringValue": _report("stringValue", is_uri_list=False),
    "EQ_hexBinaryValue": _report("hexBinaryValue", is_uri_list=False),
    "EQ_uriValue": _report("uriValue"),
    "EQ_booleanValue": (_read_truth_value, False),
}


def _read_order(reader: ValueReader, name: str, value: Any) -> str:
    text = reader.text(name, value)
    return text if text in ORDERS else reader.own_name(name, text)


def _read_direction(_reader: ValueReader, name: str, value: Any) -> str:
    if value not in ("ASC", "DESC"):
        raise QueryParameterInvalid(name, "word-unknown")
    return str(value)


CONTROLS: Mapping[str, Callable[[ValueReader, str, Any], Any]] = {
    "orderBy": _read_order,
    "orderDirection": _read_direction,
    "eventCountLimit": lambda reader, name, value: reader.count(name, value),
    "maxEventCount": lambda reader, name, value: reader.count(name, value),
}
