"""A shipment arrives: counted by the receiver, batch by batch or carton by carton, with what differs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch
from trace.core.errors import BadInput, NotFound, Refusal
from trace.events import desk, movements, rules, seals, units
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, goods_of, units_of
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Verb


class ShipmentOver(Refusal):
    """The shipment was cancelled by its sender or refused by its receiver."""

    code = "shipment-over"


class AlreadyReceived(Refusal):
    """The shipment was received before, with other quantities."""

    code = "already-received"


def receive(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    received: Mapping[UUID, Decimal] | None = None,
    *,
    missing_units: Collection[UUID] = (),
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """Take a shipment into the own holding: in full, or ``received`` of each batch that came loose.

    A difference inside the product's natural-loss tolerance closes as loss, a larger one stays open. Cartons come as
    they were packed; one of ``missing_units`` is an open difference on that carton, with all that left in it.
    Receiving twice with the same quantities is receiving once. Raises ``AlreadyReceived``, ``ReceivedExceedsShipped``.
    """
    require_approved(actor)
    shipment = session.scalars(
        select(Shipment)
        .where(Shipment.id == shipment_id, Shipment.receiver_id == actor.organisation_id)
        .with_for_update(of=Shipment)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if shipment is None:
        raise NotFound(_l("There is no such shipment."), code="shipment-not-found")
    if shipment.is_over:
        raise ShipmentOver(_l("This shipment was cancelled or refused. The goods are with the sender."))
    missing = units.missing_with_what_is_in_them(shipment, missing_units)
    counted = _count(shipment, received, missing)
    if shipment.received_at is not None:
        if all(line.received_quantity == counted[line.id] for line in shipment.lines):
            return shipment
        raise AlreadyReceived(_l("This shipment was already received, with other quantities."))
    batch_ids = {line.batch_id for line in shipment.lines}
    _kept = movements.lock_balances(session, batch_ids)  # or the postings would read them again
    when = desk.when_of(event_time, around, shipment.shipped_at)
    for line in shipment.lines:
        _receive_line(line, counted[line.id])
    shipment.received_at = when.event_time
    location = desk.place_of(session, actor, around)
    happening = Happening(
        verb=Verb.RECEIVE,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=[
            *units_of(row.unit for row in shipment.units if row.unit_id not in missing),
            *goods_of(_received(shipment)),
        ],
        location_uri=location.uri,
        source=shipment.sender_id,
        destination=actor.organisation_id,
        document=shipment.id,
        extensions=_differences(shipment, missing),
    )
    desk.carry_out(
        session,
        actor,
        happening,
        location=location,
        counterpart=shipment.sender,
        shipment=shipment,
        aside=desk.aside_of(session, actor, around, note=note),
    )
    if shipment.units:
        units.arrive(session, shipment, actor.organisation_id, missing)
    for line in shipment.lines if location is not actor.organisation.seat else ():
        if line.unit_id is None:
            holding = movements.holding_of(session, line.batch_id, actor.organisation_id)
            received_here = line.received_quantity or Decimal(0)
            desk.put_down(session, holding, location, received_here, seat=actor.organisation.seat)
    return shipment


def _count(
    shipment: Shipment, received: Mapping[UUID, Decimal] | None, missing: Collection[UUID]
) -> dict[UUID, Decimal]:
    """What arrived of each line: of loose goods what was counted, of a carton all or nothing. Raises ``BadInput``."""
    loose = {line.batch_id for line in shipment.lines if line.unit_id is None}
    if set(received or ()) - loose:
        raise BadInput(
            _l("This batch is not part of the shipment."), code="batch-not-in-shipment", field="quantity"
        )
    if set(missing) - {row.unit_id for row in shipment.units}:
        raise BadInput(
            _l("This carton is not part of the shipment."), code="unit-not-in-shipment", field="units"
        )
    if missing and all(line.unit_id in missing for line in shipment.lines):
        raise BadInput(
            _l("Nothing arrived then. Refuse the shipment instead."), code="nothing-arrived", field="units"
        )
    return {
        line.id: Decimal(0)
        if line.unit_id in missing
        else (received or {}).get(line.batch_id, line.quantity)
        if line.unit_id is None
        else line.quantity
        for line in shipment.lines
    }


def _received(shipment: Shipment) -> dict[Batch, Decimal | None]:
    """How much of each batch arrived, loose and in cartons together."""
    found: dict[Batch, Decimal | None] = {}
    for line in shipment.lines:
        found[line.batch] = (found.get(line.batch) or Decimal(0)) + (line.received_quantity or Decimal(0))
    return found


def _receive_line(line: ShipmentLine, received: Decimal) -> None:
    batch = line.batch
    if received <= 0 and line.unit_id is None:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    if batch.uom is None and received != received.to_integral_value():
        raise rules.WholeUnitsOnly(
            _l("%(unit)s are counted in whole numbers.", unit=batch.unit_word), field="quantity"
        )
    difference = rules.close_difference(line.quantity, received, seals.natural_loss_percent(batch.seal))
    line.received_quantity = received
    line.lost_quantity = difference.lost
    line.open_quantity = difference.open


def _differences(shipment: Shipment, missing: Collection[UUID]) -> dict[str, Any]:
    """What did not arrive, by lot, and the cartons that did not."""
    found: dict[str, dict[str, Decimal]] = {}
    for line in shipment.lines:
        if line.lost_quantity or line.open_quantity:
            of_lot = found.setdefault(line.batch.epc_class, {"lost": Decimal(0), "open": Decimal(0)})
            of_lot["lost"] += line.lost_quantity
            of_lot["open"] += line.open_quantity
    told: dict[str, Any] = {}
    if found:
        told["difference"] = {
            epc: {name: f"{quantity:f}" for name, quantity in parts.items()} for epc, parts in found.items()
        }
    if missing:
        told["missing_units"] = sorted(row.unit.epc for row in shipment.units if row.unit_id in missing)
    return told
