"""What every verb does first and last: find the goods under their lock, settle the time, move and write.

Only the verbs (``services*``) use it. Nothing here decides what a verb means.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from producers.models import ExpiryKind
from trace.accounts import queries as account_queries
from trace.accounts.models import Location, Organisation, Party
from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Balance, Batch, Holding, Origin
from trace.batches.unit_models import Placement
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.core.writing import Writes
from trace.events import movements, queries, rules
from trace.events.documents import Happening
from trace.events.handover_models import Shipment
from trace.events.models import Event
from trace.events.postings import Facts, Moved, postings_of
from trace.events.record import Aside, is_gathering, record_event


@dataclass(frozen=True)
class Around:
    """How something was said, beside what: for whom, from which device, at which place, with which papers.

    ``device_now`` is the device's clock at the moment it sent; ``on_behalf_of`` a party of the own address book whose
    statement this is (ghi hộ); ``attachments`` SHA-256 of stored papers and photos; ``location_id`` a place of the
    own organisation, its seat unless given.
    """

    device_now: datetime | None = None
    on_behalf_of: UUID | None = None
    location_id: UUID | None = None
    attachments: tuple[str, ...] = ()


PLAIN = Around()


@dataclass(frozen=True)
class Taken:
    """Goods a verb is about to move out of the actor's holding, under their lock."""

    batch: Batch
    balance: Balance
    holding: Holding
    place: Location  # where they lie, once taken; the seat before


@dataclass(frozen=True)
class When:
    """When it happened, and what a clock that is off had said."""

    event_time: datetime
    device_time: datetime | None = None


