"""Verbs that look at goods: inspect, sample, measure. By who has them, or by the authority, whose acts are public.

None of them changes whose goods they are; a sample takes a quantity out of its holder's hands.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.core.idempotency import once
from trace.events import desk, movements, queries_stock, rules, rules_stock
from trace.events.desk import PLAIN, Around, When
from trace.events.documents import Happening, goods_of
from trace.events.models import Event, Verb
from trace.events.rules_stock import InspectionResult
from trace.events.temperatures import (
    LONGEST_DEVICE,
    Reading,
    check_readings,
    farthest_breach,
    limits_of,
    sensor_elements,
)

OFFICIAL = "official"
BREACH = "breach"
_DISPOSITIONS = {
    InspectionResult.PASSED: "conformant",
    InspectionResult.FAILED: "non_conformant",
    InspectionResult.PENDING: "in_progress",
}


def inspect(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    result: InspectionResult,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Note an inspection and what it found: by who has the goods, or by an officer, then public.

    Raises ``NotAtHand``, ``ResultNeedsDecision`` (an officer's failure of goods that are still on sale).
    """
    require_approved(actor)
    request = ["inspect", batch_id, result, around.location_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        batch = _find_within_reach(session, actor, batch_id)
        movements.lock_batch(session, batch)
        if actor.is_officer:
            rules_stock.check_result(result, is_paused=batch.is_held or batch.is_recalled)
        when = desk.when_moved(session, actor, batch, event_time, around)
        place = desk.place_of(session, actor, around)
        happening = Happening(
            verb=Verb.INSPECT,
            event_time=when.event_time,
            device_time=when.device_time,
            goods=goods_of({batch: None}),
            location_uri=None if actor.is_officer else place.uri,
            extensions={"result": str(result)},
            marks=_marks(actor),
            fields={"disposition": _DISPOSITIONS[result]},
        )
        aside = desk.aside_of(session, actor, around, note=note)
        event = desk.carry_out(session, actor, happening, location=place, aside=aside)
        receipt.answer = {"event_id": str(event.id)}
        return event


def sample(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal | None,
    *,
    key: str,
    holder_id: UUID | None = None,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Take a sample: its holder takes it out of its own goods, an officer out of those of ``holder_id``.

    An officer need not say how much, nor where. Recalled and paused goods may be sampled. Raises
    ``QuantityExceedsHolding``, ``NotTheHolder``, ``GoodsPacked``, ``BadInput``.
    """
    require_approved(actor)
    request = ["sample", batch_id, quantity, holder_id, around.location_id, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        if actor.is_officer:
            event = _sample_officially(
                session, actor, batch_id, quantity, holder_id, event_time, note, around
            )
        else:
            event = _sample_own(session, actor, batch_id, quantity, event_time, note, around)
        receipt.answer = {"event_id": str(event.id)}
        return event


def _sample_own(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal | None,
    event_time: datetime | None,
    note: str,
    around: Around,
) -> Event:
    if quantity is None:
        raise BadInput(_l("Write how much was taken."), code="quantity-missing", field="quantity")
    taken = desk.take(session, actor, batch_id, quantity, around)
    when = desk.when_moved(session, actor, taken.batch, event_time, around)
    happening = Happening(
        verb=Verb.SAMPLE,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods_of({taken.batch: quantity}),
        location_uri=taken.place.uri,
    )
    aside = desk.aside_of(session, actor, around, note=note)
    return desk.carry_out(session, actor, happening, location=taken.place, aside=aside, known=[taken.holding])


def _sample_officially(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    quantity: Decimal | None,
    holder_id: UUID | None,
    event_time: datetime | None,
    note: str,
    around: Around,
) -> Event:
    batch = _find_within_reach(session, actor, batch_id)
    movements.lock_batch(session, batch)
    holder: Organisation | None = None
    known = []
    if holder_id is not None:
        holding = movements.find_holding(session, batch.id, holder_id)
        if holding is None:
            raise NotFound(
                _l("This organisation has none of the batch."), code="holder-not-found", field="holder_id"
            )
        holder = session.get_one(Organisation, holder_id)
        known = [holding]
        if quantity is not None:
            rules.check_quantity(quantity, holding.quantity, batch.unit_word, is_count=batch.uom is None)
            rules.check_loose(quantity, holding.quantity, holding.packed, batch.unit_word)
            desk.take_anywhere(session, holding, quantity, seat=holder.seat)
    elif quantity is not None:
        raise BadInput(_l("Choose whose goods it was taken from."), code="holder-missing", field="holder_id")
    when = desk.when_moved(session, actor, batch, event_time, around)
    happening = Happening(
        verb=Verb.SAMPLE,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods_of({batch: quantity}),
        marks=_marks(actor),
    )
    place = desk.place_of(session, actor, around)
    aside = desk.aside_of(session, actor, around, note=note)
    return desk.carry_out(
        session, actor, happening, location=place, counterpart=holder, aside=aside, known=known
    )


def measure(
    session: Session,
    actor: Actor,
    batch_ids: Sequence[UUID],
    readings: Sequence[Reading],
    *,
    key: str,
    device: str = "",
    note: str = "",
    around: Around = PLAIN,
) -> Event:
    """Note temperatures of goods that lie together; one outside a product's limits marks the event ``breach``.

    Raises ``ReadingImplausible``, ``TimeOutOfRange``, ``NotAtHand``, ``BadInput``.
    """
    require_approved(actor)
    rules_stock.check_number(len(batch_ids))
    check_readings(readings)
    if len(device) > LONGEST_DEVICE:
        raise BadInput(
            _l("Use at most %(longest)s characters.", longest=LONGEST_DEVICE), code="device", field="device"
        )
    # As stated: a retry says the same times again, however far the clock is off by then.
    told = sensor_elements(readings, device)
    request = ["measure", sorted(str(one) for one in batch_ids), told, around.location_id, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Event, UUID(receipt.answer["event_id"]))
        batches = [_find_within_reach(session, actor, batch_id) for batch_id in dict.fromkeys(batch_ids)]
        readings = _set_right(readings, around)
        when = _when_measured(batches, readings, around)
        place = desk.place_of(session, actor, around)
        is_breach = any(farthest_breach(readings, limits_of(batch.seal)) for batch in batches)
        happening = Happening(
            verb=Verb.MEASURE,
            event_time=when.event_time,
            device_time=when.device_time,
            goods=goods_of(dict.fromkeys(batches)),
            location_uri=None if actor.is_officer else place.uri,
            marks=[*_marks(actor), *([BREACH] if is_breach else [])],
            fields={"sensor_element_list": sensor_elements(readings, device)},
        )
        aside = desk.aside_of(session, actor, around, note=note)
        event = desk.carry_out(session, actor, happening, location=place, aside=aside)
        receipt.answer = {"event_id": str(event.id)}
        return event


def _set_right(readings: Sequence[Reading], around: Around) -> list[Reading]:
    """The readings with their times set right, where the device's clock is known to be off."""
    now = clock.now()

    def corrected(stated: datetime) -> datetime:
        return rules.correct_clock(stated, around.device_now, now)[0] or stated

    return [
        replace(
            reading,
            time=corrected(reading.time),
            until=corrected(reading.until) if reading.until else None,
        )
        for reading in readings
    ]


def _when_measured(batches: Sequence[Batch], readings: Sequence[Reading], around: Around) -> When:
    """The moment of the last reading; none lies in the future or before the goods existed."""
    now = clock.now()
    grown = max(rules.start_of_day(batch.produced_on) for batch in batches)
    for reading in readings:
        rules.check_time(reading.time, now, grown)
    last = max(reading.last_moment for reading in readings)
    is_clock_off = around.device_now is not None and abs(now - around.device_now) > rules.CLOCKS_MAY_DIFFER
    return When(
        rules.settle_time(last, now, grown),
        around.device_now if is_clock_off else None,
    )


def _find_within_reach(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    """An activated batch the actor may speak of: any for an officer, else one it has or that is on its way."""
    if actor.is_officer:
        batch = session.get(Batch, batch_id)
        if batch is None or not batch.is_activated:
            raise NotFound(_l("There is no activated batch like this."), code="batch-not-found")
        return batch
    batch = session.get(Batch, batch_id)
    if batch is not None and queries_stock.is_at_hand(session, actor.organisation_id, batch_id):
        return batch
    batch = desk.find_goods(session, actor, batch_id)
    if not batch.is_activated:
        raise rules.BatchNotActivated(_l("This batch is a draft. Activate it first."))
    raise rules_stock.NotAtHand(
        _l("None of this batch is with your organisation or on its way to or from it.")
    )


def _marks(actor: Actor) -> list[str]:
    return [OFFICIAL] if actor.is_officer else []


def result_of(event: Event) -> InspectionResult:
    """What an inspection found; captured ones that do not say count as pending."""
    told = event.extensions.get("result")
    return InspectionResult(told) if told in set(InspectionResult) else InspectionResult.PENDING
