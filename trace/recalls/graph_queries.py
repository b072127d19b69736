"""Reads of the trace graph: the events a trace rests on, level by level, in plain rows. What they mean is ``graph``'s.

Each level is one statement over the indexes of ``event_goods``, so a trace costs what it reaches, not what the
database holds. Rows may reach further than the trace: what was declared wrong or unpacked is decided in one place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from trace.events.documents import party_uri
from trace.events.models import Verb
from trace.recalls.graph import Direction, Nearness, Trace, graph_of_events, trace, visible_part
from trace.recalls.graph_events import GraphEvent, Named, party_of, sides_of, step_of

# Where an event leads on from goods it names in a role: to those it names in the other.
_ONWARD: Mapping[Direction, Mapping[str, str]] = {
    Direction.FORWARD: {"input": "output", "child": "parent"},
    Direction.BACK: {"output": "input", "parent": "child"},
}
# A carton's own unpacking may name nothing but the carton.
_ASKED = {Direction.FORWARD: ["input", "child", "parent"], Direction.BACK: ["output", "parent"]}
# Goods begin or change hands by these; sales, stock counts and the like lead nowhere, and there are many.
_TOLD = [
    str(verb)
    for verb in (
        Verb.ACTIVATE, Verb.ADD_DELIVERY, Verb.TAKE_IN, Verb.SHIP, Verb.RETURN, Verb.CANCEL, Verb.REFUSE,
        Verb.RECEIVE, Verb.CONFIRM_CLAIM, Verb.FOREIGN,
    )
]  # fmt: skip
_BETWEEN_TWO = [
    str(verb) for verb in (Verb.SHIP, Verb.RETURN, Verb.CANCEL, Verb.REFUSE, Verb.RECEIVE, Verb.CONFIRM_CLAIM)
]

_COLUMNS = """
    e.id::text, e.event_type, e.action, e.biz_step, e.event_time, e.record_time, e.organisation_id::text,
    e.counterpart_id::text, e.counterpart_kind, e.counterpart_commune, e.is_foreign, e.transformation_id,
    coalesce(e.shipment_id::text, e.biz_transaction_list -> 0 ->> 'bizTransaction'),
    case when e.is_foreign or jsonb_array_length(e.source_list) > 1 then e.source_list end,
    case when e.is_foreign or jsonb_array_length(e.destination_list) > 1 then e.destination_list end,
    e.source_list -> 0 ->> 'source', e.destination_list -> 0 ->> 'destination',
    (select min(d.record_time) from events d where d.corrects_id = e.id and d.is_declaration),
    g.role, g.epc, g.quantity, g.lot is not null
