"""Verbs of cartons and pallets: packing, unpacking, shipping. What lies in them stays in its holder's holding.

Receiving is ``services_receiving.receive``: a shipment of cartons is received carton by carton.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch, Code, CodeKind
from trace.batches.unit_models import LogisticUnit, UnitContent, UnitKind
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.core.short_codes import BATCH_LENGTH, new_code
from trace.events import desk, movements, rules, rules_packing, units
from trace.events.desk import PLAIN, Around, When
from trace.events.documents import Happening, Named, goods_of, units_of
from trace.events.handover_models import Shipment
from trace.events.models import Event, Role, Verb
from trace.events.services_making import plain, take_many, when_had
from trace.events.services_shipping import Receiver, check_receiver, new_shipment, send


@dataclass(frozen=True)
class Into:
    """What is packed into: a unit in hand (``unit_id``), or a new one of a kind, with the SSCC it bears if any."""

    unit_id: UUID | None = None
    kind: UnitKind = UnitKind.CARTON
    sscc: str | None = None


@dataclass(frozen=True)
class Packed:
    """What packing left behind: its event, and the unit that now holds the goods."""

    event: Event
    unit: LogisticUnit


def pack(
    session: Session,
    actor: Actor,
    into: Into,
    goods: Mapping[UUID, Decimal],
    unit_ids: Collection[UUID] = (),
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Packed:
    """Put loose goods and closed cartons of one's own into a carton or onto a pallet.

    Raises ``UnitNotHeld``, ``UnitInUnit``, ``PackingCircle``, ``SsccTaken``, and what taking goods raises.
    """
    require_approved(actor)
    rules_packing.check_amount(len(goods) + len(unit_ids))
    sscc = rules_packing.read_sscc(into.sscc or "")
    request = [
        "pack",
        into.unit_id,
        into.kind,
        sscc,
        plain(goods),
        sorted(map(str, unit_ids)),
        event_time,
        note,
    ]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return Packed(
                session.get_one(Event, UUID(receipt.answer["event_id"])),
                session.get_one(LogisticUnit, UUID(receipt.answer["unit_id"])),
            )
        units.lock_units(session, actor.organisation_id)
        unit, is_new = _unit_to_fill(session, actor, into, sscc)
        children = [units.get_held(session, actor, child) for child in sorted(set(unit_ids))]
        surrounding = units.list_around(session, unit)
        for child in children:
            depth = len(surrounding) + units.depth_of(child, units.list_within(session, [child.id]))
            rules_packing.check_nesting(child.id, child.parent_id, surrounding, depth)
        taken = take_many(session, actor, goods, around)
        when = when_had(
            session, actor, taken, event_time, around, not_before=_closed_last(children, unit, is_new=is_new)
        )
        if is_new:
            unit.created_at = when.event_time
        for child in children:
            child.parent_id = unit.id
        contents = {content.batch_id: content for content in unit.contents}
        for one in taken:
            quantity = goods[one.batch.id]
            one.holding.packed += quantity
            if one.batch.id not in contents:
                unit.contents.append(UnitContent(batch_id=one.batch.id, batch=one.batch, quantity=quantity))
            else:
                contents[one.batch.id].quantity += quantity
        moved = {one.batch: goods[one.batch.id] for one in taken}
        event = _record(session, actor, Verb.PACK, unit, moved, children, when, around, note)
        receipt.answer = {"event_id": str(event.id), "unit_id": str(unit.id)}
        return Packed(event, unit)


def unpack(
    session: Session,
    actor: Actor,
    unit_id: UUID,
    goods: Mapping[UUID, Decimal] | None = None,
    unit_ids: Collection[UUID] | None = None,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Take goods and cartons out of a unit in hand: those named, or, with neither, all that lies directly in it.

    Raises ``UnitNotHeld``, ``UnitEmpty``, ``NotInUnit``, ``WholeUnitsOnly``.
    """
    require_approved(actor)
    is_all = goods is None and unit_ids is None
    goods, unit_ids = dict(goods or {}), set(unit_ids or ())
    if not is_all:
        rules_packing.check_amount(len(goods) + len(unit_ids))
    request = ["unpack", unit_id, is_all, plain(goods), sorted(map(str, unit_ids)), event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        units.lock_units(session, actor.organisation_id)
        unit = units.get_held(session, actor, unit_id)
        within = units.list_within(session, [unit.id])
        children = [inner for inner in within if inner.parent_id == unit.id]
        contents = {content.batch_id: content for content in unit.contents if content.quantity}
        if not contents and not children:
            raise rules_packing.UnitEmpty(_l("There is nothing in this carton."), field="goods")
        if is_all:
            goods = {batch_id: content.quantity for batch_id, content in contents.items()}
            unit_ids = {child.id for child in children}
        if set(goods) - set(contents) or unit_ids - {child.id for child in children}:
            raise rules_packing.NotInUnit(_l("This does not lie in the carton."), field="goods")
        movements.lock_balances(session, goods)
        when = desk.when_of(event_time, around, unit.created_at)
        session.flush()
        for batch_id, quantity in goods.items():
            content, batch = contents[batch_id], contents[batch_id].batch
            rules.check_quantity(
                quantity, max(content.quantity, quantity), batch.unit_word, is_count=batch.uom is None
            )
            if quantity > content.quantity:
                raise rules_packing.NotInUnit(
                    _l("The carton holds less of this lot."),
                    field="goods",
                    packed=content.quantity,
                    asked=quantity,
                )
            content.quantity -= quantity
            movements.holding_of(session, batch_id, actor.organisation_id).packed -= quantity
        out = [child for child in children if child.id in unit_ids]
        for child in out:
            child.parent_id = None
        moved = {contents[batch_id].batch: quantity for batch_id, quantity in goods.items()}
        event = _record(session, actor, Verb.UNPACK, unit, moved, out, when, around, note)
        receipt.answer = {"event_id": str(event.id)}
        return event


def ship_units(
    session: Session,
    actor: Actor,
    unit_ids: Collection[UUID],
    receiver: Receiver,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """Ship cartons and pallets with all that is in them, however deep, in one shipment.

    What lies in a unit is refused as loose goods are: a pallet with one recalled carton stays. Raises ``UnitNotHeld``,
    ``UnitInUnit`` for a carton that lies on a pallet that is not shipped, ``UnitEmpty``, and what shipping raises.
    """
    require_approved(actor)
    rules_packing.check_amount(len(set(unit_ids)))
    request = [
        "ship_units",
        sorted(map(str, set(unit_ids))),
        receiver.organisation_id,
        receiver.party_id,
        event_time,
        note,
    ]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        units.lock_units(session, actor.organisation_id)
        tops = [units.get_held(session, actor, unit_id) for unit_id in sorted(set(unit_ids))]
        if any(top.parent_id is not None for top in tops):
            raise rules_packing.UnitInUnit(
                _l("This carton lies in another one. Take it out there first, or ship that one."),
                field="units",
            )
        everything = units.list_within(session, [top.id for top in tops])
        quantities = units.quantities_in(everything)
        if not quantities:
            raise rules_packing.UnitEmpty(_l("There is nothing in it that could be shipped."), field="units")
        movements.lock_balances(session, quantities)
        taken = [desk.lock_goods(session, actor, batch_id) for batch_id in sorted(quantities)]
        packed_last = max(unit.created_at for unit in everything)
        when = when_had(session, actor, taken, event_time, around, not_before=packed_last)
        for one in taken:
            check_receiver(one, receiver, when)
        shipment = new_shipment(session, actor, receiver, when.event_time)
        shipment.lines.extend(units.lines_of(shipment, everything))
        session.add(shipment)
        units.send_off(shipment, everything)
        for one in taken:
            one.holding.packed -= quantities[one.batch.id]
        session.flush()
        send(
            session,
            actor,
            shipment,
            goods=[
                *units_of(everything),
                *goods_of({one.batch: quantities[one.batch.id] for one in taken}),
            ],
            when=when,
            location=actor.organisation.seat,
            around=around,
            note=note,
            known=[one.holding for one in taken],
        )
        receipt.answer = {"shipment_id": str(shipment.id)}
        return shipment


def _unit_to_fill(session: Session, actor: Actor, into: Into, sscc: str | None) -> tuple[LogisticUnit, bool]:
    """The unit to pack into, and whether it is new or was empty and is begun anew."""
    unit_id = into.unit_id
    if unit_id is None and sscc is not None:
        known = session.scalars(select(LogisticUnit).where(LogisticUnit.sscc == sscc)).one_or_none()
        if known is not None and known.packed_by != actor.organisation_id:
            raise _sscc_taken(sscc)
        unit_id = known.id if known else None
    if unit_id is None:
        return _new_unit(session, actor, into.kind, sscc), True
    unit = units.get_unit(session, actor.organisation_id, unit_id)
    if (
        unit.holder_id is None
        and unit.packed_by == actor.organisation_id
        and not units.is_on_its_way(session, unit)
    ):
        # It left, was emptied or lost, and is here again: begun anew, with nothing in it.
        units.empty(session, unit)
        unit.holder_id = actor.organisation_id
        return unit, True
    return units.get_held(session, actor, unit_id), False


def _new_unit(session: Session, actor: Actor, kind: UnitKind, sscc: str | None) -> LogisticUnit:
    unit = LogisticUnit(
        id=uuid7(),
        kind=kind,
        code=new_code(BATCH_LENGTH),
        sscc=sscc,
        packed_by=actor.organisation_id,
        holder_id=actor.organisation_id,
        contents=[],
    )
    try:
        with session.begin_nested():
            session.add(unit)
    except IntegrityError as error:
        raise _sscc_taken(sscc or "") from error
    session.add(
        Code(code=unit.code, kind=CodeKind.UNIT, organisation_id=actor.organisation_id, unit_id=unit.id)
    )
    return unit


def _sscc_taken(sscc: str) -> rules_packing.SsccTaken:
    return rules_packing.SsccTaken(
        _l("This SSCC stands on somebody else's carton. Look at the number again."), field="sscc", sscc=sscc
    )


def _closed_last(children: Sequence[LogisticUnit], unit: LogisticUnit, *, is_new: bool) -> datetime | None:
    """Nothing is packed onto a pallet before it was closed itself, nor into a carton before that was begun."""
    closed = [child.created_at for child in children] + ([] if is_new else [unit.created_at])
    return max(closed, default=None)


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    unit: LogisticUnit,
    moved: Mapping[Batch, Decimal],
    children: Sequence[LogisticUnit],
    when: When,
    around: Around,
    note: str,
) -> Event:
    """Write the aggregation: the parent, and what went in or came out, cartons and quantities of lots."""
    session.flush()
    seat = actor.organisation.seat
    happening = Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=[
            Named(unit.epc, Role.PARENT, unit_id=unit.id, is_instance=True),
            *units_of(children, Role.CHILD),
            *goods_of(dict(moved), Role.CHILD),
        ],
        location_uri=seat.uri,
    )
    return desk.carry_out(
        session,
        actor,
        happening,
        location=seat,
        aside=desk.aside_of(session, actor, around, note=note),
    )
