"""Reads of custody: shipments and events, each within what an organisation may see."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Load, Session, joinedload, selectinload

from trace.accounts.models import Party
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, EventGoods, EventPrivate, Role, Verb

# By these goods come into the hands of who records them; what is grown there since its production date.
_HAD_SINCE = "had_since"
_TAKING = (Verb.RECEIVE, Verb.TAKE_IN, Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE)


def get_shipment(session: Session, organisation_id: UUID, shipment_id: UUID) -> Shipment:
    """A shipment this organisation sent or is to receive, or ``NotFound``."""
    found = session.get(Shipment, shipment_id)
    if found is None or organisation_id not in (found.sender_id, found.receiver_id):
        raise NotFound(_l("There is no such shipment."), code="shipment-not-found")
    return found


def list_incoming(session: Session, organisation_id: UUID, batch_id: UUID | None = None) -> list[Shipment]:
    """Shipments on their way to the organisation, oldest first; only those with ``batch_id`` if given."""
    wanted = (
        select(Shipment)
        .where(
            Shipment.receiver_id == organisation_id,
            Shipment.is_open,
        )
        .options(selectinload(Shipment.lines).joinedload(ShipmentLine.batch), joinedload(Shipment.sender))
        .order_by(Shipment.shipped_at, Shipment.id)
    )
    if batch_id is not None:
        wanted = wanted.where(Shipment.lines.any(ShipmentLine.batch_id == batch_id))
    return list(session.scalars(wanted))


def list_outgoing(session: Session, organisation_id: UUID, page: int = 1) -> Page[Shipment]:
    """What the organisation shipped, newest first."""
    wanted = (
        select(Shipment)
        .where(Shipment.sender_id == organisation_id)
        .options(selectinload(Shipment.lines).joinedload(ShipmentLine.batch), joinedload(Shipment.receiver))
        .order_by(Shipment.shipped_at.desc(), Shipment.id.desc())
    )
    return fetch_page(session, wanted, page)


def list_inbound(session: Session, organisation_id: UUID, page: int = 1) -> Page[Shipment]:
    """What was shipped to the organisation, received or not, newest first."""
    wanted = (
        select(Shipment)
        .where(Shipment.receiver_id == organisation_id)
        .options(selectinload(Shipment.lines).joinedload(ShipmentLine.batch), joinedload(Shipment.sender))
        .order_by(Shipment.shipped_at.desc(), Shipment.id.desc())
    )
    return fetch_page(session, wanted, page)


def find_last_received(session: Session, organisation_id: UUID, batch_id: UUID) -> Shipment | None:
    """The shipment by which the organisation last received some of a batch."""
    return session.scalars(
        select(Shipment)
        .where(
            Shipment.receiver_id == organisation_id,
            Shipment.received_at.is_not(None),
            Shipment.lines.any(ShipmentLine.batch_id == batch_id),
        )
        .order_by(Shipment.received_at.desc())
        .limit(1)
    ).one_or_none()


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    """Ask once for each batch since when the organisation had it: in the body nothing new comes into its hands."""
    session.info[_HAD_SINCE] = {}
    try:
        yield
    finally:
        del session.info[_HAD_SINCE]


def find_had_since(session: Session, organisation_id: UUID, batch_id: UUID) -> datetime | None:
    """When goods of a batch first came into the organisation's hands; None where they never did, or from the field."""
    memory: dict[tuple[UUID, UUID], datetime | None] = session.info.get(_HAD_SINCE, {})
    key = (organisation_id, batch_id)
    if key not in memory:
        memory[key] = _had_since(session, organisation_id, batch_id)
    return memory[key]


def _had_since(session: Session, organisation_id: UUID, batch_id: UUID) -> datetime | None:
    return session.scalar(
        select(func.min(Event.event_time))
        .join(EventGoods)
        .where(
            EventGoods.batch_id == batch_id,
            # What went into something else was there before.
            EventGoods.role != Role.INPUT,
            ~Event.is_declaration,
            Event.id.not_in(_declared_wrong(batch_id)),
            or_(
                and_(Event.organisation_id == organisation_id, Event.verb.in_(_TAKING)),
                and_(Event.counterpart_id == organisation_id, Event.verb == Verb.CONFIRM_CLAIM),
            ),
        )
    )


def list_open_differences(session: Session, organisation_id: UUID) -> list[ShipmentLine]:
    """Lines of the organisation's shipments, either side, whose difference is not settled yet."""
    wanted = (
        select(ShipmentLine)
        .join(Shipment)
        .where(
            ShipmentLine.open_quantity > 0,
            or_(Shipment.sender_id == organisation_id, Shipment.receiver_id == organisation_id),
        )
        .options(joinedload(ShipmentLine.shipment), joinedload(ShipmentLine.batch))
        .order_by(Shipment.received_at)
    )
    return list(session.scalars(wanted))