"""
_STANDING = "not e.is_declaration and e.record_time <= :as_of"
_SEEN = "and (e.organisation_id = :viewer or (e.counterpart_id = :viewer and e.verb = any(:between_two)))"


def _statement(where: str, *, is_part: bool) -> TextClause:
    return text(
        f"select {_COLUMNS} from event_goods g join events e on e.id = g.event_id"  # noqa: S608 - constants
        f" where {_STANDING} and {where} {_SEEN if is_part else ''}"
        " order by g.event_id, g.position"
    )


_LINKS = {
    is_part: _statement(
        "g.role <> 'object' and g.event_id = any(array(select t.event_id from event_goods t"
        " where t.epc = any(:epcs) and t.role = any(:roles)))",
        is_part=is_part,
    )
    for is_part in (False, True)
}
_SAME_TRANSFORMATION = {
    is_part: _statement("g.role <> 'object' and e.transformation_id = any(:ids)", is_part=is_part)
    for is_part in (False, True)
}
_HANDS = {
    is_part: _statement("g.epc = any(:epcs) and g.role = 'object' and e.verb = any(:told)", is_part=is_part)
    for is_part in (False, True)
}


class _Reader:
    """Reads events once each, as they stood at an instant, all of them or those one organisation may see."""

    def __init__(self, session: Session, as_of: datetime | None, viewer_id: UUID | None) -> None:
        self.session = session
        self.values: dict[str, Any] = {"as_of": as_of or "infinity"}
        self.is_part = viewer_id is not None
        if viewer_id is not None:
            self.values |= {"viewer": viewer_id, "between_two": _BETWEEN_TWO}
        self.events: dict[str, GraphEvent] = {}

    def read_links(self, start: str, direction: Direction) -> set[str]:
        """Read the links on from ``start``, level by level; returns every EPC they lead to."""
        onward = _ONWARD[direction]
        reached, level = {start}, {start}
        while level:
            fresh = self._read(_LINKS[self.is_part], epcs=sorted(level), roles=_ASKED[direction])
            fresh += self._read_rest(fresh)
            following: set[str] = set()
            for event in fresh:
                roles = {named.role for named in event.goods if named.epc in reached}
                wanted = {onward[role] for role in roles if role in onward}
                if event.transformation_id:
                    wanted |= set(onward.values())
                following.update(named.epc for named in event.goods if named.role in wanted)
            level = following - reached
            reached |= level
        return reached

    def read_hands(self, epcs: Iterable[str]) -> None:
        """Read how these goods began and changed hands."""
        self._read(_HANDS[self.is_part], epcs=sorted(epcs), told=_TOLD)

    def _read_rest(self, events: Sequence[GraphEvent]) -> list[GraphEvent]:
        """The other events of the same transformations."""
        ids = sorted({event.transformation_id for event in events if event.transformation_id})
        return self._read(_SAME_TRANSFORMATION[self.is_part], ids=ids) if ids else []

    def _read(self, statement: TextClause, **values: Any) -> list[GraphEvent]:
        fresh: dict[str, GraphEvent] = {}
        for row in self.session.execute(statement, self.values | values):
            event_id = row[0]
            if event_id in self.events:
                continue
            event = fresh.get(event_id)
            if event is None:
                event = fresh[event_id] = _event(row)
            event.goods.append(Named(row[18], row[19], row[20], row[21]))  # type: ignore[attr-defined]  # a list until all is read
        self.events |= fresh
        return list(fresh.values())


def read_events(
    session: Session,
    start: str,
    direction: Direction,
    *,
    as_of: datetime | None = None,
    viewer_id: UUID | None = None,
) -> list[GraphEvent]:
    """Every event a trace from ``start`` may rest on; only what ``viewer_id`` may see, where given."""
    reader = _Reader(session, as_of, viewer_id)
    reader.read_hands(reader.read_links(start, direction))
    return list(reader.events.values())


def trace_lot(
    session: Session,
    start: str,
    direction: Direction,
    *,
    as_of: datetime | None = None,
    viewer_id: UUID | None = None,
) -> Trace:
    """Trace goods by their EPC as the record stood at ``as_of`` (None: now); whole, or what ``viewer_id`` may see."""
    events = read_events(session, start, direction, as_of=as_of, viewer_id=viewer_id)
    if viewer_id is None:
        return trace(graph_of_events(events, as_of), start, direction)
    return trace(visible_part(events, party_uri(viewer_id), as_of), start, direction)


def reached_batches(session: Session, batch_id: UUID) -> dict[UUID, Nearness]:
    """The batches that a batch went into, itself too: what a recall of it reaches.

    Events about goods unknown here move nothing and carry no recall either: anybody may send them.
    """
    start = f"urn:uuid:{batch_id}"
    reader = _Reader(session, None, None)
    epcs = reader.read_links(start, Direction.FORWARD)
    known = [event for event in reader.events.values() if not event.is_foreign]
    nearness = trace(graph_of_events(known), start, Direction.FORWARD).nearness
    ids = _batch_ids(session, epcs & nearness.keys())
    return {ids[epc]: nearness[epc] for epc in sorted(ids)}


def _batch_ids(session: Session, epcs: Iterable[str]) -> dict[str, UUID]:
    rows = session.execute(
        text(
            "select distinct epc, batch_id from event_goods where epc = any(:epcs) and batch_id is not null"
        ),
        {"epcs": sorted(epcs)},
    )
    return {row.epc: row.batch_id for row in rows}


def _event(row: Sequence[Any]) -> GraphEvent:
    (
        event_id, event_type, action, biz_step, at, recorded_at, organisation_id, counterpart_id, other_kind,
        other_commune, is_foreign, transformation_id, document, sources, destinations, source, destination,
        declared_wrong_at, *_goods,
    ) = row  # fmt: skip
    step = step_of(event_type, action, biz_step)
    by = f"urn:uuid:{organisation_id}"
    giver, taker = sides_of(
        step,
        by,
        party_of(sources, "source") or source,
        party_of(destinations, "destination") or destination,
        f"urn:uuid:{counterpart_id}" if counterpart_id else None,
    )
    return GraphEvent(
        event_id, step, at, recorded_at, by, giver, taker, [], other_kind, other_commune, document,
        transformation_id, False, is_foreign, declared_wrong_at,
    )  # fmt: skip
