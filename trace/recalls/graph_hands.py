"""Through whose hands goods went: the handovers and holders of the trace graph, made from events. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from trace.recalls.graph_events import REMAKING, GraphEvent, Step
from trace.recalls.graph_links import Link

_HANDING = frozenset({Step.SHIP, Step.RECEIVE, Step.HAND_OVER, Step.VOID})


class Handover(NamedTuple):
    """Goods of one lot from one hand to another: shipped, received, or both."""

    epc: str
    giver: str | None
    taker: str | None
    at: datetime
    received_at: datetime | None
    shipped: Decimal | None
    received: Decimal | None
    is_void: bool
    event_ids: tuple[str, ...]
    other_kind: str | None = None  # what a side without an account is, and where
    other_commune: str | None = None


def handovers_of(events: Iterable[GraphEvent], epcs: Collection[str]) -> list[Handover]:
    """The handovers of these goods, shipments joined to their receipts by their document, in the order they left."""
    found: dict[tuple[str, str], Handover] = {}
    for event in events:
        if event.step not in _HANDING:
            continue
        for role, epc, quantity, _is_lot in event.goods:
            if epc in epcs and role in ("object", "parent"):
                key = (epc, event.document or event.id)
                found[key] = _add(found.get(key), event, epc, quantity)
    return sorted(found.values(), key=lambda hand: (hand.at, hand.epc, hand.event_ids))


def _add(known: Handover | None, event: GraphEvent, epc: str, quantity: Decimal | None) -> Handover:
    hand = known or Handover(
        epc, event.giver, event.taker, event.at, None, None, None, is_void=False, event_ids=(),
        other_kind=event.other_kind, other_commune=event.other_commune,
    )  # fmt: skip
    event_ids = (*hand.event_ids, event.id)
    if event.step is Step.VOID:
        return hand._replace(event_ids=event_ids, is_void=True)
    is_shipped = event.step is not Step.RECEIVE
    is_received = event.step is not Step.SHIP
    return hand._replace(
        event_ids=event_ids,
        giver=hand.giver or event.giver,
        taker=hand.taker or event.taker,
        shipped=_sum(hand.shipped, quantity) if is_shipped else hand.shipped,
        received=_sum(hand.received, quantity) if is_received else hand.received,
        received_at=event.at if is_received else hand.received_at,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other


def towards(
    handovers: Sequence[Handover], links: Iterable[Link], makers: Mapping[str, str], start: str
) -> list[Handover]:
    """Of the handovers of what went into ``start``, those that led to who used it; and all of its own.

    ``makers`` has who recorded each event, by its id. Where else an ingredient went is not on the way back.
    """
    users: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.event_id in makers:
            users[link.giver].add(makers[link.event_id])
    by_lot: defaultdict[str, list[Handover]] = defaultdict(list)
    for hand in handovers:
        by_lot[hand.epc].append(hand)
    kept: set[Handover] = set(by_lot.pop(start, ()))
    for epc, hands in by_lot.items():
        wanted = users[epc]
        while leading := [hand for hand in hands if hand.taker in wanted and hand not in kept]:
            kept.update(leading)
            wanted |= {hand.giver for hand in leading if hand.giver}
    return [hand for hand in handovers if hand in kept]


def holders_of(
    events: Iterable[GraphEvent], handovers: Iterable[Handover], epcs: Collection[str]
) -> dict[str, Sequence[str]]:
    """For each lot the parties that made or had it, by URI, in the order it came to them."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for event in events:
        if event.step is Step.BEGIN or event.step in REMAKING:
            for role, epc, _quantity, _is_lot in event.goods:
                if epc in epcs and role in ("object", "output"):
                    found[epc][event.by] = None
    for hand in handovers:
        for party in (hand.giver, None if hand.is_void else hand.taker):
            if party is not None:
                found[hand.epc][party] = None
    return {epc: tuple(found[epc]) for epc in sorted(found)}
