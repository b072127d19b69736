"""What of custody an organisation may see through EPCIS: one step back, one step forward, and nothing else.

Its own events, whole; of others' events only the handovers it is party to, and of these only what concerns it: the
goods of that handover, not what else the other side wrote into the event. Every way out (queries, resources, named
queries, subscriptions) takes its events from here, so that a parameter can never ask about what is not shown.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from trace.epcis.canonical import ATTRIBUTES, LOCATIONS
from trace.epcis.conditions import ALL_GOODS
from trace.epcis.patterns import canonical
from trace.epcis.rows import event_of, time_text
from trace.events.documents import EXTENSION_NAMESPACE, party_uri
from trace.events.handover_models import Claim, ShipmentLine, ShipmentUnit
from trace.events.models import Event, EventGoods, Verb

# Things between two: the one who did not record them sees them too. A claim is one of them, so it is seen by
# claimant and sender.
HANDOVERS = (
    Verb.SHIP,
    Verb.CANCEL,
    Verb.RECEIVE,
    Verb.REFUSE,
    Verb.RETURN,
    Verb.CLAIM,
    Verb.CONFIRM_CLAIM,
    Verb.REFUSE_CLAIM,
    Verb.SETTLE,
)
_HANDOVERS = tuple(map(str, HANDOVERS))
_CLAIMS = tuple(map(str, (Verb.CLAIM, Verb.CONFIRM_CLAIM, Verb.REFUSE_CLAIM)))
_GOODS = aliased(EventGoods)

# What the other side of a handover is shown of it. Everything else, known today or added tomorrow, stays with who
# wrote it: master data of the lot, certificates, transformations, own fields, notes.
_SHARED = frozenset(
    {
        "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "errorDeclaration", "action",
        "bizStep", "disposition", "persistentDisposition", "parentID", "epcList", "childEPCs", "inputEPCList",
        "outputEPCList", "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList",
        "readPoint", "bizLocation", "sourceList", "destinationList", "bizTransactionList", "sensorElementList",
    }
)  # fmt: skip
# Our own fields that say to the other side what this is about, without naming anything.
_SHARED_REASONS = frozenset(
    f"{EXTENSION_NAMESPACE}{name}" for name in ("refusal_reason", "return_reason", "outcome", "goes_to")
)
# Our own fields that are about the handover itself, each by the goods it speaks of.
_SHARED_BY_GOODS = frozenset({f"{EXTENSION_NAMESPACE}difference"})
_DECLARED = ("declarationTime", "reason", "correctiveEventIDs")


def is_visible(reader_id: UUID) -> ColumnElement[bool]:
    """The events an organisation may see anything of."""
    return or_(is_own(reader_id), is_handover_with(reader_id))


def is_own(reader_id: UUID) -> ColumnElement[bool]:
    """Recorded by the organisation itself."""
    return Event.organisation_id == reader_id


def is_handover_with(reader_id: UUID) -> ColumnElement[bool]:
    """Recorded by the other side of a handover, about goods of which some concern this reader."""
    return and_(
        Event.counterpart_id == reader_id,
        Event.organisation_id != reader_id,
        Event.verb.in_(_HANDOVERS),
        exists().where(_GOODS.event_id == Event.id, concerns(reader_id, _GOODS)).correlate(Event),
    )


def concerns(reader_id: UUID, goods: Any = EventGoods) -> ColumnElement[bool]:
    """Which rows of ``event_goods`` (beside their event) a reader may see."""
    in_lines = exists().where(
        ShipmentLine.shipment_id == Event.shipment_id, ShipmentLine.batch_id == goods.batch_id
    )
    in_units = exists().where(
        ShipmentUnit.shipment_id == Event.shipment_id, ShipmentUnit.unit_id == goods.unit_id
    )
    claimed = exists().where(
        Claim.batch_id == goods.batch_id,
        or_(
            and_(Claim.claimant_id == reader_id, Claim.sender_id == Event.organisation_id),
            and_(Claim.sender_id == reader_id, Claim.claimant_id == Event.organisation_id),
        ),
    )
    return or_(
        Event.organisation_id == reader_id,
        and_(Event.shipment_id.is_not(None), or_(in_lines, in_units)),
        # Around a claim there is no shipment; it is between the two it names.
        and_(Event.shipment_id.is_(None), Event.verb.in_(_CLAIMS), claimed),
    )


def documents_for(session: Session, reader_id: UUID, events: Iterable[Event]) -> list[dict[str, Any] | None]:
    """Events as this reader sees them, in order; None for one of which nothing is left.

    Names of own fields are full addresses, the form ``matching`` decides on.
    """
    events = list(events)
    foreign = [event for event in events if event.organisation_id != reader_id]
    goods = _seen_goods(session, reader_id, [event.id for event in foreign])
    corrections = _seen_ids(session, reader_id, foreign)
    found: list[dict[str, Any] | None] = []
    for event in events:
        document = whole(event)
        if event.organisation_id != reader_id:
            seen = goods.get(event.id, set())
            document = shared_part(document, seen, _parties(event, reader_id), corrections)
            found.append(document if any(name in document for name in ALL_GOODS) else None)
        else:
            found.append(document)
    return found


def whole(row: Event) -> dict[str, Any]:
    """The event as it was recorded, with every own field under its full address."""
    event = event_of(row)
    document: dict[str, Any] = {
        "type": event.event_type,
        "eventTime": event.event_time_text,
        "recordTime": time_text(row.record_time),
    }
    for name, attribute in ATTRIBUTES.items():
        value = getattr(event, attribute)
        if value:
            document[name] = list(value) if isinstance(value, tuple) else value
    for name, attribute in LOCATIONS.items():
        address = getattr(event, attribute)
        if address is not None:
            document[name] = {"id": address, **event.extensions.get(name, {})}
    document |= {name: value for name, value in event.extensions.items() if name not in LOCATIONS}
    if event.names_no_goods:
        document["epcList"] = []
    return document


def shared_part(
    document: Mapping[str, Any],
    goods: Collection[str],
    parties: Collection[str],
    event_ids: Collection[str],
) -> dict[str, Any]:
    """What the other side of a handover sees of it. Pure.

    ``goods`` are the canonical EPCs that concern it, ``parties`` the addresses of the two and of the place,
    ``event_ids`` those of corrective events it sees as well.
    """
    shown: dict[str, Any] = {}
    for name in (_SHARED | _SHARED_REASONS) & document.keys():
        value = document[name]
        if name in ALL_GOODS:
            shown[name] = _kept_goods(value, goods)
        elif name in ("sourceList", "destinationList"):
            shown[name] = _kept_parties(value, name.removesuffix("List"), parties)
        elif name in ("readPoint", "bizLocation"):
            shown[name] = {"id": value["id"]}
        elif name == "errorDeclaration":
            shown[name] = _kept_declaration(value, event_ids)
        else:
            shown[name] = _without_own_fields(value)
    for name in _SHARED_BY_GOODS & document.keys():
        shown[name] = {epc: value for epc, value in document[name].items() if canonical(epc) in goods}
    return {name: value for name, value in shown.items() if value not in (None, [], {})}


def _kept_goods(value: Any, goods: Collection[str]) -> Any:
    if isinstance(value, str):
        return value if canonical(value) in goods else None
    return [
        _without_own_fields(item)
        for item in value
        if canonical(item["epcClass"] if isinstance(item, Mapping) else item) in goods
    ]


def _kept_parties(entries: list[Any], name: str, parties: Collection[str]) -> list[Any]:
    """Entries about the two; of a kind that stands there once, that one, as it can be nobody else's."""
    kinds = [entry.get("type") for entry in entries]
    return [
        _without_own_fields(entry)
        for entry in entries
        if canonical(str(entry.get(name))) in parties or kinds.count(entry.get("type")) == 1
    ]


