"""Whether the columns an event is found by agree with what its leaf commits to: party, place, shipment, lot.

Those columns hold our own ids; a leaf commits to the event's own words. Where these name the same thing, here is the
rule that holds the two together. Rows are given and read; nothing is written here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, load_only

from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.events.audit_goods import are_counted
from trace.events.documents import party_uri
from trace.events.handover_models import Settlement, Shipment, ShipmentLine, ShipmentUnit
from trace.events.models import Event, EventGoods, Verb
from trace.gs1.digital_link import canonicalise

FOREIGN = "foreign"
CORRECTED = "corrected"
# Between two, by a shipment, however it was said.
OF_A_SHIPMENT = frozenset(
    {Verb.SHIP, Verb.CANCEL, Verb.RECEIVE, Verb.REFUSE, Verb.RETURN, Verb.CONFIRM_CLAIM, Verb.SETTLE}
)
_URN = "urn:uuid:"


@dataclass(frozen=True)
class Surroundings:
    """The rows that a number of events refer to."""

    shipments: Mapping[UUID, Shipment]
    shipped: Mapping[UUID, frozenset[UUID]]  # the lots and cartons of each shipment
    settled: Mapping[UUID, UUID]  # the shipment of each settlement
    batch_codes: Mapping[UUID, str]
    unit_epcs: Mapping[UUID, str]
    events: Mapping[UUID, Event]  # those corrected or confirmed
    originals: Mapping[tuple[UUID, str], Event]  # by organisation and eventID


def read_surroundings(
    session: Session, events: Collection[Event], goods: Iterable[EventGoods]
) -> Surroundings:
    """What these events refer to: one question a table, whatever their number."""
    goods = list(goods)
    documents = {document for event in events for document in _documents_of(event)}
    shipment_ids = {event.shipment_id for event in events if event.shipment_id}
    shipped: dict[UUID, set[UUID]] = {}
    lines = select(ShipmentLine.shipment_id, ShipmentLine.batch_id)
    cartons = select(ShipmentUnit.shipment_id, ShipmentUnit.unit_id)
    for shipment_id, part_id in (
        *session.execute(lines.where(ShipmentLine.shipment_id.in_(shipment_ids))),
        *session.execute(cartons.where(ShipmentUnit.shipment_id.in_(shipment_ids))),
    ):
        shipped.setdefault(shipment_id, set()).add(part_id)
    settled = session.execute(
        select(Settlement.id, ShipmentLine.shipment_id)
        .join(ShipmentLine, ShipmentLine.id == Settlement.line_id)
        .where(Settlement.id.in_(documents))
    )
    batch_ids = {one.batch_id for one in goods if one.batch_id and one.epc != f"{_URN}{one.batch_id}"}
    unit_ids = {one.unit_id for one in goods if one.unit_id}
    referred = {event.corrects_id for event in events if event.corrects_id} | documents
    declared = {(event.organisation_id, event.epcis_id) for event in events if event.is_declaration}
    wanted = select(Event).options(load_only(*_READ, raiseload=True))
    # Apart: together they would be found by reading the whole table.
    known = [
        *session.scalars(wanted.where(Event.id.in_(referred))),
        *session.scalars(wanted.where(tuple_(Event.organisation_id, Event.epcis_id).in_(declared))),
    ]
    return Surroundings(
        shipments={
            one.id: one for one in session.scalars(select(Shipment).where(Shipment.id.in_(shipment_ids)))
        },
        shipped={shipment_id: frozenset(lots) for shipment_id, lots in shipped.items()},
        settled={row.id: row.shipment_id for row in settled},
        batch_codes={
            row.id: row.code
            for row in session.execute(select(Batch.id, Batch.code).where(Batch.id.in_(batch_ids)))
        },
        unit_epcs={
            unit.id: canonicalise(unit.epc) or unit.epc
            for unit in session.scalars(select(LogisticUnit).where(LogisticUnit.id.in_(unit_ids)))
        },
        events={event.id: event for event in known},
        originals={
            (event.organisation_id, event.epcis_id): event for event in known if not event.is_declaration
        },
    )


# Of events that others refer to: what files them.
_READ = (
    Event.id,
    Event.epcis_id,
    Event.is_declaration,
    Event.record_time,
    Event.organisation_id,
    Event.location_id,
    Event.counterpart_id,
    Event.shipment_id,
)


def misfiled_as(event: Event, goods: Sequence[EventGoods], around: Surroundings) -> str | None:
    """Which column of the event says another thing than what its leaf commits to; None where all agree."""
    if event.is_foreign != (FOREIGN in event.marks):
        return "is_foreign"
    if event.is_declaration != (event.error_declaration is not None):
        return "is_declaration"
    if event.is_declaration or event.corrects_id is not None:
        return _misfiled_declaration(event, around)
    is_ours = is_written_here(event)
    if event.shipment_id is not None or event.verb in OF_A_SHIPMENT:
        found = _misfiled_shipment(event, goods, around, is_ours=is_ours)
        if found is not None:
            return found
    # What a captured event says of places and parties is in its own words, and a correction repeats them.
    if not is_ours or CORRECTED in event.marks:
        return None
    return _misfiled_words(event)


def is_written_here(event: Event) -> bool:
    """Whether it is in our own words; a declaration, and what a correction puts in its place, may repeat others'."""
    return event.epcis_id == f"{_URN}{event.id}"


