"""Verbs of growing: more of a lot that is activated, and a crop sold on the tree. Once by idempotency key."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries as batch_queries
from trace.batches import services as batch_services
from trace.batches.models import Batch, Origin
from trace.batches.services import BatchFacts
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.idempotency import once
from trace.events import desk, rules
from trace.events.desk import PLAIN, Around, When
from trace.events.documents import Happening, goods_of, quantity_text
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.services_activation import Source, activate, check_sources, people_of
from trace.events.services_shipping import Receiver, check_receiver, ship_taken

LONGEST_UNIT = 20


class NotGrownHere(Refusal):
    """Only a lot that was harvested or made by its producer grows; a part, a heap or goods from outside do not."""

    code = "not-grown-here"


@dataclass(frozen=True)
class SecondCount:
    """The same goods as both sides counted them in another unit: 400 quả beside 480 kg."""

    quantity: Decimal
    unit: str


def add_delivery(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    *,
    key: str,
    sources: Sequence[Source] = (),
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """More of the same harvest comes into an activated lot of one's own.

    ``sources`` are the households and plots it came from, together all of it. A delivery on a later day than the lot's
    says so. Raises ``NotGrownHere``, ``BatchNotActivated``, ``BatchRecalled``, ``BatchExpired``, ``SourcesDiffer``.
    """
    require_producer(actor)
    require_approved(actor)
    named = [[source.party_id, source.plot, source.quantity] for source in sources]
    request = ["add_delivery", batch_id, quantity, named, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        batch_queries.get_batch(session, actor.organisation_id, batch_id)
        taken = desk.lock_goods(session, actor, batch_id)
        batch = taken.batch
        if batch.origin != Origin.PRODUCED:
            raise NotGrownHere(
                _l("Nothing can be added to this lot. Take the goods in as a lot of their own.")
            )
        # Against itself: that it is above 0, and whole where it is counted.
        rules.check_quantity(quantity, max(quantity, Decimal(1)), batch.unit_word, is_count=batch.uom is None)
        check_sources(sources, quantity)
        when = desk.when_of(event_time, around, rules.start_of_day(batch.produced_on))
        desk.check_sellable(batch, when.event_time)
        desk.check_may_move(taken)
        place = desk.place_of(session, actor, around) if around.location_id else batch.location
        days = (clock.local(when.event_time).date() - batch.produced_on).days
        happening = Happening(
            verb=Verb.ADD_DELIVERY,
            event_time=when.event_time,
            device_time=when.device_time,
            goods=goods_of({batch: quantity}),
            location_uri=place.uri,
            extensions={"days_after_production": str(days)} if days > 0 else {},
        )
        aside = desk.aside_of(session, actor, around, note=note)
        aside = replace(aside, people=people_of(session, actor, sources))
        event = desk.carry_out(session, actor, happening, location=place, aside=aside, known=[taken.holding])
        receipt.answer = {"event_id": str(event.id)}
        return event


def sell_on_tree(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    receiver: Receiver,
    *,
    key: str,
    counted: SecondCount | None = None,
    sources: Sequence[Source] = (),
    note: str = "",
    around: Around = PLAIN,
) -> Shipment:
    """A draft's whole crop is the buyer's, who harvested it: activated and handed over in one step.

    ``counted`` is what both sides counted in a second unit. A buyer with an account still receives it, and so says the
    same. Raises what activating and shipping raise.
    """
    request = [
        "sell_on_tree",
        batch_id,
        receiver.organisation_id,
        receiver.party_id,
        [counted.quantity, counted.unit] if counted else None,
        [[source.party_id, source.plot, source.quantity] for source in sources],
        note,
    ]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Shipment, UUID(receipt.answer["shipment_id"]))
        how = {"sold_on_tree": True, "harvested_by": "buyer"} | _told(counted)
        activated = activate(
            session,
            actor,
            batch_id,
            sources=sources,
            extensions=how,
            around=replace(around, location_id=None),
        )
        session.flush()
        taken = desk.lock_goods(session, actor, batch_id)
        when = When(activated.event_time)
        check_receiver(taken, receiver, when)
        shipment = ship_taken(
            session,
            actor,
            taken,
            taken.batch.quantity,
            receiver,
            when=when,
            around=around,
            note=note,
            extensions=how,
        )
        receipt.answer = {"shipment_id": str(shipment.id)}
        return shipment


def _told(counted: SecondCount | None) -> dict[str, object]:
    if counted is None:
        return {}
    if counted.quantity <= 0 or not counted.unit or len(counted.unit) > LONGEST_UNIT:
        raise BadInput(
            _l("Write how many, and of what."), code="quantity-not-positive", field="counted_quantity"
        )
    return {"counted": {"quantity": quantity_text(counted.quantity), "unit": counted.unit}}


@dataclass(frozen=True)
class TodaysLot:
    """One lot of a day's work: its facts, and the households and plots it came from, if they are noted."""

    facts: BatchFacts
    sources: tuple[Source, ...] = ()


def harvest(
    session: Session, actor: Actor, lots: Sequence[TodaysLot], *, key: str, around: Around = PLAIN
) -> list[Batch]:
    """Register and activate the lots of a day in one go: all of them, or none. An empty lot number is proposed here.

    Raises what registering and activating raise, and ``BadInput`` where nothing was weighed.
    """
    require_producer(actor)
    require_approved(actor)
    if not lots:
        raise BadInput(_l("Write at least one weight."), code="quantity-missing", field="quantity")
    request = [[asdict(lot.facts), [asdict(source) for source in lot.sources]] for lot in lots]
    with once(session, actor.organisation_id, key, ["harvest", *request]) as receipt:
        if receipt.answer is not None:
            return [session.get_one(Batch, UUID(batch_id)) for batch_id in receipt.answer["batch_ids"]]
        made = []
        for lot in lots:
            facts = lot.facts
            if not facts.lot_number:
                number = batch_queries.next_lot_number(session, facts.product_id, facts.produced_on)
                facts = replace(facts, lot_number=number)
            batch = batch_services.register_batch(session, actor, facts)
            activate(session, actor, batch.id, sources=lot.sources, around=around)
            made.append(batch)
        receipt.answer = {"batch_ids": [str(batch.id) for batch in made]}
        return made
