"""Events for programs: the query side of the REST binding of EPCIS 2.0. Who sees what is ``visibility``."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from trace.accounts.access import actor
from trace.core import clock
from trace.core.http import Audience, audience, db
from trace.epcis import queries
from trace.epcis.answers import SIMPLE_QUERY, collection, query_document
from trace.epcis.conditions import ALL_GOODS, Condition, Goods, OneOf
from trace.epcis.patterns import is_uri, read_pattern
from trace.epcis.protocol import (
    PREFIX,
    add_next_page,
    answer,
    asked,
    epc_format,
    init_protocol,
    page_start,
    per_page,
)
from trace.epcis.queries import Found, Position
from trace.epcis.query import Query, read_parameters, read_prefixes
from trace.epcis.refusals import NoSuchResource, QueryParameterInvalid
from trace.gs1.vocabulary import BizStep, Disposition, EventType, find_term

TOP_LEVEL = (
    "capture", "events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "queries",
)  # fmt: skip
EVENTS = "events"

blueprint = Blueprint("epcis_query", __name__, url_prefix=PREFIX)
init_protocol(blueprint)

# Addresses hold whole addresses (epcs/https://…), whose slashes stay slashes.
_AS_WRITTEN: dict[str, Any] = {"merge_slashes": False}


@blueprint.get("", strict_slashes=False)
@audience(Audience.PROGRAM)
def list_resources() -> Response:
    """What there is at the top."""
    return answer(collection(TOP_LEVEL))


@blueprint.get("/events")
@audience(Audience.PROGRAM)
def list_events() -> Response:
    """The events that satisfy the parameters, a page at a time."""
    return answer_events(read_query_of_request())


@blueprint.get("/events/<path:epcis_id>", **_AS_WRITTEN)
@audience(Audience.PROGRAM)
def show_event(epcis_id: str) -> Response:
    """One event by its eventID, with the declarations that it was wrong."""
    if not is_uri(epcis_id):
        raise NoSuchResource
    found = queries.list_events_of_id(db(), actor().organisation_id, epcis_id)
    if not found.events:
        raise NoSuchResource
    return answer(_document(found, SIMPLE_QUERY))


def read_query_of_request() -> Query:
    """The query in the address, its prefixes in the header GS1-Extensions."""
    return read_parameters(asked(), read_prefixes(request.headers.get("GS1-Extensions")))


def answer_events(query: Query, query_name: str = SIMPLE_QUERY) -> Response:
    """A page of the events that satisfy a query, and where the next one is."""
    start = page_start()
    try:
        after = None if start is None else _position(start)
    except (KeyError, ValueError, TypeError) as error:
        raise QueryParameterInvalid("nextPageToken", "token-unknown") from error
    found = queries.list_events(db(), actor().organisation_id, query, per_page(), after)
    following = found.next
    position = (
        None
        if following is None
        else {"at": following.at.isoformat(), "id": str(following.event_id), "given": following.given}
    )
    return add_next_page(answer(_document(found, query_name)), position)


def _position(start: dict[str, Any]) -> Position:
    return Position(datetime.fromisoformat(start["at"]), UUID(start["id"]), int(start["given"]))


def _document(found: Found, query_name: str) -> dict[str, Any]:
    return query_document(
        found.documents,
        [event.context for event in found.events],
        clock.now(),
        query_name=query_name,
        epc_format=epc_format(),
    )


# ------------------------------------------------------------------------------------------------- resources


def _epc(value: str) -> Condition | None:
    pattern = read_pattern(value) if is_uri(value) else None
    return None if pattern is None else Goods(ALL_GOODS, (pattern,))


def _place(path: str) -> Callable[[str], Condition | None]:
    return lambda value: OneOf(path, frozenset({value})) if is_uri(value) else None


def _word(path: str, vocabulary: type[BizStep] | type[Disposition]) -> Callable[[str], Condition | None]:
    def read(value: str) -> Condition | None:
        term = find_term(vocabulary, value)
        if term is None and not is_uri(value):
            return None
        return OneOf(path, frozenset({str(term) if term is not None else value}))

    return read


def _event_type(value: str) -> Condition | None:
    is_known = value in EventType.__members__.values() or is_uri(value)
    return OneOf("type", frozenset({value})) if is_known else None


_RESOURCES: dict[str, Callable[[str], Condition | None]] = {
    "epcs": _epc,
    "bizSteps": _word("bizStep", BizStep),
    "bizLocations": _place("bizLocation"),
    "readPoints": _place("readPoint"),
    "dispositions": _word("disposition", Disposition),
    "eventTypes": _event_type,
}
_STANDARD: dict[str, frozenset[str]] = {
    "bizSteps": frozenset(BizStep),
    "dispositions": frozenset(Disposition),
    "eventTypes": frozenset(EventType),
}


def _values(resource: str) -> Response:
    """What stands in the reader's events: nobody else's places or goods."""
    start = page_start()
    after = "" if start is None else str(start.get("after", ""))
    limit = per_page()
    rows = queries.list_values(db(), actor().organisation_id, resource, limit + 1, after)
    members = rows[:limit]
    position = {"after": members[-1]} if len(rows) > limit else None
    if resource == "eventTypes" and start is None:
        # The standard's five are always there (its OpenAPI document says so).
        members = [*sorted(_STANDARD[resource]), *(one for one in members if one not in _STANDARD[resource])]
    return add_next_page(answer(collection(members)), position)


def _condition(resource: str, value: str) -> Condition:
    """The condition of a resource that is there for the reader; ``NoSuchResource`` for any other."""
    condition = _RESOURCES[resource](value)
    if condition is None:
        raise NoSuchResource
    is_standard = isinstance(condition, OneOf) and condition.values <= _STANDARD.get(resource, frozenset())
    if not is_standard:
        seen = queries.list_events(db(), actor().organisation_id, Query((condition,)), 1)
        if not seen.events:
            raise NoSuchResource
    return condition


def _add_resource(resource: str, argument: str) -> None:
    """Three addresses: the values of a kind, what there is of one, its events."""

    @audience(Audience.PROGRAM)
    def list_values() -> Response:
        return _values(resource)

    @audience(Audience.PROGRAM)
    def show_value(**values: str) -> Response:
        _condition(resource, values[argument])
        return answer(collection([EVENTS]))

    @audience(Audience.PROGRAM)
    def list_events_of_value(**values: str) -> Response:
        condition = _condition(resource, values[argument])
        return answer_events(read_query_of_request().also(condition))

    value = f"/{resource}/<path:{argument}>"
    blueprint.add_url_rule(f"/{resource}", f"list_{resource}", list_values)
    blueprint.add_url_rule(value, f"show_{resource}", show_value, **_AS_WRITTEN)
    blueprint.add_url_rule(
        f"{value}/events", f"list_events_of_{resource}", list_events_of_value, **_AS_WRITTEN
    )


_add_resource("epcs", "epc")
_add_resource("bizSteps", "biz_step")
_add_resource("bizLocations", "biz_location")
_add_resource("readPoints", "read_point")
_add_resource("dispositions", "disposition")
_add_resource("eventTypes", "event_type")
