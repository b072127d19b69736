"""Goods go out of the own hands and on their way to a receiver. What comes of the handover stands elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Holding
from trace.core.errors import BadInput
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.events import desk, rules
from trace.events.desk import PLAIN, Around, Taken, When
from trace.events.documents import Happening, Named, goods_of
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, Verb
from trace.events.record import is_gathering


@dataclass(frozen=True)
class Receiver:
    """Where a shipment goes: an organisation, or a party of the sender's address book. Exactly one is given."""

    organisation_id: UUID | None = None
    party_id: UUID | None = None


def ship(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    receiver: Receiver,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """Take goods out of the own holding and on their way to ``receiver``.

    To an organisation they are in transit until it receives them; to a party without an account they are handed
    over at once, declared by one side, and must be fit for sale. Raises ``QuantityExceedsHolding``,
    ``NotTheHolder``, ``BatchRecalled``, ``BatchExpired``, ``BatchHeld``.
    """
    require_approved(actor)
    request = ["ship", batch_id, quantity, receiver.organisation_id, receiver.party_id, event_time, note]
    shipment_id = uuid7()
    answer = {"shipment_id": str(shipment_id)}
    with once(session, actor.organisation_id, key, request, answer) as receipt:
        if receipt.is_repeat and receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        when = desk.when_moved(session, actor, taken.batch, event_time, around)
        check_receiver(taken, receiver, when)
        return ship_taken(
            session,
            actor,
            taken,
            quantity,
            receiver,
            when=when,
            around=around,
            note=note,
            shipment_id=shipment_id,
        )


def ship_taken(
    session: Session,
    actor: Actor,
    taken: Taken,
    quantity: Decimal,
    receiver: Receiver,
    *,
    when: When,
    around: Around,
    note: str = "",
    extensions: Mapping[str, Any] | None = None,
    shipment_id: UUID | None = None,
) -> Shipment:
    """Send off loose goods that were taken and may go to ``receiver``."""
    shipment = new_shipment(session, actor, receiver, when.event_time, shipment_id)
    shipment.lines.append(
        ShipmentLine(
            id=uuid7(),
            shipment_id=shipment.id,
            batch_id=taken.batch.id,
            batch=taken.batch,  # kept with the line, so that whoever answers need not read it again
            quantity=quantity,
        )
    )
    if is_gathering(session):
        session.add(shipment)
        session.flush()
    send(
        session,
        actor,
        shipment,
        goods=goods_of({taken.batch: quantity}),
        when=when,
        location=taken.place,
        around=around,
        note=note,
        extensions=extensions,
        known=[taken.holding],
    )
    return shipment


def new_shipment(
    session: Session, actor: Actor, receiver: Receiver, shipped_at: datetime, shipment_id: UUID | None = None
) -> Shipment:
    """A shipment without lines yet; raises ``BadInput`` for a receiver that may not be chosen."""
    if (receiver.organisation_id is None) == (receiver.party_id is None):
        raise BadInput(_l("Choose who receives the goods."), code="receiver-missing", field="receiver")
    found: Organisation | Party | None = None
    if receiver.organisation_id is not None:
        found = account_queries.find_receiver(session, actor.organisation_id, receiver.organisation_id)
    elif receiver.party_id is not None:
        found = account_queries.find_party(session, actor.organisation_id, receiver.party_id)
    if found is None:
        raise BadInput(_l("Choose a receiver from the list."), code="receiver-unknown", field="receiver")
    return Shipment(
        id=shipment_id or uuid7(),
        sender_id=actor.organisation_id,
        receiver_id=receiver.organisation_id,
        party_id=receiver.party_id,
        receiver=found if isinstance(found, Organisation) else None,
        party=found if isinstance(found, Party) else None,
        shipped_at=shipped_at,
    )


def check_receiver(taken: Taken, receiver: Receiver, when: When) -> None:
    """What may be passed on to this receiver; recalled goods go back to their producer only."""
    batch = taken.batch
    if receiver.organisation_id is None:
        # Who has no account is a household as well as a trader: what is handed over there may be eaten.
        desk.check_sellable(batch, when.event_time)
        desk.check_may_move(taken)
    elif receiver.organisation_id not in (batch.maker_id, batch.organisation_id):
        rules.check_not_recalled(is_recalled=batch.is_recalled)
        desk.check_may_move(taken)


def send(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    *,
    goods: Sequence[Named],
    when: When,
    location: Location,
    around: Around,
    note: str,
    extensions: Mapping[str, Any] | None = None,
    known: Sequence[Holding] = (),
) -> Event:
    """Write the event by which a new shipment leaves."""
    happening = Happening(
        verb=Verb.SHIP,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods,
        location_uri=location.uri,
        source=actor.organisation_id,
        destination=shipment.receiver_id or shipment.party_id,
        document=shipment.id,
        extensions=extensions or {},
    )
    return desk.carry_out(
        session,
        actor,
        happening,
        location=location,
        counterpart=shipment.receiver,
        shipment=shipment,
        aside=desk.aside_of(session, actor, around, party=shipment.party, note=note),
        known=known,
    )
