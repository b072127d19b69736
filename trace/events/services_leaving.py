"""Goods leave the chain from a holder's hands: sold to a buyer, or thrown away."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Party
from trace.accounts.permissions import Actor, require_approved
from trace.core.idempotency import once
from trace.events import desk, rules
from trace.events.desk import PLAIN, Around, Taken, When
from trace.events.documents import Happening, goods_of
from trace.events.models import Event, Verb


def sell(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    *,
    key: str,
    party_id: UUID | None = None,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Goods leave the chain to a buyer: one of the address book, or walk-in buyers (``party_id`` None).

    Raises ``BatchExpired``, ``BatchRecalled``, ``QuantityExceedsHolding``, ``NotTheHolder``.
    """
    require_approved(actor)
    request = ["sell", batch_id, quantity, party_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        when = desk.when_moved(session, actor, taken.batch, event_time, around)
        desk.check_sellable(taken.batch, when.event_time)
        desk.check_may_move(taken)
        buyer = desk.party_of(session, actor, party_id)
        event = leave(session, actor, Verb.SELL, taken, quantity, when, around, party=buyer, note=note)
        receipt.answer = {"event_id": str(event.id)}
        return event


def destroy(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    reason: rules.DisposalReason,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Goods are thrown away or destroyed by their holder; recalled and expired ones too."""
    require_approved(actor)
    request = ["destroy", batch_id, quantity, reason, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        when = desk.when_moved(session, actor, taken.batch, event_time, around)
        extensions = {"disposal_reason": str(reason)}
        event = leave(session, actor, Verb.DESTROY, taken, quantity, when, around, extensions, note=note)
        receipt.answer = {"event_id": str(event.id)}
        return event


def leave(
    session: Session,
    actor: Actor,
    verb: Verb,
    taken: Taken,
    quantity: Decimal,
    when: When,
    around: Around,
    extensions: Mapping[str, str] | None = None,
    *,
    party: Party | None = None,
    note: str = "",
) -> Event:
    """Write the event of goods that leave the chain from the actor's holding."""
    location = taken.place
    happening = Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods_of({taken.batch: quantity}),
        location_uri=location.uri,
        source=actor.organisation_id,
        destination=party.id if party else None,
        extensions=extensions or {},
    )
    aside = desk.aside_of(session, actor, around, party=party, note=note)
    return desk.carry_out(session, actor, happening, location=location, aside=aside, known=[taken.holding])
