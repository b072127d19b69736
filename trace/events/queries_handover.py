"""Reads of what is between two sides: givers of goods, proposals, claims, links; each within what one may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from trace.accounts.models import Organisation
from trace.core import clock
from trace.core.errors import NotFound
from trace.events.handover_models import Claim, ClaimEnd, Confirmation, Settlement, Shipment, ShipmentLine
from trace.events.models import Event, EventPrivate, Verb

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Giver:
    """From whom goods of a batch came, and how much of it has not gone back yet."""

    organisation: Organisation
    returnable: Decimal


@dataclass(frozen=True)
class ClaimCounts:
    """What one claimant has put to one sender."""

    open_claims: int
    made_today: int
    refused: int
    is_same_lot_refused: bool


def list_givers(session: Session, organisation_id: UUID, batch_id: UUID) -> list[Giver]:
    """Every hand this organisation received goods of the batch from, by name."""
    line, shipment = ShipmentLine, Shipment
    came = (
        select(shipment.sender_id, func.sum(line.received_quantity))
        .join(line)
        .where(
            line.batch_id == batch_id,
            shipment.receiver_id == organisation_id,
            shipment.received_at.is_not(None),
            ~shipment.is_return,
        )
        .group_by(shipment.sender_id)
    )
    went = (
        select(shipment.receiver_id, func.sum(func.coalesce(line.received_quantity, line.quantity)))
        .join(line)
        .where(
            line.batch_id == batch_id,
            shipment.sender_id == organisation_id,
            shipment.is_return,
            shipment.cancelled_at.is_(None),
        )
        .group_by(shipment.receiver_id)
    )
    gone = dict(session.execute(went).all())
    found = {
        sender_id: (quantity or NOTHING) - gone.get(sender_id, NOTHING)
        for sender_id, quantity in session.execute(came).all()
    }
    organisations = session.scalars(
        select(Organisation).where(Organisation.id.in_(found)).order_by(Organisation.name_folded)
    )
    return [Giver(organisation, max(found[organisation.id], NOTHING)) for organisation in organisations]


def list_proposals(session: Session, line_ids: Iterable[UUID]) -> dict[UUID, Settlement]:
    """The proposal that waits for an answer, by line; callers have checked that the lines are theirs to read."""
    wanted = select(Settlement).where(
        Settlement.line_id.in_(list(line_ids)),
        Settlement.agreed_at.is_(None),
        Settlement.declined_at.is_(None),
    )
    return {one.line_id: one for one in session.scalars(wanted)}


def list_settled(session: Session, line_ids: Iterable[UUID]) -> dict[UUID, list[Settlement]]:
    """What both sides agreed on, by line, oldest first; callers have checked that the lines are theirs to read."""
    wanted = (
        select(Settlement)
        .where(Settlement.line_id.in_(list(line_ids)), Settlement.agreed_at.is_not(None))
        .order_by(Settlement.agreed_at)
    )
    found: dict[UUID, list[Settlement]] = {}
    for one in session.scalars(wanted):
        found.setdefault(one.line_id, []).append(one)
    return found


def claim_not_found() -> NotFound:
    """The same answer for what is not there and for what is others'."""
    return NotFound(_l("There is no such note of received goods."), code="claim-not-found")


def list_open_claims(session: Session, organisation_id: UUID, now: datetime | None = None) -> list[Claim]:
    """Claims that wait, made by or put to the organisation, oldest first."""
    wanted = (
        select(Claim)
        .where(
            or_(Claim.sender_id == organisation_id, Claim.claimant_id == organisation_id),
            _waits(now or clock.now()),
        )
        .options(joinedload(Claim.claimant), joinedload(Claim.sender), joinedload(Claim.batch))
        .order_by(Claim.created_at, Claim.id)
    )
    return list(session.scalars(wanted))


def count_claims_to_answer(session: Session, organisation_id: UUID) -> int:
    """How many claims wait for this organisation's answer."""
    wanted = select(func.count()).where(Claim.sender_id == organisation_id, _waits(clock.now()))
    return session.scalar(wanted) or 0


def list_past_claims(session: Session, organisation_id: UUID, most: int = 20) -> list[Claim]:
    """The last claims that are over, made by or put to the organisation, newest first."""
    wanted = (
        select(Claim)
        .where(
            or_(Claim.sender_id == organisation_id, Claim.claimant_id == organisation_id),
            ~_waits(clock.now()),
        )
        .options(joinedload(Claim.claimant), joinedload(Claim.sender), joinedload(Claim.batch))
        .order_by(Claim.created_at.desc(), Claim.id.desc())
        .limit(most)
    )
    return list(session.scalars(wanted))


def sum_open_claims(session: Session, batch_id: UUID, sender_id: UUID, now: datetime) -> Decimal:
    """How much of a batch is claimed from a sender by anybody, and waits."""
    wanted = select(func.coalesce(func.sum(Claim.quantity), 0)).where(
        Claim.batch_id == batch_id, Claim.sender_id == sender_id, _waits(now)
    )
    return Decimal(session.scalar(wanted) or 0)


