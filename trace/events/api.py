"""Custody for programs. What moves a quantity needs an Idempotency-Key: it is done once, however often it arrives."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.batches.schemas import BatchAnswer, batch_answer
from trace.core.api import PREFIX, ApiBlueprint, IdempotencyHeader, page_answer
from trace.core.http import Audience, audience, db
from trace.events import queries, services_activation, services_leaving, services_receiving, services_shipping
from trace.events.parties import state_party
from trace.events.schemas import (
    Direction,
    EventAnswer,
    NewDisposal,
    NewReceipt,
    NewSale,
    NewShipment,
    ShipmentAnswer,
    ShipmentPage,
    ShipmentQuery,
    around_of,
    event_answer,
    shipment_answer,
)

blueprint = ApiBlueprint(
    "custody", __name__, description="Activating, shipping, receiving, selling, disposing."
)

Created = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/batches/<uuid:batch_id>/activation", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, BatchAnswer, description="The batch, activated")
def activate_batch(batch_id: UUID) -> dict[str, Any]:
    """Activate a batch: seal its ten items and let it move.

    Refused with `ten-items-missing` and their numbers in `missing`, with `already-activated` the second time.
    """
    services_activation.activate(db(), actor(), batch_id)
    db().commit()
    return batch_answer(batch_queries.get_batch(db(), actor().organisation_id, batch_id))


@blueprint.route("/shipments")
@audience(Audience.PROGRAM)
@blueprint.arguments(ShipmentQuery, location="query")
@blueprint.response(200, ShipmentPage, description="One page of shipments")
def list_shipments(asked: Mapping[str, Any]) -> dict[str, Any]:
    """List the shipments to or from your organisation, newest first."""
    reader_id = actor().organisation_id
    fetch = queries.list_inbound if asked["direction"] == Direction.INCOMING else queries.list_outgoing
    page = fetch(db(), reader_id, asked["page"])
    return page_answer(page, lambda shipment: shipment_answer(shipment, reader_id))


@blueprint.route("/shipments/<uuid:shipment_id>")
@audience(Audience.PROGRAM)
@blueprint.response(200, ShipmentAnswer, description="The shipment")
def show_shipment(shipment_id: UUID) -> dict[str, Any]:
    """Show one shipment your organisation is a side of."""
    reader_id = actor().organisation_id
    return shipment_answer(queries.get_shipment(db(), reader_id, shipment_id), reader_id)


@blueprint.route("/shipments", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewShipment)
@blueprint.response(201, ShipmentAnswer, description="The shipment, on its way")
def ship(once: Mapping[str, str], stated: Mapping[str, Any]) -> Created:
    """Ship goods to an organisation, or hand them to a party without an account."""
    party_id = _party_id(stated)
    shipment = services_shipping.ship(
        db(),
        actor(),
        stated["batch_id"],
        stated["quantity"],
        services_shipping.Receiver(organisation_id=stated.get("receiver_id"), party_id=party_id),
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = shipment_answer(shipment, actor().organisation_id)  # before the commit forgets what was read
    db().commit()
    return answer, 201, {"Location": f"{PREFIX}/shipments/{answer['id']}"}


@blueprint.route("/shipments/<uuid:shipment_id>/receipt", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewReceipt, required=False)
@blueprint.response(200, ShipmentAnswer, description="The shipment, received")
def receive(stated: Mapping[str, Any], shipment_id: UUID) -> dict[str, Any]:
    """Receive a shipment, in full or with a difference.

    The same quantities a second time are the same receipt; others are refused with `already-received`.
    """
    received = {line["batch_id"]: line["quantity"] for line in stated["lines"]} if "lines" in stated else None
    shipment = services_receiving.receive(
        db(),
        actor(),
        shipment_id,
        received,
        missing_units=stated["missing_units"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = shipment_answer(shipment, actor().organisation_id)
    db().commit()
    return answer


@blueprint.route("/sales", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewSale)
@blueprint.response(201, EventAnswer, description="The sale, recorded")
def sell(once: Mapping[str, str], stated: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Record a sale to a party without an account, or to walk-in buyers."""
    event = services_leaving.sell(
        db(),
        actor(),
        stated["batch_id"],
        stated["quantity"],
        key=once["key"],
        party_id=_party_id(stated),
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = event_answer(event)
    db().commit()
    return answer, 201


@blueprint.route("/disposals", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewDisposal)
@blueprint.response(201, EventAnswer, description="The disposal, recorded")
def destroy(once: Mapping[str, str], stated: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Record that goods were destroyed or thrown away."""
    event = services_leaving.destroy(
        db(),
        actor(),
        stated["batch_id"],
        stated["quantity"],
        stated["reason"],
        key=once["key"],
        event_time=stated["event_time"],
        note=stated["note"],
        around=around_of(stated),
    )
    answer = event_answer(event)
    db().commit()
    return answer, 201


def _party_id(stated: Mapping[str, Any]) -> UUID | None:
    """The party of the address book that was named; the same name and number is the same party."""
    if "party" not in stated:
        return None
    return state_party(db(), actor(), **stated["party"]).id
