"""Events as a reader sees them, written: one context for all their names, EPCs in the form the reader asked for.

Pure: what goes into a document was decided by ``visibility`` and ``matching`` before.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trace.epcis.canonical import shorten, shorten_names
from trace.epcis.conditions import ALL_GOODS
from trace.epcis.context import EPCIS_CONTEXT
from trace.epcis.patterns import canonical
from trace.events.documents import EXTENSION_NAMESPACE, EXTENSION_PREFIX, timestamp

SCHEMA_VERSION = "2.0"
EPCIS_VERSION = "2.0.0"
CBV_VERSION = "2.0.0"
SIMPLE_QUERY = "SimpleEventQuery"  # the standard's name for a query without one (EPCIS 2.0, 8.2.7.1)


class EpcFormat(StrEnum):
    """How EPCs are written (header GS1-EPC-Format)."""

    NO_PREFERENCE = "No_Preference"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"
    AS_CAPTURED = "Never_Translates"


def query_document(
    documents: Sequence[Mapping[str, Any]],
    contexts: Sequence[Mapping[str, str] | None],
    created_at: datetime,
    *,
    query_name: str = SIMPLE_QUERY,
    subscription_id: str | None = None,
    epc_format: EpcFormat = EpcFormat.DIGITAL_LINK,
) -> dict[str, Any]:
    """The answer to a query. ``contexts`` are the prefixes each event was captured with."""
    namespaces, events = _events(documents, contexts, epc_format)
    results: dict[str, Any] = {"queryName": query_name}
    if subscription_id is not None:
        results["subscriptionID"] = subscription_id
    results["resultsBody"] = {"eventList": events}
    return _document("EPCISQueryDocument", namespaces, created_at, {"queryResults": results})


def event_document(
    documents: Sequence[Mapping[str, Any]],
    contexts: Sequence[Mapping[str, str] | None],
    created_at: datetime,
) -> dict[str, Any]:
    """An ``EPCISDocument``, to be kept or captured elsewhere; EPCs as captured, so that hashes stay what they are."""
    namespaces, events = _events(documents, contexts, EpcFormat.AS_CAPTURED)
    return _document("EPCISDocument", namespaces, created_at, {"eventList": events})


def _document(
    kind: str, namespaces: Mapping[str, str], created_at: datetime, body: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "@context": [EPCIS_CONTEXT, namespaces],
        "type": kind,
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": timestamp(created_at),
        "epcisBody": body,
    }


def collection(members: Sequence[str]) -> dict[str, Any]:
    """A list of names or addresses."""
    return {"@context": EPCIS_CONTEXT, "type": "Collection", "member": list(members)}


def json_text(value: Any) -> str:
    """JSON; a ``Decimal`` is the number it is, without passing through a binary fraction."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_text(str(name))}:{json_text(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(json_text, value))}]"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _events(
    documents: Sequence[Mapping[str, Any]], contexts: Sequence[Mapping[str, str] | None], form: EpcFormat
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    namespaces = _namespaces(contexts)
    return namespaces, [_event(document, namespaces, form) for document in documents]


def _namespaces(contexts: Sequence[Mapping[str, str] | None]) -> dict[str, str]:
    """One prefix for each namespace: two events may have meant different ones by the same."""
    found = {EXTENSION_PREFIX: EXTENSION_NAMESPACE}
    for context in contexts:
        for prefix, namespace in (context or {}).items():
            if namespace in found.values():
                continue
            name, number = prefix, 1
            while name in found:
                number += 1
                name = f"{prefix}{number}"
            found[name] = namespace
    return found


def _event(document: Mapping[str, Any], namespaces: Mapping[str, str], form: EpcFormat) -> dict[str, Any]:
    event = {shorten(name, namespaces): shorten_names(value, namespaces) for name, value in document.items()}
    event["type"] = shorten(event["type"], namespaces)
    if form is EpcFormat.DIGITAL_LINK:
        for name in ALL_GOODS:
            if name in event:
                event[name] = _as_links(event[name])
    return event


def _as_links(value: Any) -> Any:
    if isinstance(value, str):
        return canonical(value)
    return [
        {**item, "epcClass": canonical(item["epcClass"])} if isinstance(item, Mapping) else canonical(item)
        for item in value
    ]