def count_claims(
    session: Session,
    claimant_id: UUID,
    sender_id: UUID,
    batch_id: UUID,
    now: datetime,
    refused_since: datetime,
) -> ClaimCounts:
    """What the claimant has put to this sender before."""
    was_refused = and_(Claim.outcome == ClaimEnd.REFUSED, Claim.closed_at >= refused_since)
    wanted = select(
        func.count().filter(_waits(now)),
        func.count().filter(Claim.created_at >= now - timedelta(days=1)),
        func.count().filter(was_refused),
        func.count().filter(and_(was_refused, Claim.batch_id == batch_id)),
    ).where(Claim.claimant_id == claimant_id, Claim.sender_id == sender_id)
    waiting, today, refused, of_this_lot = session.execute(wanted).one()
    return ClaimCounts(waiting, today, refused, bool(of_this_lot))


def find_confirmation(session: Session, token_hash: bytes) -> Confirmation | None:
    """The link with this secret."""
    return session.scalars(select(Confirmation).where(Confirmation.token_hash == token_hash)).one_or_none()


def list_confirmations(session: Session, event_ids: Iterable[UUID]) -> dict[UUID, list[Confirmation]]:
    """The links made for events, by event, newest first; callers have checked that the events are their own."""
    wanted = (
        select(Confirmation)
        .where(Confirmation.event_id.in_(list(event_ids)))
        .order_by(Confirmation.created_at.desc(), Confirmation.id.desc())
    )
    found: dict[UUID, list[Confirmation]] = {}
    for one in session.scalars(wanted):
        found.setdefault(one.event_id, []).append(one)
    return found


def is_confirmed_by_party(session: Session, shipment_id: UUID) -> bool:
    """Whether the party without an account said that it received this shipment."""
    wanted = select(
        select(Confirmation.id)
        .join(Event, Event.id == Confirmation.event_id)
        .where(Event.shipment_id == shipment_id, Confirmation.answer == "yes")
        .exists()
    )
    return bool(session.scalar(wanted))


def is_confirmed(session: Session, event_id: UUID) -> bool:
    """Whether the party without an account said that it was as this event tells."""
    wanted = select(
        select(Confirmation.id)
        .where(Confirmation.event_id == event_id, Confirmation.answer == "yes")
        .exists()
    )
    return bool(session.scalar(wanted))


def is_declared_wrong(session: Session, event_id: UUID) -> bool:
    """Whether an event was corrected: what it said is no longer to be confirmed."""
    wanted = select(select(Event.id).where(Event.corrects_id == event_id, Event.is_declaration).exists())
    return bool(session.scalar(wanted))


def confirmed_shipments(session: Session, shipment_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these shipments their party without an account confirmed; public by nature."""
    if not shipment_ids:
        return set()
    wanted = (
        select(Event.shipment_id)
        .join(Confirmation, Confirmation.event_id == Event.id)
        .where(Event.shipment_id.in_(shipment_ids), Confirmation.answer == "yes")
    )
    return {found for found in session.scalars(wanted) if found is not None}


def list_shipment_events(session: Session, shipment_id: UUID, organisation_id: UUID) -> list[Event]:
    """The events of a shipment this organisation recorded or is the other side of, in the order they were made."""
    wanted = (
        select(Event)
        .where(
            Event.shipment_id == shipment_id,
            or_(Event.organisation_id == organisation_id, Event.counterpart_id == organisation_id),
        )
        .order_by(Event.record_time, Event.id)
    )
    return list(session.scalars(wanted))


def find_claim_event(session: Session, claim_id: UUID) -> Event | None:
    """The event by which a claim was made; callers have checked that the claim is theirs to read."""
    document = [{"bizTransaction": f"urn:uuid:{claim_id}"}]
    claim = session.get(Claim, claim_id)
    if claim is None:
        return None
    wanted = select(Event).where(
        Event.counterpart_id == claim.sender_id,
        Event.organisation_id == claim.claimant_id,
        Event.verb == Verb.CLAIM,
        Event.biz_transaction_list == document,
    )
    return session.scalars(wanted).first()


def get_event(session: Session, organisation_id: UUID, event_id: UUID) -> Event:
    """An event this organisation recorded or is the other side of, or ``NotFound``."""
    found = session.get(Event, event_id)
    if found is None or organisation_id not in (found.organisation_id, found.counterpart_id):
        raise event_not_found()
    return found


def list_related(session: Session, event: Event) -> list[Event]:
    """What an event's correction consists of, whichever part of it the event is; readers of one may read all."""
    said = select(Event).where(Event.organisation_id == event.organisation_id, Event.is_declaration)
    found = list(session.scalars(said.where(Event.corrects_id == event.id)))
    if "corrected" in event.marks:
        of_it = Event.error_declaration.contains({"correctiveEventIDs": [event.epcis_id]})
        found += session.scalars(said.where(Event.corrects_id.is_not(None), of_it))
    names = [name for one in found for name in (one.error_declaration or {}).get("correctiveEventIDs", ())]
    wanted = select(Event).where(
        Event.organisation_id == event.organisation_id,
        ~Event.is_declaration,
        or_(Event.epcis_id.in_(names), Event.id.in_([one.corrects_id for one in found])),
        Event.id != event.id,
    )
    return [*found, *session.scalars(wanted)]


def event_not_found() -> NotFound:
    """The same answer for what is not there and for what is others'."""
    return NotFound(_l("There is no such entry."), code="event-not-found")


def find_private(session: Session, event_id: UUID) -> EventPrivate | None:
    """The personal values of an event; callers show each part only to whom it may concern."""
    return session.get(EventPrivate, event_id)


def _waits(now: datetime) -> ColumnElement[bool]:
    return and_(Claim.closed_at.is_(None), Claim.lapses_at > now)
