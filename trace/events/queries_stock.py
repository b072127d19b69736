"""Reads of goods at rest: counts, holds, readings, and who has goods within reach."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from trace.batches.models import Batch, Holding
from trace.batches.unit_models import Placement
from trace.events.corrections import standing
from trace.events.handover_models import Hold, Shipment, ShipmentLine
from trace.events.models import Event, EventGoods, Verb


def lost_by_counts(session: Session, organisation_id: UUID, batch_id: UUID) -> Decimal:
    """What the organisation's own counts of a batch wrote off, less what later ones found again."""
    counts = session.execute(
        select(Event.extensions, Event.is_declaration, EventGoods.epc)
        .join(EventGoods)
        .where(
            EventGoods.batch_id == batch_id,
            Event.organisation_id == organisation_id,
            Event.verb == Verb.COUNT,
        )
    )
    total = Decimal(0)
    for extensions, is_declaration, epc in counts:
        difference = extensions.get("difference", {}).get(epc, {})
        change = Decimal(difference.get("lost", 0)) - Decimal(difference.get("found", 0))
        total += -change if is_declaration else change
    return total


def is_at_hand(session: Session, organisation_id: UUID, batch_id: UUID) -> bool:
    """Whether the organisation holds some of a batch, has some on the way, or some comes to it."""
    holds = exists().where(
        Holding.batch_id == batch_id, Holding.organisation_id == organisation_id, Holding.quantity > 0
    )
    on_the_way = (
        select(ShipmentLine.id)
        .join(Shipment)
        .where(
            ShipmentLine.batch_id == batch_id,
            Shipment.is_open,
            or_(Shipment.sender_id == organisation_id, Shipment.receiver_id == organisation_id),
        )
        .exists()
    )
    return bool(session.scalar(select(or_(holds, on_the_way))))


def find_hold(
    session: Session, batch_id: UUID, organisation_id: UUID, *, is_official: bool = False
) -> Hold | None:
    """The hold an organisation set on a batch and did not release yet."""
    return session.scalars(
        select(Hold)
        .where(
            Hold.batch_id == batch_id,
            Hold.organisation_id == organisation_id,
            Hold.is_official == is_official,
            Hold.ended_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def list_official_holds(session: Session, batch_id: UUID) -> list[Hold]:
    """All holds the authority ever set on a batch, newest first."""
    wanted = (
        select(Hold)
        .where(Hold.batch_id == batch_id, Hold.is_official)
        .options(joinedload(Hold.organisation))
        .order_by(Hold.started_at.desc(), Hold.id.desc())
    )
    return list(session.scalars(wanted))


def list_measurements(session: Session, batch_id: UUID, organisation_id: UUID | None = None) -> list[Event]:
    """Events of a batch with sensor readings that stand, oldest first; only the organisation's own if given."""
    wanted = (
        select(Event)
        .where(
            Event.id.in_(select(EventGoods.event_id).where(EventGoods.batch_id == batch_id)),
            or_(Event.sensor_element_list.is_not(None), Event.is_declaration),
        )
        .options(joinedload(Event.organisation))
        .order_by(Event.event_time, Event.id)
    )
    if organisation_id is not None:
        wanted = wanted.where(Event.organisation_id == organisation_id)
    return [event for event in standing(session.scalars(wanted)) if event.sensor_element_list]


def list_placements(session: Session, organisation_id: UUID, batch_ids: Iterable[UUID]) -> list[Placement]:
    """Where the organisation's goods of these batches lie other than at its seat, largest first."""
    wanted = (
        select(Placement)
        .where(
            Placement.organisation_id == organisation_id,
            Placement.batch_id.in_(list(batch_ids)),
            Placement.quantity > 0,
        )
        .options(joinedload(Placement.location))
        .order_by(Placement.quantity.desc(), Placement.location_id)
    )
    return list(session.scalars(wanted))


def list_all_holdings(session: Session, organisation_id: UUID, limit: int) -> list[Holding]:
    """Everything the organisation has in hand, soonest expiry first, at most ``limit``: the stock to be counted."""
    wanted = (
        select(Holding)
        .join(Batch)
        .where(Holding.organisation_id == organisation_id, Holding.quantity > 0)
        .options(joinedload(Holding.batch))
        .order_by(Batch.expires_on.asc().nulls_last(), Batch.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))
