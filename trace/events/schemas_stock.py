"""What programs send and get about goods at rest. Quantities in the one unit of the batch, temperatures in °C or °F."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.batches.models import Batch
from trace.batches.schemas import BatchBrief, batch_brief
from trace.core.api import Amount, Answer, Body, ExactNumber
from trace.core.fields import Celsius, Choice, Id, Instant, Text, Tick
from trace.events.handover_models import Hold
from trace.events.models import Event, Verb
from trace.events.rules_stock import MOST_AT_ONCE, InspectionResult, SetAsideReason
from trace.events.schemas import LONGEST_NOTE, Movement, Noted
from trace.events.temperatures import LONGEST_DEVICE, MOST_READINGS, Limits, Reading, leaves


class TemperatureUnit(StrEnum):
    """Degrees Celsius or Fahrenheit (UN/ECE Rec 20)."""

    CEL = "CEL"
    FAH = "FAH"


class _Noted(Noted):
    """``location_id`` is a place of your own, your seat unless given."""

    location_id = Id(load_default=None)


class Portion(Body):
    """How much of one batch; without ``quantity`` all that lies loose there."""

    batch_id = Id(required=True)
    quantity = ExactNumber(load_default=None, allow_none=True)


def _lines(of: type[Body], most: int) -> Any:
    return ma.fields.List(
        ma.fields.Nested(of),
        required=True,
        error_messages={"invalid": _l("Send a list."), "required": _l("Fill this in.")},
        validate=ma.validate.Length(min=1, max=most, error=_l("Send between 1 and {max} lines.")),
    )


class NewMove(_Noted):
    """Goods that go from one own place (``location_id``) to another (``to_id``), as one event."""

    goods = _lines(Portion, MOST_AT_ONCE)
    to_id = Id(required=True)

    @ma.validates_schema
    def _each_batch_once(self, data: dict[str, Any], **_more: Any) -> None:
        check_once(data.get("goods", []), "goods")


class CountedLine(Body):
    """How much of one batch is really there; 0 where nothing is left."""

    batch_id = Id(required=True)
    quantity = ExactNumber(required=True, zero=True)


class NewCount(_Noted):
    """A count of stock at one place. ``is_sure`` says a large loss twice."""

    lines = _lines(CountedLine, MOST_AT_ONCE)
    is_sure = Tick()

    @ma.validates_schema
    def _each_batch_once(self, data: dict[str, Any], **_more: Any) -> None:
        check_once(data.get("lines", []), "lines")


class NewUse(Movement):
    """Goods cooked or used up at ``location_id``, your seat unless given."""

    location_id = Id(load_default=None)


class NewInspection(_Noted):
    """What an inspection found."""

    batch_id = Id(required=True)
    result = Choice(InspectionResult, required=True)


class NewSample(_Noted):
    """A sample taken out of your own goods."""

    batch_id = Id(required=True)
    quantity = ExactNumber(required=True)


class ReadingBody(Body):
    """A temperature at ``time``, or what a logger saw from then ``until`` later; at least one of the four figures."""

    time = Instant(required=True)
    until = Instant(load_default=None)
    value = Celsius(load_default=None)
    low = Celsius(load_default=None)
    high = Celsius(load_default=None)
    mean = Celsius(load_default=None)
    uom = Choice(TemperatureUnit, load_default=TemperatureUnit.CEL)


class NewMeasurement(Body):
    """Temperatures of goods that lie together. ``device`` is the thermometer's name or URI.

    ``device_time`` is the clock of what read them as it sends: where it is wrong, the times of the readings are set
    right by how far it is off. ``on_behalf_of`` is a party of your address book whose statement this is.
    """

    batch_ids = ma.fields.List(
        Id(required=True),
        required=True,
        error_messages={"invalid": _l("Send a list."), "required": _l("Fill this in.")},
        validate=ma.validate.Length(min=1, max=MOST_AT_ONCE, error=_l("Send between 1 and {max} lines.")),
    )
    readings = _lines(ReadingBody, MOST_READINGS)
    device = Text(longest=LONGEST_DEVICE, load_default="")
    device_time = Instant(load_default=None)
    on_behalf_of = Id(load_default=None)
    location_id = Id(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class NewHold(Body):
    """Your own goods set aside: a matter of your own, never public."""

    reason = Choice(SetAsideReason, required=True)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class NewRelease(Body):
    """Your own goods may move again."""

    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class GoodsAnswer(Answer):
    """One batch an event names; ``quantity`` is null where the event is about the batch as such."""

    batch = ma.fields.Nested(BatchBrief)
    quantity = Amount(allow_none=True)


class RestEventAnswer(Answer):
    """What was recorded; ``id`` is the EPCIS eventID. ``marks`` may hold ``breach``.

    A count tells what it lost or found.
    """

    id = ma.fields.String(attribute="event_id")
    verb = ma.fields.String(metadata={"enum": [str(verb) for verb in Verb]})
    goods = ma.fields.List(ma.fields.Nested(GoodsAnswer))
    marks = ma.fields.List(ma.fields.String())
    lost_quantity = Amount()
    found_quantity = Amount()
    event_time = ma.fields.AwareDateTime()
    record_time = ma.fields.AwareDateTime()


class CountAnswer(Answer):
    """One event for each batch counted."""

    items = ma.fields.List(ma.fields.Nested(RestEventAnswer))


class ReadingAnswer(Answer):
    """One reading of your own; ``is_breach`` where it leaves the batch's sealed limits."""

    time = ma.fields.AwareDateTime()
    until = ma.fields.AwareDateTime(allow_none=True)
    value = Celsius(allow_none=True)
    low = Celsius(allow_none=True)
    high = Celsius(allow_none=True)
    mean = Celsius(allow_none=True)
    uom = ma.fields.String()
    is_breach = ma.fields.Boolean()