def find_goods(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    """A batch the actor's organisation registered or ever held; ``NotFound`` for any other."""
    batch = session.get(Batch, batch_id)
    if batch is None or (
        batch.organisation_id != actor.organisation_id
        and batch_queries.find_holding(session, batch_id, actor.organisation_id) is None
    ):
        raise NotFound(_l("There is no such batch among your goods."), code="batch-not-found")
    return batch


def lock_goods(session: Session, actor: Actor, batch_id: UUID) -> Taken:
    """The actor's holding of a batch under its lock; raises ``NotFound``, ``BatchNotActivated``.

    The lock comes first and everything is read under it: what a recall that just committed says is seen.
    """
    balance = movements.lock_balance(session, batch_id)
    batch, holding = movements.read_goods(session, batch_id, actor.organisation_id)
    if batch is None or (holding is None and batch.organisation_id != actor.organisation_id):
        raise NotFound(_l("There is no such batch among your goods."), code="batch-not-found")
    if balance is None:
        raise rules.BatchNotActivated(_l("This batch is a draft. Activate it first."))
    holding = holding or movements.new_holding(session, batch_id, actor.organisation_id)
    return Taken(batch, balance, holding, actor.organisation.seat)


def take(session: Session, actor: Actor, batch_id: UUID, quantity: Decimal, around: Around = PLAIN) -> Taken:
    """Loose goods under their lock, checked to be held, not packed, and lying at the place they leave from.

    What lies elsewhere than at the seat is taken off its place here; the holding itself moves by postings.
    """
    taken = lock_goods(session, actor, batch_id)
    batch, holding = taken.batch, taken.holding
    rules.check_quantity(quantity, holding.quantity, batch.unit_word, is_count=batch.uom is None)
    rules.check_loose(quantity, holding.quantity, holding.packed, batch.unit_word)
    place = where_from(session, actor, holding, around)
    here = loose_at(session, holding, place, taken.place)
    rules.check_place(quantity, here, holding.quantity, batch.unit_word)
    put_down(session, holding, place, -quantity, seat=taken.place)
    return replace(taken, place=place)


def where_from(session: Session, actor: Actor, holding: Holding, around: Around) -> Location:
    """The place goods leave from: the one named; else the only one where any lie, or the seat."""
    if around.location_id is not None:
        return place_of(session, actor, around, may_be_closed=True)
    seat = actor.organisation.seat
    if not holding.elsewhere or holding.quantity > holding.elsewhere:
        return seat
    placed = list_placements(session, holding)
    return placed[0].location if len(placed) == 1 else seat


def loose_at(session: Session, holding: Holding, place: Location, seat: Location) -> Decimal:
    """How much of a holding lies loose at one place; what is in cartons counts as lying at the seat."""
    if place.id == seat.id:
        return holding.quantity - holding.elsewhere - holding.packed
    placed = _placement(session, holding, place)
    return placed.quantity if placed else Decimal(0)


def put_down(
    session: Session, holding: Holding, place: Location, quantity: Decimal, *, seat: Location
) -> None:
    """Note that ``quantity`` more (less, if negative) of a holding lies at ``place``; the seat needs no note.

    The holding is locked by its batch's balance, and large enough already: what arrives is put down after its
    postings, what leaves is taken up before them.
    """
    if place.id == seat.id or not quantity:
        return
    placed = _placement(session, holding, place)
    if placed is None:
        session.flush()  # a placement refers to its holding
        placed = Placement(
            batch_id=holding.batch_id,
            organisation_id=holding.organisation_id,
            location_id=place.id,
            quantity=Decimal(0),
        )
        session.add(placed)
    placed.quantity += quantity
    holding.elsewhere += quantity


def take_anywhere(session: Session, holding: Holding, quantity: Decimal, *, seat: Location) -> None:
    """Loose goods of a locked holding taken off wherever they lie: the seat first, then the fullest place."""
    rest = quantity - max(loose_at(session, holding, seat, seat), Decimal(0))
    for placed in list_placements(session, holding):
        part = min(max(rest, Decimal(0)), placed.quantity)
        put_down(session, holding, placed.location, -part, seat=seat)
        rest -= part


def list_placements(session: Session, holding: Holding) -> list[Placement]:
    """Where a holding lies other than at the seat, largest first."""
    wanted = select(Placement).where(
        Placement.batch_id == holding.batch_id,
        Placement.organisation_id == holding.organisation_id,
        Placement.quantity > 0,
    )
    ordered = wanted.order_by(Placement.quantity.desc(), Placement.location_id)
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


def _placement(session: Session, holding: Holding, place: Location) -> Placement | None:
    session.flush()  # reading anew must not lose what was noted and not yet written
    key = (holding.batch_id, holding.organisation_id, place.id)
    return session.get(Placement, key, populate_existing=True)


def place_of(session: Session, actor: Actor, around: Around, *, may_be_closed: bool = False) -> Location:
    """The actor's own open place that was named, or its seat. Raises ``BadInput`` for any other.

    Goods may still leave a place that was closed.
    """
    if around.location_id is None:
        return actor.organisation.seat
    found = next((one for one in actor.organisation.locations if one.id == around.location_id), None)
    if found is None or (found.closed_at is not None and not may_be_closed):
        raise BadInput(_l("Choose a place from the list."), code="place-unknown", field="location_id")
    return found


def party_of(session: Session, actor: Actor, party_id: UUID | None, field: str = "party_id") -> Party | None:
    """A party of the actor's own address book; None for None, ``NotFound`` for any other."""
    if party_id is None:
        return None
    found = account_queries.find_party(session, actor.organisation_id, party_id)
    if found is None:
        raise NotFound(
            _l("There is no such buyer in your address book."), code="party-not-found", field=field
        )
    return found


def aside_of(
    session: Session, actor: Actor, around: Around, *, party: Party | None = None, note: str = ""
) -> Aside:
    """What is personal about an event; whoever it is recorded for must stand in the actor's address book."""
    behalf = party_of(session, actor, around.on_behalf_of, "on_behalf_of")
    return Aside(
        party=party,
        on_behalf_of=behalf.id if behalf else None,
        attachments=around.attachments,
        note=note,
    )


def when_of(stated: datetime | None, around: Around, not_before: datetime) -> When:
    """When it happened, a wrong clock set right; raises ``TimeOutOfRange``."""
    now = clock.now()
    corrected, device_time = rules.correct_clock(stated, around.device_now, now)
    return When(rules.settle_time(corrected, now, not_before), device_time)


def when_moved(
    session: Session, actor: Actor, batch: Batch, stated: datetime | None, around: Around = PLAIN
) -> When:
    """When the actor did something with goods: not before it had any."""
    if stated is None:
        return When(clock.now())
    # Who grew them had them from the first day; what came back later does not change that.
    is_grown_here = batch.organisation_id == actor.organisation_id and batch.origin == Origin.PRODUCED
    had = None if is_grown_here else queries.find_had_since(session, actor.organisation_id, batch.id)
    return when_of(stated, around, had or rules.start_of_day(batch.produced_on))


def check_sellable(batch: Batch, when: datetime) -> None:
    """The use-by date is held against the day it happened: an honest sale may be recorded late."""
    use_by = batch.expires_on if batch.expiry_kind == ExpiryKind.USE_BY else None
    rules.check_sellable(is_recalled=batch.is_recalled, use_by=use_by, today=clock.local(when).date())


def check_may_move(taken: Taken) -> None:
    """Raise ``BatchHeld`` or ``GoodsSetAside``: what is paused is neither sold nor passed on."""
    batch = taken.batch
    rules.check_not_held(
        is_held=batch.is_held,
        is_under_review=batch.is_under_review,
        is_set_aside=taken.holding.is_set_aside,
    )


def carry_out(
    session: Session,
    actor: Actor,
    happening: Happening,
    *,
    location: Location | None = None,
    counterpart: Organisation | None = None,
    shipment: Shipment | None = None,
    aside: Aside = Aside(),  # noqa: B008 - frozen, and without any value
    known: Iterable[Holding] = (),
) -> Event:
    """Move what the event says and write it: the one way by which quantities change.

    The balances of all its batches are locked by the caller; ``known`` are holdings read under those locks. A
    ``shipment`` that is new is written with the event, its lines too.
    """
    facts = Facts(
        verb=happening.verb,
        organisation_id=actor.organisation_id,
        counterpart_id=counterpart.id if counterpart else None,
        goods=[
            Moved(named.role, named.batch_id, named.epc, named.quantity)
            for named in happening.goods
            if named.batch_id is not None
        ],
        extensions=happening.extensions,
        is_declaration=bool(happening.fields.get("is_declaration")),
    )
    writes = None if is_gathering(session) else Writes()
    movements.apply(session, postings_of(facts), known, writes)
    if writes is not None and shipment is not None and inspect(shipment).transient:
        writes.insert_new(shipment, *shipment.lines)
    return record_event(
        session,
        actor,
        happening,
        location=location,
        counterpart=counterpart,
        shipment=shipment,
        aside=aside,
        alongside=writes,
    )


def as_text(quantities: Mapping[str, Decimal]) -> dict[str, str]:
    """Quantities as exact text by name, without those that are zero."""
    return {name: f"{quantity.normalize():f}" for name, quantity in quantities.items() if quantity}
