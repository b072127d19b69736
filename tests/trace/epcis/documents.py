"""Documents the tests send, and the official ones with the formats their schema names."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import (  # type: ignore[import-untyped]  # ships no annotations
    Draft7Validator,
    FormatChecker,
)
from referencing import Registry

from tests.trace.gs1 import standards

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = {"example": "http://ns.example.com/epcis/"}


def an_event(**fields: Any) -> dict[str, Any]:
    """An ObjectEvent as short as it may be; None takes a field out."""
    event = {
        "type": "ObjectEvent",
        "eventTime": "2024-11-21T14:32:00+07:00",
        "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE",
        "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def a_document(*events: Any, **fields: Any) -> dict[str, Any]:
    """An EPCISDocument around events; None takes a field out."""
    document = {
        "@context": [CONTEXT, OWN],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T14:40:00+07:00",
        "epcisBody": {"eventList": list(events)},
        **fields,
    }
    return {name: value for name, value in document.items() if value is not None}


def events_of(document: Any) -> list[Any]:
    """The events of an official document, of either kind."""
    body = document["epcisBody"]
    found: list[Any] = (
        body["eventList"] if "eventList" in body else body["queryResults"]["resultsBody"]["eventList"]
    )
    return found


def official_paths() -> list[Path]:
    """Every document of the standard and of its hash vectors; skips where the folder is absent."""
    examples = (standards.need("epcis") / "examples").glob("*.jsonld")
    vectors = standards.need("event-hash").glob("*.jsonld")
    return sorted([*examples, *vectors])


def official_documents() -> Iterator[dict[str, Any]]:
    """The same, parsed."""
    for path in official_paths():
        yield json.loads(path.read_text())


# RFC 3986, appendix B cuts any text; these say what the pieces may be made of.
_PIECES = re.compile(r"^(([^:/?#]+):)(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$", re.DOTALL)
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})*")


def is_uri(text: str) -> bool:
    """RFC 3986 in another way than the service's."""
    pieces = _PIECES.fullmatch(text)
    if pieces is None or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", pieces[2]):
        return False
    parts = [pieces[4] or "", pieces[5], pieces[7] or "", pieces[9] or ""]
    return all(_CHARACTERS.fullmatch(part) for part in parts) and not any("[" in part for part in parts[1:])


def is_time(text: str) -> bool:
    """RFC 3339: a day that exists, a time, an offset."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text, re.ASCII):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def official_validator() -> Draft7Validator:
    """The official schema, with the formats it names looked at (a library leaves them out unless asked)."""
    schema = json.loads((standards.need("epcis") / "EPCIS-JSON-Schema.json").read_text())
    formats = FormatChecker(formats=())
    formats.checks("uri")(lambda value: not isinstance(value, str) or is_uri(value))
    formats.checks("date-time")(lambda value: not isinstance(value, str) or is_time(value))
    return Draft7Validator(schema, format_checker=formats, registry=Registry())


def rewritten(value: Any, change: Any) -> Any:
    """A copy of ``value`` with ``change(name, value)`` applied to every entry of every object."""
    if isinstance(value, dict):
        pairs = [change(name, rewritten(item, change)) for name, item in value.items()]
        return dict(pairs)
    if isinstance(value, list):
        return [rewritten(item, change) for item in value]
    return copy.deepcopy(value)
