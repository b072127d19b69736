"""Cartons and pallets as the verbs need them: found and locked, what lies in them, how they change hands.

What an organisation packs, unpacks and ships is done one at a time: all of it begins with ``lock_units``. Then come
the balances, as everywhere.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from trace.accounts.permissions import Actor
from trace.batches.unit_models import LogisticUnit, UnitContent
from trace.core.errors import NotFound
from trace.core.short_codes import normalise
from trace.events import movements
from trace.events.handover_models import Shipment, ShipmentLine, ShipmentUnit
from trace.events.rules_packing import UnitNotHeld

# The first of the two numbers of an advisory lock: these are the units of an organisation.
_LOCK = 0x756E6974


def lock_units(session: Session, organisation_id: UUID) -> None:
    """Wait until nobody else packs, unpacks or ships units of this organisation, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(str(organisation_id)))))


def read_code(typed: str) -> str:
    """A scanned or typed code of a unit: ours normalised, or the 18 digits of an SSCC, with or without "(00)"."""
    code = normalise(typed.strip().removeprefix("(00)"))
    return code[2:] if len(code) == 20 and code.startswith("00") and code.isdigit() else code


def get_unit(session: Session, organisation_id: UUID, unit_id: UUID) -> LogisticUnit:
    """A unit the organisation packed or holds, read anew; ``NotFound`` for any other."""
    found = session.scalars(
        select(LogisticUnit)
        .where(LogisticUnit.id == unit_id)
        .options(selectinload(LogisticUnit.contents))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or organisation_id not in (found.packed_by, found.holder_id):
        raise NotFound(_l("There is no such carton among yours."), code="unit-not-found")
    return found


def get_held(session: Session, actor: Actor, unit_id: UUID) -> LogisticUnit:
    """A unit the actor holds; raises ``UnitNotHeld``, or ``NotFound`` where it is nothing to the actor."""
    found = get_unit(session, actor.organisation_id, unit_id)
    if found.holder_id != actor.organisation_id:
        raise UnitNotHeld(_l("Your organisation does not hold this carton now."), field="units")
    return found


def is_on_its_way(session: Session, unit: LogisticUnit) -> bool:
    """Whether the unit is part of a shipment that waits for its receiver."""
    wanted = (
        select(ShipmentUnit.unit_id)
        .join(Shipment)
        .where(
            ShipmentUnit.unit_id == unit.id,
            Shipment.is_open,
        )
    )
    return session.scalars(wanted.limit(1)).first() is not None


def empty(session: Session, unit: LogisticUnit) -> None:
    """Let go of what a unit that is in nobody's hands is remembered to hold."""
    unit.parent_id = None
    for content in unit.contents:
        content.quantity = Decimal(0)
    for inner in session.scalars(select(LogisticUnit).where(LogisticUnit.parent_id == unit.id)):
        inner.parent_id = None


def list_within(session: Session, roots: Iterable[UUID]) -> list[LogisticUnit]:
    """These units and all that lie in them, however deep, with their contents; parents before what is in them.

    A unit is listed once, even if the record had a circle.
    """
    found: dict[UUID, LogisticUnit] = {}
    next_ids = set(roots)
    while next_ids:
        wanted = (
            select(LogisticUnit)
            .where(LogisticUnit.id.in_(next_ids))
            .options(selectinload(LogisticUnit.contents).joinedload(UnitContent.batch))
            .order_by(LogisticUnit.id)
            .execution_options(populate_existing=True)
        )
        found |= {unit.id: unit for unit in session.scalars(wanted)}
        children = select(LogisticUnit.id).where(LogisticUnit.parent_id.in_(next_ids))
        next_ids = set(session.scalars(children)) - set(found)
    return list(found.values())


def list_around(session: Session, unit: LogisticUnit) -> list[UUID]:
    """The unit and all that lie around it, innermost first."""
    found = [unit.id]
    parent_id = unit.parent_id
    while parent_id is not None and parent_id not in found:
        found.append(parent_id)
        parent_id = session.scalar(select(LogisticUnit.parent_id).where(LogisticUnit.id == parent_id))
    return found


def depth_of(unit: LogisticUnit, within: Iterable[LogisticUnit]) -> int:
    """How many units lie in one another from ``unit`` down; 1 for a unit with no unit in it."""
    depths = {unit.id: 1}
    for inner in within:
        if inner.id != unit.id and inner.parent_id in depths:
            depths[inner.id] = depths[inner.parent_id] + 1
    return max(depths.values())


def quantities_in(units: Iterable[LogisticUnit]) -> dict[UUID, Decimal]:
    """How much of each batch lies directly in these units."""
    found: dict[UUID, Decimal] = {}
    for unit in units:
        for content in unit.contents:
            if content.quantity:
                found[content.batch_id] = found.get(content.batch_id, Decimal(0)) + content.quantity
    return found


def lines_of(shipment: Shipment, units: Iterable[LogisticUnit]) -> list[ShipmentLine]:
    """One line for each batch in each unit: what is missing later is missing in that carton."""
    return [
        ShipmentLine(
            shipment_id=shipment.id,
            batch_id=content.batch_id,
            batch=content.batch,
            unit_id=unit.id,
            unit=unit,
            quantity=content.quantity,
        )
        for unit in units
        for content in unit.contents
        if content.quantity
    ]


def send_off(shipment: Shipment, units: Iterable[LogisticUnit]) -> None:
    """Note the units as they leave. What goes to somebody without an account is in nobody's hands here any more."""
    for unit in units:
        shipment.units.append(
            ShipmentUnit(shipment_id=shipment.id, unit_id=unit.id, parent_id=unit.parent_id, has_arrived=None)
        )
        unit.holder_id = None


def arrive(
    session: Session, shipment: Shipment, holder_id: UUID, missing: Collection[UUID] = ()
) -> list[LogisticUnit]:
    """The units of a shipment come into somebody's hands, packed as they left, but for those that are missing.

    The goods in them are in the new holder's holdings already, under their locks. A missing carton is empty from then
    on: what was in it is a difference of its shipment. Returns the units that arrived.
    """
    session.flush()
    rows = {row.unit_id: row for row in shipment.units}
    within = [unit for unit in list_within(session, rows) if unit.id in rows]
    arrived = [unit for unit in within if unit.id not in missing]
    quantities = quantities_in(arrived)
    for unit in within:
        rows[unit.id].has_arrived = unit.id not in missing
        if unit.id in missing:
            empty(session, unit)
        else:
            unit.holder_id = holder_id
    for batch_id in sorted(quantities):
        movements.holding_of(session, batch_id, holder_id).packed += quantities[batch_id]
    session.flush()
    return arrived


def come_back(session: Session, shipment: Shipment) -> list[LogisticUnit]:
    """The units of a shipment that was cancelled or refused are their sender's again, packed as they left.

    Call it after the postings, under the locks of the batches' balances.
    """
    return arrive(session, shipment, shipment.sender_id) if shipment.units else []


def missing_with_what_is_in_them(shipment: Shipment, missing: Iterable[UUID]) -> set[UUID]:
    """The missing units of a shipment and those that left in them."""
    found = set(missing)
    while True:
        inner = {row.unit_id for row in shipment.units if row.parent_id in found} - found
        if not inner:
            return found
        found |= inner
