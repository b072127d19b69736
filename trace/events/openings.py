"""What stands beside the leaves for everybody: the public fields of events as they are now, with the salts of those
fields and of no other.

A private field, its salt and the salt of ``lot_key`` never pass through here into an answer: the one place that picks
fields is ``_open``, and it picks from ``PUBLIC_FIELDS``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from trace.core.errors import NotFound
from trace.events.leaf_values import lots_of, public_values
from trace.events.models import Event, EventGoods, EventPrivate
from trace.ledger import leaves, queries
from trace.ledger.models import Leaf
from trace.ledger.notes import encode_base64
from trace.ledger.proofs import Proof
from trace.ledger.tiles import WIDTH

Opened = dict[str, dict[str, Any]]
# What ``public_values`` reads.
_PUBLIC_COLUMNS = (
    Event.epcis_id,
    Event.event_type,
    Event.action,
    Event.biz_step,
    Event.disposition,
    Event.verb,
    Event.event_time,
    Event.record_time,
    Event.commune,
    Event.organisation_kind,
    Event.counterpart_kind,
    Event.counterpart_commune,
    Event.marks,
    Event.persistent_disposition,
    Event.error_declaration,
    Event.extensions,
    Event.sealed_items,
)


def open_bundle(session: Session, index: int, width: int = WIDTH) -> list[dict[str, Any]]:
    """The openings of one entry bundle: ``{"index": …, "fields": {name: {"value": …, "salt": hex}}}`` for each leaf
    whose event is there.

    Values are computed from the event's rows as they are now, so that a row changed by hand shows. A field that was
    erased is left out. Four questions to the database, whatever the width.
    """
    event_ids = queries.list_bundle_events(session, index, width)
    opened = open_events(session, [event_id for event_id in event_ids if event_id is not None])
    return [
        {"index": index * WIDTH + at, "fields": opened[event_id]}
        for at, event_id in enumerate(event_ids)
        if event_id is not None and event_id in opened
    ]


def open_events(session: Session, event_ids: Sequence[UUID]) -> dict[UUID, Opened]:
    """The public fields of these events, by event; those that are gone are left out."""
    salts = _salts_of(session, event_ids)
    lots = _lots_of(session, event_ids)
    # Only what is public is read at all; a column forgotten here is an error and not a slow question.
    events = session.scalars(
        select(Event).options(load_only(*_PUBLIC_COLUMNS, raiseload=True)).where(Event.id.in_(event_ids))
    )
    return {event.id: _open(event, lots.get(event.id, []), salts.get(event.id, {})) for event in events}


def proof_file(session: Session, event_id: UUID, lot: str | None = None) -> Proof:
    """The proof file of an event: its place in the log, its leaf, its public fields (docs/log.md).

    ``lot`` names one of its lots, for a reader who was shown that this event is about that lot: the file then opens
    that one tag. Raises ``NotFound`` for no such event, or none of that lot; ``NotYetCovered`` before a checkpoint.
    """
    log_index = queries.find_log_index(session, event_id)
    leaf = session.scalar(select(Leaf.leaf).where(Leaf.event_id == event_id))
    opened = open_events(session, [event_id]).get(event_id)
    if opened is None or leaf is None:
        raise NotFound(f"There is no event {event_id}.")
    if log_index is None:
        raise queries.NotYetCovered("The event has no place in the log yet.")
    stated: dict[str, Any] = {"leaf": encode_base64(leaf), "fields": opened}
    if lot is not None:
        key = _salts_of(session, [event_id]).get(event_id, {}).get("lot_key")
        if key is None or lot not in _lots_of(session, [event_id]).get(event_id, []):
            raise NotFound(f"The event is not about the lot {lot}.")
        stated["lots"] = [{"lot": lot, "salt": leaves.lot_salt(key, lot).hex()}]
    extra = json.dumps(stated, ensure_ascii=False, separators=(",", ":")).encode()
    return queries.proof_for(session, log_index, extra)


def _open(event: Event, lots: Sequence[str | None], salts: Mapping[str, bytes]) -> Opened:
    values = public_values(event)
    if "lot_key" in salts:
        values["lots"] = leaves.lot_tags(lots_of(lots), salts)
    return {
        field: {"value": values.get(field), "salt": salts[field].hex()}
        for field in leaves.PUBLIC_FIELDS
        if field in salts
    }


def _salts_of(session: Session, event_ids: Sequence[UUID]) -> dict[UUID, dict[str, bytes]]:
    rows = session.execute(
        select(EventPrivate.event_id, EventPrivate.salts).where(EventPrivate.event_id.in_(event_ids))
    )
    found = {}
    for event_id, packed in rows:
        try:
            found[event_id] = leaves.unpack_salts(packed)
        except ValueError:
            # Salts somebody spoilt open nothing; whoever audits sees that even the core fields are gone.
            found[event_id] = {}
    return found


def _lots_of(session: Session, event_ids: Sequence[UUID]) -> dict[UUID, list[str | None]]:
    rows = session.execute(
        select(EventGoods.event_id, EventGoods.lot).where(EventGoods.event_id.in_(event_ids))
    )
    found: dict[UUID, list[str | None]] = {}
    for event_id, lot in rows:
        found.setdefault(event_id, []).append(lot)
    return found
