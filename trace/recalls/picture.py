"""What the picture and the table of a trace show: lots by level, named, many of them folded. Pure, and no text.

Names come with the lots; how a picture is drawn is ``drawing``'s, words are the pages'.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trace.recalls.graph import Direction, Nearness, Trace
from trace.recalls.graph_events import Step

# So many boxes a level; the rest is one box with its count.
MOST_IN_A_LEVEL = 6
MOST_HOLDERS = 3


@dataclass(frozen=True, slots=True)
class LotName:
    """How a lot is called; ``tone`` a name of the design's tokens."""

    title: str
    lot_number: str
    tone: str = "note"


@dataclass(frozen=True, slots=True)
class Box:
    """One lot of the picture, or ``folded`` of them in one box."""

    key: str
    title: str
    lines: Sequence[str]
    tone: str
    folded: int = 0
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """From the box above to the box below, by a step (the first, where several lead between two folded boxes)."""

    above: str
    below: str
    way: Step


@dataclass(frozen=True, slots=True)
class Picture:
    """Levels from top to bottom, in the direction of time."""

    levels: Sequence[Sequence[Box]]
    lines: Sequence[Line]


def compose(
    found: Trace,
    names: Mapping[str, LotName],
    holders: Mapping[str, Sequence[str]],
    folded_title: Mapping[int, str],
    links: Mapping[str, str] | None = None,
) -> Picture:
    """Lay a trace out: one level a hop, oldest at the top.

    ``holders`` are lines for each lot (who had it), ``folded_title`` what a box of so many lots is called, ``links``
    where a lot leads.
    """
    by_hop: defaultdict[int, list[str]] = defaultdict(list)
    for lot in found.lots:
        by_hop[lot.hops].append(lot.epc)
    box_of: dict[str, str] = {}
    levels: list[list[Box]] = []
    for hop in sorted(by_hop):
        epcs = by_hop[hop]
        shown = epcs if len(epcs) <= MOST_IN_A_LEVEL else epcs[: MOST_IN_A_LEVEL - 1]
        boxes = [_box(epc, names, holders, links or {}) for epc in shown]
        box_of.update((epc, epc) for epc in shown)
        rest = epcs[len(shown) :]
        if rest:
            key = f"rest {hop}"
            box_of.update(dict.fromkeys(rest, key))
            tones = {names[epc].tone for epc in rest if epc in names}
            boxes.append(
                Box(
                    key, folded_title[len(rest)], (), tones.pop() if len(tones) == 1 else "unknown", len(rest)
                )
            )
        levels.append(boxes)
    lines: dict[tuple[str, str], Line] = {}
    for link in found.links:
        above, below = box_of.get(link.giver), box_of.get(link.taker)
        if above is not None and below is not None and above != below:
            lines.setdefault((above, below), Line(above, below, link.way))
    if found.direction is Direction.BACK:
        levels.reverse()
    return Picture(levels, list(lines.values()))


def folded_counts(found: Trace) -> set[int]:
    """How many lots the folded boxes of this trace will have: their titles have to be told in words."""
    by_hop: defaultdict[int, int] = defaultdict(int)
    for lot in found.lots:
        by_hop[lot.hops] += 1
    return {count - MOST_IN_A_LEVEL + 1 for count in by_hop.values() if count > MOST_IN_A_LEVEL}


def tone_of(nearness: Nearness, *, is_recalled: bool, is_under_review: bool) -> str:
    """The tone of a lot: what stands against it, else how near it is."""
    if is_recalled:
        return "recall"
    if is_under_review:
        return "held"
    return "note" if nearness is Nearness.START else "unknown"


def _box(
    epc: str, names: Mapping[str, LotName], holders: Mapping[str, Sequence[str]], links: Mapping[str, str]
) -> Box:
    name = names.get(epc) or LotName(epc, "", "unknown")
    told = list(holders.get(epc, ()))
    more = len(told) - MOST_HOLDERS
    lines = told if more <= 0 else [*told[:MOST_HOLDERS], f"+{more}"]
    return Box(
        epc, name.title, [line for line in (name.lot_number, *lines) if line], name.tone, 0, links.get(epc)
    )
