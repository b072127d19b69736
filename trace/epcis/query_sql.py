"""Conditions as SQL, to narrow down: every event that satisfies a query is among what is selected here.

Never the last word (that is ``matching``, on what the reader sees), so a condition that SQL cannot say exactly is
said loosely or not at all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, cast, exists, false, func, or_
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from trace.epcis.conditions import (
    Amount,
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
from trace.epcis.patterns import Pattern, canonical
from trace.events.models import Event, EventGoods, Role

_COLUMNS: Mapping[str, Any] = {
    "type": Event.event_type,
    "action": Event.action,
    "bizStep": Event.biz_step,
    "disposition": Event.disposition,
    "transformationID": Event.transformation_id,
    "eventID": Event.epcis_id,
}
_PLACES: Mapping[str, Any] = {"readPoint": Event.read_point, "bizLocation": Event.biz_location}
_LISTS: Mapping[str, Any] = {
    "bizTransactionList": Event.biz_transaction_list,
    "sourceList": Event.source_list,
    "destinationList": Event.destination_list,
}
_TIMES: Mapping[str, Any] = {"eventTime": Event.event_time, "recordTime": Event.record_time}
_ROLES: Mapping[str, Role] = {
    "epcList": Role.OBJECT,
    "quantityList": Role.OBJECT,
    "childEPCs": Role.CHILD,
    "childQuantityList": Role.CHILD,
    "parentID": Role.PARENT,
    "inputEPCList": Role.INPUT,
    "inputQuantityList": Role.INPUT,
    "outputEPCList": Role.OUTPUT,
    "outputQuantityList": Role.OUTPUT,
}
_QUANTITIES = (
    Event.quantity_list,
    Event.child_quantity_list,
    Event.input_quantity_list,
    Event.output_quantity_list,
)
_FROM, _TO = "@ >= $low", "@ <= $high"
_WITHIN: Mapping[Operator, str] = {
    operator: f"$[*].quantity.double() ? ({said})"
    for operator, said in {
        Operator.EQ: f"{_FROM} && {_TO}",
        Operator.GT: _FROM,
        Operator.GE: _FROM,
        Operator.LT: _TO,
        Operator.LE: _TO,
    }.items()
}
# Events are shown in milliseconds and kept in microseconds.
_SHOWN_EARLIER = timedelta(milliseconds=1)


def narrowed(conditions: tuple[Condition, ...]) -> list[ColumnElement[bool]]:
    """What SQL can say of each condition."""
    found = (_narrowed(condition) for condition in conditions)
    return [said for said in found if said is not None]


def _narrowed(condition: Condition) -> ColumnElement[bool] | None:
    match condition:
        case OneOf():
            return _one_of(condition)
        case Below():
            return _place(_PLACES[condition.path], condition.values, is_below=True)
        case Time():
            return _time(condition)
        case Goods():
            return _goods(condition)
        case Amount():
            return _amount(condition)
        case Listed():
            return _listed(condition)
        case HasError():
            return Event.error_declaration.is_not(None)
        case HasSensors() | Report():
            return Event.sensor_element_list.is_not(None)
        case Extension():
            return _extension(condition)
        case _:
            return None


def _one_of(condition: OneOf) -> ColumnElement[bool]:
    path, values = condition.path, condition.values
    if path in _COLUMNS:
        return _COLUMNS[path].in_(sorted(values))  # type: ignore[no-any-return]  # a mapped column
    if path in _PLACES:
        return _place(_PLACES[path], values)
    parent, _, name = path.partition(".")
    if parent == "persistentDisposition":
        return or_(*(Event.persistent_disposition.contains({name: [value]}) for value in sorted(values)))
    return Event.error_declaration.is_not(None)


def _place(column: Any, values: frozenset[str], *, is_below: bool = False) -> ColumnElement[bool]:
    """Places stand as they were written: those with a GLN in one of several forms, others in one."""
    plain = sorted(values | {canonical(value) for value in values})
    said = [column.in_(plain)]
    if any(canonical(value).startswith("https://id.gs1.org/") for value in values):
        said += [
            column.like("urn:epc:id:sgln:%"),
            column.like("http%/414/%"),
            column.like("urn:epc:id:pgln:%"),
        ]
        said.append(column.like("http%/417/%"))
    return or_(*said)


def _time(condition: Time) -> ColumnElement[bool]:
    if condition.path in _TIMES:
        column = _TIMES[condition.path]
        if condition.operator is Operator.GE:
            return column >= condition.instant  # type: ignore[no-any-return]  # a mapped column
        latest = min(condition.instant, datetime.max.replace(tzinfo=UTC) - _SHOWN_EARLIER) + _SHOWN_EARLIER
        return column < latest  # type: ignore[no-any-return]  # a mapped column
    if condition.path == "declarationTime":
        return Event.error_declaration.is_not(None)
    return Event.sensor_element_list.is_not(None)


def _goods(condition: Goods) -> ColumnElement[bool]:
    roles = sorted({str(_ROLES[name]) for name in condition.lists})
    if not condition.patterns:
        return false()
    return exists().where(
        EventGoods.event_id == Event.id,
        EventGoods.role.in_(roles),
        or_(*(_fits(pattern) for pattern in condition.patterns)),
    )


def _fits(pattern: Pattern) -> ColumnElement[bool]:
    if pattern.exact is not None:
        return EventGoods.epc == pattern.exact
    return EventGoods.epc.like(pattern.like, escape="\\")


def _amount(condition: Amount) -> ColumnElement[bool]:
    """Quantities stand as exact text; binary fractions, a little wide, are enough to narrow down."""
    said = []
    for number in condition.numbers:
        near = float(number)
        slack = abs(near) * 1e-9 + 1e-9
        bounds = {"low": near - slack, "high": near + slack}
        said += [
            func.jsonb_path_exists(
                column, cast(_WITHIN[condition.operator], JSONPATH), cast(bounds, JSONB), True
            )
            for column in _QUANTITIES
        ]
    return or_(*said)


def _listed(condition: Listed) -> ColumnElement[bool]:
    column = _LISTS[condition.path]
    return or_(
        *(
            column.contains([{"type": condition.kind, condition.entry: value}])
            for value in sorted(condition.values)
        )
    )


def _extension(condition: Extension) -> ColumnElement[bool] | None:
    match condition.place:
        case Place.EVENT | Place.READ_POINT | Place.BIZ_LOCATION:
            return Event.extensions != cast({}, JSONB)
        case Place.ILMD:
            return or_(Event.ilmd.is_not(None), Event.sealed_items.is_not(None))
        case Place.ERROR_DECLARATION:
            return Event.error_declaration.is_not(None)
        case _:
            return Event.sensor_element_list.is_not(None)