class MeasurementsAnswer(Answer):
    """The readings of your organisation, oldest first, and the limits sealed with the batch, in °C."""

    min_temperature = Celsius(allow_none=True)
    max_temperature = Celsius(allow_none=True)
    readings = ma.fields.List(ma.fields.Nested(ReadingAnswer))


class HoldAnswer(Answer):
    """Goods set aside, and since when; ``ended_at`` is null while they are."""

    batch = ma.fields.Nested(BatchBrief)
    reason = ma.fields.String(metadata={"enum": [str(reason) for reason in SetAsideReason]})
    started_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)


def check_once(lines: Sequence[dict[str, UUID]], field: str) -> None:
    """Raise where a batch is named twice."""
    named = [line["batch_id"] for line in lines if "batch_id" in line]
    if len(set(named)) < len(named):
        raise ma.ValidationError(_l("Name each batch once."), field)


def event_answer(event: Event) -> dict[str, Any]:
    """An event of goods at rest, for whoever recorded it."""
    named = [one for one in event.goods if one.batch is not None]
    changes = event.extensions.get("difference", {}).values() if event.verb == Verb.COUNT else ()
    return {
        "event_id": event.event_id,
        "verb": event.verb,
        "goods": [{"batch": _brief(one.batch), "quantity": one.quantity} for one in named],
        "marks": event.marks,
        "lost_quantity": sum((Decimal(one.get("lost", 0)) for one in changes), Decimal(0)),
        "found_quantity": sum((Decimal(one.get("found", 0)) for one in changes), Decimal(0)),
        "event_time": event.event_time,
        "record_time": event.record_time,
    }


def reading_answer(reading: Reading, limits: Limits) -> dict[str, Any]:
    """One reading in the unit in which it was stated."""
    return {
        "time": reading.time,
        "until": reading.until,
        "value": reading.value,
        "low": reading.low,
        "high": reading.high,
        "mean": reading.mean,
        "uom": reading.uom,
        "is_breach": leaves(reading, limits),
    }


def hold_answer(hold: Hold) -> dict[str, Any]:
    """A hold of one's own."""
    return {
        "batch": batch_brief(hold.batch),
        "reason": hold.reason,
        "started_at": hold.started_at,
        "ended_at": hold.ended_at,
    }


def _brief(batch: Batch | None) -> dict[str, Any] | None:
    return batch_brief(batch) if batch else None
