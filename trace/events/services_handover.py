"""Verbs that end a handover otherwise than by receiving it: cancel, refuse, return. Called with the session first;
the caller commits.

Cancelling and refusing happen once by state, returning (a quantity) once by idempotency key.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.models import Location, Organisation
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch, Holding
from trace.core.errors import BadInput, NotFound
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.events import desk, movements, queries_handover, units
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, Named, goods_of, units_of
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Verb
from trace.events.rules_handover import (
    HandoverConfirmed,
    RefusalReason,
    ReturnMustBeReceived,
    ReturnReason,
    ShipmentReceived,
    check_return,
)
from trace.events.services_receiving import ShipmentOver


def cancel(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    *,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """Take back a shipment nobody has received: the goods are in the sender's hands again.

    A handover to a party without an account too, unless the party confirmed it. Cancelling twice is cancelling
    once. Raises ``ShipmentReceived``, ``ShipmentOver`` (refused), ``HandoverConfirmed``.
    """
    require_approved(actor)
    shipment = lock_shipment(session, shipment_id)
    if shipment.sender_id != actor.organisation_id:
        raise shipment_not_found()
    if shipment.cancelled_at is not None:
        return shipment
    _check_not_ended(shipment)
    if shipment.receiver_id is None and queries_handover.is_confirmed_by_party(session, shipment.id):
        raise HandoverConfirmed(
            _l("The receiver has confirmed this handover. If goods came back, ask them to say so.")
        )
    _kept = movements.lock_balances(session, [line.batch_id for line in shipment.lines])
    when = desk.when_of(event_time, around, shipment.shipped_at)
    shipment.cancelled_at = when.event_time
    place = desk.place_of(session, actor, around)
    happening = Happening(
        verb=Verb.CANCEL,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=carried(shipment),
        location_uri=place.uri,
        source=shipment.sender_id,
        destination=shipment.receiver_id or shipment.party_id,
        document=shipment.id,
    )
    aside = desk.aside_of(session, actor, around, party=shipment.party, note=note)
    desk.carry_out(
        session,
        actor,
        happening,
        location=place,
        counterpart=shipment.receiver,
        shipment=shipment,
        aside=aside,
    )
    units.come_back(session, shipment)
    _put_down(session, actor, shipment, place)
    return shipment


def refuse(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    reason: RefusalReason,
    *,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """The receiver does not take the goods: they are in the sender's hands again.

    Refusing twice is refusing once. Raises ``ShipmentReceived``, ``ShipmentOver`` (cancelled),
    ``ReturnMustBeReceived``.
    """
    require_approved(actor)
    shipment = lock_shipment(session, shipment_id)
    if shipment.receiver_id != actor.organisation_id:
        raise shipment_not_found()
    if shipment.refused_at is not None:
        return shipment
    _check_not_ended(shipment)
    if shipment.is_return:
        raise ReturnMustBeReceived(
            _l(
                "These goods are coming back to you. Receive what really arrived; a difference is settled after that."
            )
        )
    _kept = movements.lock_balances(session, [line.batch_id for line in shipment.lines])
    when = desk.when_of(event_time, around, shipment.shipped_at)
    shipment.refused_at = when.event_time
    place = desk.place_of(session, actor, around)
    happening = Happening(
        verb=Verb.REFUSE,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=carried(shipment),
        location_uri=place.uri,
        source=shipment.sender_id,
        destination=shipment.receiver_id,
        document=shipment.id,
        extensions={"refusal_reason": str(reason)},
    )
    desk.carry_out(
        session,
        actor,
        happening,
        location=place,
        counterpart=shipment.sender,
        shipment=shipment,
        aside=desk.aside_of(session, actor, around, note=note),
    )
    units.come_back(session, shipment)
    return shipment


def return_goods(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    reason: ReturnReason,
    *,
    key: str,
    to_id: UUID | None = None,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """Send goods back to whoever they came from (``to_id``; not needed where they came from one hand only).

    Recalled, paused and expired goods too: back is the one way that is always open. The earlier sender receives
    them, and cannot refuse. Raises ``QuantityExceedsHolding``, ``ReturnExceedsReceived``, ``BadInput``.
    """
    require_approved(actor)
    request = ["return", batch_id, quantity, reason, to_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        batch = taken.batch
        giver = _giver(session, actor, batch, to_id)
        check_return(quantity, giver.returnable, batch.unit_word)
        when = desk.when_moved(session, actor, batch, event_time, around)
        shipment = _return_shipment(session, actor, batch, quantity, giver.organisation, when.event_time)
        place = taken.place
        happening = Happening(
            verb=Verb.RETURN,
            event_time=when.event_time,
            device_time=when.device_time,
            goods=goods_of({batch: quantity}),
            location_uri=place.uri,
            source=actor.organisation_id,
            destination=giver.organisation.id,
            document=shipment.id,
            extensions={"return_reason": str(reason)},
        )
        desk.carry_out(
            session,
            actor,
            happening,
            location=place,
            counterpart=giver.organisation,
            shipment=shipment,
            aside=desk.aside_of(session, actor, around, note=note),
            known=[taken.holding],
        )
        receipt.answer = {"shipment_id": str(shipment.id)}
        return shipment


def lock_shipment(session: Session, shipment_id: UUID) -> Shipment:
    """The shipment under its lock, read anew: whoever ends it, ends it alone. Raises ``NotFound``.

    The caller checks whose it is.
    """
    found = session.scalars(
        select(Shipment)
        .where(Shipment.id == shipment_id)
        .with_for_update(of=Shipment)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise shipment_not_found()
    return found


def shipment_not_found() -> NotFound:
    """The same answer for what is not there and for what is others'."""
    return NotFound(_l("There is no such shipment."), code="shipment-not-found")


