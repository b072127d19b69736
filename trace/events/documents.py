"""The EPCIS 2.0 form of our events: pure functions from what happened to the standard's field names.

Which CBV token a verb has is decided here and nowhere else (docs/domain.md has the table).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from trace.events.models import Event, Verb

OFFSET = "+07:00"
EXTENSION_PREFIX = "nguongoc"
# The namespace of our extension fields: a name, not an address that is ever fetched.
EXTENSION_NAMESPACE = "urn:nguongoc:epcis:"


@dataclass(frozen=True)
class Kind:
    """The standard's words for one of our verbs."""

    action: str
    biz_step: str | None
    disposition: str | None


KINDS: Mapping[Verb, Kind] = {
    Verb.ACTIVATE: Kind("ADD", "commissioning", "active"),
    Verb.SHIP: Kind("OBSERVE", "shipping", "in_transit"),
    Verb.RECEIVE: Kind("OBSERVE", "receiving", "in_progress"),
    Verb.SELL: Kind("OBSERVE", "retail_selling", "retail_sold"),
    Verb.DESTROY: Kind("DELETE", "destroying", "destroyed"),
    Verb.RECALL: Kind("OBSERVE", None, None),
    Verb.END_RECALL: Kind("OBSERVE", None, None),
    Verb.WITHDRAW_RECALL: Kind("OBSERVE", None, None),
}


@dataclass(frozen=True)
class Amount:
    """How much of one batch: ``epc_class`` its URI, ``uom`` a Rec 20 code or None for counts."""

    epc_class: str
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True)
class Happening:
    """What happened, before it is an event: everything the standard and the leaf will carry."""

    verb: Verb
    event_time: datetime
    amounts: Sequence[Amount]
    location_uri: str | None = None
    source: UUID | None = None
    destination: UUID | None = None
    document: UUID | None = None
    persistent_disposition: Mapping[str, Any] | None = None
    ilmd: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


def party_uri(organisation_id: UUID) -> str:
    """An organisation's URI in events."""
    return f"urn:uuid:{organisation_id}"


def quantity_text(quantity: Decimal) -> str:
    """A quantity as exact text, without exponent or trailing zeros."""
    return f"{quantity.normalize():f}"


def quantity_list(amounts: Sequence[Amount]) -> list[dict[str, Any]]:
    """The standard's quantity elements; quantities as text, so that no digit is lost on the way through JSON."""
    elements = []
    for amount in amounts:
        element: dict[str, Any] = {"epcClass": amount.epc_class}
        if amount.quantity is not None:
            element["quantity"] = quantity_text(amount.quantity)
            if amount.uom:
                element["uom"] = amount.uom
        elements.append(element)
    return elements


def epcis_event(event: Event) -> dict[str, Any]:
    """The event as an EPCIS 2.0 JSON object in short names, ready for the event hash; no private values."""
    document: dict[str, Any] = {
        "type": event.event_type,
        "eventID": event.event_id,
        "eventTime": timestamp(event.event_time),
        "eventTimeZoneOffset": event.event_time_zone_offset,
        "recordTime": timestamp(event.record_time),
        "action": event.action,
        "bizStep": event.biz_step,
        "disposition": event.disposition,
        "quantityList": [_number(element) for element in event.quantity_list],
        "readPoint": {"id": event.read_point} if event.read_point else None,
        "bizLocation": {"id": event.biz_location} if event.biz_location else None,
        "sourceList": event.source_list,
        "destinationList": event.destination_list,
        "bizTransactionList": event.biz_transaction_list,
        "persistentDisposition": event.persistent_disposition,
        "ilmd": _namespaced(event.ilmd) if event.ilmd else None,
    }
    document.update(_namespaced(event.extensions))
    return {name: value for name, value in document.items() if value not in (None, [], {})}


def timestamp(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def _number(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name == "quantity" else value for name, value in element.items()}


def _namespaced(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{EXTENSION_PREFIX}:{name}": value for name, value in values.items()}
