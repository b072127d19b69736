"""Captured events of what lies in stock, carried out by the verbs of custody: store, move, count, set aside, use up,
destroy, take a sample, inspect, measure.
"""

from flask_babel import lazy_gettext as _l

from trace.epcis.trade import (
    KEY,
    Carrying,
    StepNotTaken,
    act_on_lot,
    observe,
    quantities_of,
    reason_of,
    single_lot,
)
from trace.events import (
    rules,
    services_holds,
    services_leaving,
    services_observation,
    services_stock,
    temperatures,
)
from trace.events.desk import Around
from trace.events.rules_stock import InspectionResult, SetAsideReason


def use_up(carrying: Carrying) -> None:
    """Goods are used up by their holder."""
    act_on_lot(carrying, services_stock.use_up)


def destroy(carrying: Carrying) -> None:
    """Goods are destroyed; a reason nobody here knows is ``other``."""
    act_on_lot(
        carrying,
        services_leaving.destroy,
        reason_of(carrying, "disposal_reason", rules.DisposalReason) or rules.DisposalReason.OTHER,
    )


def sample(carrying: Carrying) -> None:
    """A sample is taken of one lot."""
    act_on_lot(carrying, services_observation.sample)


def inspect(carrying: Carrying) -> None:
    """One lot is inspected; an event that names none, several or cartons is only observed."""
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


def measure(carrying: Carrying) -> None:
    """Temperatures are noted for the lots named; an event without readings or lots is only observed."""
    readings = temperatures.readings_of(carrying.event.sensor_element_list, carrying.event.event_time)
    batch_ids = list(quantities_of(carrying, carrying.event.quantity_list))
    if not readings or not batch_ids:
        observe(carrying)
        return
    services_observation.measure(
        carrying.session, carrying.actor, batch_ids, readings, key=KEY, around=carrying.around
    )


def store(carrying: Carrying) -> None:
    """Lots are put down at an own place; anything else is only observed."""
    place = carrying.own_place(carrying.event.biz_location)
    goods = quantities_of(carrying, carrying.event.quantity_list)
    if place is None or not goods or carrying.event.epc_list:
        observe(carrying)
        return
    services_stock.store(
        carrying.session, carrying.actor, goods, place.id, key=KEY, event_time=carrying.event.event_time
    )


def move(carrying: Carrying) -> None:
    """Lots move from one own place to another; anything else is only observed."""
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


def count(carrying: Carrying) -> None:
    """One lot is counted."""
    batch_id, quantity = single_lot(carrying)
    services_stock.count_stock(
        carrying.session,
        carrying.actor,
        {batch_id: quantity},
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def hold(carrying: Carrying) -> None:
    """One lot is set aside; a reason nobody here knows is ``other``."""
    quantities = quantities_of(carrying, carrying.event.quantity_list)
    if len(quantities) != 1 or carrying.event.epc_list:
        raise StepNotTaken(_l("Send one event for each lot: this step is taken lot by lot."))
    services_holds.hold(
        carrying.session,
        carrying.actor,
        next(iter(quantities)),
        reason_of(carrying, "hold_reason", SetAsideReason) or SetAsideReason.OTHER,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )
