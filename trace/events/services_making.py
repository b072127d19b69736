"""Verbs by which lots become other lots: processing, splitting, merging. Each happens once by idempotency key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers import services as product_services
from producers.models import Product
from trace.accounts.models import Location
from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches.models import Batch, Origin
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.idempotency import Receipt, once
from trace.events import desk, movements, queries, rules, rules_making, seals, seals_made
from trace.events.desk import PLAIN, Around, Taken, When
from trace.events.documents import Happening, goods_of, quantity_text
from trace.events.models import Event, Role, Verb
from trace.events.new_lots import NewLot, add_lot
from trace.events.rules_making import Portion, Yield, YieldReason
from trace.events.services_activation import ready_draft


@dataclass(frozen=True)
class Made:
    """What a verb of making left behind: its event, and the lots that came to be by it."""

    event: Event
    batches: tuple[Batch, ...]


def transform(
    session: Session,
    actor: Actor,
    inputs: Mapping[UUID, Decimal],
    outputs: Sequence[UUID],
    *,
    key: str,
    loss: Decimal | None = None,
    reason: YieldReason | None = None,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Made:
    """Turn goods in hand into own draft batches, which this activates: their ten items are sealed.

    ``inputs`` says how much of each lot goes in, ``loss`` what was weighed as lost, in the common unit of what went
    in. Raises ``ItemsMissing``, ``AlreadyActivated``, ``YieldImplausible``, ``MadeBeforeInputs``, and what taking
    goods raises; recalled, held, set aside and expired goods do not go in.
    """
    require_producer(actor)
    require_approved(actor)
    rules_making.check_several(len(inputs), 1)
    if not outputs or len(outputs) > rules_making.MOST_PARTS or len(set(outputs)) < len(outputs):
        raise BadInput(_l("Choose what was made of it."), code="outputs-missing", field="outputs")
    request = ["transform", plain(inputs), [str(o) for o in outputs], loss, reason, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return _answered(session, receipt)
        taken = take_many(session, actor, inputs, around)
        made = [ready_draft(session, actor, output) for output in sorted(outputs)]
        when = when_had(
            session,
            actor,
            taken,
            event_time,
            around,
            not_before=rules.start_of_day(max(batch.produced_on for batch in made)),
        )
        for one in taken:
            desk.check_sellable(one.batch, when.event_time)
            desk.check_may_move(one)
        rules_making.check_dates(
            min(batch.produced_on for batch in made), [one.batch.produced_on for one in taken]
        )
        found = rules_making.check_yield(
            [_portion(one.batch, inputs[one.batch.id]) for one in taken],
            [_portion(batch, batch.quantity) for batch in made],
            loss,
            reason,
        )
        for batch in made:
            batch.seal = seals.make_seal(session, batch)
            batch.activated_at = when.event_time
            batch.origin = Origin.TRANSFORMED
        event = _make(
            session,
            actor,
            Verb.TRANSFORM,
            taken,
            inputs,
            made,
            when,
            around,
            note,
            {**_told_yield(found), **({"yield_reason": str(reason)} if reason else {})},
        )
        return _answer(receipt, event, made)


def split(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    parts: Sequence[Decimal],
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Made:
    """Make new lots of parts of a lot in hand; what is not named stays in it.

    Each new lot says what the lot says, under a code and a lot number of its own, and that it comes of it. Raises
    what taking goods raises; recalled, held and set-aside goods are not split.
    """
    require_approved(actor)
    whole = rules_making.check_parts(parts)
    request = ["split", batch_id, list(parts), event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return _answered(session, receipt)
        taken = desk.take(session, actor, batch_id, whole, around)
        parent = taken.batch
        for part in parts:
            rules.check_quantity(part, taken.holding.quantity, parent.unit_word, is_count=parent.uom is None)
        when = when_had(session, actor, [taken], event_time, around)
        rules.check_not_recalled(is_recalled=parent.is_recalled)
        desk.check_may_move(taken)
        place = _place(session, actor, [taken], around)
        made = [
            add_lot(
                session,
                actor,
                _part_of(parent, part, place),
                when.event_time,
                rules_making.part_prefix(parent.lot_number),
                lambda numbers: rules_making.part_number(parent.lot_number, numbers),
                lambda batch: seals_made.part_seal(parent, code=batch.code, lot_number=batch.lot_number),
            )
            for part in parts
        ]
        event = _make(session, actor, Verb.SPLIT, [taken], {parent.id: whole}, made, when, around, note)
        return _answer(receipt, event, made)


def merge(
    session: Session,
    actor: Actor,
    inputs: Mapping[UUID, Decimal],
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Made:
    """Lay several lots in hand into one heap: from then on the goods are of one of these lots.

    The lots are the same kind of goods in the same unit; the earliest expiry counts. Raises ``UnitsDiffer``,
    ``GoodsDiffer``, and what taking goods raises; recalled, held, set aside and expired goods do not go in.
    """
    require_approved(actor)
    rules_making.check_several(len(inputs), 2)
    request = ["merge", plain(inputs), event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return _answered(session, receipt)
        taken = take_many(session, actor, inputs, around)
        when = when_had(session, actor, taken, event_time, around)
        for one in taken:
            desk.check_sellable(one.batch, when.event_time)
            desk.check_may_move(one)
        lots = [one.batch for one in taken]
        rules_making.check_alike(
            [batch.uom or batch.packaging_word or "" for batch in lots],
            [int((batch.seal or {})["ocop_set"]) for batch in lots],
        )
        place = _place(session, actor, taken, around)
        heap = _heap_of(session, actor, lots, sum(inputs.values(), Decimal(0)), place)
        day = clock.local(when.event_time).date()
        made = [
            add_lot(
                session,
                actor,
                heap,
                when.event_time,
                rules_making.heap_prefix(day),
                lambda numbers: rules_making.heap_number(day, numbers),
                lambda batch: seals_made.heap_seal(
                    lots, place, code=batch.code, lot_number=batch.lot_number, shelf=heap.shelf
                ),
            )
        ]
        event = _make(session, actor, Verb.MERGE, taken, inputs, made, when, around, note)
        return _answer(receipt, event, made)


def take_many(
    session: Session, actor: Actor, inputs: Mapping[UUID, Decimal], around: Around = PLAIN
) -> list[Taken]:
    """Loose goods of several lots, their locks taken in the one order; each as ``desk.take`` has it."""
    for batch_id in inputs:
        desk.find_goods(session, actor, batch_id)
    movements.lock_balances(session, inputs)
    return [desk.take(session, actor, batch_id, inputs[batch_id], around) for batch_id in sorted(inputs)]


def when_had(
    session: Session,
    actor: Actor,
    taken: Iterable[Taken],
    stated: datetime | None,
    around: Around,
    *,
    not_before: datetime | None = None,
) -> When:
    """When something was done with several lots: not before the actor had all of them, nor before ``not_before``."""
    if stated is None:
        return When(clock.now())
    earliest = [not_before] if not_before else []
    for one in taken:
        had = queries.find_had_since(session, actor.organisation_id, one.batch.id)
        earliest.append(had or rules.start_of_day(one.batch.produced_on))
    return desk.when_of(stated, around, max(earliest, default=rules.start_of_day(clock.today())))


def _make(
    session: Session,
    actor: Actor,
    verb: Verb,
    taken: Sequence[Taken],
    inputs: Mapping[UUID, Decimal],
    made: Sequence[Batch],
    when: When,
    around: Around,
    note: str,
    extensions: Mapping[str, Any] | None = None,
) -> Event:
    """Write the event that uses the inputs up and brings the new lots into the actor's hands."""
    session.flush()
    place = _place(session, actor, taken, around)
    happening = Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=[
            *goods_of({one.batch: inputs[one.batch.id] for one in taken}, Role.INPUT),
            *goods_of({batch: batch.quantity for batch in made}, Role.OUTPUT),
        ],
        location_uri=place.uri,
        sealed_items={batch.epc_class: batch.seal for batch in made},
        extensions=extensions or {},
    )
    event = desk.carry_out(
        session,
        actor,
        happening,
        location=place,
        aside=desk.aside_of(session, actor, around, note=note),
        known=[one.holding for one in taken],
    )
    session.flush()
    for batch in made:
        holding = movements.holding_of(session, batch.id, actor.organisation_id)
        desk.put_down(session, holding, place, batch.quantity, seat=actor.organisation.seat)
    return event


def _place(session: Session, actor: Actor, taken: Sequence[Taken], around: Around) -> Location:
    """Where it happens and the new lots lie: the place named, else where all of it lay, else the seat."""
    places = {one.place.id: one.place for one in taken}
    if around.location_id is None and len(places) == 1:
        return next(iter(places.values()))
    return desk.place_of(session, actor, around)


def _part_of(parent: Batch, quantity: Decimal, place: Location) -> NewLot:
    return NewLot(
        origin=Origin.SPLIT,
        product=parent.product,
        location=place,
        date_kind=parent.date_kind,
        produced_on=parent.produced_on,
        shelf=seals_made.Shelf(parent.expiry_kind, parent.expires_on),
        quantity=quantity,
        uom=parent.uom,
        packaging_word=parent.packaging_word,
    )


def _heap_of(
    session: Session, actor: Actor, lots: Sequence[Batch], quantity: Decimal, place: Location
) -> NewLot:
    first = lots[0]
    return NewLot(
        origin=Origin.MERGED,
        product=_product_of_heap(session, actor, lots),
        location=place,
        date_kind=first.date_kind,
        produced_on=min(batch.produced_on for batch in lots),
        shelf=seals_made.soonest(lots),
        quantity=quantity,
        uom=first.uom,
        packaging_word=first.packaging_word,
    )


