"""Which verb of custody carries out which captured event. The verbs decide; nothing here moves goods or knows better.

docs/epcis.md has the table.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l

from trace.batches.unit_models import UnitKind
from trace.core.errors import BadInput, NotFound
from trace.epcis import known_goods
from trace.epcis.trade import (
    KEY,
    Carrying,
    StepNotTaken,
    all_stated,
    documents_of,
    incoming_shipment,
    observe,
    other_side,
    quantities_of,
    receiver_of,
    single_lot,
    units_named,
)
from trace.events import (
    rules,
    services,
    services_handover,
    services_harvest,
    services_holds,
    services_making,
    services_observation,
    services_packing,
    services_stock,
    temperatures,
    units,
)
from trace.events.desk import Around
from trace.events.handover_models import Shipment
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.rules_making import YieldReason
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.gs1.vocabulary import EventType


def _activate(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    batch = next(b for b in carrying.known.batches.values() if b.id == batch_id)
    if batch.organisation_id == carrying.actor.organisation_id and quantity != batch.quantity:
        raise BadInput(
            _l("The batch was registered with another quantity."),
            code="quantity-differs",
            field="quantity",
            registered=batch.quantity,
            asked=quantity,
        )
    services.activate(carrying.session, carrying.actor, batch_id)


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
    services.ship(
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
    reason = carrying.extension("return_reason")
    services_handover.return_goods(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        ReturnReason(reason) if reason in set(ReturnReason) else ReturnReason.OTHER,
        key=KEY,
        to_id=receiver_of(carrying).organisation_id if carrying.event.destination_list else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _ship_or_return(carrying: Carrying) -> None:
    if carrying.event.disposition == "returned":
        _return(carrying)
    else:
        _ship(carrying)


def _receive(carrying: Carrying) -> None:
    shipment = incoming_shipment(carrying)
    named = {unit.id for unit in units_named(carrying, carrying.event.epc_list)}
    on_top = {row.unit_id for row in shipment.units if row.parent_id is None}
    # Who names cartons names those that came; who names none speaks of all that was sent.
    missing = units.missing_with_what_is_in_them(shipment, on_top - named if named else ())
    services.receive(
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


def _cancel(carrying: Carrying) -> None:
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
            reason = carrying.extension("refusal_reason")
            services_handover.refuse(
                carrying.session,
                carrying.actor,
                number,
                RefusalReason(reason) if reason in set(RefusalReason) else RefusalReason.OTHER,
                event_time=carrying.event.event_time,
                around=carrying.around,
            )
            return
    raise NotFound(
        _l("Name the shipment: bizTransactionList with urn:uuid: and its id."), code="shipment-not-found"
    )


def _sell(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    buyer = other_side(carrying, "destination")
    own_id = carrying.actor.organisation_id
    party = known_goods.find_party(carrying.session, own_id, buyer) if buyer else None
    services.sell(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=KEY,
        party_id=party.id if party else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _use_up(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    services_stock.use_up(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _destroy(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    reason = carrying.extension("disposal_reason")
    reasons = set(rules.DisposalReason)
    services.destroy(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        rules.DisposalReason(reason) if reason in reasons else rules.DisposalReason.OTHER,
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _sample(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    services_observation.sample(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _inspect(carrying: Carrying) -> None:
    quantities = quantities_of(carrying, carrying.event.quantity_list)
    if len(quantities) != 1 or carrying.event.epc_list:
        observe(carrying)
        return
    results = {"conformant": InspectionResult.PASSED, "non_conformant": InspectionResult.FAILED}
    services_observation.inspect(
        carrying.session,
        carrying.actor,
        next(iter(quantities)),
        results.get(carrying.event.disposition or "", InspectionResult.PENDING),
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _measure(carrying: Carrying) -> None:
    readings = temperatures.readings_of(carrying.event.sensor_element_list, carrying.event.event_time)
    batch_ids = list(quantities_of(carrying, carrying.event.quantity_list))
    if not readings or not batch_ids:
        observe(carrying)
        return
    services_observation.measure(
        carrying.session, carrying.actor, batch_ids, readings, key=KEY, around=carrying.around
    )


def _store(carrying: Carrying) -> None:
    place = carrying.own_place(carrying.event.biz_location)
    goods = quantities_of(carrying, carrying.event.quantity_list)
    if place is None or not goods or carrying.event.epc_list:
        observe(carrying)
        return
    services_stock.store(
        carrying.session, carrying.actor, goods, place.id, key=KEY, event_time=carrying.event.event_time
    )


def _move(carrying: Carrying) -> None:
    here = carrying.own_place(carrying.event.read_point)
    there = carrying.own_place(carrying.event.biz_location)
    goods = quantities_of(carrying, carrying.event.quantity_list)
    if here is None or there is None or here.id == there.id or not goods or carrying.event.epc_list:
        observe(carrying)
        return
    services_stock.move(
        carrying.session,
        carrying.actor,
        goods,
        there.id,
        key=KEY,
        event_time=carrying.event.event_time,
        around=Around(location_id=here.id),
    )


def _count(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    services_stock.count_stock(
        carrying.session,
        carrying.actor,
        {batch_id: quantity},
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _pack(carrying: Carrying) -> None:
    event = carrying.event
    unit = carrying.known.units.get(event.parent_id or "")
    sscc = known_goods.sscc_of(event.parent_id or "")
    if unit is not None:
        into = services_packing.Into(unit_id=unit.id)
    elif sscc is not None:
        kind = UnitKind.PALLET if event.child_epcs else UnitKind.CARTON
        into = services_packing.Into(kind=kind, sscc=sscc)
    else:
        raise StepNotTaken(_l("Pack into a carton or pallet that is registered here, or that bears an SSCC."))
    services_packing.pack(
        carrying.session,
        carrying.actor,
        into,
        all_stated(quantities_of(carrying, event.child_quantity_list)) if event.child_quantity_list else {},
        [one.id for one in units_named(carrying, event.child_epcs)],
        key=KEY,
        event_time=event.event_time,
        around=carrying.around,
    )


def _unpack(carrying: Carrying) -> None:
    event = carrying.event
    unit = carrying.known.units.get(event.parent_id or "")
    if unit is None:
        raise StepNotTaken(_l("Unpack a carton or pallet that is registered here."))
    goods = quantities_of(carrying, event.child_quantity_list)
    services_packing.unpack(
        carrying.session,
        carrying.actor,
        unit.id,
        all_stated(goods) if goods else None,
        [one.id for one in units_named(carrying, event.child_epcs)] or None,
        key=KEY,
        event_time=event.event_time,
        around=carrying.around,
    )


def _hold(carrying: Carrying) -> None:
    quantities = quantities_of(carrying, carrying.event.quantity_list)
    if len(quantities) != 1 or carrying.event.epc_list:
        raise StepNotTaken(_l("Send one event for each lot: this step is taken lot by lot."))
    reason = carrying.extension("hold_reason")
    services_holds.hold(
        carrying.session,
        carrying.actor,
        next(iter(quantities)),
        SetAsideReason(reason) if reason in set(SetAsideReason) else SetAsideReason.OTHER,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _add_delivery(carrying: Carrying) -> None:
    batch_id, quantity = single_lot(carrying)
    services_harvest.add_delivery(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _transform(carrying: Carrying) -> None:
    event = carrying.event
    if event.input_epc_list or event.output_epc_list:
        raise StepNotTaken(_l("Processing takes lots and makes lots: name them with their quantities."))
    outputs = all_stated(quantities_of(carrying, event.output_quantity_list))
    batches = {batch.id: batch for batch in carrying.known.batches.values()}
    for batch_id, quantity in outputs.items():
        if batches[batch_id].quantity != quantity:
            raise BadInput(
                _l("The batch was registered with another quantity."),
                code="quantity-differs",
                field="outputQuantityList",
                registered=batches[batch_id].quantity,
                asked=quantity,
            )
    reason = carrying.extension("yield_reason")
    reasons = set(YieldReason)
    services_making.transform(
        carrying.session,
        carrying.actor,
        all_stated(quantities_of(carrying, event.input_quantity_list)),
        list(outputs),
        key=KEY,
        reason=YieldReason(reason) if reason in reasons else None,
        event_time=event.event_time,
        around=carrying.around,
    )


Carry = Callable[[Carrying], None]
MOVING_STEPS = frozenset(
    {"shipping", "receiving", "void_shipping", "retail_selling", "dispensing", "destroying", "sampling"}
)
VERBS: Mapping[tuple[str, str | None, str], Carry] = {
    (EventType.OBJECT, "ADD", "commissioning"): _activate,
    (EventType.OBJECT, "OBSERVE", "shipping"): _ship_or_return,
    (EventType.OBJECT, "OBSERVE", "receiving"): _receive,
    (EventType.OBJECT, "OBSERVE", "void_shipping"): _cancel,
    (EventType.OBJECT, "OBSERVE", "retail_selling"): _sell,
    (EventType.OBJECT, "DELETE", "retail_selling"): _sell,
    (EventType.OBJECT, "OBSERVE", "dispensing"): _use_up,
    (EventType.OBJECT, "DELETE", "dispensing"): _use_up,
    (EventType.OBJECT, "DELETE", "destroying"): _destroy,
    (EventType.OBJECT, "OBSERVE", "sampling"): _sample,
    (EventType.OBJECT, "OBSERVE", "inspecting"): _inspect,
    (EventType.OBJECT, "OBSERVE", "sensor_reporting"): _measure,
    (EventType.OBJECT, "OBSERVE", "storing"): _store,
    (EventType.OBJECT, "OBSERVE", "transporting"): _move,
    (EventType.OBJECT, "OBSERVE", "stock_taking"): _count,
    (EventType.OBJECT, "OBSERVE", "cycle_counting"): _count,
    (EventType.OBJECT, "OBSERVE", "holding"): _hold,
    (EventType.OBJECT, "ADD", "creating_class_instance"): _add_delivery,
    (EventType.AGGREGATION, "ADD", "packing"): _pack,
    (EventType.AGGREGATION, "DELETE", "unpacking"): _unpack,
    (EventType.TRANSFORMATION, None, "commissioning"): _transform,
}
# Verbs that look nowhere but at their batch, its holding and its cartons: thousands of them are written together.
TOGETHER = frozenset(
    {
        (EventType.OBJECT, "OBSERVE", "retail_selling"),
        (EventType.OBJECT, "DELETE", "retail_selling"),
        (EventType.OBJECT, "OBSERVE", "dispensing"),
        (EventType.OBJECT, "DELETE", "dispensing"),
        (EventType.OBJECT, "DELETE", "destroying"),
        (EventType.OBJECT, "OBSERVE", "shipping"),
    }
)
