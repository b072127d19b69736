"""What leads to what: the links of the trace graph, made from events. Pure.

A link leads from what went in to what came out: a split, a merge, a transformation; and from what was packed to what
it was packed in, for as long as it lay there. Following links is ``graph``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from trace.recalls.graph_events import GraphEvent, Step, standing


class Fault(StrEnum):
    """What does not fit, as the record stands."""

    CYCLE = "cycle"
    NO_ORIGIN = "no_origin"  # goods nobody produced, received or made of others
    NO_INPUT = "no_input"  # a transformation out of nothing
    NO_OUTPUT = "no_output"  # a transformation that never gave anything
    NEVER_PACKED = "never_packed"  # unpacked from where it was never put
    USED_TOO_EARLY = "used_too_early"  # went into something before it existed


class Problem(NamedTuple):
    fault: Fault
    epcs: tuple[str, ...]
    event_id: str | None = None


class Link(NamedTuple):
    """``giver`` went into ``taker`` by an event; a packing ends when it is unpacked."""

    giver: str
    taker: str
    way: Step
    event_id: str
    at: datetime
    until: datetime | None = None


# What lies in each carton or pallet at a point of the story: since when, by which event.
_Inside = defaultdict[str, dict[str, tuple[datetime, str]]]


class Graph:
    """Events joined by the goods they name, as they stood at an instant (None: now).

    ``began`` has when goods first came into being, or came from outside of what is seen here.
    """

    def __init__(self, events: Iterable[GraphEvent], as_of: datetime | None = None) -> None:
        self.events = standing(events, as_of)
        self.after: defaultdict[str, list[Link]] = defaultdict(list)
        self.before: defaultdict[str, list[Link]] = defaultdict(list)
        self.about: defaultdict[str, list[GraphEvent]] = defaultdict(list)
        self.faults: defaultdict[str, list[Problem]] = defaultdict(list)
        self.began: dict[str, datetime] = {}
        self.units: set[str] = set()
        remaking: list[GraphEvent] = []
        packing: list[GraphEvent] = []
        for event in self.events:
            beginning, step = None, event.step
            # By identity: hashing a member of an enumeration costs more than everything else here.
            if step is Step.BEGIN or step is Step.RECEIVE or step is Step.HAND_OVER:
                beginning = "object"
            elif step is Step.SPLIT or step is Step.MERGE or step is Step.TRANSFORM:
                beginning = "output"
                remaking.append(event)
            elif step is Step.PACK or step is Step.UNPACK:
                packing.append(event)
            for role, epc, _quantity, is_lot in event.goods:
                self.about[epc].append(event)
                if role == beginning:
                    # Events come in their order: the first is the earliest.
                    self.began.setdefault(epc, event.at)
                if not is_lot:
                    self.units.add(epc)
        self.links = sorted(
            [*self._packings(packing), *self._makings(remaking)],
            key=lambda link: (link.at, link.event_id, link.giver, link.taker),
        )
        for link in self.links:
            self.after[link.giver].append(link)
            self.before[link.taker].append(link)

    def _makings(self, events: Iterable[GraphEvent]) -> Iterator[Link]:
        """Every input of one transformation leads to every output.

        Events with one transformation id are one: what one of them took in, another may give out.
        """
        parts: defaultdict[tuple[str, str], list[GraphEvent]] = defaultdict(list)
        for event in events:
            parts[event.by, event.transformation_id or f"event {event.id}"].append(event)
        for together in parts.values():
            inputs = [(event, epc) for event in together for epc in _named(event, "input")]
            outputs = [(event, epc) for event in together for epc in _named(event, "output")]
            seen = set()
            for taking, giver in inputs:
                for giving, taker in outputs:
                    if (giver, taker) not in seen:
                        seen.add((giver, taker))
                        yield Link(giver, taker, giving.step, giving.id, taking.at)
            for event, epc in () if inputs else outputs:
                self.faults[epc].append(Problem(Fault.NO_INPUT, (epc,), event.id))
            for event, epc in () if outputs else inputs:
                self.faults[epc].append(Problem(Fault.NO_OUTPUT, (epc,), event.id))

    def _packings(self, events: Iterable[GraphEvent]) -> Iterator[Link]:
        inside: _Inside = defaultdict(dict)
        for event in events:
            if event.step is Step.UNPACK:
                yield from self._unpack(event, inside)
                continue
            for parent in _named(event, "parent"):
                for child in _named(event, "child"):
                    inside[parent].setdefault(child, (event.at, event.id))
        for parent, children in inside.items():
            for child, (since, event_id) in children.items():
                yield Link(child, parent, Step.PACK, event_id, since)

    def _unpack(self, event: GraphEvent, inside: _Inside) -> Iterator[Link]:
        for parent in _named(event, "parent"):
            # Without a list everything comes out.
            for child in _named(event, "child") or list(inside[parent]):
                if child in inside[parent]:
                    since, event_id = inside[parent].pop(child)
                    yield Link(child, parent, Step.PACK, event_id, since, event.at)
                else:
                    problem = Problem(Fault.NEVER_PACKED, (child, parent), event.id)
                    self.faults[child].append(problem)
                    self.faults[parent].append(problem)


def _named(event: GraphEvent, role: str) -> Sequence[str]:
    return [named.epc for named in event.goods if named.role == role]
