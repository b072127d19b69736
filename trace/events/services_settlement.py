"""Settling a difference: one side says what became of it, the other agrees. Only then do goods move.

Everything here is done once by state; proposing the other side's own words is agreeing to them.
"""

from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.ids import uuid7
from trace.events import desk, movements
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, goods_of
from trace.events.handover_models import Outcome, Settlement, Shipment, ShipmentLine
from trace.events.models import Verb
from trace.events.rules_handover import NotYoursToAnswer, SettlementOver, check_settleable, goes_to
from trace.events.services_handover import lock_shipment


def propose_settlement(
    session: Session,
    actor: Actor,
    line_id: UUID,
    outcome: Outcome,
    quantity: Decimal | None = None,
    *,
    around: Around = PLAIN,
    note: str = "",
) -> Settlement:
    """Say what became of a difference, or of part of it; all that is open unless ``quantity`` is given.

    A proposal of the own side that still waits is replaced. Where the other side's says the same, this agrees to
    it; where it says something else, this answers it. Raises ``NothingToSettle``.
    """
    require_approved(actor)
    line, shipment = _lock_line(session, actor, line_id)
    waiting = _waiting(session, line)
    asked = quantity if quantity is not None else _asked(waiting, line)
    if waiting is not None and (waiting.outcome, waiting.quantity) == (outcome, asked):
        if waiting.proposed_by == actor.organisation_id:
            return waiting
        return _agree(session, actor, waiting, line, shipment, around, note)
    check_settleable(asked, line.open_quantity, line.batch.unit_word, is_count=line.batch.uom is None)
    if waiting is not None:
        waiting.declined_at = clock.now()
        session.flush()
    made = Settlement(
        id=uuid7(), line_id=line.id, proposed_by=actor.organisation_id, outcome=str(outcome), quantity=asked
    )
    session.add(made)
    session.flush()
    return made


def agree_settlement(
    session: Session, actor: Actor, settlement_id: UUID, *, around: Around = PLAIN, note: str = ""
) -> Settlement:
    """The other side agrees: what was proposed is booked, the rest of the difference stays open.

    Agreeing twice is agreeing once. Raises ``SettlementOver``, ``NotYoursToAnswer``, ``NothingToSettle``.
    """
    require_approved(actor)
    settlement, line, shipment = _lock_settlement(session, actor, settlement_id)
    if settlement.agreed_at is not None:
        return settlement
    if settlement.declined_at is not None:
        raise _over()
    return _agree(session, actor, settlement, line, shipment, around, note)


def decline_settlement(session: Session, actor: Actor, settlement_id: UUID) -> Settlement:
    """Either side lets a proposal go: the difference stays open. Declining twice is declining once.

    Raises ``SettlementOver`` where it was agreed on.
    """
    require_approved(actor)
    settlement, _line, _shipment = _lock_settlement(session, actor, settlement_id)
    if settlement.agreed_at is not None:
        raise _over()
    if settlement.declined_at is None:
        settlement.declined_at = clock.now()
        session.flush()
    return settlement


def _agree(
    session: Session,
    actor: Actor,
    settlement: Settlement,
    line: ShipmentLine,
    shipment: Shipment,
    around: Around,
    note: str,
) -> Settlement:
    if settlement.proposed_by == actor.organisation_id:
        raise NotYoursToAnswer(_l("The other side has still to agree. Nothing is needed from you."))
    batch, quantity = line.batch, settlement.quantity
    check_settleable(quantity, line.open_quantity, batch.unit_word, is_count=batch.uom is None)
    movements.lock_balances(session, [batch.id])
    now = clock.now()
    settlement.agreed_at = now
    line.open_quantity -= quantity
    line.settled_quantity += quantity
    outcome = Outcome(settlement.outcome)
    taker = goes_to(outcome, str(shipment.sender_id), str(shipment.receiver_id))
    place = desk.place_of(session, actor, around)
    other = shipment.receiver if shipment.sender_id == actor.organisation_id else shipment.sender
    happening = Happening(
        verb=Verb.SETTLE,
        event_time=now,
        goods=goods_of({batch: quantity}),
        location_uri=place.uri,
        source=shipment.sender_id,
        destination=shipment.receiver_id,
        # Of its own: two settlements of one shipment are two documents.
        document=settlement.id,
        extensions={"outcome": str(outcome)} | ({"goes_to": taker} if taker else {}),
    )
    desk.carry_out(
        session,
        actor,
        happening,
        location=place,
        counterpart=other,
        shipment=shipment,
        aside=desk.aside_of(session, actor, around, note=note),
    )
    return settlement


def _lock_line(session: Session, actor: Actor, line_id: UUID) -> tuple[ShipmentLine, Shipment]:
    found = session.get(ShipmentLine, line_id)
    if found is None:
        raise _not_found()
    shipment = lock_shipment(session, found.shipment_id)
    if actor.organisation_id not in (shipment.sender_id, shipment.receiver_id):
        raise _not_found()
    session.refresh(found)
    return found, shipment


def _lock_settlement(
    session: Session, actor: Actor, settlement_id: UUID
) -> tuple[Settlement, ShipmentLine, Shipment]:
    found = session.get(Settlement, settlement_id)
    if found is None:
        raise _not_found()
    line, shipment = _lock_line(session, actor, found.line_id)
    session.refresh(found)
    return found, line, shipment


def _waiting(session: Session, line: ShipmentLine) -> Settlement | None:
    return session.scalars(
        select(Settlement)
        .where(
            Settlement.line_id == line.id,
            Settlement.agreed_at.is_(None),
            Settlement.declined_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def _asked(waiting: Settlement | None, line: ShipmentLine) -> Decimal:
    """All that is open; where a proposal waits, what it is about: a twice-tapped button says the same twice."""
    return waiting.quantity if waiting is not None else line.open_quantity


def _over() -> SettlementOver:
    return SettlementOver(_l("This proposal is over. Look at the shipment again."))


def _not_found() -> NotFound:
    return NotFound(_l("There is no such difference."), code="difference-not-found")
