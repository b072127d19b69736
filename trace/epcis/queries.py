"""Reads of EPCIS: a page of events that satisfy a query, single events, and what stands in a reader's events.

Always for one reader; what a reader may see is ``visibility``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, exists, literal, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from trace.epcis import visibility
from trace.epcis.matching import NOTHING_THERE, matches, order_value
from trace.epcis.query import Query
from trace.epcis.query_sql import narrowed
from trace.epcis.refusals import QueryTooComplex, QueryTooLarge
from trace.events.models import Event, EventGoods

# Rows looked at for one page. A condition SQL cannot narrow down ends here with a shorter page and a way to go on.
MOST_LOOKED_AT = 20_000
MOST_SORTED = 5_000  # for an order SQL does not know
_CHUNK = 200


@dataclass(frozen=True)
class Position:
    """Where a page ended: the instant it is ordered by and the event's own id; ``given`` events came before."""

    at: datetime
    event_id: UUID
    given: int = 0


@dataclass(frozen=True)
class Found:
    """A page: the events as the reader sees them, their rows, and where to go on."""

    events: list[Event]
    documents: list[dict[str, Any]]
    next: Position | None


def list_events(
    session: Session, reader_id: UUID, query: Query, limit: int, after: Position | None = None
) -> Found:
    """At most ``limit`` events that satisfy the query, in its order (latest recorded first where it names none).

    Raises ``QueryTooLarge`` where there are more than the query's bound, ``QueryTooComplex`` where finding out, or
    sorting, would cost too much.
    """
    if query.orders_by_own_field:
        return _list_sorted(session, reader_id, query, limit, after)
    given = after.given if after else 0
    if query.event_count_limit is not None:
        limit = min(limit, query.event_count_limit - given)
    if query.max_event_count is not None and after is None:
        _check_bound(session, reader_id, query, query.max_event_count)
    events: list[Event] = []
    documents: list[dict[str, Any]] = []
    for looked_at, (event, document) in enumerate(_walk(session, reader_id, query, after, limit), 1):
        if document is not None and matches(query, document, event.context):
            if len(events) == limit:
                last = events[-1] if events else None
                return Found(events, documents, _position(query, last, given + limit))
            events.append(event)
            documents.append(document)
        if looked_at >= MOST_LOOKED_AT:
            return Found(events, documents, _position(query, event, given + len(events)))
    return Found(events, documents, None)


def list_events_of_id(session: Session, reader_id: UUID, epcis_id: str) -> Found:
    """The event of an id and the declarations about it, as far as the reader sees them; earliest first."""
    wanted = select(Event).where(Event.epcis_id == epcis_id, visibility.is_visible(reader_id))
    events = list(session.scalars(wanted.order_by(Event.record_time, Event.id)))
    return _seen(session, reader_id, events)


def list_events_of_lot(session: Session, reader_id: UUID, batch_id: UUID) -> Found:
    """Every event of a lot that the reader sees, where that lot concerns it; earliest recorded first.

    Raises ``QueryTooLarge`` beyond ``MOST_SORTED``: half a document would pass for a whole one.
    """
    goods = aliased(EventGoods)
    of_lot = exists().where(
        goods.event_id == Event.id, goods.batch_id == batch_id, visibility.concerns(reader_id, goods)
    )
    wanted = (
        select(Event)
        .where(
            Event.id.in_(select(EventGoods.event_id).where(EventGoods.batch_id == batch_id)),
            visibility.is_visible(reader_id),
            of_lot.correlate(Event),
        )
        .order_by(Event.record_time, Event.id)
    )
    events = list(session.scalars(wanted.limit(MOST_SORTED + 1)))
    if len(events) > MOST_SORTED:
        raise _too_large(MOST_SORTED)
    return _seen(session, reader_id, events)


def _seen(session: Session, reader_id: UUID, events: list[Event]) -> Found:
    documents = visibility.documents_for(session, reader_id, events)
    shown = [(event, document) for event, document in zip(events, documents, strict=True) if document]
    return Found([event for event, _ in shown], [document for _, document in shown], None)


def list_values(session: Session, reader_id: UUID, resource: str, limit: int, after: str = "") -> list[str]:
    """What stands under a resource's name in the reader's events: sorted, ``limit`` of them, beyond ``after``."""
    value = _VALUES[resource]
    if resource == "epcs":
        wanted = (
            select(EventGoods.epc.label("value"))
            .join(Event, Event.id == EventGoods.event_id)
            .where(visibility.is_visible(reader_id), visibility.concerns(reader_id))
        )
    else:
        wanted = select(value.label("value")).where(value.is_not(None), visibility.is_visible(reader_id))
    # By bytes, so that the order is the same on every machine and a page ends where the next begins.
    found = wanted.distinct().subquery()
    column = found.c.value.collate("C")
    rows = session.scalars(select(found.c.value).where(column > after).order_by(column).limit(limit))
    return [str(row) for row in rows]


