"""Between the canonical form of an event and its row: the two directions are each other's inverse.

Quantities stand in rows as exact text, other numbers as JSON numbers where these are exact and as text where not.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from trace.epcis.canonical import LOCATIONS, EpcisEvent
from trace.events.documents import EXTENSION_NAMESPACE, EXTENSION_PREFIX, quantity_text
from trace.events.models import Event

QUANTITY_LISTS = ("quantity_list", "child_quantity_list", "input_quantity_list", "output_quantity_list")
_LISTS = (
    "certification_info",
    "epc_list",
    "child_epcs",
    "input_epc_list",
    "output_epc_list",
    "biz_transaction_list",
    "source_list",
    "destination_list",
)
_AS_THEY_ARE = (
    "event_type",
    "event_time_zone_offset",
    "parent_id",
    "transformation_id",
    "action",
    "biz_step",
    "disposition",
    "read_point",
    "biz_location",
)
# Numbers of a sensor report: one that no JSON number of a database driver holds exactly stands as text.
_MEASURED = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"})
_SEALED_ITEMS = f"{EXTENSION_NAMESPACE}sealed_items"


def columns_of(event: EpcisEvent) -> dict[str, Any]:
    """The columns of a row that say what ``event`` says; its goods (``event_goods``) are the caller's."""
    columns: dict[str, Any] = {name: getattr(event, name) for name in _AS_THEY_ARE}
    columns |= {name: list(getattr(event, name)) or None for name in _LISTS}
    columns |= {
        name: [_amount(element) for element in getattr(event, name)] or None for name in QUANTITY_LISTS
    }
    extensions = {name: stored(value) for name, value in event.extensions.items()}
    return columns | {
        "event_time": event.event_time,
        "is_declaration": event.is_declaration,
        "error_declaration": stored(event.error_declaration),
        "persistent_disposition": event.persistent_disposition,
        "sensor_element_list": stored(event.sensor_element_list) or None,
        "ilmd": stored(event.ilmd) or None,
        "extensions": extensions,
        "context": dict(event.namespaces) or None,
        "event_hash": event.event_hash,
    }


def event_of(row: Event) -> EpcisEvent:
    """The event a row records, ours or captured, with our own names under our namespace."""
    namespaces = dict(row.context or {})
    ilmd = _named(row.ilmd or {})
    extensions = _named(row.extensions)
    if row.sealed_items:
        # The standard keeps ILMD for what brings goods about; goods taken in from outside are observed.
        (extensions if row.action == "OBSERVE" else ilmd)[_SEALED_ITEMS] = row.sealed_items
    if any(
        name.startswith(EXTENSION_NAMESPACE) for name in (*ilmd, *extensions, *(row.error_declaration or ()))
    ):
        namespaces.setdefault(EXTENSION_PREFIX, EXTENSION_NAMESPACE)
    fields: dict[str, Any] = {name: getattr(row, name) for name in _AS_THEY_ARE}
    fields |= {name: getattr(row, name) or () for name in _LISTS}
    fields |= {name: [_element(element) for element in getattr(row, name) or ()] for name in QUANTITY_LISTS}
    return EpcisEvent(
        **fields,
        event_id=row.epcis_id,
        event_time=row.event_time,
        event_time_text=time_text(row.event_time),
        record_time=row.record_time,
        error_declaration=_named(row.error_declaration) if row.error_declaration else None,
        persistent_disposition=row.persistent_disposition,
        sensor_element_list=[_sensor(element) for element in row.sensor_element_list or ()],
        ilmd=ilmd or None,
        extensions=extensions,
        namespaces=namespaces,
    )


def time_text(instant: datetime) -> str:
    """RFC 3339 in UTC, as exact as the instant is and at least to the millisecond."""
    fraction = f"{instant.microsecond:06d}"
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{fraction.removesuffix('000')}Z"


def stored(value: Any) -> Any:
    """``value`` as a JSON column keeps it: a number that a double would bend is kept as text."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if type(value) is dict or isinstance(value, Mapping):
        return {name: stored(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [stored(item) for item in value]
    return value


def _number(value: Decimal) -> int | float | str:
    if value == value.to_integral_value():
        # An integer is read back as an integer, however it was written.
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


def _amount(element: Mapping[str, Any]) -> dict[str, Any]:
    if "quantity" not in element:
        return dict(element)
    return {**element, "quantity": quantity_text(Decimal(str(element["quantity"])))}


def _element(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name == "quantity" else value for name, value in element.items()}


def _sensor(element: Mapping[str, Any]) -> dict[str, Any]:
    reports = [
        {
            name: Decimal(value) if name in _MEASURED and isinstance(value, str) else value
            for name, value in report.items()
        }
        for report in element.get("sensorReport", ())
    ]
    return {**element, "sensorReport": reports}


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our own names, which rows keep bare, under our namespace; the standard's as they are."""
    return {
        name if ":" in name or name in _STANDARD else EXTENSION_NAMESPACE + name: value
        for name, value in values.items()
    }


# What stands under the standard's own name in a declaration, and where additions to a place are kept.
_STANDARD = frozenset({"declarationTime", "reason", "correctiveEventIDs", *LOCATIONS})
