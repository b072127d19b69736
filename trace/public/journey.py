"""The way of a lot as the public sees it: stages with who says so, one line for many deliveries.

A handover is one stage however many events it took: shipped by one, received by the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core import clock
from trace.core.short_codes import pretty
from trace.events import queries as event_queries
from trace.events.corrections import standing
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.queries_handover import confirmed_shipments
from trace.events.rules import CONFIRMATION_GRACE, is_late
from trace.public import detours, made, observed, wording, wording_handover
from trace.public.pages import JourneyStep, Vouch

# From here on deliveries of one sender are told as a count: a batch label cannot know which shop one stands in.
MOST_DELIVERIES_TOLD = 3


def build_journey(session: Session, batch: Batch, shipments: Sequence[Shipment]) -> tuple[JourneyStep, ...]:
    """The stages of an activated batch in the order they happened."""
    events = event_queries.list_batch_events(session, batch.id)
    stands = standing(events)
    marks = _marks_of(stands)
    wrong = {e.shipment_id for e in events if e.is_declaration and e.verb in (Verb.SHIP, Verb.RETURN)}
    confirmed = confirmed_shipments(session, [s.id for s in shipments if s.party_id])

    def name(who: Organisation) -> str:
        return public_name(batch, who)

    sayer = public_name(batch, batch.organisation)
    steps = made.first_stages(session, batch, batch.seal or {}, sayer)
    steps += _handovers(batch, [s for s in shipments if not s.is_over and not s.is_return], marks, confirmed)
    steps += detours.ended(shipments, wrong, name)
    steps += detours.returns(shipments, name)
    steps += detours.corrections(events, name)
    steps += _sales(batch, stands)
    steps += observed.observed_stages(batch, events, name)
    steps += [
        _public_act(e) for e in events if e.verb in (Verb.RECALL, Verb.END_RECALL, Verb.WITHDRAW_RECALL)
    ]
    return tuple(sorted(steps, key=lambda step: step.happened_on))


def _marks_of(events: Iterable[Event]) -> dict[UUID, list[str]]:
    """What readers are told of how a handover was entered, by shipment: added later, on somebody's behalf."""
    found: dict[UUID, list[str]] = {}
    for event in events:
        if event.shipment_id is None:
            continue
        told = found.setdefault(event.shipment_id, [])
        is_late_entry = "corrected" not in event.marks and is_late(event.event_time, event.record_time)
        if is_late_entry or "late_entry" in event.marks:
            told.append(wording.added_later(clock.local(event.record_time).date()))
        if "on_behalf" in event.marks:
            told.append(wording_handover.on_behalf())
    return {shipment_id: list(dict.fromkeys(told)) for shipment_id, told in found.items()}


def _handovers(
    batch: Batch, shipments: Sequence[Shipment], marks: Mapping[UUID, list[str]], confirmed: set[UUID]
) -> list[JourneyStep]:
    steps: list[JourneyStep] = []
    senders = {s.sender_id: s.sender for s in shipments}
    for sender_id, sender in senders.items():
        sent = [s for s in shipments if s.sender_id == sender_id]
        if len(sent) > MOST_DELIVERIES_TOLD:
            steps += _folded(batch, sender, sent, confirmed)
        else:
            steps += [_handover(batch, s, marks.get(s.id, ()), is_confirmed=s.id in confirmed) for s in sent]
    return steps


def _handover(batch: Batch, shipment: Shipment, marks: Sequence[str], *, is_confirmed: bool) -> JourneyStep:
    receiver = shipment.receiver
    is_received = shipment.received_at is not None or is_confirmed
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
        marks=tuple(marks),
        is_missing=is_overdue,
    )


def _folded(
    batch: Batch, sender: Organisation, sent: Sequence[Shipment], by_link: set[UUID]
) -> list[JourneyStep]:
    """Many deliveries of one sender as one stage, and one more for those still unconfirmed past their grace."""
    name = _sender_name(batch, sender)
    overdue = [s for s in sent if s.is_open and s.shipped_at < clock.now() - CONFIRMATION_GRACE]
    told = [s for s in sent if s not in overdue]
    steps = []
    if told:
        confirmed = sum(1 for s in told if s.received_at or s.id in by_link)
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
