"""Captured events that begin or make a lot or a unit, carried out by the verbs of custody: activate, add, transform,
pack, unpack.
"""

from flask_babel import lazy_gettext as _l

from trace.batches.unit_models import UnitKind
from trace.core.errors import BadInput
from trace.epcis import known_goods
from trace.epcis.trade import (
    KEY,
    Carrying,
    StepNotTaken,
    act_on_lot,
    all_stated,
    quantities_of,
    reason_of,
    single_lot,
    units_named,
)
from trace.events import services_activation, services_harvest, services_making, services_packing
from trace.events.rules_making import YieldReason


def activate(carrying: Carrying) -> None:
    """A registered batch begins to move, in the quantity it was registered with."""
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
    services_activation.activate(carrying.session, carrying.actor, batch_id)


def pack(carrying: Carrying) -> None:
    """Goods and cartons go into a carton or pallet, known here or named by its SSCC."""
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


def unpack(carrying: Carrying) -> None:
    """Goods and cartons are taken out of a carton or pallet known here; all of it where none is named."""
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


def add_delivery(carrying: Carrying) -> None:
    """A delivery is added to an open lot."""
    act_on_lot(carrying, services_harvest.add_delivery)


def transform(carrying: Carrying) -> None:
    """Lots are made into registered lots, in the quantities they were registered with."""
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
    services_making.transform(
        carrying.session,
        carrying.actor,
        all_stated(quantities_of(carrying, event.input_quantity_list)),
        list(outputs),
        key=KEY,
        reason=reason_of(carrying, "yield_reason", YieldReason),
        event_time=event.event_time,
        around=carrying.around,
    )
