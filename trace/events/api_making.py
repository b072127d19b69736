"""Making and packing for programs. Each needs an Idempotency-Key: it is done once, however often it arrives."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trace.accounts.access import actor
from trace.core.api import PREFIX, ApiBlueprint, IdempotencyHeader
from trace.core.http import Audience, audience, db
from trace.events import services_harvest, services_making, services_outside, services_packing, units
from trace.events.parties import state_party
from trace.events.schemas import ShipmentAnswer, around_of, shipment_answer
from trace.events.schemas_making import (
    MadeAnswer,
    NewDelivery,
    NewMerge,
    NewOutsideGoods,
    NewPacking,
    NewSplit,
    NewTransformation,
    NewTreeSale,
    NewUnitShipment,
    NewUnpacking,
    UnitAnswer,
    made_answer,
    outside_facts,
    portions,
    second_count,
    sources,
    unit_answer,
)
from trace.events.services_outside import TakenIn
from trace.events.services_packing import Into
from trace.events.services_shipping import Receiver

blueprint = ApiBlueprint(
    "making", __name__, description="Processing, splitting, merging, packing, goods from outside."
)

Created = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/transformations", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewTransformation)
@blueprint.response(201, MadeAnswer, description="What was made, activated")
def transform(once: Mapping[str, str], stated: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Turn goods in hand into own drafts, which this activates.

    More out than in, or hardly anything out, is refused with `yield-implausible` unless a `reason` is given.
    """
    made = services_making.transform(
        db(),
        actor(),
        portions(stated["inputs"], "inputs"),
        stated["outputs"],
        key=once["key"],
        loss=stated["loss"],
        reason=stated["reason"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = made_answer(made.event, made.batches)  # before the commit forgets what was read
    db().commit()
    return answer, 201


@blueprint.route("/batches/<uuid:batch_id>/parts", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewSplit)
@blueprint.response(201, MadeAnswer, description="The new lots")
def split(once: Mapping[str, str], stated: Mapping[str, Any], batch_id: UUID) -> tuple[dict[str, Any], int]:
    """Split a lot in hand: each part becomes a lot with a code and a number of its own."""
    made = services_making.split(
        db(),
        actor(),
        batch_id,
        stated["parts"],
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = made_answer(made.event, made.batches)  # before the commit forgets what was read
    db().commit()
    return answer, 201


@blueprint.route("/heaps", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewMerge)
@blueprint.response(201, MadeAnswer, description="The heap: one of these lots")
def merge(once: Mapping[str, str], stated: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Lay lots in hand together: the heap is one of these lots, and the earliest date counts."""
    made = services_making.merge(
        db(),
        actor(),
        portions(stated["inputs"], "inputs"),
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = made_answer(made.event, made.batches)  # before the commit forgets what was read
    db().commit()
    return answer, 201


@blueprint.route("/batches/<uuid:batch_id>/deliveries", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewDelivery)
@blueprint.response(201, MadeAnswer, description="The delivery, recorded")
def add_delivery(
    once: Mapping[str, str], stated: Mapping[str, Any], batch_id: UUID
) -> tuple[dict[str, Any], int]:
    """Add more of the same harvest to an activated lot of your own, with its households and plots."""
    event = services_harvest.add_delivery(
        db(),
        actor(),
        batch_id,
        stated["quantity"],
        key=once["key"],
        sources=sources(stated["sources"]),
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = made_answer(event, [named.batch for named in event.goods if named.batch])
    db().commit()
    return answer, 201


@blueprint.route("/batches/<uuid:batch_id>/tree-sale", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewTreeSale)
@blueprint.response(201, ShipmentAnswer, description="The handover")
def sell_on_tree(once: Mapping[str, str], stated: Mapping[str, Any], batch_id: UUID) -> Created:
    """Activate a draft and hand all of it to the buyer who harvested it."""
    shipment = services_harvest.sell_on_tree(
        db(),
        actor(),
        batch_id,
        _receiver(stated),
        key=once["key"],
        counted=second_count(stated),
        sources=sources(stated["sources"]),
        note=stated["note"],
        around=around_of(stated),
    )
    answer = shipment_answer(shipment, actor().organisation_id)
    db().commit()
    return answer, 201, {"Location": f"{PREFIX}/shipments/{answer['id']}"}


@blueprint.route("/outside-goods", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewOutsideGoods)
@blueprint.response(201, MadeAnswer, description="The goods, taken in")
def take_in(once: Mapping[str, str], stated: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Take in goods without a code, from somebody without an account. They are shown as declared by you alone."""
    supplier = state_party(db(), actor(), **stated["supplier"])
    goods = TakenIn(
        supplier_id=supplier.id,
        quantity=stated["quantity"],
        uom=stated.get("uom"),
        packaging_word=stated.get("packaging_word"),
        facts=outside_facts(stated),
        ocop_set=stated["ocop_set"],
        lot_number=stated["lot_number"],
        date_kind=stated["date_kind"],
        produced_on=stated["produced_on"],
        expiry_kind=stated["expiry_kind"],
        expires_on=stated["expires_on"],
    )
    made = services_outside.take_in(
        db(),
        actor(),
        goods,
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = made_answer(made.event, made.batches)  # before the commit forgets what was read
    db().commit()
    return answer, 201


@blueprint.route("/units", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewPacking)
@blueprint.response(201, UnitAnswer, description="The unit, packed")
def pack(once: Mapping[str, str], stated: Mapping[str, Any]) -> Created:
    """Put loose goods and cartons into a carton or onto a pallet, a new one or one in your hands."""
    packed = services_packing.pack(
        db(),
        actor(),
        Into(stated["unit_id"], stated["kind"], stated["sscc"] or None),
        portions(stated["goods"], "goods"),
        stated["units"],
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = _unit_answer(packed.unit.id)
    db().commit()
    return answer, 201, {"Location": f"{PREFIX}/units/{answer['id']}"}


@blueprint.route("/units/<uuid:unit_id>")
@audience(Audience.PROGRAM)
@blueprint.response(200, UnitAnswer, description="The unit")
def show_unit(unit_id: UUID) -> dict[str, Any]:
    """Show a carton or pallet you packed or hold."""
    return _unit_answer(unit_id)


@blueprint.route("/units/<uuid:unit_id>/unpacking", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewUnpacking)
@blueprint.response(200, UnitAnswer, description="The unit, with what is left in it")
def unpack(once: Mapping[str, str], stated: Mapping[str, Any], unit_id: UUID) -> dict[str, Any]:
    """Take goods and cartons out of a unit: those named, or all that lies directly in it."""
    services_packing.unpack(
        db(),
        actor(),
        unit_id,
        portions(stated["goods"], "goods") if "goods" in stated else None,
        stated.get("units"),
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = _unit_answer(unit_id)
    db().commit()
    return answer


@blueprint.route("/unit-shipments", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewUnitShipment)
@blueprint.response(201, ShipmentAnswer, description="The shipment, on its way")
def ship_units(once: Mapping[str, str], stated: Mapping[str, Any]) -> Created:
    """Ship cartons and pallets with all that is in them."""
    shipment = services_packing.ship_units(
        db(),
        actor(),
        stated["units"],
        _receiver(stated),
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = shipment_answer(shipment, actor().organisation_id)
    db().commit()
    return answer, 201, {"Location": f"{PREFIX}/shipments/{answer['id']}"}


def _unit_answer(unit_id: UUID) -> dict[str, Any]:
    reader_id = actor().organisation_id
    return unit_answer(units.get_unit(db(), reader_id, unit_id), reader_id)


def _receiver(stated: Mapping[str, Any]) -> Receiver:
    party = state_party(db(), actor(), **stated["party"]) if "party" in stated else None
    return Receiver(organisation_id=stated.get("receiver_id"), party_id=party.id if party else None)
