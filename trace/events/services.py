"""The verbs of custody. Each checks the rules, moves quantities and writes its event, in the caller's transaction.

Verbs bound to a state (activate, receive) happen once by state; verbs bound to a quantity (ship, sell, destroy)
once by idempotency key.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, Holding
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.events import desk, movements, rules, seals, units
from trace.events.desk import PLAIN, Around, Taken, When
from trace.events.documents import Happening, Named, goods_of, units_of
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, Verb


class AlreadyActivated(Refusal):
    """The batch was activated before."""

    code = "already-activated"


class ItemsMissing(Refusal):
    """Some of the ten items are missing; ``missing`` has their numbers."""

    code = "ten-items-missing"
    http_status = 422


class ShipmentOver(Refusal):
    """The shipment was cancelled by its sender or refused by its receiver."""

    code = "shipment-over"


class AlreadyReceived(Refusal):
    """The shipment was received before, with other quantities."""

    code = "already-received"


class SourcesDiffer(BadInput):
    """The quantities of the households do not add up to the batch's."""

    code = "sources-differ"


@dataclass(frozen=True)
class Source:
    """One household's part of a harvest: a party of the own address book, its plot (thửa), its quantity."""

    quantity: Decimal
    party_id: UUID | None = None
    plot: str = ""


@dataclass(frozen=True)
class Receiver:
    """Where a shipment goes: an organisation, or a party of the sender's address book. Exactly one is given."""

    organisation_id: UUID | None = None
    party_id: UUID | None = None


def activate(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    sources: Sequence[Source] = (),
    extensions: Mapping[str, Any] | None = None,
    around: Around = PLAIN,
    note: str = "",
) -> Event:
    """Seal the ten items and let the batch move: the goods are now in the producer's hands.

    ``sources`` are the households and plots of a harvest, whose quantities add up to the batch's.
    Raises ``NotApprovedYet``, ``ItemsMissing``, ``AlreadyActivated``, ``SourcesDiffer``.
    """
    batch = ready_draft(session, actor, batch_id)
    check_sources(sources, batch.quantity)
    now = clock.now()
    seal = seals.make_seal(session, batch)
    happening = Happening(
        verb=Verb.ACTIVATE,
        event_time=now,
        goods=goods_of({batch: batch.quantity}),
        location_uri=batch.location.uri,
        sealed_items={batch.epc_class: seal},
        extensions=extensions or {},
    )
    batch.seal = seal
    batch.activated_at = now
    session.flush()
    aside = desk.aside_of(session, actor, around, note=note)
    aside = replace(aside, people=people_of(session, actor, sources))
    return desk.carry_out(session, actor, happening, location=batch.location, aside=aside)


def ready_draft(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    """An own draft that may be activated now, locked, with all that will be sealed held still.

    Raises ``NotApprovedYet``, ``AlreadyActivated``, ``ItemsMissing``, ``NotFound``.
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
    return batch


def check_sources(sources: Sequence[Source], total: Decimal) -> None:
    """Raise ``SourcesDiffer`` where households and plots are named and their quantities are not the whole."""
    named = sum((source.quantity for source in sources), Decimal(0))
    if sources and (named != total or any(source.quantity <= 0 for source in sources)):
        raise SourcesDiffer(
            _l("The households together have %(named)s; the batch has %(total)s.", named=named, total=total),
            field="sources",
            named=named,
            total=total,
        )


def people_of(session: Session, actor: Actor, sources: Sequence[Source]) -> list[dict[str, str]]:
    """Households and plots as they are kept, apart from the event: personal, and erasable."""
    people = []
    for source in sources:
        household = desk.party_of(session, actor, source.party_id, "sources")
        people.append(
            {
                "party": str(household.id) if household else "",
                "plot": source.plot,
                "quantity": f"{source.quantity.normalize():f}",
            }
        )
    return people


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
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        when = desk.when_moved(session, actor, taken.batch, event_time, around)
        check_receiver(taken, receiver, when)
        shipment = ship_taken(
            session,
            actor,
            taken,
            quantity,
            receiver,
            when=when,
            around=around,
            note=note,
        )
        receipt.answer = {"shipment_id": str(shipment.id)}
        return shipment


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
) -> Shipment:
    """Send off loose goods that were taken and may go to ``receiver``."""
    shipment = new_shipment(session, actor, receiver, when.event_time)
    shipment.lines.append(
        ShipmentLine(
            id=uuid7(),
            shipment_id=shipment.id,
            batch_id=taken.batch.id,
            batch=taken.batch,  # kept with the line, so that whoever answers need not read it again
            quantity=quantity,
        )
    )
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


def _hold_still(session: Session, batch: Batch) -> None:
    """Read anew what is about to be sealed, and keep it from changing until the seal is committed.

    A change under way is waited for and sealed; one that comes later waits, and the page shows it as a change.
    """
    for record in (batch.organisation, batch.product, batch.location):
        # Their own columns only: what else was loaded through them stays.
        columns = record.__mapper__.column_attrs.keys()
        session.refresh(record, columns, with_for_update={"read": True, "of": type(record)})
    session.expire(batch.location, ["commune"])


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


def new_shipment(session: Session, actor: Actor, receiver: Receiver, shipped_at: datetime) -> Shipment:
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
        id=uuid7(),
        sender_id=actor.organisation_id,
        receiver=found if isinstance(found, Organisation) else None,
        party=found if isinstance(found, Party) else None,
        shipped_at=shipped_at,
    )


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
