"""The verbs of custody. Each checks the rules, moves quantities and writes its event, in the caller's transaction.

Verbs bound to a state (activate, receive) happen once by state; verbs bound to a quantity (ship, sell, destroy)
once by idempotency key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from producers.models import ExpiryKind
from trace.accounts import queries as account_queries
from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries as batch_queries
from trace.batches.models import Balance, Batch, Holding
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.events import movements, queries, rules, seals
from trace.events.documents import Happening
from trace.events.models import Event, Shipment, ShipmentLine, Verb
from trace.events.record import amounts_of, record_event


class AlreadyActivated(Refusal):
    """The batch was activated before."""

    code = "already-activated"


class ItemsMissing(Refusal):
    """Some of the ten items are missing; ``missing`` has their numbers."""

    code = "ten-items-missing"
    http_status = 422


class AlreadyReceived(Refusal):
    """The shipment was received before, with other quantities."""

    code = "already-received"


@dataclass(frozen=True)
class Receiver:
    """Where a shipment goes: an organisation, or a party of the sender's address book. Exactly one is given."""

    organisation_id: UUID | None = None
    party_id: UUID | None = None


def activate(session: Session, actor: Actor, batch_id: UUID) -> Event:
    """Seal the ten items and let the batch move: the goods are now in the producer's hands.

    Raises ``NotApprovedYet``, ``ItemsMissing``, ``AlreadyActivated``.
    """
    require_producer(actor)
    batch = batch_queries.get_batch(session, actor.organisation_id, batch_id)
    require_approved(actor)
    session.refresh(batch, with_for_update={"of": Batch})
    if batch.is_activated:
        raise AlreadyActivated(_l("This batch is already activated."))
    _hold_still(session, batch)
    missing = batch_queries.ten_items(batch).missing
    if missing:
        raise ItemsMissing(
            _l("Some of the ten items are missing. Add them, then activate the batch."), missing=list(missing)
        )
    now = clock.now()
    seal = seals.make_seal(session, batch)
    happening = Happening(
        verb=Verb.ACTIVATE,
        event_time=now,
        amounts=amounts_of({batch: batch.quantity}),
        location_uri=batch.location.uri,
        ilmd=seal,
    )
    event = record_event(session, actor, happening, {batch: batch.quantity}, location=batch.location)
    batch.seal = seal
    batch.activated_at = event.record_time
    session.add(Balance(batch_id=batch.id, created=batch.quantity, held=batch.quantity))
    session.add(Holding(batch_id=batch.id, organisation_id=actor.organisation_id, quantity=batch.quantity))
    session.flush()
    return event


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
) -> Shipment:
    """Take goods out of the own holding and on their way to ``receiver``.

    To an organisation they are in transit until it receives them; to a party without an account they are handed
    over at once, declared by one side, and must be fit for sale. Raises ``QuantityExceedsHolding``,
    ``NotTheHolder``, ``BatchRecalled``, ``BatchExpired``.
    """
    require_approved(actor)
    request = ["ship", batch_id, quantity, receiver.organisation_id, receiver.party_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        batch, balance, holding = _take(session, actor, batch_id, quantity)
        shipped_at = _time(session, actor, batch, event_time)
        if receiver.organisation_id is None:
            # Who has no account is a household as well as a trader: what is handed over there may be eaten.
            _check_sellable(batch, shipped_at)
        elif receiver.organisation_id != batch.organisation_id:
            rules.check_not_recalled(is_recalled=batch.is_recalled)
        shipment = _new_shipment(session, actor, receiver, shipped_at)
        shipment.lines.append(ShipmentLine(shipment_id=shipment.id, batch_id=batch.id, quantity=quantity))
        holding.quantity -= quantity
        balance.held -= quantity
        if receiver.organisation_id is not None:
            balance.in_transit += quantity
        else:
            balance.outside += quantity
        session.add(shipment)
        session.flush()
        location = _seat(actor)
        happening = Happening(
            verb=Verb.SHIP,
            event_time=shipped_at,
            amounts=amounts_of({batch: quantity}),
            location_uri=location.uri,
            source=actor.organisation_id,
            destination=receiver.organisation_id or receiver.party_id,
            document=shipment.id,
        )
        record_event(
            session,
            actor,
            happening,
            {batch: quantity},
            location=location,
            counterpart=shipment.receiver,
            shipment=shipment,
            party=shipment.party,
            note=note,
        )
        receipt.answer = {"shipment_id": str(shipment.id)}
        return shipment


def receive(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    received: Mapping[UUID, Decimal] | None = None,
    *,
    event_time: datetime | None = None,
    note: str = "",
) -> Shipment:
    """Take a shipment into the own holding: in full, or ``received`` of each batch.

    A difference inside the product's natural-loss tolerance closes as loss, a larger one stays open. Receiving
    twice with the same quantities is receiving once. Raises ``AlreadyReceived``, ``ReceivedExceedsShipped``.
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
    counted = {line.batch_id: (received or {}).get(line.batch_id, line.quantity) for line in shipment.lines}
    if received is not None and set(received) - set(counted):
        raise BadInput(
            _l("This batch is not part of the shipment."), code="batch-not-in-shipment", field="quantity"
        )
    if shipment.received_at is not None:
        if all(line.received_quantity == counted[line.batch_id] for line in shipment.lines):
            return shipment
        raise AlreadyReceived(_l("This shipment was already received, with other quantities."))
    balances = movements.lock_balances(session, counted)
    received_at = rules.settle_time(event_time, clock.now(), shipment.shipped_at)
    for line in shipment.lines:
        _receive_line(session, actor, line, counted[line.batch_id], balances[line.batch_id])
    shipment.received_at = received_at
    location = _seat(actor)
    quantities: dict[Batch, Decimal | None] = {line.batch: line.received_quantity for line in shipment.lines}
    happening = Happening(
        verb=Verb.RECEIVE,
        event_time=received_at,
        amounts=amounts_of(quantities),
        location_uri=location.uri,
        source=shipment.sender_id,
        destination=actor.organisation_id,
        document=shipment.id,
        extensions=_differences(shipment),
    )
    record_event(
        session,
        actor,
        happening,
        quantities,
        location=location,
        counterpart=shipment.sender,
        shipment=shipment,
        note=note,
    )
    return shipment


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
) -> Event:
    """Goods leave the chain to a buyer: one of the address book, or walk-in buyers (``party_id`` None).

    Raises ``BatchExpired``, ``BatchRecalled``, ``QuantityExceedsHolding``, ``NotTheHolder``.
    """
    require_approved(actor)
    request = ["sell", batch_id, quantity, party_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        batch, balance, holding = _take(session, actor, batch_id, quantity)
        sold_at = _time(session, actor, batch, event_time)
        _check_sellable(batch, sold_at)
        buyer = account_queries.find_party(session, actor.organisation_id, party_id) if party_id else None
        if party_id is not None and buyer is None:
            raise NotFound(
                _l("There is no such buyer in your address book."), code="party-not-found", field="party_id"
            )
        holding.quantity -= quantity
        balance.held -= quantity
        balance.sold += quantity
        event = _leave(session, actor, Verb.SELL, batch, quantity, sold_at, party=buyer, note=note)
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
) -> Event:
    """Goods are thrown away or destroyed by their holder; recalled and expired ones too."""
    require_approved(actor)
    request = ["destroy", batch_id, quantity, reason, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        batch, balance, holding = _take(session, actor, batch_id, quantity)
        destroyed_at = _time(session, actor, batch, event_time)
        holding.quantity -= quantity
        balance.held -= quantity
        balance.destroyed += quantity
        event = _leave(session, actor, Verb.DESTROY, batch, quantity, destroyed_at, reason=reason, note=note)
        receipt.answer = {"event_id": str(event.id)}
        return event


def _hold_still(session: Session, batch: Batch) -> None:
    """Read anew what is about to be sealed, and keep it from changing until the seal is committed.

    A change under way is waited for and sealed; one that comes later waits, and the page shows it as a change.
    """
    for record in (batch.organisation, batch.product, batch.location):
        # Their own columns only: what else was loaded through them stays.
        columns = record.__mapper__.column_attrs.keys()
        session.refresh(record, columns, with_for_update={"read": True, "of": type(record)})
    session.expire(batch.location, ["commune"])


def _take(
    session: Session, actor: Actor, batch_id: UUID, quantity: Decimal
) -> tuple[Batch, Balance, Holding]:
    """Lock a batch for a movement out of the actor's holding, and check that the holding covers it."""
    batch = session.get(Batch, batch_id)
    held = batch_queries.find_holding(session, batch_id, actor.organisation_id)
    if batch is None or (held is None and batch.organisation_id != actor.organisation_id):
        raise NotFound(_l("There is no such batch among your goods."), code="batch-not-found")
    balance = movements.lock_batch(session, batch)
    if balance is None:
        raise rules.BatchNotActivated(_l("This batch is a draft. Activate it first."))
    holding = movements.holding_of(session, batch, actor.organisation_id)
    rules.check_quantity(quantity, holding.quantity, batch.unit_word, is_count=batch.uom is None)
    return batch, balance, holding


def _receive_line(
    session: Session, actor: Actor, line: ShipmentLine, received: Decimal, balance: Balance
) -> None:
    batch = line.batch
    if received <= 0:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    if batch.uom is None and received != received.to_integral_value():
        raise rules.WholeUnitsOnly(
            _l("%(unit)s are counted in whole numbers.", unit=batch.unit_word), field="quantity"
        )
    difference = rules.close_difference(line.quantity, received, seals.natural_loss_percent(batch.seal))
    line.received_quantity = received
    line.lost_quantity = difference.lost
    line.open_quantity = difference.open
    movements.holding_of(session, batch, actor.organisation_id).quantity += received
    balance.in_transit -= line.quantity
    balance.held += received
    balance.lost += difference.lost
    balance.in_question += difference.open


def _new_shipment(session: Session, actor: Actor, receiver: Receiver, shipped_at: datetime) -> Shipment:
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
        id=uuid7(),
        sender_id=actor.organisation_id,
        receiver=found if isinstance(found, Organisation) else None,
        party=found if isinstance(found, Party) else None,
        shipped_at=shipped_at,
    )


