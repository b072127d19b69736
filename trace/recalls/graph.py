"""The trace graph: which lots became which, through whose hands. Pure algorithms; the rows come from ``graph_queries``.

A node is a lot, or a carton or pallet, by its EPC URI. Whatever does not fit (a cycle, goods from nowhere, a carton
unpacked that was never packed) is told in the result: data of others may say anything, and a recall must end.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from trace.recalls.cycles import find_cycles
from trace.recalls.graph_events import GraphEvent, Step, visible_to
from trace.recalls.graph_hands import Handover, handovers_of, holders_of, towards
from trace.recalls.graph_links import Fault, Graph, Link, Problem

# From when until when something is looked at; None is without end. Only cartons need it: they are used again.
Window = tuple[datetime | None, datetime | None]
ALWAYS: Window = (None, None)


class Direction(StrEnum):
    BACK = "back"
    FORWARD = "forward"


class Nearness(StrEnum):
    """How a lot is related to where the trace began: it, the same goods, or a transformation lies between."""

    START = "start"
    SAME_GOODS = "same_goods"
    MADE_FROM = "made_from"


class TracedLot(NamedTuple):
    """A lot (or a carton: ``is_lot`` False) the trace reached, in how many steps at least."""

    epc: str
    hops: int
    nearness: Nearness
    is_lot: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """What was found, each list in a fixed order.

    ``holders`` has, for each lot, the parties through whose hands it went, by URI; ``events`` what it all rests on.
    """

    direction: Direction
    start: str
    lots: Sequence[TracedLot]
    links: Sequence[Link]
    handovers: Sequence[Handover]
    holders: Mapping[str, Sequence[str]]
    events: Sequence[GraphEvent]
    problems: Sequence[Problem]

    @property
    def nearness(self) -> dict[str, Nearness]:
        """How each lot is related to the start."""
        return {lot.epc: lot.nearness for lot in self.lots}


def graph_of_events(events: Iterable[GraphEvent], as_of: datetime | None = None) -> Graph:
    """The graph of all of these events, as it stood at an instant (None: now)."""
    return Graph(events, as_of)


def visible_part(events: Iterable[GraphEvent], viewer: str, as_of: datetime | None = None) -> Graph:
    """The graph an organisation may see: of its own events and of the handovers it is a side of, nothing else.

    What it does not see it cannot reach either: the trace ends one step beyond its own hands.
    """
    return Graph(visible_to(viewer, events), as_of)


def signature(graph: Graph) -> frozenset[tuple[str | None, ...]]:
    """What makes two graphs the same: links and handovers by URI, wherever and by whom they were recorded."""
    links = {("link", str(link.way), link.giver, link.taker) for link in graph.links}
    hands = {
        ("hands", hand.epc, hand.giver, hand.taker, "void" if hand.is_void else "done")
        for hand in handovers_of(graph.events, graph.about.keys())
    }
    return frozenset(links | hands)


def trace_forward(graph: Graph, start: str) -> Trace:
    """Everything the goods of ``start`` went into, and through whose hands."""
    return trace(graph, start, Direction.FORWARD)


def trace_back(graph: Graph, start: str) -> Trace:
    """Everything ``start`` was made of, and through whose hands that came."""
    return trace(graph, start, Direction.BACK)


def trace(graph: Graph, start: str, direction: Direction) -> Trace:
    """Follow the links from ``start`` in one direction."""
    walk = _Walk(graph, start, direction)
    links = [link for link in graph.links if id(link) in walk.links]
    events = walk.events()
    handovers = handovers_of(events, walk.found.keys())
    if direction is Direction.BACK:
        handovers = towards(handovers, links, {event.id: event.by for event in events}, start)
    return Trace(
        direction=direction,
        start=start,
        lots=sorted(walk.found.values(), key=lambda lot: (lot.hops, lot.epc)),
        links=links,
        handovers=handovers,
        holders=holders_of(events, handovers, walk.found.keys()),
        events=events,
        problems=_problems(graph, walk.found, links, direction),
    )


class _Walk:
    """Breadth first from ``start``; a carton is looked at only while what was followed lay in it."""

    def __init__(self, graph: Graph, start: str, direction: Direction) -> None:
        self.graph = graph
        self.is_forward = direction is Direction.FORWARD
        self.found = {start: TracedLot(start, 0, Nearness.START, start not in graph.units)}
        self.links: dict[int, Link] = {}  # by identity: hashing a link costs more than following it
        self.windows: defaultdict[str, set[Window]] = defaultdict(set)
        self.windows[start].add(ALWAYS)
        seen = {(start, ALWAYS, False)}
        level, hops = list(seen), 0
        while level:
            hops += 1
            following = []
            for epc, window, is_made in level:
                for there, then, made in self._steps(epc, window, is_made):
                    # What is the same goods is not asked again whether it was made of them.
                    if (there, then, made) in seen or (there, then, False) in seen:
                        continue
                    seen.add((there, then, made))
                    following.append((there, then, made))
                    self._note(there, then, hops, made)
            level = following

    def _steps(self, epc: str, window: Window, is_made: bool) -> Iterable[tuple[str, Window, bool]]:
        for link in (self.graph.after if self.is_forward else self.graph.before)[epc]:
            if self._may_follow(link, window):
                self.links[id(link)] = link
                there = link.taker if self.is_forward else link.giver
                yield there, self._window_there(there, window, link), is_made or link.way is Step.TRANSFORM

    def _note(self, epc: str, window: Window, hops: int, is_made: bool) -> None:
        self.windows[epc].add(window)
        known = self.found.get(epc)
        if known is None:
            nearness = Nearness.MADE_FROM if is_made else Nearness.SAME_GOODS
            self.found[epc] = TracedLot(epc, hops, nearness, epc not in self.graph.units)
        elif known.nearness is Nearness.MADE_FROM and not is_made:
            self.found[epc] = known._replace(nearness=Nearness.SAME_GOODS)

    def _may_follow(self, link: Link, window: Window) -> bool:
        since, until = window
        if until is not None and link.at > until:
            return False
        if link.way is Step.PACK:
            return since is None or link.until is None or since <= link.until
        # On the way back something was made before it is looked at.
        return not self.is_forward or since is None or since <= link.at

    def _window_there(self, there: str, window: Window, link: Link) -> Window:
        if there not in self.graph.units:
            return ALWAYS
        if link.way is not Step.PACK:
            return (link.at, None if self.is_forward else link.at)
        since, until = window
        begins_at = link.at if since is None else max(since, link.at)
        ends_at = link.until if until is None else until if link.until is None else min(until, link.until)
        return (begins_at, ends_at)

    def events(self) -> list[GraphEvent]:
        """The events about what was found, while it mattered, in order."""
        packed_since: dict[str, datetime] = {}
        for link in self.links.values():
            if link.way is Step.PACK:
                packed_since[link.taker] = min(link.at, packed_since.get(link.taker, link.at))
        found: set[int] = set()
        for epc in self.found:
            windows = self.windows[epc]
            if ALWAYS in windows:
                found.update(map(id, self.graph.about[epc]))
                continue
            if not self.is_forward and epc in packed_since:
                windows = {
                    (packed_since[epc] if since is not None else since, until) for since, until in windows
                }
            for event in self.graph.about[epc]:
                if any(_is_within(event.at, window) for window in windows):
                    found.add(id(event))
        return [event for event in self.graph.events if id(event) in found]


def _is_within(moment: datetime, window: Window) -> bool:
    since, until = window
    return (since is None or since <= moment) and (until is None or moment <= until)


def _problems(
    graph: Graph, reached: Mapping[str, TracedLot], links: Sequence[Link], direction: Direction
) -> list[Problem]:
    found = {
        Problem(Fault.CYCLE, tuple(members))
        for members in find_cycles(links)
        if not _were_repacked(members, links)
    }
    # Only one end of a transformation is looked at: the other may lie outside of what was asked for.
    other_end = Fault.NO_INPUT if direction is Direction.FORWARD else Fault.NO_OUTPUT
    for epc, lot in reached.items():
        found.update(problem for problem in graph.faults[epc] if problem.fault is not other_end)
        if direction is Direction.BACK and lot.is_lot and epc not in graph.began:
            found.add(Problem(Fault.NO_ORIGIN, (epc,)))
    for link in links:
        if link.way is not Step.PACK and graph.began.get(link.giver, link.at) > link.at:
            found.add(Problem(Fault.USED_TOO_EARLY, (link.giver, link.taker), link.event_id))
    return sorted(found, key=lambda problem: (problem.fault, problem.epcs, problem.event_id or ""))


def _were_repacked(members: Sequence[str], links: Sequence[Link]) -> bool:
    """Cartons that lay in each other one after the other, never at once, are no cycle."""
    within = [link for link in links if link.giver in members and link.taker in members]
    if any(link.way is not Step.PACK for link in within):
        return False
    ends = [link.until for link in within if link.until is not None]
    return bool(ends) and min(ends) <= max(link.at for link in within)
