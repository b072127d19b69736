"""Captured events of a handover, carried out by the verbs of custody: ship, return, receive, cancel, sell."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, NotFound
from trace.epcis import known_goods
from trace.epcis.trade import (
    KEY,
    Carrying,
    documents_of,
    incoming_shipment,
    other_side,
    quantities_of,
    reason_of,
    receiver_of,
    single_lot,
    units_named,
)
from trace.events import (
    services_handover,
    services_leaving,
    services_packing,
    services_receiving,
    services_shipping,
    units,
)
from trace.events.handover_models import Shipment
from trace.events.rules_handover import RefusalReason, ReturnReason


def _ship(carrying: Carrying) -> None:
    units = units_named(carrying, carrying.event.epc_list)
    if units and not carrying.event.quantity_list:
        services_packing.ship_units(
            carrying.session,
            carrying.actor,
            [unit.id for unit in units],
            receiver_of(carrying),
            key=KEY,
            event_time=carrying.event.event_time,
            around=carrying.around,
        )
        return
    batch_id, quantity = single_lot(carrying)
    services_shipping.ship(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        receiver_of(carrying),
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _return(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    services_handover.return_goods(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        reason_of(carrying, "return_reason", ReturnReason) or ReturnReason.OTHER,
        key=KEY,
        to_id=receiver_of(carrying).organisation_id if carrying.event.destination_list else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def ship_or_return(carrying: Carrying) -> None:
    """Goods leave: back to whoever sent them where the disposition is ``returned``."""
    if carrying.event.disposition == "returned":
        _return(carrying)
    else:
        _ship(carrying)


def receive(carrying: Carrying) -> None:
    """A shipment arrives; of cartons those that the event names, or all where it names none."""
    shipment = incoming_shipment(carrying)
    named = {unit.id for unit in units_named(carrying, carrying.event.epc_list)}
    on_top = {row.unit_id for row in shipment.units if row.parent_id is None}
    # Who names cartons names those that came; who names none speaks of all that was sent.
    missing = units.missing_with_what_is_in_them(shipment, on_top - named if named else ())
    services_receiving.receive(
        carrying.session,
        carrying.actor,
        shipment.id,
        _loose(carrying, shipment, missing) or None,
        missing_units=missing,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _loose(carrying: Carrying, shipment: Shipment, missing: Collection[UUID]) -> dict[UUID, Decimal]:
    """What came loose of each lot: what the event says of the lot, without what came in cartons."""
    packed: dict[UUID, Decimal] = {}
    for line in shipment.lines:
        if line.unit_id is not None and line.unit_id not in missing:
            packed[line.batch_id] = packed.get(line.batch_id, Decimal(0)) + line.quantity
    loose = {line.batch_id for line in shipment.lines if line.unit_id is None}
    received: dict[UUID, Decimal] = {}
    for batch_id, quantity in quantities_of(carrying, carrying.event.quantity_list).items():
        if quantity is None:
            continue
        in_cartons = packed.get(batch_id, Decimal(0))
        if batch_id in loose or not in_cartons:
            received[batch_id] = quantity - in_cartons
        elif quantity != in_cartons:
            raise BadInput(
                _l("The cartons hold another quantity of this lot. Name the cartons that came."),
                code="quantity-differs",
                field="quantity",
                registered=in_cartons,
                asked=quantity,
            )
    return received


def cancel(carrying: Carrying) -> None:
    """The sender calls a shipment back, or the receiver refuses it."""
    for number in documents_of(carrying.event):
        shipment = carrying.session.get(Shipment, number)
        if shipment is None:
            continue
        if shipment.sender_id == carrying.actor.organisation_id:
            services_handover.cancel(
                carrying.session,
                carrying.actor,
                number,
                event_time=carrying.event.event_time,
                around=carrying.around,
            )
            return
        if shipment.receiver_id == carrying.actor.organisation_id:
            services_handover.refuse(
                carrying.session,
                carrying.actor,
                number,
                reason_of(carrying, "refusal_reason", RefusalReason) or RefusalReason.OTHER,
                event_time=carrying.event.event_time,
                around=carrying.around,
            )
            return
    raise NotFound(
        _l("Name the shipment: bizTransactionList with urn:uuid: and its id."), code="shipment-not-found"
    )


def sell(carrying: Carrying) -> None:
    """Goods are sold, to a party of the address book where the event names one."""
    batch_id, quantity = single_lot(carrying)
    buyer = other_side(carrying, "destination")
    own_id = carrying.actor.organisation_id
    party = known_goods.find_party(carrying.session, own_id, buyer) if buyer else None
    services_leaving.sell(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=KEY,
        party_id=party.id if party else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )
