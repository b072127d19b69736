"""The way of a lot as the public sees it: stages with who says so, one line for many deliveries.

A handover is one stage however many events it took: shipped by one, received by the other.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core import clock
from trace.core.short_codes import pretty
from trace.events import queries as event_queries
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.rules import CONFIRMATION_GRACE, is_late
from trace.public import made, observed, wording
from trace.public.pages import JourneyStep, Vouch

# From here on deliveries of one sender are told as a count: a batch label cannot know which shop one stands in.
MOST_DELIVERIES_TOLD = 3


def build_journey(session: Session, batch: Batch, shipments: Sequence[Shipment]) -> tuple[JourneyStep, ...]:
    """The stages of an activated batch in the order they happened."""
    events = event_queries.list_batch_events(session, batch.id)
    late = {e.shipment_id for e in events if e.shipment_id and is_late(e.event_time, e.record_time)}
    sayer = public_name(batch, batch.organisation)
    steps = made.first_stages(session, batch, batch.seal or {}, sayer)
    steps += _handovers(batch, shipments, late)
    steps += _sales(batch, events)
    steps += observed.observed_stages(batch, events, lambda who: public_name(batch, who))
    steps += [
        _public_act(e) for e in events if e.verb in (Verb.RECALL, Verb.END_RECALL, Verb.WITHDRAW_RECALL)
    ]
    return tuple(sorted(steps, key=lambda step: step.happened_on))


def _handovers(batch: Batch, shipments: Sequence[Shipment], late: set[UUID]) -> list[JourneyStep]:
    steps: list[JourneyStep] = []
    senders = {s.sender_id: s.sender for s in shipments}
    for sender_id, sender in senders.items():
        sent = [s for s in shipments if s.sender_id == sender_id]
        if len(sent) > MOST_DELIVERIES_TOLD:
            steps += _folded(batch, sender, sent)
        else:
            steps += [_handover(batch, s, is_late_entry=s.id in late) for s in sent]
    return steps


def _handover(batch: Batch, shipment: Shipment, *, is_late_entry: bool) -> JourneyStep:
    receiver = shipment.receiver
    is_received = shipment.received_at is not None
    left_on = clock.local(shipment.shipped_at).date()
    is_overdue = shipment.is_open and shipment.shipped_at < clock.now() - CONFIRMATION_GRACE
    place = (
        wording.party_place(shipment.party.kind if shipment.party else "", None)
        if receiver is None
        else public_name(batch, receiver)
    )
    sender = _sender_name(batch, shipment.sender)
    return JourneyStep(
        title=wording.handover_title(is_received=is_received, has_account=receiver is not None),
        place=place,
        happened_on=clock.local(shipment.received_at).date() if shipment.received_at else left_on,
        who_says=wording.confirmed_by_both(sender, place)
        if is_received
        else wording.declared_by_sender(sender),
        vouch=Vouch.CONFIRMED if is_received else Vouch.DECLARED,
        place_code=pretty(receiver.seat.code) if receiver and receiver.is_named_publicly else None,
        marks=(wording.added_later(clock.local(shipment.created_at).date()),) if is_late_entry else (),
        is_missing=is_overdue,
    )


def _folded(batch: Batch, sender: Organisation, sent: Sequence[Shipment]) -> list[JourneyStep]:
    """Many deliveries of one sender as one stage, and one more for those still unconfirmed past their grace."""
    name = _sender_name(batch, sender)
    overdue = [s for s in sent if s.is_open and s.shipped_at < clock.now() - CONFIRMATION_GRACE]
    told = [s for s in sent if s not in overdue]
    steps = []
    if told:
        confirmed = sum(1 for s in told if s.received_at)
        steps.append(
            JourneyStep(
                title=wording.delivered_to(len(_receivers(told))),
                place=wording.places_of([s.receiver for s in told if s.receiver]),
                happened_on=_first_day(told),
                who_says=wording.confirmed_some(name, confirmed, len(told)),
                vouch=Vouch.CONFIRMED if confirmed == len(told) else Vouch.DECLARED,
                note=wording.named_places(
                    [s.receiver.name for s in told if s.receiver and s.receiver.is_named_publicly]
                ),
            )
        )
    if overdue:
        steps.append(
            JourneyStep(
                title=wording.unconfirmed_deliveries(len(overdue)),
                place=wording.places_of([s.receiver for s in overdue if s.receiver]),
                happened_on=_first_day(overdue),
                who_says=wording.declared_by_sender(name),
                vouch=Vouch.DECLARED,
                is_missing=True,
            )
        )
    return steps


def _sales(batch: Batch, events: Iterable[Event]) -> list[JourneyStep]:
    first: dict[UUID, Event] = {}
    for event in events:
        if event.verb == Verb.SELL:
            first.setdefault(event.organisation_id, event)
    if len(first) > MOST_DELIVERIES_TOLD:
        earliest = min(first.values(), key=lambda e: e.event_time)
        sellers = [e.organisation for e in first.values()]
        return [_sale(earliest, wording.places_of(sellers))]
    return [_sale(event, public_name(batch, event.organisation)) for event in first.values()]


def _sale(event: Event, place: str) -> JourneyStep:
    return JourneyStep(
        title=wording.sale_title(),
        place=place,
        happened_on=clock.local(event.event_time).date(),
        who_says=wording.declared_by_sender(place),
        vouch=Vouch.DECLARED,
    )


def _public_act(event: Event) -> JourneyStep:
    return JourneyStep(
        title=wording.act_title(event.verb),
        place=event.organisation.name,
        happened_on=clock.local(event.event_time).date(),
        who_says=wording.decided_by(event.organisation.name),
        vouch=Vouch.CHECKED,
    )


def public_name(batch: Batch, organisation: Organisation) -> str:
    """What the public is told of an organisation on the way: its name if it wishes, else kind and commune.

    Who made this lot stands on its label and is always named; other producers and processors are buyers here.
    """
    commune = organisation.seat.commune.name
    if organisation.is_named_publicly or organisation.id == batch.producer_id:
        return f"{organisation.name}, {commune}"
    return wording.party_place(organisation.kind, commune)


def _sender_name(batch: Batch, sender: Organisation) -> str:
    return sender.name if sender.id == batch.producer_id else public_name(batch, sender)


def _receivers(shipments: Sequence[Shipment]) -> set[UUID]:
    return {s.receiver_id or s.party_id or s.id for s in shipments}


def _first_day(shipments: Sequence[Shipment]) -> date:
    return clock.local(min(s.shipped_at for s in shipments)).date()
