"""Corrections as rows tell them: which entries were taken back, by what they were replaced, what changed.

Reads event rows that callers have loaded; everything here is pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trace.events.models import Event, EventPrivate, Role, Verb
from trace.events.postings import Facts, Moved
from trace.events.rules_correction import Changed, CorrectionReason, changes_between


@dataclass(frozen=True)
class Correction:
    """One entry declared wrong: ``corrective`` took its place, None where nothing did or it is not among the rows."""

    original: Event
    declaration: Event
    corrective: Event | None

    @property
    def reason(self) -> CorrectionReason:
        return CorrectionReason((self.declaration.error_declaration or {})["reason"])

    @property
    def changed(self) -> list[Changed]:
        """What is said otherwise now; empty where nothing took its place."""
        if self.corrective is None:
            return []
        return changes_between(told_by(self.original), told_by(self.corrective))


def corrections_of(events: Iterable[Event]) -> dict[UUID, Correction]:
    """The corrections among these rows, by the id of the entry that was declared wrong."""
    listed = list(events)
    by_id = {event.id: event for event in listed}
    by_name = {event.epcis_id: event for event in listed if not event.is_declaration}
    found: dict[UUID, Correction] = {}
    for event in listed:
        if not event.is_declaration or event.corrects_id is None or event.corrects_id not in by_id:
            continue
        names = (event.error_declaration or {}).get("correctiveEventIDs") or []
        corrective = next((by_name[name] for name in names if name in by_name), None)
        found[event.corrects_id] = Correction(by_id[event.corrects_id], event, corrective)
    return found


def standing(events: Iterable[Event]) -> list[Event]:
    """The entries that hold: no declarations, and nothing that one took back."""
    listed = list(events)
    taken_back = {event.corrects_id for event in listed if event.is_declaration}
    return [event for event in listed if not event.is_declaration and event.id not in taken_back]


def told_by(event: Event, private: EventPrivate | None = None) -> dict[str, Any]:
    """What an entry says, by what a correction may change."""
    seal: Mapping[str, Any] = next(iter((event.sealed_items or {}).values()), {})
    told: dict[str, Any] = {
        Changed.QUANTITY: sorted((named.epc, named.role, named.quantity) for named in event.goods),
        Changed.TIME: event.event_time,
        Changed.OTHER_SIDE: [event.counterpart_id, event.destination_list],
        Changed.REASON: event.extensions.get("disposal_reason"),
        Changed.LOT_NUMBER: seal.get("lot_number"),
        Changed.PRODUCED_ON: seal.get("production_time"),
        Changed.EXPIRES_ON: seal.get("expiry"),
    }
    if private is not None:
        told[Changed.HOUSEHOLDS] = private.people
    return told


def facts_of(event: Event, *, is_declaration: bool | None = None) -> Facts:
    """What the postings of an event follow from; of its undoing, where ``is_declaration`` says so."""
    return Facts(
        verb=Verb(event.verb),
        organisation_id=event.organisation_id,
        counterpart_id=event.counterpart_id,
        goods=moved_by(event),
        extensions=event.extensions,
        is_declaration=event.is_declaration if is_declaration is None else is_declaration,
    )


def moved_by(event: Event) -> Sequence[Moved]:
    """The batches of ours an event names."""
    return [
        Moved(Role(named.role), named.batch_id, named.epc, named.quantity)
        for named in event.goods
        if named.batch_id is not None
    ]


def difference_of(extensions: Mapping[str, Any], epc: str) -> Mapping[str, Any]:
    """What a receipt or a count says was missing or found of one batch."""
    found: Mapping[str, Any] = extensions.get("difference", {}).get(epc, {})
    return found
