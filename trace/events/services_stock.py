"""Verbs of goods at rest: moved and stored between own places, counted, used up. Each once by idempotency key.

Only counting and using up change what is held; moving changes where it lies.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch, Holding
from trace.core.errors import Refusal
from trace.core.idempotency import once
from trace.events import desk, movements, queries_stock, rules, rules_stock
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, goods_of, quantity_text
from trace.events.models import Event, Verb
from trace.events.record import gathered
from trace.events.services_leaving import leave


def move(
    session: Session,
    actor: Actor,
    goods: Mapping[UUID, Decimal | None],
    to_id: UUID,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Take goods from one own place to another; ``goods`` by batch, None for all that lies loose there.

    They leave from ``around.location_id``, or from the one place where they are. Raises ``SamePlace``,
    ``GoodsElsewhere``, ``GoodsPacked``, ``QuantityExceedsHolding``.
    """
    return _relocate(session, actor, Verb.MOVE, goods, to_id, key, event_time, note, around)


def store(
    session: Session,
    actor: Actor,
    goods: Mapping[UUID, Decimal | None],
    at_id: UUID,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Put goods into storage at an own place; those that lie there already are only noted as stored.

    Raises as ``move`` does.
    """
    return _relocate(session, actor, Verb.STORE, goods, at_id, key, event_time, note, around)


def _relocate(
    session: Session,
    actor: Actor,
    verb: Verb,
    goods: Mapping[UUID, Decimal | None],
    to_id: UUID,
    key: str,
    event_time: datetime | None,
    note: str,
    around: Around,
) -> Event:
    require_approved(actor)
    rules_stock.check_number(len(goods))
    request = [verb, _plain(goods), to_id, around.location_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        there = desk.place_of(session, actor, Around(location_id=to_id))
        moved: dict[Batch, Decimal | None] = {}
        places: set[Location] = set()
        holdings: list[Holding] = []
        with _locked(session, actor, goods):
            for batch_id in sorted(goods):
                with _named(batch_id):
                    batch, holding, quantity, here = _take_up(
                        session, actor, batch_id, goods[batch_id], around
                    )
                moved[batch] = quantity
                places.add(here)
                holdings.append(holding)
            here = _one_place(places)
            if here.id == there.id and verb == Verb.MOVE:
                raise rules_stock.SamePlace(_l("They are at this place already."), field="to_id")
            when = max(
                (desk.when_moved(session, actor, batch, event_time, around) for batch in moved),
                key=lambda one: one.event_time,
            )
            for holding in holdings:
                amount = next(q for batch, q in moved.items() if batch.id == holding.batch_id)
                desk.put_down(session, holding, there, amount or Decimal(0), seat=actor.organisation.seat)
            happening = Happening(
                verb=verb,
                event_time=when.event_time,
                device_time=when.device_time,
                goods=goods_of(moved),
                location_uri=there.uri,
                # Read where they left, lying from then on where they came to.
                fields={"read_point": here.uri},
            )
            aside = desk.aside_of(session, actor, around, note=note)
            event = desk.carry_out(session, actor, happening, location=there, aside=aside, known=holdings)
        receipt.answer = {"event_id": str(event.id)}
        return event


def _take_up(
    session: Session, actor: Actor, batch_id: UUID, quantity: Decimal | None, around: Around
) -> tuple[Batch, Holding, Decimal, Location]:
    """Loose goods taken off the place where they lie, all of them where no quantity is named."""
    if quantity is None:
        taken = desk.lock_goods(session, actor, batch_id)
        place = desk.where_from(session, actor, taken.holding, around)
        quantity = desk.loose_at(session, taken.holding, place, actor.organisation.seat)
        if quantity <= 0:
            word = taken.batch.unit_word
            rules.check_loose(taken.holding.quantity, taken.holding.quantity, taken.holding.packed, word)
            rules.check_place(max(taken.holding.quantity, Decimal(1)), quantity, taken.holding.quantity, word)
        around = Around(location_id=place.id)
    taken = desk.take(session, actor, batch_id, quantity, around)
    return taken.batch, taken.holding, quantity, taken.place


def _one_place(places: set[Location]) -> Location:
    if len(places) > 1:
        raise rules.GoodsElsewhere(
            _l("These goods lie at different places. Choose the place they leave from."), field="location_id"
        )
    return next(iter(places))


def count_stock(
    session: Session,
    actor: Actor,
    counted: Mapping[UUID, Decimal],
    *,
    key: str,
    is_sure: bool = False,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> list[Event]:
    """Note how much is really there at one place: what is missing is loss, what an earlier count lost is found again.

    An event for each batch. ``is_sure`` says a large loss twice. Raises ``CountExceedsHolding``, ``CountLosesMuch``,
    ``CountBelowPacked``, ``NotTheHolder``.
    """
    require_approved(actor)
    rules_stock.check_number(len(counted))
    # Saying the same again with a tick is the same count.
    request = ["count", _plain(counted), around.location_id, event_time, note, is_sure]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return [session.get_one(Event, UUID(one)) for one in receipt.answer["event_ids"]]
        with _locked(session, actor, counted), gathered(session):
            events = []
            for batch_id in sorted(counted):
                with _named(batch_id):
                    amount = counted[batch_id]
                    event = _count(session, actor, batch_id, amount, is_sure, event_time, note, around)
                events.append(event)
        # While they were gathered the database had none of them: read back, they know their goods.
        events = [session.get_one(Event, event.id) for event in events]
        receipt.answer = {"event_ids": [str(event.id) for event in events]}
        return events


def _count(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    counted: Decimal,
    is_sure: bool,
    event_time: datetime | None,
    note: str,
    around: Around,
) -> Event:
    taken = desk.lock_goods(session, actor, batch_id)
    batch, holding, seat = taken.batch, taken.holding, actor.organisation.seat
    place = desk.where_from(session, actor, holding, around)
    packed = holding.packed if place.id == seat.id else Decimal(0)
    booked = desk.loose_at(session, holding, place, seat) + packed
    needs_history = counted > booked or booked <= 0
    result = rules_stock.settle_count(
        counted,
        booked,
        packed=packed,
        lost_before=queries_stock.lost_by_counts(session, actor.organisation_id, batch.id)
        if needs_history
        else Decimal(0),
        unit=batch.unit_word,
        is_count=batch.uom is None,
        is_sure=is_sure,
    )
    difference = desk.as_text({"lost": result.lost, "found": result.found})
    when = desk.when_moved(session, actor, batch, event_time, around)
    happening = Happening(
        verb=Verb.COUNT,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods_of({batch: counted}),
        location_uri=place.uri,
        extensions={"difference": {batch.epc_class: difference}} if difference else {},
    )
    desk.put_down(session, holding, place, -result.lost, seat=seat)
    aside = desk.aside_of(session, actor, around, note=note)
    event = desk.carry_out(session, actor, happening, location=place, aside=aside, known=[holding])
    desk.put_down(session, holding, place, result.found, seat=seat)
    return event


def use_up(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Goods were cooked or used up where they are: a kitchen's last step.

    Raises as a sale does: what may not be sold may not be served. ``BatchExpired``, ``BatchRecalled``,
    ``BatchHeld``, ``GoodsSetAside``, ``QuantityExceedsHolding``, ``NotTheHolder``.
    """
    require_approved(actor)
    request = ["use_up", batch_id, quantity, around.location_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        taken = desk.take(session, actor, batch_id, quantity, around)
        when = desk.when_moved(session, actor, taken.batch, event_time, around)
        desk.check_sellable(taken.batch, when.event_time)
        desk.check_may_move(taken)
        event = leave(session, actor, Verb.USE_UP, taken, quantity, when, around, note=note)
        receipt.answer = {"event_id": str(event.id)}
        return event


def _locked(session: Session, actor: Actor, goods: Mapping[UUID, Any]) -> ExitStack:
    """The batches' balances locked together, lowest id first; only goods of the actor's own are ever locked."""
    for batch_id in goods:
        desk.find_goods(session, actor, batch_id)
    stack = ExitStack()
    stack.enter_context(movements.locked(session, goods, actor.organisation_id))
    return stack


@contextmanager
def _named(batch_id: UUID) -> Iterator[None]:
    """Say in a refusal which of many batches it is about."""
    try:
        yield
    except Refusal as refusal:
        refusal.numbers = {**refusal.numbers, "batch_id": str(batch_id)}
        raise


def _plain(goods: Mapping[UUID, Decimal | None]) -> list[list[str]]:
    return sorted(
        [str(batch_id), "all" if quantity is None else quantity_text(quantity)]
        for batch_id, quantity in goods.items()
    )
