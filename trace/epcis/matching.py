"""Whether one event satisfies a query: the meaning of every condition, on the event as its reader sees it.

Pure, and the last word: the database only narrows down. The event is JSON in the standard's short names, words of
the vocabulary bare, names of own fields as full addresses, with nothing in it that the reader must not see: so no
parameter tells anything about what was left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from trace.epcis.conditions import (
    Amount,
    Attribute,
    Below,
    Condition,
    Extension,
    Goods,
    HasError,
    HasSensors,
    Listed,
    OneOf,
    Operator,
    Place,
    Report,
    Time,
)
from trace.epcis.patterns import canonical
from trace.epcis.query import Query
from trace.epcis.query_values import read_instant, read_number

Document = Mapping[str, Any]
QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_PLACES = ("readPoint", "bizLocation")
_DEEPEST = 20
NOTHING_THERE = 9  # the first part of what an event without the field is ordered by


def matches(query: Query, document: Document, prefixes: Mapping[str, str] | None = None) -> bool:
    """Whether every condition holds for the event.

    ``prefixes`` are those the event was captured with: a name whose prefix the reader did not declare is read by them.
    """
    return all(_holds(_read_with(condition, prefixes), document) for condition in query.conditions)


def order_value(name: str, document: Document, prefixes: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """What an event is ordered by: numbers before times before texts, events without the field last."""
    found = next(_flat(_own_values(document, Place.EVENT, _expanded(name, prefixes))), None)
    if isinstance(found, bool) or found is None:
        return (NOTHING_THERE, "")
    if isinstance(found, int | float | Decimal):
        return (0, Decimal(str(found)))
    instant = read_instant(found)
    return (1, instant) if instant is not None else (2, str(found))


def _read_with(condition: Condition, prefixes: Mapping[str, str] | None) -> Condition:
    if prefixes and isinstance(condition, Extension | Attribute):
        return replace(condition, name=_expanded(condition.name, prefixes))
    return condition


def _expanded(name: str, prefixes: Mapping[str, str] | None) -> str:
    prefix, _, local = name.partition(":")
    if prefixes and prefix in prefixes and not local.startswith("//"):
        return prefixes[prefix] + local
    return name


def _holds(condition: Condition, document: Document) -> bool:
    match condition:
        case OneOf():
            return any(value in _same(condition) for value in _at(document, condition.path))
        case Below():
            return _is_below(condition, document)
        case Time():
            return _is_in_time(condition, document)
        case Goods():
            return any(
                pattern.fits(epc)
                for epc in epcs_of(document, condition.lists)
                for pattern in condition.patterns
            )
        case Amount():
            return _has_amount(condition, document)
        case Listed():
            return any(
                entry.get("type") == condition.kind and entry.get(condition.entry) in condition.values
                for entry in document.get(condition.path, ())
            )
        case HasError():
            return bool(document.get("errorDeclaration"))
        case HasSensors():
            return bool(document.get("sensorElementList"))
        case Report():
            return _reports(condition, document)
        case Extension():
            return _has_own_field(condition, document)
        case Attribute():
            return _has_attribute(condition, document)


def epcs_of(document: Document, lists: tuple[str, ...]) -> Iterator[str]:
    """The EPCs and EPC classes an event names in these lists."""
    for name in lists:
        value = document.get(name)
        if isinstance(value, str):
            yield value
        for item in value if isinstance(value, list) else ():
            yield item["epcClass"] if isinstance(item, Mapping) else item


def _same(condition: OneOf) -> frozenset[str]:
    if condition.path in _PLACES:
        return frozenset(canonical(value) for value in condition.values)
    return condition.values


def _at(document: Document, path: str) -> Iterator[str]:
    """The texts at a path; places in the form they are compared in."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if path in _PLACES and isinstance(value, Mapping):
        value = canonical(str(value.get("id")))
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item


def _is_below(condition: Below, document: Document) -> bool:
    """A place is below itself, and below the place of its GLN where it has an extension (AI 254)."""
    wanted = [canonical(value) for value in condition.values]
    return any(
        place == one or place.startswith(f"{one}/254/")
        for place in _at(document, condition.path)
        for one in wanted
    )


def _is_in_time(condition: Time, document: Document) -> bool:
    for text in _times(condition.path, document):
        instant = read_instant(text)
        if instant is not None and _compares(condition.operator, instant, condition.instant):
            return True
    return False


def _times(path: str, document: Document) -> Iterator[Any]:
    if path in ("eventTime", "recordTime"):
        yield document.get(path)
    elif path == "declarationTime":
        yield (document.get("errorDeclaration") or {}).get("declarationTime")
    else:
        yield from _reported(path, document)


