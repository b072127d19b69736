"""The way of a lot as the public sees it: stages with who says so, one line for many deliveries.

A handover is one stage however many events it took: shipped by one, received by the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Organisation, PartyKind
from trace.batches.models import Batch
from trace.core import clock
from trace.core.short_codes import pretty
from trace.events.corrections import standing
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.rules import CONFIRMATION_GRACE, is_late
from trace.public import detours, made, observed, wording, wording_handover
from trace.public.distances import kilometres
from trace.public.pages import JourneyStep, Spot, Vouch
from trace.public.told import Told, given

# From here on deliveries of one sender are told as a count: a batch label cannot know which shop one stands in.
MOST_DELIVERIES_TOLD = 3


def build_journey(
    session: Session,
    batch: Batch,
    shipments: Sequence[Shipment],
    events: Sequence[Event],
    confirmed: Collection[UUID],
) -> tuple[JourneyStep, ...]:
    """The stages of an activated batch in the order they happened.

    ``events`` are all of the batch, oldest first; ``confirmed`` the shipments a party without an account confirmed.
    """
    stands = standing(events)
    marks = _marks_of(stands)
    wrong = {e.shipment_id for e in events if e.is_declaration and e.verb in (Verb.SHIP, Verb.RETURN)}

    def name(who: Organisation) -> Told:
        return public_name(batch, who)

    sayer = public_name(batch, batch.organisation)
    steps = made.first_stages(session, batch, batch.seal or {}, sayer)
    steps += _handovers(batch, [s for s in shipments if not s.is_over and not s.is_return], marks, confirmed)
    steps += detours.ended(shipments, wrong, name)
    steps += _returns(batch, shipments)
    steps += detours.corrections(events, name)
    steps += _sales(batch, stands)
    steps += observed.observed_stages(batch, events, name)
    steps += [
        _public_act(e) for e in events if e.verb in (Verb.RECALL, Verb.END_RECALL, Verb.WITHDRAW_RECALL)
    ]
    return _with_days(sorted(steps, key=lambda step: step.happened_on))


def _with_days(steps: Sequence[JourneyStep]) -> tuple[JourneyStep, ...]:
    """The stages, in order, each with the days since the one before."""
    if not steps:
        return ()
    later = [
        replace(step, days_since=(step.happened_on - before.happened_on).days)
        for before, step in pairwise(steps)
    ]
    return (steps[0], *later)


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
    batch: Batch, shipments: Sequence[Shipment], marks: Mapping[UUID, list[str]], confirmed: Collection[UUID]
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
    place = party_name(shipment) if receiver is None else public_name(batch, receiver)
    sender = _sender_name(batch, shipment.sender)
    spot, sent_from = _receiver_spot(shipment), made.spot_of(batch, shipment.sender)
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
        kilometres=kilometres(sent_from, spot),
        spot=spot,
        sent_from=sent_from,
    )


def _folded(
    batch: Batch, sender: Organisation, sent: Sequence[Shipment], by_link: Collection[UUID]
) -> list[JourneyStep]:
    """Many deliveries of one sender as one stage, and one more for those still unconfirmed past their grace."""
    name = _sender_name(batch, sender)
    sent_from = made.spot_of(batch, sender)
    overdue = [s for s in sent if s.is_open and s.shipped_at < clock.now() - CONFIRMATION_GRACE]
    told = [s for s in sent if s not in overdue]
    steps = []
    if told:
        confirmed = sum(1 for s in told if s.received_at or s.id in by_link)
        steps.append(
            JourneyStep(
                title=wording.delivered_to(_kinds(told)),
                place=_communes(told),
                happened_on=_first_day(told),
                who_says=wording.confirmed_some(name, confirmed, len(told)),
                vouch=Vouch.CONFIRMED if confirmed == len(told) else Vouch.DECLARED,
                note=wording.named_places(_names(told)),
                spot=Spot(wording.places_of(_kinds(told))),
                sent_from=sent_from,
            )
        )
    if overdue:
        steps.append(
            JourneyStep(
                title=wording.unconfirmed_deliveries(len(overdue)),
                place=wording.places_of(_kinds(overdue)),
                happened_on=_first_day(overdue),
                who_says=wording.declared_by_sender(name),
                vouch=Vouch.DECLARED,
                is_missing=True,
                spot=Spot(wording.places_of(_kinds(overdue))),
                sent_from=sent_from,
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
        sellers = [e.organisation.kind for e in first.values()]
        return [_sale(earliest, wording.places_of(sellers))]
    return [_sale(event, public_name(batch, event.organisation)) for event in first.values()]


def _sale(event: Event, place: Told) -> JourneyStep:
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
        place=given(event.organisation.name),
        happened_on=clock.local(event.event_time).date(),
        who_says=wording.decided_by(event.organisation.name),
        vouch=Vouch.CHECKED,
    )


def public_name(batch: Batch, organisation: Organisation) -> Told:
    """What the public is told of an organisation on the way: its name if it wishes, else kind and commune.

    Who made this lot stands on its label and is always named; other producers and processors are buyers here.
    """
    commune = organisation.seat.commune.name
    if organisation.is_named_publicly or organisation.id == batch.producer_id:
        return given(f"{organisation.name}, {commune}")
    return wording.party_place(organisation.kind, commune)


def party_name(shipment: Shipment) -> Told:
    """What the public is told of a receiver without an account: its name if it agreed, else its kind and commune.

    Of a household that did not agree not even the commune.
    """
    party = shipment.party
    if party is None:
        return wording.party_place("", None)
    if party.agreed_at is not None:
        return given(", ".join(filter(None, (party.name, party.commune.name if party.commune else ""))))
    is_home = party.kind == PartyKind.HOUSEHOLD
    commune = None if is_home or party.commune is None else party.commune.name
    return wording.party_place(party.kind, commune)


def _sender_name(batch: Batch, sender: Organisation) -> Told:
    return given(sender.name) if sender.id == batch.producer_id else public_name(batch, sender)


def _receiver_spot(shipment: Shipment) -> Spot:
    receiver, party = shipment.receiver, shipment.party
    if receiver is not None:
        return Spot(receiver.seat.commune.name, receiver.seat.commune_code)
    if party is not None and party.kind != PartyKind.HOUSEHOLD and party.commune is not None:
        return Spot(party.commune.name, party.commune.code)
    return Spot(wording.party_place(party.kind if party else "", None))


def _returns(batch: Batch, shipments: Sequence[Shipment]) -> list[JourneyStep]:
    """Goods that went back along the chain."""
    steps = []
    for shipment in shipments:
        if not shipment.is_return or shipment.is_over or shipment.receiver is None:
            continue
        sender, receiver = public_name(batch, shipment.sender), public_name(batch, shipment.receiver)
        is_received = shipment.received_at is not None
        spot, sent_from = made.spot_of(batch, shipment.receiver), made.spot_of(batch, shipment.sender)
        steps.append(
            JourneyStep(
                title=wording_handover.return_title(is_received=is_received),
                place=receiver,
                happened_on=clock.local(shipment.received_at or shipment.shipped_at).date(),
                who_says=wording.confirmed_by_both(sender, receiver)
                if is_received
                else wording.declared_by_sender(sender),
                vouch=Vouch.CONFIRMED if is_received else Vouch.DECLARED,
                kilometres=kilometres(sent_from, spot),
                spot=spot,
                sent_from=sent_from,
            )
        )
    return steps


def _receivers(shipments: Sequence[Shipment]) -> dict[UUID, Shipment]:
    """Each receiver once, with one of its shipments."""
    return {s.receiver_id or s.party_id or s.id: s for s in shipments}


def _kinds(shipments: Sequence[Shipment]) -> list[str]:
    parties = (s.receiver or s.party for s in _receivers(shipments).values())
    return [party.kind for party in parties if party is not None]


def _communes(shipments: Sequence[Shipment]) -> Told:
    """In how many communes many receivers are, as far as that is told of each."""
    codes = {_receiver_spot(shipment).commune_code for shipment in shipments}
    return wording.in_communes(len(codes - {""}))


def _names(shipments: Sequence[Shipment]) -> list[str]:
    organisations = (s.receiver.name for s in shipments if s.receiver and s.receiver.is_named_publicly)
    parties = (s.party.name for s in shipments if s.party and s.party.agreed_at)
    return [*organisations, *parties]


def _first_day(shipments: Sequence[Shipment]) -> date:
    return clock.local(min(s.shipped_at for s in shipments)).date()
