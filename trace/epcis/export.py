"""Events of the record written as EPCIS 2.0: documents that the official schema takes and other systems capture.

What a reader may see of an event is decided before (``visibility``); here everything given is written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from trace.epcis.canonical import EpcisEvent
from trace.epcis.context import EPCIS_CONTEXT
from trace.epcis.rows import event_of, time_text
from trace.events.models import Event

SCHEMA_VERSION = "2.0"


def event_json(row: Event, declared: Mapping[str, str] | None = None) -> dict[str, Any]:
    """One event as an object of a document that declares the prefixes ``declared``.

    Prefixes the document does not declare, or declares otherwise, stand in a context of the event's own. Numbers
    are ``Decimal``: ``to_text`` writes them as they are.
    """
    return _event_json(event_of(row), declared or {})


def bare_event_json(row: Event) -> dict[str, Any]:
    """One event that stands alone, with its context."""
    event = event_of(row)
    return {"@context": _context(event.namespaces), **event.to_json()}


def document_of(rows: Iterable[Event], created_at: datetime) -> dict[str, Any]:
    """An EPCISDocument of events, in their order, ready for ``to_text``."""
    events = [event_of(row) for row in rows]
    declared = prefixes_of(events)
    return {
        "@context": _context(declared),
        "type": "EPCISDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": time_text(created_at),
        "epcisBody": {"eventList": [_event_json(event, declared) for event in events]},
    }


def prefixes_of(events: Sequence[EpcisEvent]) -> dict[str, str]:
    """The prefixes a document of ``events`` declares once; where two events differ, the first one's."""
    declared: dict[str, str] = {}
    for event in events:
        for prefix, namespace in event.namespaces.items():
            declared.setdefault(prefix, namespace)
    return declared


def _context(prefixes: Mapping[str, str]) -> list[Any]:
    return [EPCIS_CONTEXT, dict(prefixes)] if prefixes else [EPCIS_CONTEXT]


def _event_json(event: EpcisEvent, declared: Mapping[str, str]) -> dict[str, Any]:
    own = {prefix: ns for prefix, ns in event.namespaces.items() if declared.get(prefix) != ns}
    return {**({"@context": own} if own else {}), **event.to_json()}


def to_text(value: Any) -> str:
    """JSON text of ``value``, numbers with every digit they have.

    The standard library writes a ``Decimal`` not at all, and a float of 18 digits with 17.
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {to_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