def _product_of_heap(session: Session, actor: Actor, lots: Sequence[Batch]) -> Product:
    """The product of all of them; goods of several producers are noted as somebody else's, under their name."""
    first = lots[0]
    if all(batch.product_id == first.product_id for batch in lots):
        return first.product
    seal = first.seal or {}
    names = dict.fromkeys(str((batch.seal or {})["product_name"]) for batch in lots)
    return product_services.note_outside_product(
        session,
        actor,
        name=" / ".join(names),
        ocop_set=int(seal["ocop_set"]),
        uom=first.uom,
        packaging_word=first.packaging_word,
        picture_sha256=str(seal["product_image"]) or None,
    )


def _portion(batch: Batch, quantity: Decimal) -> Portion:
    return Portion(quantity, batch.uom, batch.packaging_word or "")


def _told_yield(found: Yield | None) -> dict[str, Any]:
    """Yield and loss as the event says them: ``loss`` by unit, ``yield`` as a share of what went in."""
    if found is None:
        return {}
    told: dict[str, Any] = {}
    if found.lost:
        told["loss"] = {found.unit: quantity_text(found.lost)}
    if found.ratio is not None:
        told["yield"] = quantity_text(found.ratio)
    return told


def plain(quantities: Mapping[UUID, Decimal]) -> list[list[str]]:
    """Quantities by batch as a request is compared with its twin."""
    return sorted([str(batch_id), quantity_text(quantity)] for batch_id, quantity in quantities.items())


def _answer(receipt: Receipt, event: Event, made: Sequence[Batch]) -> Made:
    receipt.answer = {"event_id": str(event.id), "batch_ids": [str(batch.id) for batch in made]}
    return Made(event, tuple(made))


def _answered(session: Session, receipt: Receipt) -> Made:
    answer = receipt.answer or {}
    return Made(
        session.get_one(Event, UUID(answer["event_id"])),
        tuple(session.get_one(Batch, UUID(batch_id)) for batch_id in answer["batch_ids"]),
    )
