"""Reads of the trace graph: the events a trace rests on, level by level, in plain rows. What they mean is ``graph``'s.

Each level is one statement over the indexes of ``event_goods``, so a trace costs what it reaches, not what the
database holds. Rows may reach further than the trace: what was declared wrong or unpacked is decided in one place.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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

# Makes a named tuple of a row without asking for each field: thousands are made for one answer.
_NEW = tuple.__new__

# In the order of ``GraphEvent``'s fields as far as they are the same; then what step, giver and taker follow from.
_EVENT = """
    e.id::text, e.event_time, e.record_time, 'urn:uuid:' || e.organisation_id, e.counterpart_kind,
    e.counterpart_commune, e.transformation_id, e.is_foreign,
    (select min(d.record_time) from events d where d.corrects_id = e.id and d.is_declaration),
    e.event_type, e.action, e.biz_step
"""
_SIDES = """
    , coalesce(e.shipment_id::text, e.biz_transaction_list -> 0 ->> 'bizTransaction'),
    'urn:uuid:' || e.counterpart_id, e.source_list -> 0 ->> 'source', e.destination_list -> 0 ->> 'destination',
    case when e.is_foreign or jsonb_array_length(e.source_list) > 1 then e.source_list end,
    case when e.is_foreign or jsonb_array_length(e.destination_list) > 1 then e.destination_list end
