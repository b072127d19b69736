"""Goods at rest for programs: moved, counted, used up, inspected, sampled, measured, set aside."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trace.accounts.access import actor
from trace.core.api import ApiBlueprint, IdempotencyHeader
from trace.core.http import Audience, audience, db
from trace.events import desk, queries_stock, services_holds, services_observation, services_stock
from trace.events.models import Event
from trace.events.schemas import around_of
from trace.events.schemas_stock import (
    CountAnswer,
    HoldAnswer,
    MeasurementsAnswer,
    NewCount,
    NewHold,
    NewInspection,
    NewMeasurement,
    NewMove,
    NewRelease,
    NewSample,
    NewUse,
    RestEventAnswer,
    event_answer,
    hold_answer,
    reading_answer,
)
from trace.events.temperatures import Reading, limits_of, readings_of

blueprint = ApiBlueprint(
    "stock",
    __name__,
    description="Moving, counting, using up, inspecting, sampling, measuring, setting aside.",
)

Answered = tuple[dict[str, Any], int]


@blueprint.route("/moves", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewMove)
@blueprint.response(201, RestEventAnswer, description="The move, recorded")
def move(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Move goods from one of your places to another, many batches at once.

    Refused with `goods-elsewhere` and what lies `here`, with `goods-packed`, with `same-place`.
    """
    event = services_stock.move(
        db(), actor(), _portions(stated), stated["to_id"], key=once["key"], **_circumstances(stated)
    )
    return _recorded(event)


@blueprint.route("/storings", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewMove)
@blueprint.response(201, RestEventAnswer, description="The storing, recorded")
def store(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Put goods into storage at one of your places; those that lie there already are only noted as stored."""
    event = services_stock.store(
        db(), actor(), _portions(stated), stated["to_id"], key=once["key"], **_circumstances(stated)
    )
    return _recorded(event)


@blueprint.route("/counts", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewCount)
@blueprint.response(201, CountAnswer, description="The counts, recorded")
def count_stock(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Say how much is really there. What is missing is booked as loss.

    Refused with `count-exceeds-holding` and the `most` that can be there, with `count-loses-much` until `is_sure`.
    """
    counted = {line["batch_id"]: line["quantity"] for line in stated["lines"]}
    events = services_stock.count_stock(
        db(), actor(), counted, key=once["key"], is_sure=stated["is_sure"], **_circumstances(stated)
    )
    answer = {"items": [event_answer(event) for event in events]}
    db().commit()
    return answer, 201


@blueprint.route("/uses", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewUse)
@blueprint.response(201, RestEventAnswer, description="The use, recorded")
def use_up(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Record that goods were cooked or used up. Refused as a sale would be."""
    event = services_stock.use_up(
        db(), actor(), stated["batch_id"], stated["quantity"], key=once["key"], **_circumstances(stated)
    )
    return _recorded(event)


@blueprint.route("/inspections", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewInspection)
@blueprint.response(201, RestEventAnswer, description="The inspection, recorded")
def inspect(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Record an inspection of goods you have or that are on their way. Refused with `not-at-hand`."""
    event = services_observation.inspect(
        db(), actor(), stated["batch_id"], stated["result"], key=once["key"], **_circumstances(stated)
    )
    return _recorded(event)


@blueprint.route("/samples", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewSample)
@blueprint.response(201, RestEventAnswer, description="The sample, recorded")
def sample(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Record a sample taken out of your own goods."""
    event = services_observation.sample(
        db(), actor(), stated["batch_id"], stated["quantity"], key=once["key"], **_circumstances(stated)
    )
    return _recorded(event)


@blueprint.route("/measurements", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewMeasurement)
@blueprint.response(201, RestEventAnswer, description="The readings, recorded")
def measure(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Record temperatures. Those outside a batch's limits mark the event `breach`, which the public page tells.

    Refused with `reading-implausible` outside -60 to 100 °C.
    """
    event = services_observation.measure(
        db(),
        actor(),
        stated["batch_ids"],
        [Reading(**{**line, "uom": str(line["uom"])}) for line in stated["readings"]],
        key=once["key"],
        device=stated["device"],
        note=stated["note"],
        around=around_of(stated),
    )
    return _recorded(event)


@blueprint.route("/batches/<uuid:batch_id>/measurements")
@audience(Audience.PROGRAM)
@blueprint.response(200, MeasurementsAnswer, description="Your readings of the batch")
def list_measurements(batch_id: UUID) -> dict[str, Any]:
    """List the temperatures your organisation recorded of a batch."""
    batch = desk.find_goods(db(), actor(), batch_id)
    limits = limits_of(batch.seal)
    events = queries_stock.list_measurements(db(), batch_id, actor().organisation_id)
    return {
        "min_temperature": limits.lowest,
        "max_temperature": limits.highest,
        "readings": [
            reading_answer(reading, limits)
            for event in events
            for reading in readings_of(event.sensor_element_list, event.event_time)
        ],
    }


@blueprint.route("/batches/<uuid:batch_id>/hold", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewHold)
@blueprint.response(200, HoldAnswer, description="The goods, set aside")
def set_aside(stated: Mapping[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Set your own goods of a batch aside: until released they are neither sold nor passed on. Twice is once."""
    hold = services_holds.hold(db(), actor(), batch_id, stated["reason"], note=stated["note"])
    answer = hold_answer(hold)
    db().commit()
    return answer


@blueprint.route("/batches/<uuid:batch_id>/release", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewRelease, required=False)
@blueprint.response(200, HoldAnswer, description="The goods, released")
def release(stated: Mapping[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Let goods you set aside move again. Refused with `not-on-hold` where none are."""
    hold = services_holds.release(db(), actor(), batch_id, note=stated["note"])
    answer = hold_answer(hold)
    db().commit()
    return answer


def _recorded(event: Event) -> Answered:
    """The answer, made before the commit forgets what was read."""
    answer = event_answer(event)
    db().commit()
    return answer, 201


def _portions(stated: Mapping[str, Any]) -> dict[UUID, Any]:
    return {line["batch_id"]: line["quantity"] for line in stated["goods"]}


def _circumstances(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_time": stated["event_time"],
        "note": stated["note"],
        "around": around_of(stated),
    }