def are_goods_counted(event: Event, goods: Sequence[EventGoods], around: Surroundings) -> bool:
    """Whether the rows of goods, which move quantities, say what the event names."""
    shipped = around.shipped.get(event.shipment_id, frozenset()) if event.shipment_id else frozenset()
    is_ours = is_written_here(event) and CORRECTED not in event.marks
    return are_counted(event, goods, shipped, is_ours=is_ours)


def are_goods_misfiled(goods: Iterable[EventGoods], around: Surroundings) -> bool:
    """Whether a row of goods leads to another lot or carton than the one the event names."""
    for one in goods:
        if one.batch_id is not None:
            is_named = one.epc == f"{_URN}{one.batch_id}" or (
                one.lot is not None and one.lot == around.batch_codes.get(one.batch_id)
            )
            if not is_named:
                return True
        elif one.lot is not None and ":" not in one.lot:
            return True  # a code of ours, and no lot it leads to
        if one.unit_id is not None and around.unit_epcs.get(one.unit_id) != one.epc:
            return True
    return False


def _misfiled_declaration(event: Event, around: Surroundings) -> str | None:
    """A declaration bears the id of the event it declares wrong, and is filed like it."""
    original = around.originals.get((event.organisation_id, event.epcis_id))
    if event.corrects_id is None:
        # One that was captured may have come before what it is about.
        came_first = original is None or original.record_time > event.record_time
        return None if event.is_foreign and came_first else "corrects_id"
    if not event.is_declaration or original is None or original.id != event.corrects_id:
        return "corrects_id"
    for name in ("shipment_id", "counterpart_id", "location_id"):
        if getattr(event, name) != getattr(original, name):
            return name
    return None


def _misfiled_shipment(
    event: Event, goods: Sequence[EventGoods], around: Surroundings, *, is_ours: bool
) -> str | None:
    shipment = around.shipments.get(event.shipment_id) if event.shipment_id else None
    if shipment is None:
        return "shipment_id"
    if event.organisation_id not in (shipment.sender_id, shipment.receiver_id):
        return "shipment_id"
    is_sender = event.organisation_id == shipment.sender_id
    if event.counterpart_id != (shipment.receiver_id if is_sender else shipment.sender_id):
        return "counterpart_id"
    if not {one.batch_id for one in goods if one.batch_id} <= around.shipped.get(shipment.id, frozenset()):
        return "shipment_id"
    if not is_ours:
        return None
    if not any(_is_about(document, event, shipment.id, around) for document in _documents_of(event)):
        return "shipment_id"
    if CORRECTED in event.marks or not (event.source_list and event.destination_list):
        return None
    receiver_id = shipment.receiver_id or shipment.party_id
    named = (_named(event.source_list), _named(event.destination_list))
    if receiver_id and named != ({party_uri(shipment.sender_id)}, {party_uri(receiver_id)}):
        return "shipment_id"
    return None


def _is_about(document: UUID, event: Event, shipment_id: UUID, around: Surroundings) -> bool:
    """Whether a document of the event is its shipment, a settlement of it, or the handover that was confirmed."""
    if event.verb == Verb.SETTLE:
        return around.settled.get(document) == shipment_id
    if event.verb == Verb.CONFIRM:
        confirmed = around.events.get(document)
        return confirmed is not None and confirmed.shipment_id == shipment_id
    return document == shipment_id


def _misfiled_words(event: Event) -> str | None:
    places = [uri for uri in (event.read_point, event.biz_location) if uri]
    if event.location_id and places and f"{_URN}{event.location_id}" not in places:
        return "location_id"
    if not event.source_list or not event.destination_list:
        return None  # not a handover between two named ones
    parties = _named(event.source_list) | _named(event.destination_list)
    if event.counterpart_id and party_uri(event.counterpart_id) not in parties:
        return "counterpart_id"
    return None


def _named(entries: Iterable[Mapping[str, Any]]) -> set[str | None]:
    return {one.get("source") or one.get("destination") for one in entries}


def _documents_of(event: Event) -> list[UUID]:
    """The ids of ours among its business transactions."""
    found = []
    for one in event.biz_transaction_list or ():
        try:
            found.append(UUID(str(one.get("bizTransaction")).removeprefix(_URN)))
        except ValueError:
            continue
    return found