def list_batch_events(session: Session, batch_id: UUID, organisation_id: UUID | None = None) -> list[Event]:
    """Events of a batch in the order they happened.

    With ``organisation_id`` only its own and the handovers it is party to (one step back, one step forward);
    without, all: for the authority, and for the public page, which shows only their public part.
    """
    wanted = (
        select(Event)
        .where(Event.id.in_(select(EventGoods.event_id).where(EventGoods.batch_id == batch_id)))
        .options(joinedload(Event.organisation), joinedload(Event.counterpart), joinedload(Event.location))
        .order_by(Event.event_time, Event.record_time, Event.id)
    )
    if organisation_id is not None:
        wanted = wanted.where(
            or_(Event.organisation_id == organisation_id, Event.counterpart_id == organisation_id)
        )
    return list(session.scalars(wanted))


def list_batch_shipments(session: Session, batch_id: UUID) -> list[Shipment]:
    """All shipments that carry a batch, in the order they left; not how much is in them: the public page reads it."""
    wanted = (
        select(Shipment)
        .where(Shipment.lines.any(ShipmentLine.batch_id == batch_id))
        .options(*_its_sides(Load(Shipment)))
        .order_by(Shipment.shipped_at, Shipment.id)
    )
    return list(session.scalars(wanted))


def list_batch_lines(session: Session, batch_id: UUID) -> list[ShipmentLine]:
    """How much of a batch is in which shipment, in the order they left; for the authority."""
    wanted = (
        select(ShipmentLine)
        .join(Shipment)
        .where(ShipmentLine.batch_id == batch_id)
        .options(*_its_sides(Load(ShipmentLine).contains_eager(ShipmentLine.shipment)))
        .order_by(Shipment.shipped_at, Shipment.id, ShipmentLine.id)
    )
    return list(session.scalars(wanted))


def _its_sides(shipment: Load) -> tuple[Load, ...]:
    """Who sent it and who gets it, read with the shipment."""
    return (
        shipment.joinedload(Shipment.sender),
        shipment.joinedload(Shipment.receiver),
        shipment.joinedload(Shipment.party).joinedload(Party.commune),
    )


def count_unconfirmed(shipments: list[Shipment], overdue_before: datetime) -> tuple[int, datetime | None]:
    """How many handovers still wait for the receiver although they left before ``overdue_before``; the oldest."""
    overdue = [s.shipped_at for s in shipments if s.is_open and s.shipped_at < overdue_before]
    return len(overdue), min(overdue, default=None)


def event_quantities(session: Session, batch_id: UUID) -> dict[UUID, Decimal | None]:
    """How much of the batch each of its events concerns, by event."""
    wanted = (
        select(EventGoods.event_id, func.sum(EventGoods.quantity))
        .where(EventGoods.batch_id == batch_id)
        .group_by(EventGoods.event_id)
    )
    return dict(session.execute(wanted).all())


def list_batch_privates(
    session: Session, batch_id: UUID, organisation_id: UUID | None = None
) -> dict[UUID, EventPrivate]:
    """The personal values of a batch's events, by event: those this organisation recorded itself, or, for the
    authority, all (its reading is logged)."""
    wanted = (
        select(EventPrivate)
        .join(Event, Event.id == EventPrivate.event_id)
        .where(Event.id.in_(select(EventGoods.event_id).where(EventGoods.batch_id == batch_id)))
        .options(joinedload(EventPrivate.party))
    )
    if organisation_id is not None:
        wanted = wanted.where(Event.organisation_id == organisation_id)
    return {private.event_id: private for private in session.scalars(wanted)}


def find_private(session: Session, event_id: UUID) -> EventPrivate | None:
    """The personal values of an event; callers have checked that the reader is its author."""
    return session.get(EventPrivate, event_id)


def find_shipment_note(session: Session, shipment_id: UUID, organisation_id: UUID) -> str:
    """The note this organisation wrote when it shipped, empty where there is none or it was another's."""
    note = session.scalar(
        select(EventPrivate.note)
        .join(Event, Event.id == EventPrivate.event_id)
        .where(
            Event.shipment_id == shipment_id,
            Event.verb == Verb.SHIP,
            Event.organisation_id == organisation_id,
        )
    )
    return note or ""


def _declared_wrong(batch_id: UUID) -> Select[UUID | None]:
    """The events of a batch that an error declaration took back."""
    return (
        select(Event.corrects_id)
        .join(EventGoods)
        .where(EventGoods.batch_id == batch_id, Event.is_declaration, Event.corrects_id.is_not(None))
    )
