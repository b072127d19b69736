"""Stages of a lot's way that did not go on: not taken, cancelled, corrected.

By kind, commune and day only; no reason, no quantity, no name that does not wish it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from trace.accounts.models import Organisation
from trace.core import clock
from trace.events.corrections import Correction, corrections_of
from trace.events.handover_models import Shipment
from trace.events.models import Event
from trace.events.rules_correction import Changed
from trace.events.texts_handover import CHANGED
from trace.public import wording, wording_handover
from trace.public.pages import JourneyStep, Vouch
from trace.public.told import Told

Namer = Callable[[Organisation], Told]
MOST_CORRECTIONS = 5
# Facts of a seal that a correction of the batch may change, and how to read them.
_SEALED = (
    (Changed.LOT_NUMBER, "lot_number"),
    (Changed.PRODUCED_ON, "production_time"),
    (Changed.EXPIRES_ON, "expiry"),
)


def ended(shipments: Sequence[Shipment], replaced: set[Any], name: Namer) -> list[JourneyStep]:
    """Shipments that were not taken or were cancelled, one stage a sender; corrected ones are told as corrections."""
    steps: list[JourneyStep] = []
    senders = {s.sender_id: s.sender for s in shipments}
    for sender_id, sender in senders.items():
        of_sender = [s for s in shipments if s.sender_id == sender_id and s.id not in replaced]
        refused = [s for s in of_sender if s.refused_at is not None]
        cancelled = [s for s in of_sender if s.cancelled_at is not None]
        if refused:
            days = [s.refused_at for s in refused if s.refused_at is not None]
            title = wording_handover.refused_title(len(refused))
            receivers = [s.receiver for s in refused if s.receiver]
            place = (
                name(receivers[0])
                if len(receivers) == 1
                else wording.places_of([receiver.kind for receiver in receivers])
            )
            steps.append(_step(title, place, _first(days), wording.declared_by_sender(place)))
        if cancelled:
            days = [s.cancelled_at for s in cancelled if s.cancelled_at is not None]
            title = wording_handover.cancelled_title(len(cancelled))
            place = name(sender)
            steps.append(_step(title, place, _first(days), wording.declared_by_sender(place)))
    return steps


def corrections(events: Sequence[Event], name: Namer) -> list[JourneyStep]:
    """What was corrected of what this page tells, newest last; the oldest are left out of a long row."""
    found = [one for one in corrections_of(events).values() if one.original.verb in wording_handover.ENTRIES]
    found.sort(key=lambda one: one.declaration.record_time)
    return [_correction(one, name) for one in found[-MOST_CORRECTIONS:]]


def _correction(one: Correction, name: Namer) -> JourneyStep:
    who = name(one.original.organisation)
    changed = [code for code in one.changed if code in CHANGED]
    note = wording_handover.correction_note(
        one.original.verb,  # type: ignore[arg-type]  # looked up among verbs by its caller
        clock.local(one.original.event_time).date(),
        changed,
        _values(one),
    )
    step = _step(
        wording_handover.correction_title(),
        who,
        clock.local(one.declaration.record_time).date(),
        wording.declared_by_sender(who),
    )
    return JourneyStep(
        title=step.title,
        place=step.place,
        happened_on=step.happened_on,
        who_says=step.who_says,
        vouch=step.vouch,
        note=note,
    )


def _values(one: Correction) -> list[str]:
    if one.corrective is None:
        return []
    before: dict[str, Any] = next(iter((one.original.sealed_items or {}).values()), {})
    after: dict[str, Any] = next(iter((one.corrective.sealed_items or {}).values()), {})
    return [
        wording_handover.changed_value(code, _shown(before.get(name)), _shown(after.get(name)))
        for code, name in _SEALED
        if before.get(name) != after.get(name)
    ]


def _shown(value: Any) -> str:
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except (TypeError, ValueError):
        return str(value or "–")


def _first(days: Sequence[Any]) -> date:
    return clock.local(min(days)).date()


def _step(title: str, place: Told, happened_on: date, who_says: str) -> JourneyStep:
    return JourneyStep(
        title=title, place=place, happened_on=happened_on, who_says=who_says, vouch=Vouch.DECLARED
    )
