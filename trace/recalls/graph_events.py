"""What one event says about goods and hands, in the standard's own words: the material of the trace graph.

Pure. Words come from the event itself (type, action, business step), never from our verbs, so that a document that
was exported and captured elsewhere says the same. The graph is in ``graph``, reading rows in ``graph_queries``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

POSSESSING_PARTY = "possessing_party"
_ENDS = re.compile("[:/#]")


class Step(StrEnum):
    """What an event does to lots and their holders."""

    BEGIN = "begin"  # goods come into being here
    SPLIT = "split"
    MERGE = "merge"
    TRANSFORM = "transform"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    RECEIVE = "receive"
    HAND_OVER = "hand_over"  # a claim its giver confirmed: both halves in one
    VOID = "void"  # a shipment cancelled or refused
    SELL = "sell"
    OTHER = "other"


_GIVING = (Step.SHIP, Step.HAND_OVER, Step.SELL, Step.VOID)
# What two sides have in common: either may see it, whoever recorded it.
BETWEEN_TWO = frozenset({Step.SHIP, Step.RECEIVE, Step.HAND_OVER, Step.VOID})

_REMAKING_STEPS = {"splitting": Step.SPLIT, "merging": Step.MERGE}
_HANDING_STEPS = {
    "shipping": Step.SHIP,
    "departing": Step.SHIP,
    "receiving": Step.RECEIVE,
    "accepting": Step.HAND_OVER,
    "void_shipping": Step.VOID,
    "retail_selling": Step.SELL,
}


class Named(NamedTuple):
    """One EPC or EPC class in one list of an event; ``lot`` False for a carton or pallet."""

    role: str  # object, parent, child, input, output
    epc: str
    quantity: Decimal | None = None
    is_lot: bool = True


class GraphEvent(NamedTuple):
    """One event as the graph needs it.

    ``by`` is the URI of who recorded it, ``giver`` and ``taker`` of who had the goods before and after; ``other_kind``
    and ``other_commune`` say what the other side is where it has no account. ``document`` joins a shipment to its
    receipt. ``declared_wrong_at``: when an error declaration about it was recorded, where the reader knows.
    """

    id: str
    step: Step
    at: datetime
    recorded_at: datetime
    by: str
    giver: str | None
    taker: str | None
    goods: Sequence[Named]
    other_kind: str | None = None
    other_commune: str | None = None
    document: str | None = None
    transformation_id: str | None = None
    is_declaration: bool = False
    is_foreign: bool = False
    declared_wrong_at: datetime | None = None


# In the order they happened, then were recorded.
_ORDER = attrgetter("at", "recorded_at", "id")


@lru_cache(maxsize=1024)
def step_of(event_type: str, action: str | None, biz_step: str | None) -> Step:
    """What an event of this type, action and business step does; a step may be a bare word or an address."""
    word = _last_word(biz_step or "")
    if event_type == "TransformationEvent":
        return _REMAKING_STEPS.get(word, Step.TRANSFORM)
    if event_type == "AggregationEvent":
        # OBSERVE says that the contents were there: packed, at the latest, then.
        return Step.UNPACK if action == "DELETE" else Step.PACK
    if event_type not in ("ObjectEvent", "TransactionEvent"):
        return Step.OTHER
    if word in _HANDING_STEPS:
        return _HANDING_STEPS[word]
    return Step.BEGIN if action == "ADD" and event_type == "ObjectEvent" else Step.OTHER


def _last_word(name: str) -> str:
    """The bare word of a vocabulary, however it was written: bare, short, as an address, as a URN."""
    return _ENDS.split(name)[-1].rpartition("-")[2]


def party_of(entries: Iterable[Mapping[str, Any]] | None, name: str) -> str | None:
    """Who possesses the goods by a source or destination list (``name``: "source" or "destination")."""
    first = None
    for entry in entries or ():
        if _last_word(str(entry.get("type", ""))) == POSSESSING_PARTY:
            return str(entry[name])
        first = first or entry.get(name)
    return str(first) if first else None


def sides_of(
    step: Step, by: str, source: str | None, destination: str | None, other: str | None = None
) -> tuple[str | None, str | None]:
    """Giver and taker of an event: what its lists say, else who recorded it and the ``other`` side."""
    if step is Step.RECEIVE:
        return source or other, destination or by
    if step is Step.SHIP or step in _GIVING:
        return source or by, destination or other
    return by, None


def event_of(document: Mapping[str, Any], by: str) -> GraphEvent:
    """The event of an EPCIS 2.0 JSON object in short names, as exports write it; ``by`` is who recorded it.

    A party its lists name goes before ``by``: the same document says the same wherever it was captured.
    """
    step = step_of(document["type"], document.get("action"), document.get("bizStep"))
    source = party_of(document.get("sourceList"), "source")
    destination = party_of(document.get("destinationList"), "destination")
    giver, taker = sides_of(step, by, source, destination)
    at = datetime.fromisoformat(document["eventTime"])
    transactions = document.get("bizTransactionList") or [{}]
    return GraphEvent(
        id=document["eventID"],
        step=step,
        at=at,
        recorded_at=datetime.fromisoformat(document.get("recordTime", document["eventTime"])),
        by=by,
        giver=giver,
        taker=taker,
        goods=tuple(_goods_in(document)),
        document=transactions[0].get("bizTransaction"),
        transformation_id=document.get("transformationID"),
        is_declaration=bool(document.get("errorDeclaration")),
    )


def _goods_in(document: Mapping[str, Any]) -> Iterator[Named]:
    if document.get("parentID"):
        yield Named("parent", document["parentID"], None, is_lot=False)
    for role, instances, classes in (
        ("object", "epcList", "quantityList"),
        ("child", "childEPCs", "childQuantityList"),
        ("input", "inputEPCList", "inputQuantityList"),
        ("output", "outputEPCList", "outputQuantityList"),
    ):
        for epc in document.get(instances) or ():
            yield Named(role, epc, None, is_lot=False)
        for element in document.get(classes) or ():
            quantity = element.get("quantity")
            yield Named(role, element["epcClass"], None if quantity is None else Decimal(str(quantity)))


def standing(events: Iterable[GraphEvent], as_of: datetime | None = None) -> list[GraphEvent]:
    """The events that hold at an instant (None: now), in order: recorded by then and not declared wrong by then.

    An error declaration carries the id of the event it declares wrong, and is none of them itself.
    """
    known = [event for event in events if as_of is None or event.recorded_at <= as_of]
    wrong = {(event.by, event.id) for event in known if event.is_declaration}
    holding = [event for event in known if not event.is_declaration and not _is_wrong(event, as_of)]
    if wrong:
        holding = [event for event in holding if (event.by, event.id) not in wrong]
    return sorted(holding, key=_ORDER)


def _is_wrong(event: GraphEvent, as_of: datetime | None) -> bool:
    when = event.declared_wrong_at
    return when is not None and (as_of is None or when <= as_of)


def visible_to(viewer: str, events: Iterable[GraphEvent]) -> list[GraphEvent]:
    """One step back, one step forward: what an organisation recorded, and the handovers it is a side of."""
    return [
        event
        for event in events
        if event.by == viewer or (event.step in BETWEEN_TWO and viewer in (event.giver, event.taker))
    ]
