"""The one place an event is written: row, private values, leaf and the batches it concerns, in one transaction.

Services decide and move quantities, then call ``record_event``; nothing else adds to these tables.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.ids import uuid7
from trace.events import documents
from trace.events.documents import Amount, Happening
from trace.events.models import Event, EventBatch, EventPrivate, Shipment
from trace.gs1.event_hash import event_hash
from trace.ledger.services import append_leaf

_CONTEXT = {documents.EXTENSION_PREFIX: documents.EXTENSION_NAMESPACE}


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
    counterpart_id: UUID | None = None,
    shipment: Shipment | None = None,
    party_id: UUID | None = None,
    note: str = "",
) -> Event:
    """Append one event with its leaf. ``note`` and ``party_id`` are personal and kept apart."""
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
        counterpart_id=counterpart_id,
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
    event.event_hash = event_hash(documents.epcis_event(event), _CONTEXT)
    session.add(event)
    session.flush()
    session.add_all(EventBatch(event_id=event_id, batch_id=b.id, quantity=q) for b, q in quantities.items())
    salts = append_leaf(session, event_id, _leaf_values(event, actor, note))
    session.add(
        EventPrivate(event_id=event_id, recorded_by=actor.user_id, party_id=party_id, note=note, salts=salts)
    )
    session.flush()
    return event


def _owner(role: str, organisation_id: UUID | None) -> list[dict[str, Any]]:
    if organisation_id is None:
        return []
    return [{"type": "possessing_party", role: documents.party_uri(organisation_id)}]


def _leaf_values(event: Event, actor: Actor, note: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "action": event.action,
        "biz_step": event.biz_step,
        "disposition": event.disposition,
        "event_time": documents.timestamp(event.event_time),
        "event_time_zone_offset": event.event_time_zone_offset,
        "record_time": documents.timestamp(event.record_time),
        "read_point": event.read_point,
        "biz_location": event.biz_location,
        "quantity_list": event.quantity_list,
        "source_list": event.source_list or None,
        "destination_list": event.destination_list or None,
        "biz_transaction_list": event.biz_transaction_list,
        "persistent_disposition": event.persistent_disposition,
        "ilmd": event.ilmd,
        "extensions": event.extensions or None,
        "event_hash": event.event_hash,
        "recorded_by": documents.party_uri(event.organisation_id),
        "note": note or None,
        "person": f"urn:uuid:{actor.user_id}" if actor.user_id else None,
    }
    return {name: value for name, value in values.items() if value is not None}