"""
_GOODS = "g.role, g.epc, g.quantity, g.lot is not null"
_SEEN = "and (e.organisation_id = :viewer or (e.counterpart_id = :viewer and e.verb = any(:between_two)))"


def _standing(*, is_part: bool) -> str:
    """Events that were there at that instant, and are for this reader."""
    return f"not e.is_declaration and e.record_time <= :as_of {_SEEN if is_part else ''}"


# A list of EPCs travels as one text (no URI has a line break) and is joined as rows: planning takes longer with a
# thousand constants in it than running with as many rows.
_WANTED = "unnest(string_to_array(:epcs, chr(10))) wanted(epc)"


def _links(*, is_part: bool) -> TextClause:
    """Events that name the wanted goods in one of the roles, with all goods they link.

    Here and below OFFSET 0 keeps the planner from joining whole tables: whatever their size, each row is looked up by
    its index.
    """
    return text(
        f"""select o.*, {_GOODS} from (
            select distinct t.event_id from {_WANTED} cross join lateral (
                select event_id from event_goods where epc = wanted.epc and role = any(:roles) offset 0
            ) t
        ) asked
        cross join lateral (
            select {_EVENT} from events e where e.id = asked.event_id and {_standing(is_part=is_part)} offset 0
        ) o
        cross join lateral (
            select role, epc, quantity, lot, position from event_goods
            where event_id = asked.event_id and role <> 'object' offset 0
        ) g order by asked.event_id, g.position"""  # noqa: S608 - constants
    )


def _same_transformation(*, is_part: bool) -> TextClause:
    return text(
        f"""select {_EVENT}, {_GOODS}
        from events e join event_goods g on g.event_id = e.id and g.role <> 'object'
        where e.transformation_id = any(:ids) and {_standing(is_part=is_part)}
        order by g.event_id, g.position"""  # noqa: S608 - constants
    )


def _hands(*, is_part: bool) -> TextClause:
    """Events by which the wanted goods began or changed hands."""
    return text(
        f"""select o.* from {_WANTED} cross join lateral (
            select event_id, role, epc, quantity, lot from event_goods
            where epc = wanted.epc and role = 'object' offset 0
        ) g
        cross join lateral (
            select {_EVENT}, {_GOODS} {_SIDES} from events e
            where e.id = g.event_id and e.verb = any(:told) and {_standing(is_part=is_part)} offset 0
        ) o"""  # noqa: S608 - constants
    )


_LINKS = {is_part: _links(is_part=is_part) for is_part in (False, True)}
_SAME_TRANSFORMATION = {is_part: _same_transformation(is_part=is_part) for is_part in (False, True)}
_HANDS = {is_part: _hands(is_part=is_part) for is_part in (False, True)}


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
            fresh = self._read(_LINKS[self.is_part], epcs="\n".join(sorted(level)), roles=_ASKED[direction])
            fresh += self._read_rest(fresh)
            following: set[str] = set()
            for event in fresh:
                wanted = {onward.get(role) for role, epc, _quantity, _is_lot in event.goods if epc in reached}
                if event.transformation_id:
                    wanted.update(onward.values())
                following.update(epc for role, epc, _quantity, _is_lot in event.goods if role in wanted)
            level = following - reached
            reached |= level
        return reached

    def read_hands(self, epcs: Iterable[str]) -> None:
        """Read how these goods began and changed hands."""
        self._read(_HANDS[self.is_part], epcs="\n".join(sorted(epcs)), told=_TOLD)

    def _read_rest(self, events: Sequence[GraphEvent]) -> list[GraphEvent]:
        """The other events of the same transformations."""
        ids = sorted({event.transformation_id for event in events if event.transformation_id})
        return self._read(_SAME_TRANSFORMATION[self.is_part], ids=ids) if ids else []

    def _read(self, statement: TextClause, **values: Any) -> list[GraphEvent]:
        goods: dict[str, list[Named]] = {}
        fresh = []
        for row in self.session.execute(statement, self.values | values).all():
            named = _NEW(Named, row[12:16])
            if row[0] in goods:
                goods[row[0]].append(named)
            elif row[0] not in self.events:
                goods[row[0]] = several = [named]
                fresh.append(_event(row, several))
        self.events.update((event.id, event) for event in fresh)
        return fresh


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


def reached_batches(
    session: Session, batch_id: UUID, *, without: Collection[UUID] = ()
) -> dict[UUID, Nearness]:
    """The batches that a batch went into, itself too: what a recall of it reaches.

    ``without``: batches nothing leads on from. Events about goods unknown here move nothing and carry no recall
    either: anybody may send them.
    """
    start = party_uri(batch_id)
    reader = _Reader(session, None, None)
    epcs = reader.read_links(start, Direction.FORWARD)
    blocked = {party_uri(one) for one in without}
    known = [_without_giving(event, blocked) for event in reader.events.values() if not event.is_foreign]
    nearness = trace(graph_of_events(known), start, Direction.FORWARD).nearness
    ids = _batch_ids(session, epcs & nearness.keys() - blocked)
    return {ids[epc]: nearness[epc] for epc in sorted(ids)}


def _without_giving(event: GraphEvent, blocked: Collection[str]) -> GraphEvent:
    kept = [one for one in event.goods if one.role not in ("input", "child") or one.epc not in blocked]
    return event if len(kept) == len(event.goods) else event._replace(goods=kept)


def _batch_ids(session: Session, epcs: Iterable[str]) -> dict[str, UUID]:
    rows = session.execute(
        text(
            "select distinct epc, batch_id from event_goods where epc = any(:epcs) and batch_id is not null"
        ),
        {"epcs": sorted(epcs)},
    )
    return {row.epc: row.batch_id for row in rows}


def _event(row: Sequence[Any], goods: Sequence[Named]) -> GraphEvent:
    event_id, at, recorded_at, by, kind, commune, transformation_id, is_foreign, declared_wrong_at = row[:9]
    step = step_of(row[9], row[10], row[11])
    giver, taker, document = by, None, None
    if len(row) > 16:
        document, other, source, destination, sources, destinations = row[16:]
        if sources or destinations:
            source = party_of(sources, "source") or source
            destination = party_of(destinations, "destination") or destination
        giver, taker = sides_of(step, by, source, destination, other)
    values = (
        event_id, step, at, recorded_at, by, giver, taker, goods, kind, commune, document, transformation_id,
        False, is_foreign, declared_wrong_at,
    )  # fmt: skip
    return _NEW(GraphEvent, values)