def _has_amount(condition: Amount, document: Document) -> bool:
    for name in QUANTITY_LISTS:
        for element in document.get(name, ()):
            quantity = _number(element.get("quantity"))
            if quantity is None or (condition.uom is not None and element.get("uom") != condition.uom):
                continue
            if any(_compares(condition.operator, quantity, number) for number in condition.numbers):
                return True
    return False


def _reported(attribute: str, document: Document, uom: str | None = None) -> Iterator[Any]:
    """What sensor elements say under a name, in their metadata and their reports."""
    for element in document.get("sensorElementList", ()):
        metadata = element.get("sensorMetadata") or {}
        if uom is None and attribute in metadata:
            yield metadata[attribute]
        for report in element.get("sensorReport", ()):
            if attribute in report and (uom is None or report.get("uom") == uom):
                yield report[attribute]


def _reports(condition: Report, document: Document) -> bool:
    return any(
        _is_one(condition.operator, actual, condition.values)
        for actual in _reported(condition.attribute, document, condition.uom)
    )


def _has_own_field(condition: Extension, document: Document) -> bool:
    if condition.is_inner:
        found = _inner_values(document, condition.place, condition.name)
    else:
        found = _own_values(document, condition.place, condition.name)
    if condition.operator is Operator.EXISTS:
        return next(found, _NOTHING) is not _NOTHING
    return any(_is_one(condition.operator, actual, condition.values) for actual in _flat(found))


_NOTHING = object()


def _has_attribute(condition: Attribute, document: Document) -> bool:
    for value in _own_values(document, Place.EVENT, condition.name):
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, Mapping):
                continue
            for name in condition.attributes & item.keys():
                if condition.values is None:
                    return True
                if any(_is_one(Operator.EQ, actual, condition.values) for actual in _flat([item[name]])):
                    return True
    return False


def _holders(document: Document, place: Place) -> Iterator[Document]:
    """The objects whose own fields stand at a place."""
    if place is Place.EVENT:
        yield document
        return
    if place in (Place.ILMD, Place.ERROR_DECLARATION, Place.READ_POINT, Place.BIZ_LOCATION):
        found = document.get(place)
        if isinstance(found, Mapping):
            yield found
        return
    for element in document.get("sensorElementList", ()):
        if place is Place.SENSOR_ELEMENT:
            yield element
        elif place is Place.SENSOR_METADATA:
            yield element.get("sensorMetadata") or {}
        else:
            yield from element.get("sensorReport", ())


def _own_values(document: Document, place: Place, name: str) -> Iterator[Any]:
    for holder in _holders(document, place):
        if name in holder:
            yield holder[name]


def _inner_values(document: Document, place: Place, name: str) -> Iterator[Any]:
    """Fields of a name at any depth inside the own fields of a place, not these themselves."""
    for holder in _holders(document, place):
        for key, value in holder.items():
            if ":" in key:
                yield from _nested(value, name, 0)


def _nested(value: Any, name: str, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from _nested(inner, name, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(item, name, depth + 1)


def _flat(values: Any) -> Iterator[Any]:
    """Scalars: lists one by one, JSON-LD's value and id objects as what they hold."""
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            scalar = (
                item.get("@value", item.get("id", item.get("@id"))) if isinstance(item, Mapping) else item
            )
            if scalar is not None and not isinstance(scalar, Mapping | list):
                yield scalar


def _is_one(operator: Operator, actual: Any, wanted: tuple[Any, ...]) -> bool:
    return any(_is(operator, actual, value) for value in wanted)


def _is(operator: Operator, actual: Any, wanted: Any) -> bool:
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return operator is Operator.EQ and str(actual).lower() == str(wanted).lower()
    if operator is Operator.EQ and isinstance(actual, str) and isinstance(wanted, str) and actual == wanted:
        return True
    number = _number(actual)
    if number is not None:
        other = _number(wanted)
        return other is not None and _compares(operator, number, other)
    instant = read_instant(actual)
    other_instant = wanted if isinstance(wanted, datetime) else read_instant(wanted)
    if instant is None or other_instant is None:
        return False
    return _compares(operator, instant, other_instant)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    return read_number(str(value))


def _compares(operator: Operator, one: Any, other: Any) -> bool:
    match operator:
        case Operator.EQ:
            return bool(one == other)
        case Operator.GT:
            return bool(one > other)
        case Operator.GE:
            return bool(one >= other)
        case Operator.LT:
            return bool(one < other)
        case Operator.LE:
            return bool(one <= other)
        case Operator.EXISTS:
            return True
