"""What the leaf of an event commits to, from the event's own rows. Pure.

The same function speaks when the leaf is written and whenever it is opened later: a row changed by hand no longer
opens its leaf.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from trace.core import clock
from trace.events.documents import party_uri, timestamp
from trace.events.models import Event, EventPrivate, Verb

# What they say is public from the moment they are recorded.
PUBLIC_ACTS = (Verb.RECALL, Verb.END_RECALL, Verb.WITHDRAW_RECALL)
# Private columns that go into the leaf as they are.
_AS_THEY_ARE = (
    "event_time_zone_offset",
    "read_point",
    "biz_location",
    "parent_id",
    "epc_list",
    "child_epcs",
    "input_epc_list",
    "output_epc_list",
    "quantity_list",
    "child_quantity_list",
    "input_quantity_list",
    "output_quantity_list",
    "transformation_id",
    "biz_transaction_list",
    "source_list",
    "destination_list",
    "sensor_element_list",
    "ilmd",
    "certification_info",
    "event_hash",
)


def public_values(event: Event) -> dict[str, Any]:
    """What is opened beside the leaf for everybody: kinds, communes, dates, and the public acts themselves.

    Without ``lots``, whose tags need the leaf's salts (``trace.ledger.leaves.lot_tags``). Nulls are left out.
    """
    is_public_act = event.verb in PUBLIC_ACTS or _is_official(event)
    values: dict[str, Any] = {
        "event_id": event.epcis_id,
        "event_type": event.event_type,
        "action": event.action,
        "biz_step": event.biz_step,
        "disposition": event.disposition,
        "verb": str(event.verb),
        "event_date": clock.local(event.event_time).date().isoformat(),
        "record_date": clock.local(event.record_time).date().isoformat(),
        "commune": event.commune,
        "organisation_kind": event.organisation_kind,
        "counterpart_kind": event.counterpart_kind,
        "counterpart_commune": event.counterpart_commune,
        "marks": list(event.marks) or None,
        "persistent_disposition": event.persistent_disposition,
        "error_declaration": event.error_declaration,
        "notice": (event.extensions or None) if is_public_act else None,
        "sealed_items": event.sealed_items,
    }
    return _as_texts(values)


def private_values(event: Event, private: EventPrivate) -> dict[str, Any]:
    """What only the parties of the event, or nobody, can open. Nulls are left out."""
    is_public_act = event.verb in PUBLIC_ACTS or _is_official(event)
    values: dict[str, Any] = {name: getattr(event, name) or None for name in _AS_THEY_ARE}
    values |= {
        "event_time": timestamp(event.event_time),
        "record_time": timestamp(event.record_time),
        "device_time": timestamp(event.device_time) if event.device_time else None,
        "extensions": None if is_public_act else event.extensions or None,
        "recorded_by": party_uri(event.organisation_id),
        "on_behalf_of": party_uri(private.on_behalf_of) if private.on_behalf_of else None,
        "person": _person(private),
        "note": private.note or None,
        "attachments": private.attachments,
    }
    return _as_texts(values)


def leaf_values(event: Event, private: EventPrivate) -> dict[str, Any]:
    """Every value of the leaf but ``lots``; what is null or was erased is left out."""
    return public_values(event) | private_values(event, private)


def lots_of(lots: Iterable[str | None]) -> set[str]:
    """The lots an event concerns, from its goods: each once, cartons left out."""
    return {lot for lot in lots if lot is not None}


def _is_official(event: Event) -> bool:
    return "official" in event.marks


def _person(private: EventPrivate) -> Any:
    """Who pressed the button, and the households of a harvest."""
    pressed = f"urn:uuid:{private.recorded_by}" if private.recorded_by else None
    if not private.people:
        return pressed
    return {"recorded_by": pressed, "people": private.people}


def _as_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Every value but nulls, each as ``_texts`` writes it."""
    return {
        name: value if type(value) is str else _texts(value)
        for name, value in values.items()
        if value is not None
    }


def _texts(value: Any) -> Any:
    """Numbers as exact text: a leaf's canonical form has none."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [part if type(part) is str else _texts(part) for part in value]
    if type(value) is dict or isinstance(value, Mapping):
        return {name: part if type(part) is str else _texts(part) for name, part in value.items()}
    if isinstance(value, int | Decimal):
        return f"{Decimal(value).normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value)
