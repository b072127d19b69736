"""What an organisation is told of the events it is a side of: a title, marks, and what was corrected.

Corrections are told beside what they correct: an error declaration is no line of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import flask_babel

from trace.core import clock
from trace.events.corrections import Correction, corrections_of
from trace.events.handover_models import Outcome
from trace.events.models import Event, EventPrivate, Verb
from trace.events.rules import DisposalReason, is_late
from trace.events.rules_correction import CorrectionReason
from trace.events.rules_handover import RefusalReason
from trace.events.texts import DISPOSAL_REASONS, VERBS
from trace.events.texts_handover import CHANGED, OUTCOMES, REFUSAL_REASONS
from trace.events.texts_stock import title_at_rest


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event for one of its sides; ``marks`` are short sentences, ``is_replaced`` says that it no longer holds."""

    event: Event
    title: str
    happened_at: datetime
    marks: Sequence[str]
    note: str
    is_mine: bool
    is_replaced: bool


def tell_all(
    events: Iterable[Event], privates: Mapping[UUID, EventPrivate], organisation_id: UUID
) -> list[Told]:
    """Events in the given order without the declarations; ``privates`` are those the organisation may read."""
    listed = list(events)
    corrections = corrections_of(listed)
    replaced = {one.corrective.id: one for one in corrections.values() if one.corrective is not None}
    return [
        tell(
            event, privates.get(event.id), organisation_id, corrections.get(event.id), replaced.get(event.id)
        )
        for event in listed
        if not event.is_declaration
    ]


def tell(
    event: Event,
    private: EventPrivate | None,
    organisation_id: UUID,
    correction: Correction | None = None,
    corrects: Correction | None = None,
) -> Told:
    """One event; ``correction`` is what became of it, ``corrects`` what it stands in the place of."""
    is_mine = event.organisation_id == organisation_id
    own = private if is_mine else None
    return Told(
        event=event,
        title=title_of(event, own, organisation_id),
        happened_at=event.event_time,
        marks=tuple(_marks(event, own, correction, corrects)),
        note=own.note if own is not None else "",
        is_mine=is_mine,
        is_replaced=correction is not None,
    )


def title_of(event: Event, private: EventPrivate | None, organisation_id: UUID) -> str:
    """What happened, in one line, from where the organisation stands. ``private`` only of its own events."""
    is_mine = event.organisation_id == organisation_id
    party = private.party.name if private is not None and private.party is not None else None
    other = event.counterpart.name if event.counterpart is not None else party
    by = event.organisation.name
    verb = Verb(event.verb)
    if verb in _HANDOVERS:
        return _handover(verb, other, by, is_mine=is_mine)
    match verb:
        case Verb.REFUSE:
            reason = RefusalReason(str(event.extensions.get("refusal_reason", RefusalReason.OTHER)))
            why = str(REFUSAL_REASONS[reason]).lower()
            if is_mine:
                return _("Not taken from %(name)s: %(reason)s", name=other, reason=why)
            return _("%(name)s did not take the goods: %(reason)s", name=by, reason=why)
        case Verb.SETTLE:
            outcome = str(OUTCOMES[Outcome(str(event.extensions["outcome"]))]).lower()
            return _("Settled with %(name)s: %(outcome)s", name=other if is_mine else by, outcome=outcome)
        case Verb.CONFIRM:
            if "party_denied" in event.marks:
                return _("The other side answered by the link: not so")
            return _("The other side confirmed by the link")
        case Verb.SELL:
            return _("Sold to %(name)s", name=party) if party else _("Sold to walk-in buyers")
        case Verb.DESTROY:
            known = DisposalReason(str(event.extensions.get("disposal_reason", DisposalReason.OTHER)))
            return _("Discarded: %(reason)s", reason=str(DISPOSAL_REASONS[known]).lower())
        case _other:
            return title_at_rest(event) or str(VERBS[verb])


_HANDOVERS = frozenset(
    {
        Verb.SHIP,
        Verb.RETURN,
        Verb.RECEIVE,
        Verb.CANCEL,
        Verb.CLAIM,
        Verb.CONFIRM_CLAIM,
        Verb.REFUSE_CLAIM,
    }
)


def _handover(verb: Verb, other: str | None, by: str, *, is_mine: bool) -> str:
    if is_mine:
        name = other or ""
        return {
            Verb.SHIP: _("Shipped to %(name)s", name=name),
            Verb.RETURN: _("Sent back to %(name)s", name=name),
            Verb.RECEIVE: _("Received from %(name)s", name=name),
            Verb.CANCEL: _("Shipment to %(name)s cancelled", name=name),
            Verb.CLAIM: _("Received from %(name)s, who had not declared it", name=name),
            Verb.CONFIRM_CLAIM: _("Handed to %(name)s, as they had noted", name=name),
            Verb.REFUSE_CLAIM: _("Answered %(name)s: not so", name=name),
        }[verb]
    return {
        Verb.SHIP: _("Shipped to you by %(name)s", name=by),
        Verb.RETURN: _("Sent back to you by %(name)s", name=by),
        Verb.RECEIVE: _("Received by %(name)s", name=by),
        Verb.CANCEL: _("%(name)s cancelled the shipment", name=by),
        Verb.CLAIM: _("%(name)s noted goods received from you", name=by),
        Verb.CONFIRM_CLAIM: _("%(name)s confirmed what you had received", name=by),
        Verb.REFUSE_CLAIM: _("%(name)s answered: not so", name=by),
    }[verb]


def _marks(
    event: Event, private: EventPrivate | None, correction: Correction | None, corrects: Correction | None
) -> Iterable[str]:
    is_corrective = "corrected" in event.marks
    if "late_entry" in event.marks or (not is_corrective and is_late(event.event_time, event.record_time)):
        yield _("Added on %(date)s", date=_moment(event.record_time))
    if "on_behalf" in event.marks:
        behalf = private.behalf.name if private is not None and private.behalf is not None else None
        by = event.organisation.name
        if behalf:
            yield _("Recorded by %(by)s for %(name)s", by=by, name=behalf)
        else:
            yield _("Recorded on somebody's behalf")
    if correction is not None:
        yield told_correction(correction)
    if corrects is not None:
        yield _("In the place of what was entered at %(when)s", when=_moment(corrects.original.record_time))


def told_correction(correction: Correction) -> str:
    """What a correction says of the entry it corrects, for its own members: what changed, and when."""
    day = f"{clock.local(correction.declaration.record_time):%d/%m/%Y}"
    if correction.reason == CorrectionReason.DID_NOT_OCCUR and correction.corrective is None:
        return _("Corrected on %(date)s: this did not happen", date=day)
    changed = ", ".join(str(CHANGED[one]) for one in correction.changed)
    if not changed:
        return _("Corrected on %(date)s", date=day)
    return _("Corrected on %(date)s; changed: %(what)s", date=day, what=changed)


def _moment(instant: datetime) -> str:
    return f"{clock.local(instant):%H:%M, %d/%m/%Y}"