_VALUES: dict[str, Any] = {
    "epcs": EventGoods.epc,
    "bizSteps": Event.biz_step,
    "bizLocations": Event.biz_location,
    "readPoints": Event.read_point,
    "dispositions": Event.disposition,
    "eventTypes": Event.event_type,
}


def _check_bound(session: Session, reader_id: UUID, query: Query, most: int) -> None:
    """Raise ``QueryTooLarge`` where more than ``most`` events satisfy the query."""
    count = 0
    for looked_at, (event, document) in enumerate(_walk(session, reader_id, query, None, most), 1):
        count += document is not None and matches(query, document, event.context)
        if count > most:
            raise _too_large(most)
        if looked_at >= MOST_LOOKED_AT:
            raise _too_complex()


def _list_sorted(
    session: Session, reader_id: UUID, query: Query, limit: int, after: Position | None
) -> Found:
    """In an order by an own field: all that match are read and sorted; ``given`` of the position counts on."""
    name = query.order_by or ""
    given = after.given if after else 0
    found: list[tuple[Event, dict[str, Any]]] = []
    for looked_at, (event, document) in enumerate(_walk(session, reader_id, query, None, MOST_SORTED)):
        if document is not None and matches(query, document, event.context):
            found.append((event, document))
        if len(found) > MOST_SORTED or looked_at >= MOST_LOOKED_AT:
            raise _too_complex()
    if query.max_event_count is not None and len(found) > query.max_event_count:
        raise _too_large(query.max_event_count)
    values = {event.id: order_value(name, document, event.context) for event, document in found}
    has = [pair for pair in found if values[pair[0].id][0] < NOTHING_THERE]
    lacks = [pair for pair in found if values[pair[0].id][0] == NOTHING_THERE]
    ordered = sorted(has, key=lambda pair: values[pair[0].id], reverse=query.is_descending) + lacks
    if query.event_count_limit is not None:
        ordered = ordered[: query.event_count_limit]
    page = ordered[given : given + limit]
    events = [event for event, _ in page]
    is_more = len(ordered) > given + limit
    position = Position(events[-1].record_time, events[-1].id, given + len(page)) if is_more else None
    return Found(events, [document for _, document in page], position)


def _walk(
    session: Session, reader_id: UUID, query: Query, after: Position | None, limit: int
) -> Iterator[tuple[Event, dict[str, Any] | None]]:
    """Every event SQL cannot rule out, as its reader sees it, in the query's order."""
    size = min(max(limit + 1, 50), _CHUNK)
    while True:
        events = _chunk(session, reader_id, query, after, size)
        documents = visibility.documents_for(session, reader_id, events)
        yield from zip(events, documents, strict=True)
        if len(events) < size:
            return
        last = events[-1]
        after = Position(getattr(last, _column(query).key), last.id)
        size = _CHUNK


def _chunk(session: Session, reader_id: UUID, query: Query, after: Position | None, size: int) -> list[Event]:
    """The next rows: own events and handovers are found apart, each by its index, and put together."""
    column: Any = _column(query)
    conditions = narrowed(query.conditions)
    if after is not None:
        edge = tuple_(literal(after.at), literal(after.event_id))
        here = tuple_(column, Event.id)
        conditions.append(here < edge if query.is_descending else here > edge)
    parts: list[Select[Any]] = []
    for scope in (visibility.is_own(reader_id), visibility.is_handover_with(reader_id)):
        part = select(Event.id.label("id"), column.label("at")).where(scope, *conditions)
        parts.append(_ordered(part, column, Event.id, query).limit(size))
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    ids = list(session.scalars(_ordered(select(both.c.id), both.c.at, both.c.id, query).limit(size)))
    rows = {event.id: event for event in session.scalars(select(Event).where(Event.id.in_(ids)))}
    return [rows[one] for one in ids]


def _ordered(wanted: Select[Any], column: ColumnElement[Any], event_id: Any, query: Query) -> Select[Any]:
    if query.is_descending:
        return wanted.order_by(column.desc(), event_id.desc())
    return wanted.order_by(column, event_id)


def _column(query: Query) -> Any:
    return Event.event_time if query.order_by == "eventTime" else Event.record_time


def _position(query: Query, last: Event | None, given: int) -> Position | None:
    if last is None:
        return None
    if query.event_count_limit is not None and given >= query.event_count_limit:
        return None
    return Position(getattr(last, _column(query).key), last.id, given)


def _too_complex() -> QueryTooComplex:
    return QueryTooComplex(_l("This query looks at too many events. Narrow it down, for example by time."))


def _too_large(most: int) -> QueryTooLarge:
    return QueryTooLarge(_l("There are more events than %(most)s.", most=most), most=most)