def _leave(
    session: Session,
    actor: Actor,
    verb: Verb,
    batch: Batch,
    quantity: Decimal,
    event_time: datetime,
    *,
    party: Party | None = None,
    reason: rules.DisposalReason | None = None,
    note: str = "",
) -> Event:
    """Write the event of goods that leave the chain from the actor's holding."""
    location = _seat(actor)
    happening = Happening(
        verb=verb,
        event_time=event_time,
        amounts=amounts_of({batch: quantity}),
        location_uri=location.uri,
        source=actor.organisation_id,
        destination=party.id if party else None,
        extensions={"disposal_reason": str(reason)} if reason else {},
    )
    return record_event(
        session, actor, happening, {batch: quantity}, location=location, party=party, note=note
    )


def _differences(shipment: Shipment) -> dict[str, object]:
    found = {
        line.batch.epc_class: {"lost": f"{line.lost_quantity:f}", "open": f"{line.open_quantity:f}"}
        for line in shipment.lines
        if line.lost_quantity or line.open_quantity
    }
    return {"difference": found} if found else {}


def _check_sellable(batch: Batch, when: datetime) -> None:
    """The use-by date is held against the day it happened: an honest sale may be recorded late."""
    use_by = batch.expires_on if batch.expiry_kind == ExpiryKind.USE_BY else None
    rules.check_sellable(is_recalled=batch.is_recalled, use_by=use_by, today=clock.local(when).date())


def _time(session: Session, actor: Actor, batch: Batch, event_time: datetime | None) -> datetime:
    """When goods left the actor's holding: not before it had any."""
    not_before = rules.start_of_day(batch.produced_on)
    if actor.organisation_id != batch.organisation_id:
        had_since = queries.find_first_received_at(session, actor.organisation_id, batch.id)
        not_before = had_since or not_before
    return rules.settle_time(event_time, clock.now(), not_before)


def _seat(actor: Actor) -> Location:
    return actor.organisation.seat