def _kept_declaration(declaration: Mapping[str, Any], event_ids: Collection[str]) -> dict[str, Any]:
    kept = {name: declaration[name] for name in _DECLARED if name in declaration}
    if "correctiveEventIDs" in kept:
        kept["correctiveEventIDs"] = [one for one in kept["correctiveEventIDs"] if one in event_ids]
        if not kept["correctiveEventIDs"]:
            del kept["correctiveEventIDs"]
    return kept


def _without_own_fields(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_own_fields(inner) for name, inner in value.items() if ":" not in name}
    return [_without_own_fields(item) for item in value] if isinstance(value, list) else value


def _parties(event: Event, reader_id: UUID) -> frozenset[str]:
    places = (event.read_point, event.biz_location)
    return frozenset(
        [party_uri(reader_id), party_uri(event.organisation_id), *(canonical(one) for one in places if one)]
    )


def _seen_goods(session: Session, reader_id: UUID, event_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    if event_ids:
        rows = session.execute(
            select(EventGoods.event_id, EventGoods.epc)
            .join(Event, Event.id == EventGoods.event_id)
            .where(EventGoods.event_id.in_(event_ids), concerns(reader_id))
        )
        for event_id, epc in rows:
            found.setdefault(event_id, set()).add(epc)
    return found


def _seen_ids(session: Session, reader_id: UUID, events: Iterable[Event]) -> frozenset[str]:
    """Of the corrective events these name, the ids of those the reader sees."""
    named = {
        one for event in events for one in (event.error_declaration or {}).get("correctiveEventIDs") or ()
    }
    if not named:
        return frozenset()
    return frozenset(
        session.scalars(select(Event.epcis_id).where(Event.epcis_id.in_(named), is_visible(reader_id)))
    )