def carried(shipment: Shipment) -> list[Named]:
    """Everything a shipment carries, as an event names it: each batch with its sum, and the cartons."""
    sums: dict[Batch, Decimal | None] = {}
    for line in shipment.lines:
        sums[line.batch] = (sums.get(line.batch) or Decimal(0)) + line.quantity
    return [*goods_of(sums), *units_of(part.unit for part in shipment.units)]


def _put_down(session: Session, actor: Actor, shipment: Shipment, place: Location) -> None:
    """Goods that came back lie where they were unloaded; cartons count as at the seat."""
    for line in shipment.lines:
        if line.unit_id is None:
            holding = session.get_one(Holding, (line.batch_id, actor.organisation_id))
            desk.put_down(session, holding, place, line.quantity, seat=actor.organisation.seat)


def _check_not_ended(shipment: Shipment) -> None:
    if shipment.is_over:
        raise ShipmentOver(_l("This shipment was cancelled or refused. The goods are with the sender."))
    if shipment.received_at is not None:
        raise ShipmentReceived(
            _l("This shipment was received. What comes back is sent back by the receiver."),
            received_at=shipment.received_at,
        )


def _giver(session: Session, actor: Actor, batch: Batch, to_id: UUID | None) -> queries_handover.Giver:
    givers = queries_handover.list_givers(session, actor.organisation_id, batch.id)
    found = [one for one in givers if to_id in (None, one.organisation.id)]
    if len(found) != 1:
        raise BadInput(
            _l("Choose to whom the goods go back: one of those they came from."),
            code="giver-missing",
            field="to_id",
        )
    return found[0]


def _return_shipment(
    session: Session, actor: Actor, batch: Batch, quantity: Decimal, to: Organisation, shipped_at: datetime
) -> Shipment:
    shipment = Shipment(
        id=uuid7(), sender_id=actor.organisation_id, receiver=to, shipped_at=shipped_at, is_return=True
    )
    shipment.lines.append(
        ShipmentLine(id=uuid7(), shipment_id=shipment.id, batch_id=batch.id, quantity=quantity)
    )
    session.add(shipment)
    session.flush()
    return shipment
