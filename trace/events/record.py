"""The one place an event is written: row, private values, leaf and the batches it concerns, in one transaction.

Services decide and move quantities, then call ``record_event``; nothing else adds to these tables.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.ids import uuid7
from trace.events import documents
from trace.events.documents import Amount, Happening
from trace.events.models import Event, EventBatch, EventPrivate, Shipment, Verb
from trace.events.rules import is_late
from trace.gs1.event_hash import event_hash
from trace.gs1.names import Names
from trace.ledger.services import append_leaf

# What they say is public from the moment they are recorded.
PUBLIC_ACTS = (Verb.RECALL, Verb.END_RECALL, Verb.WITHDRAW_RECALL)
_NAMES = Names({documents.EXTENSION_PREFIX: documents.EXTENSION_NAMESPACE})


def amounts_of(quantities: Mapping[Batch, Decimal | None]) -> list[Amount]:
    """The standard's quantity elements of batches, in a fixed order."""
    ordered = sorted(quantities.items(), key=lambda item: item[0].id)
    return [Amount(batch.epc_class, quantity, batch.uom) for batch, quantity in ordered]


def record_event(
    session: Session,
    actor: Actor,
    happening: Happening,
    quantities: Mapping[Batch, Decimal | None],
    *,
    location: Location | None = None,
    counterpart: Organisation | None = None,
    shipment: Shipment | None = None,
    party: Party | None = None,
    note: str = "",
) -> Event:
    """Append one event with its leaf. ``note`` and ``party`` are personal and kept apart."""
    kind = documents.KINDS[happening.verb]
    event_id = uuid7()
    event = Event(
        id=event_id,
        verb=happening.verb,
        event_type="ObjectEvent",
        action=kind.action,
        biz_step=kind.biz_step,
        disposition=kind.disposition,
        event_time=happening.event_time,
        event_time_zone_offset=documents.OFFSET,
        record_time=clock.now(),
        organisation_id=actor.organisation_id,
        location_id=location.id if location else None,
        counterpart_id=counterpart.id if counterpart else None,
        shipment_id=shipment.id if shipment else None,
        read_point=happening.location_uri,
        biz_location=happening.location_uri,
        quantity_list=documents.quantity_list(happening.amounts),
        source_list=_owner("source", happening.source),
        destination_list=_owner("destination", happening.destination),
        # Without a number of its own, two equal sales in one second would have one hash.
        biz_transaction_list=[{"bizTransaction": f"urn:uuid:{happening.document or event_id}"}],
        persistent_disposition=dict(happening.persistent_disposition)
        if happening.persistent_disposition
        else None,
        ilmd=dict(happening.ilmd) if happening.ilmd else None,
        extensions=dict(happening.extensions),
        event_hash="",
    )
    event.event_hash = event_hash(documents.epcis_event(event), _NAMES)
    session.add(event)
    session.flush()
    session.add_all(EventBatch(event_id=event_id, batch_id=b.id, quantity=q) for b, q in quantities.items())
    lots = {batch.epc_class for batch in quantities}
    values = _public_values(event, actor, location, counterpart or party) | _private_values(
        event, actor, note
    )
    salts = append_leaf(session, event_id, lots, values)
    session.add(
        EventPrivate(
            event_id=event_id,
            recorded_by=actor.user_id,
            party_id=party.id if party else None,
            note=note,
            salts=salts,
        )
    )
    session.flush()
    return event


def _owner(role: str, organisation_id: UUID | None) -> list[dict[str, Any]]:
    if organisation_id is None:
        return []
    return [{"type": "possessing_party", role: documents.party_uri(organisation_id)}]


def _public_values(
    event: Event, actor: Actor, location: Location | None, other: Organisation | Party | None
) -> dict[str, Any]:
    """What is opened beside the leaf for everybody: kinds, communes, dates, and the public acts themselves."""
    marks = ["one_sided"] if isinstance(other, Party) else []
    if is_late(event.event_time, event.record_time):
        marks.append("late_entry")
    values: dict[str, Any] = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "action": event.action,
        "biz_step": event.biz_step,
        "disposition": event.disposition,
        "verb": event.verb,
        "event_date": clock.local(event.event_time).date().isoformat(),
        "record_date": clock.local(event.record_time).date().isoformat(),
        "commune": location.commune_code if location else None,
        "organisation_kind": actor.organisation.kind,
        "counterpart_kind": other.kind if other else None,
        "counterpart_commune": _commune_of(other),
        "marks": marks or None,
        "persistent_disposition": event.persistent_disposition,
        "notice": event.extensions if event.verb in PUBLIC_ACTS else None,
        "sealed_items": event.ilmd,
    }
    return {name: value for name, value in values.items() if value is not None}


def _private_values(event: Event, actor: Actor, note: str) -> dict[str, Any]:
    """What only the parties of the event, or nobody, can open."""
    values: dict[str, Any] = {
        "event_time": documents.timestamp(event.event_time),
        "event_time_zone_offset": event.event_time_zone_offset,
        "record_time": documents.timestamp(event.record_time),
        "read_point": event.read_point,
        "biz_location": event.biz_location,
        "quantity_list": event.quantity_list,
        "source_list": event.source_list or None,
        "destination_list": event.destination_list or None,
        "biz_transaction_list": event.biz_transaction_list,
        "extensions": None if event.verb in PUBLIC_ACTS else event.extensions or None,
        "event_hash": event.event_hash,
        "recorded_by": documents.party_uri(event.organisation_id),
        "note": note or None,
        "person": f"urn:uuid:{actor.user_id}" if actor.user_id else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _commune_of(other: Organisation | Party | None) -> str | None:
    if isinstance(other, Organisation):
        return other.seat.commune_code
    return other.commune_code if other else None
