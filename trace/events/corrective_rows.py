"""The rows beside an entry that is corrected: the shipment and the batch, changed to what was really so.

Nothing here writes an event or moves a quantity; ``corrective`` builds the event that goes with them.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, Holding
from trace.batches.services import LotNumberTaken
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.ids import uuid7
from trace.events import desk, rules, seals
from trace.events.handover_models import Settlement, Shipment, ShipmentLine
from trace.events.models import Event, Verb
from trace.events.rules_correction import NotCorrectable
from trace.events.rules_handover import ShipmentReceived
from trace.events.services_receiving import ShipmentOver
from trace.events.services_shipping import Receiver, check_receiver, new_shipment
from trace.gs1.keys import is_valid_lot_number


def undo_rows(session: Session, original: Event, shipment: Shipment | None) -> None:
    """The rows beside an event as they were before it: called before anything takes its place."""
    verb = Verb(original.verb)
    if shipment is None or verb not in (Verb.SHIP, Verb.RETURN, Verb.RECEIVE):
        return
    if shipment.units:
        raise NotCorrectable(
            _l("Cartons were in it. Cancel the shipment, or send the cartons back instead."), verb=str(verb)
        )
    if verb == Verb.RECEIVE:
        _open_again(session, shipment)
        return
    if shipment.received_at is not None:
        raise ShipmentReceived(
            _l(
                "This shipment was received. Ask the receiver to correct their receipt, or settle the difference."
            ),
            received_at=shipment.received_at,
        )
    if shipment.is_over:
        raise ShipmentOver(_l("This shipment was cancelled or refused. The goods are with the sender."))
    shipment.cancelled_at = clock.now()


def _open_again(session: Session, shipment: Shipment) -> None:
    if any(line.settled_quantity for line in shipment.lines):
        raise NotCorrectable(
            _l("Part of the difference is settled by both sides already. Call the other side."),
            verb="receive",
        )
    proposals = select(Settlement).where(
        Settlement.line_id.in_([line.id for line in shipment.lines]),
        Settlement.agreed_at.is_(None),
        Settlement.declined_at.is_(None),
    )
    for proposal in session.scalars(proposals):
        proposal.declined_at = clock.now()
    shipment.received_at = None
    for line in shipment.lines:
        line.received_quantity = None
        line.lost_quantity = line.open_quantity = Decimal(0)


def ship_anew(
    session: Session,
    actor: Actor,
    original: Event,
    before: Shipment | None,
    quantities: Mapping[UUID, Decimal],
    when: desk.When,
    to: Receiver | None,
) -> Shipment:
    """A shipment as it really left; the one before is over."""
    is_return = original.verb == Verb.RETURN
    if to is None or before is None or is_return:
        made = Shipment(
            id=uuid7(),
            sender_id=actor.organisation_id,
            receiver=before.receiver if before else None,
            party=before.party if before else None,
            shipped_at=when.event_time,
            is_return=is_return,
        )
    else:
        made = new_shipment(session, actor, to, when.event_time)
        if (to.organisation_id, to.party_id) != (before.receiver_id, before.party_id):
            for one in original.goods:
                if one.batch is not None:
                    holding = session.get_one(Holding, (one.batch.id, actor.organisation_id))
                    balance = batch_queries.find_balance(session, one.batch.id)
                    if balance is not None:
                        place = actor.organisation.seat
                        check_receiver(desk.Taken(one.batch, balance, holding, place), to, when)
    made.lines.extend(
        ShipmentLine(id=uuid7(), shipment_id=made.id, batch_id=batch_id, quantity=quantity)
        for batch_id, quantity in sorted(quantities.items())
    )
    session.add(made)
    return made


def receive_anew(shipment: Shipment, quantities: Mapping[UUID, Decimal], when: desk.When) -> dict[str, Any]:
    """The shipment as it was really received; what differs is returned as the event tells it."""
    found = {}
    for line in shipment.lines:
        received = quantities[line.batch_id]
        tolerance = seals.natural_loss_percent(line.batch.seal)
        difference = rules.close_difference(line.quantity, received, tolerance)
        line.received_quantity = received
        line.lost_quantity, line.open_quantity = difference.lost, difference.open
        if difference.lost or difference.open:
            found[line.batch.epc_class] = {"lost": f"{difference.lost:f}", "open": f"{difference.open:f}"}
    shipment.received_at = when.event_time
    return {"difference": found} if found else {}


def seal_anew(
    session: Session,
    original: Event,
    quantities: Mapping[UUID, Decimal],
    *,
    lot_number: str | None,
    produced_on: date | None,
    expires_on: date | None,
) -> dict[str, Any]:
    """The batch's row and seal with what was really so; what is None was right.

    Raises ``LotNumberTaken``, ``BadInput``.
    """
    batch = _only_batch(original)
    lot_number = lot_number or batch.lot_number
    produced_on = produced_on or batch.produced_on
    expires_on = expires_on or batch.expires_on
    _check_facts(batch, lot_number, produced_on, expires_on)
    try:
        with session.begin_nested():
            batch.lot_number = lot_number
            batch.produced_on = produced_on
            batch.expires_on = expires_on
            batch.quantity = quantities[batch.id]
    except IntegrityError as error:
        raise LotNumberTaken(
            _l("This product already has a batch with lot number %(lot_number)s.", lot_number=lot_number),
            field="lot_number",
            lot_number=lot_number,
        ) from error
    batch.seal = dict(batch.seal or {}) | {
        "lot_number": lot_number,
        "production_time": produced_on.isoformat(),
        "expiry": expires_on.isoformat() if expires_on else "",
    }
    return {batch.epc_class: batch.seal}


def _check_facts(batch: Batch, lot_number: str, produced_on: date, expires_on: date | None) -> None:
    if not is_valid_lot_number(lot_number):
        raise BadInput(
            _l("A lot number has 1 to 20 letters, digits or signs, without accents and spaces."),
            code="lot-number-malformed",
            field="lot_number",
        )
    if batch.activated_at is not None and produced_on > clock.local(batch.activated_at).date():
        raise BadInput(_l("This date is in the future."), code="date-in-future", field="produced_on")
    if expires_on is not None and expires_on < produced_on:
        raise BadInput(
            _l("The expiry date cannot be before the production date."),
            code="expiry-before-production",
            field="expires_on",
        )


def resize(session: Session, original: Event, quantities: Mapping[UUID, Decimal]) -> None:
    """A lot taken in from outside is as large as it was when it came."""
    batch = _only_batch(original)
    batch.quantity = quantities[batch.id]
    session.flush()


def _only_batch(original: Event) -> Batch:
    return next(one.batch for one in original.goods if one.batch is not None)
