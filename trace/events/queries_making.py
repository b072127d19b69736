"""Reads of making and packing: what lots were made of, households of earlier harvests, cartons in hand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from producers.models import ExpiryKind
from trace.batches.models import Batch, Code, CodeKind, Holding
from trace.batches.unit_models import LogisticUnit, UnitContent
from trace.core import clock
from trace.events.handover_models import Shipment, ShipmentUnit
from trace.events.models import Event, EventGoods, EventPrivate, Role, Verb

MOST_SHOWN = 100


def list_inputs(session: Session, batch_id: UUID) -> list[Batch]:
    """The lots that went into the event a lot came out of, in the order of the event."""
    came_out = select(EventGoods.event_id).where(
        EventGoods.batch_id == batch_id, EventGoods.role == Role.OUTPUT
    )
    wanted = (
        select(Batch)
        .join(EventGoods, EventGoods.batch_id == Batch.id)
        .join(Event, Event.id == EventGoods.event_id)
        .where(EventGoods.event_id.in_(came_out), EventGoods.role == Role.INPUT, ~Event.is_declaration)
        .order_by(EventGoods.position)
    )
    return list(dict.fromkeys(session.scalars(wanted)))


def list_outputs(session: Session, batch_id: UUID, organisation_id: UUID) -> list[Batch]:
    """The lots an organisation made of a lot, newest first."""
    went_in = (
        select(EventGoods.event_id)
        .join(Event, Event.id == EventGoods.event_id)
        .where(
            EventGoods.batch_id == batch_id,
            EventGoods.role == Role.INPUT,
            Event.organisation_id == organisation_id,
            ~Event.is_declaration,
        )
    )
    wanted = (
        select(Batch)
        .join(EventGoods, EventGoods.batch_id == Batch.id)
        .where(EventGoods.event_id.in_(went_in), EventGoods.role == Role.OUTPUT)
        .order_by(Batch.activated_at.desc(), Batch.id.desc())
        .limit(MOST_SHOWN)
    )
    return list(dict.fromkeys(session.scalars(wanted)))


def list_mergeable(session: Session, organisation_id: UUID) -> list[Holding]:
    """What an organisation holds loose and may process or lay together: nothing recalled, paused, expired."""
    wanted = (
        select(Holding)
        .join(Batch)
        .where(
            Holding.organisation_id == organisation_id,
            Holding.quantity > Holding.packed,
            ~Holding.is_set_aside,
            ~Batch.is_recalled,
            ~Batch.is_held,
            ~Batch.is_under_review,
            or_(Batch.expiry_kind != ExpiryKind.USE_BY, Batch.expires_on >= clock.today()),
        )
        .options(joinedload(Holding.batch))
        .order_by(Batch.expires_on.asc().nulls_last(), Batch.id)
        .limit(MOST_SHOWN)
    )
    return list(session.scalars(wanted))


def list_drafts(session: Session, organisation_id: UUID) -> list[Batch]:
    """An organisation's drafts, newest first: what processing may bring about."""
    wanted = select(Batch).where(Batch.organisation_id == organisation_id, Batch.activated_at.is_(None))
    return list(session.scalars(wanted.order_by(Batch.created_at.desc(), Batch.id.desc()).limit(MOST_SHOWN)))


def latest_people(session: Session, organisation_id: UUID, product_id: UUID) -> list[dict[str, Any]]:
    """The households and plots of the newest harvest of a product for which any were named."""
    wanted = (
        select(EventPrivate.people)
        .join(Event, Event.id == EventPrivate.event_id)
        .join(EventGoods, EventGoods.event_id == Event.id)
        .join(Batch, Batch.id == EventGoods.batch_id)
        .where(
            Event.organisation_id == organisation_id,
            Event.verb.in_((Verb.ACTIVATE, Verb.ADD_DELIVERY)),
            Batch.product_id == product_id,
            EventPrivate.people.is_not(None),
        )
        .order_by(Event.record_time.desc())
        .limit(1)
    )
    return list(session.scalar(wanted) or [])


def list_people(session: Session, organisation_id: UUID, batch_id: UUID) -> list[dict[str, Any]]:
    """The households and plots of a lot, of all its deliveries, for the organisation that recorded them."""
    wanted = (
        select(EventPrivate.people)
        .join(Event, Event.id == EventPrivate.event_id)
        .where(
            Event.organisation_id == organisation_id,
            Event.verb.in_((Verb.ACTIVATE, Verb.ADD_DELIVERY)),
            Event.id.in_(select(EventGoods.event_id).where(EventGoods.batch_id == batch_id)),
            EventPrivate.people.is_not(None),
        )
        .order_by(Event.event_time, Event.id)
    )
    return [one for people in session.scalars(wanted) for one in people or ()]


def list_units(session: Session, organisation_id: UUID) -> list[LogisticUnit]:
    """Cartons and pallets in an organisation's hands that lie in no other, newest first, with their contents."""
    wanted = (
        select(LogisticUnit)
        .where(LogisticUnit.holder_id == organisation_id, LogisticUnit.parent_id.is_(None))
        .options(selectinload(LogisticUnit.contents).joinedload(UnitContent.batch))
        .order_by(LogisticUnit.created_at.desc(), LogisticUnit.id.desc())
        .limit(MOST_SHOWN)
    )
    return list(session.scalars(wanted))


def find_unit_by_code(session: Session, code: str) -> LogisticUnit | None:
    """The carton or pallet a code of ours, or an SSCC, stands on."""
    if len(code) == 18 and code.isdigit():
        return session.scalars(select(LogisticUnit).where(LogisticUnit.sscc == code)).one_or_none()
    wanted = (
        select(LogisticUnit)
        .join(Code, Code.unit_id == LogisticUnit.id)
        .where(Code.code == code, Code.kind == CodeKind.UNIT)
    )
    return session.scalars(wanted).one_or_none()


def list_incoming_with_unit(session: Session, organisation_id: UUID, unit_id: UUID) -> list[Shipment]:
    """Shipments on their way to an organisation that carry a unit."""
    wanted = (
        select(Shipment)
        .join(ShipmentUnit, ShipmentUnit.shipment_id == Shipment.id)
        .where(
            ShipmentUnit.unit_id == unit_id,
            Shipment.receiver_id == organisation_id,
            Shipment.is_open,
        )
        .order_by(Shipment.shipped_at)
    )
    return list(session.scalars(wanted))


def list_lots_in(session: Session, units: Sequence[LogisticUnit]) -> list[Batch]:
    """The lots that lie in these units now, each once."""
    found = {
        content.batch_id: content.batch for unit in units for content in unit.contents if content.quantity
    }
    return list(found.values())
