"""Through whose hands goods went: the handovers and holders of the trace graph, made from events. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from trace.recalls.graph_events import GraphEvent, Step
from trace.recalls.graph_links import Link


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
    """The handovers of these goods, shipments joined to their receipts by their document.

    ``events`` come in their order, and the handovers in that of their first event.
    """
    found: dict[tuple[str, str], list[tuple[GraphEvent, Decimal | None]]] = {}
    for event in events:
        step = event.step
        if step is Step.SHIP or step is Step.RECEIVE or step is Step.HAND_OVER or step is Step.VOID:
            for role, epc, quantity, _is_lot in event.goods:
                if epc in epcs and (role == "object" or role == "parent"):
                    found.setdefault((epc, event.document or event.id), []).append((event, quantity))
    return [_joined(epc, parts) for (epc, _document), parts in found.items()]


def _joined(epc: str, parts: Sequence[tuple[GraphEvent, Decimal | None]]) -> Handover:
    """One handover from all that was recorded of it."""
    shipped = received = received_at = giver = taker = None
    is_void = False
    for event, quantity in parts:
        giver, taker = giver or event.giver, taker or event.taker
        if event.step is Step.VOID:
            is_void = True
            continue
        if event.step is not Step.RECEIVE:
            shipped = _sum(shipped, quantity)
        if event.step is not Step.SHIP:
            received, received_at = _sum(received, quantity), event.at
    first = parts[0][0]
    return Handover(
        epc, giver, taker, first.at, received_at, shipped, received, is_void,
        tuple(event.id for event, _quantity in parts), first.other_kind, first.other_commune,
    )  # fmt: skip


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
        for role, epc, _quantity, _is_lot in event.goods:
            if (role == "output" or event.step is Step.BEGIN) and epc in epcs:
                found[epc][event.by] = None
    for hand in handovers:
        for party in (hand.giver, None if hand.is_void else hand.taker):
            if party is not None:
                found[hand.epc][party] = None
    return {epc: tuple(found[epc]) for epc in sorted(found)}
