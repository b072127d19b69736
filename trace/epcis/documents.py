"""EPCIS documents as sent, read into one canonical form of events: from JSON text to ``EpcisEvent``.

Every form JSON-LD allows comes out the same: words bare, other names and addresses in full, numbers exact. What is
wrong is told with its place; nothing is guessed, nothing is fetched. What happens to the events is ``capture``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from trace.epcis import values
from trace.epcis.canonical import ATTRIBUTES, LOCATIONS, EpcisEvent
from trace.epcis.context import Context, read_context
from trace.epcis.master_data import read_header
from trace.epcis.problems import LARGEST_DOCUMENT, MOST_EVENTS, InvalidDocument, InvalidEvent, Problem
from trace.epcis.refusals import CaptureTooLarge
from trace.epcis.uris import is_uri
from trace.epcis.validation import FIELDS, read_fields
from trace.epcis.values import DuplicateKeys, Reader, escape, is_version
from trace.gs1.event_hash import LARGEST_EXPONENT
from trace.gs1.names import Names

_LONGEST_NUMBER = 2 * LARGEST_EXPONENT


# ------------------------------------------------------------------------------------------------------- JSON


def _exact(text: str) -> Any:
    try:
        number = Decimal(text) if len(text) <= _LONGEST_NUMBER else None
    except InvalidOperation:  # an exponent beyond what Decimal can hold
        number = None
    if number is None or (number and abs(number.adjusted()) > LARGEST_EXPONENT):
        return values.OUT_OF_RANGE
    return number


def _whole(text: str) -> Any:
    return int(text) if len(text) <= LARGEST_EXPONENT else values.OUT_OF_RANGE


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else DuplicateKeys(found)


_DECODER = json.JSONDecoder(
    parse_float=_exact, parse_int=_whole, parse_constant=_no_number, object_pairs_hook=_object
)


def parse_json(body: bytes) -> Any:
    """What ``body`` (UTF-8) says, numbers exact. InvalidDocument when it is no JSON; lesser faults stand in it
    as what ``values.Reader`` refuses, so that they are told with their place."""
    if len(body) > LARGEST_DOCUMENT:
        raise CaptureTooLarge(MOST_EVENTS, LARGEST_DOCUMENT)
    try:
        found = _DECODER.decode(body.decode("utf-8-sig"))
        if b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body:
            found = _mark_forbidden(found)
    except RecursionError as error:
        raise InvalidDocument([Problem("json-too-deep", "")]) from error
    except ValueError as error:
        raise InvalidDocument([Problem("json-malformed", "")]) from error
    return found


def _mark_forbidden(value: Any) -> Any:
    """``value`` with every text that no database can keep (NUL, half a surrogate pair) replaced by a mark."""
    if isinstance(value, str):
        return values.FORBIDDEN_TEXT if _is_forbidden(value) else value
    if isinstance(value, list):
        return [_mark_forbidden(item) for item in value]
    if isinstance(value, dict):
        if any(_is_forbidden(name) for name in value):
            return values.FORBIDDEN_TEXT
        return type(value)((name, _mark_forbidden(item)) for name, item in value.items())
    return value


def _is_forbidden(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


# ------------------------------------------------------------------------------------------------------- reading


def read_event(raw: Any, context: Context, where: str = "") -> EpcisEvent:
    """One event of a document whose names are ``context``; ``where`` is its place. Raises InvalidEvent."""
    if type(raw) is not dict:
        reader = Reader(context)
        reader.is_object(raw, where)
        raise InvalidEvent(reader.problems)
    told: list[Problem] = []
    if "@context" in raw:
        context, told = context.with_event(raw["@context"], f"{where}/@context")
    reader = Reader(context)
    reader.problems += told
    kind, read = read_fields(reader, raw, where)
    if reader.problems:
        raise InvalidEvent(reader.problems)
    return _make_event(kind, read, reader.prefixes)


def _make_event(kind: str, read: dict[str, Any], namespaces: dict[str, str]) -> EpcisEvent:
    text = read.pop("eventTime")
    found: dict[str, Any] = {"event_time": values.to_utc(text), "event_time_text": text}
    if "recordTime" in read:
        found["record_time"] = values.to_utc(read.pop("recordTime"))
    extensions: dict[str, Any] = {}
    for name, value in read.items():
        if name in ATTRIBUTES:
            found[ATTRIBUTES[name]] = value
        elif name in LOCATIONS:
            found[LOCATIONS[name]] = value.pop("id")
            if value:
                extensions[name] = value
        else:
            extensions[name] = value
    return EpcisEvent.of(event_type=kind, extensions=extensions, namespaces=namespaces, **found)


@dataclass(frozen=True)
class EpcisDocument:
    """A document whose frame is right; its events are read one by one, so that each has its own errors."""

    context: Context
    raw_events: Sequence[Any]
    pointer: str | None  # where the events are; None when it is one bare event

    def __len__(self) -> int:
        return len(self.raw_events)

    @property
    def is_bare(self) -> bool:
        """Whether it is one event without a document around it."""
        return self.pointer is None

    def read(self, index: int) -> EpcisEvent:
        """Event ``index``. Raises InvalidEvent."""
        where = "" if self.pointer is None else f"{self.pointer}/{index}"
        return read_event(self.raw_events[index], self.context, where)

    def read_all(self) -> Iterator[EpcisEvent | InvalidEvent]:
        """Every event, or why it is none, in order."""
        for index in range(len(self.raw_events)):
            try:
                yield self.read(index)
            except InvalidEvent as problem:
                yield problem


def read_document(raw: Any) -> EpcisDocument:
    """An EPCISDocument, an EPCISQueryDocument, or one bare event, as parsed by ``parse_json``.

    Raises InvalidDocument when its frame is wrong; its events are looked at later.
    """
    frame = Reader(Context(Names()))
    if not frame.is_object(raw, ""):
        raise InvalidDocument(frame.problems)
    if "@context" not in raw:
        raise InvalidDocument([Problem("value-required", "/@context")])
    context, problems = read_context(raw["@context"], "/@context", raw)
    if problems:
        raise InvalidDocument(problems)
    kind = raw.get("type", raw.get("@type"))
    name = context.expand(kind).rpartition("/")[2] if isinstance(kind, str) else ""
    if name not in _FRAMES:
        if name in FIELDS or (isinstance(kind, str) and is_uri(kind)):
            bare = {key: value for key, value in raw.items() if key != "@context"}
            return EpcisDocument(context, [bare], None)
        at = "/type" if "type" in raw or "@type" not in raw else "/@type"
        raise InvalidDocument([Problem("document-kind", at)])
    return _FRAMES[name](raw, context)


def read_single(raw: Any) -> EpcisEvent:
    """One bare event with its own context. Raises InvalidDocument, InvalidEvent."""
    document = read_document(raw)
    if not document.is_bare:
        raise InvalidDocument([Problem("event-kind", "/type")])
    return document.read(0)


def _read_frame(raw: Mapping[str, Any], context: Context) -> tuple[Reader, dict[str, tuple[str, Any]]]:
    """The document's own fields by the standard's names, each with its place."""
    reader = Reader(context)
    found: dict[str, tuple[str, Any]] = {}
    for key, value in raw.items():
        name, at = context.key(key), f"/{escape(key)}"
        if name is None:
            reader.tell("context-not-fetched", at)
        elif name in found:
            reader.tell("key-duplicate", at)
        elif name in _FRAME_FIELDS:
            found[name] = (at, value)
        elif ":" not in name:
            reader.tell("name-unknown", at)
        elif not is_uri(name):
            reader.tell("uri-malformed", at)
        else:
            values.read_free(Reader(context), value, at)
    for name, read in _FRAME_FIELDS.items():
        if read is not None and name in found:
            read(reader, found[name][1], found[name][0])
    return reader, found


def _read_version(reader: Reader, value: Any, where: str) -> None:
    if reader.is_text(value, where) and not is_version(value):
        reader.tell("version-malformed", where)


def _events_at(reader: Reader, value: Any, where: str, path: Sequence[str]) -> tuple[Sequence[Any], str]:
    """The list of events below ``value`` along ``path``."""
    for name in path:
        if not reader.is_object(value, where):
            return (), where
        where = f"{where}/{name}"
        if name not in value:
            reader.tell("value-required", where)
            return (), where
        value = value[name]
    if type(value) is list and len(value) > MOST_EVENTS:
        raise CaptureTooLarge(MOST_EVENTS, LARGEST_DOCUMENT)
    return (value, where) if reader.is_list(value, where, MOST_EVENTS) else ((), where)


def _read_epcis_document(raw: Mapping[str, Any], context: Context) -> EpcisDocument:
    reader, found = _read_frame(raw, context)
    return _finish(reader, found, ("schemaVersion", "creationDate", "epcisBody"), ("eventList",))


def _read_query_document(raw: Mapping[str, Any], context: Context) -> EpcisDocument:
    reader, found = _read_frame(raw, context)
    for name in ("sender", "receiver", "instanceIdentifier", "epcisHeader"):
        if name in found:
            reader.tell("name-not-here", found[name][0])
    at, body = found.get("epcisBody", ("/epcisBody", None))
    for name, allowed in _QUERY_FRAME.items():
        if type(body) is not dict:
            break  # told on the way to the events
        for key, value in body.items():
            if key in ("queryName", "subscriptionID") and key in allowed:
                reader.is_text(value, f"{at}/{key}")
            elif key not in allowed and not is_uri(key):
                reader.tell("name-unknown", f"{at}/{escape(key)}")
        if "queryName" in allowed and "queryName" not in body:
            reader.tell("value-required", f"{at}/queryName")
        at, body = f"{at}/{name}", body.get(name)
    return _finish(reader, found, ("epcisBody",), ("queryResults", "resultsBody", "eventList"))


def _finish(
    reader: Reader, found: Mapping[str, tuple[str, Any]], required: Sequence[str], path: Sequence[str]
) -> EpcisDocument:
    for name in required:
        if name not in found:
            reader.tell("value-required", f"/{name}")
    at, body = found.get("epcisBody", ("/epcisBody", {path[0]: []}))
    events, pointer = _events_at(reader, body, at, path)
    if reader.problems:
        raise InvalidDocument(reader.problems)
    return EpcisDocument(reader.context, events, pointer)


_FRAME_FIELDS: Mapping[str, Any] = {
    "@context": None,
    "type": None,
    "epcisBody": None,
    "id": values.read_uri,
    "schemaVersion": _read_version,
    "creationDate": values.read_time,
    "instanceIdentifier": values.read_text,
    "sender": values.read_text,
    "receiver": values.read_text,
    "epcisHeader": read_header,
}
# From the body of a query document to its events, and what may stand beside each step.
_QUERY_FRAME: Mapping[str, frozenset[str]] = {
    "queryResults": frozenset({"queryResults"}),
    "resultsBody": frozenset({"queryName", "subscriptionID", "resultsBody"}),
    "eventList": frozenset({"eventList", "vocabularyList"}),
}
_FRAMES = {"EPCISDocument": _read_epcis_document, "EPCISQueryDocument": _read_query_document}
