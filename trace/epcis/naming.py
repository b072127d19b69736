"""How a captured event names goods, as rows of ``event_goods``: ours with what they are here, others' by address."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from trace.epcis.canonical import EpcisEvent
from trace.epcis.known_goods import KnownGoods
from trace.events.documents import Named, goods_of, units_of
from trace.events.models import Role


def named_goods(event: EpcisEvent, known: KnownGoods) -> list[Named]:
    """Everything an event names, in its order, ours with what it is here."""
    named: list[Named] = []
    if event.parent_id is not None:
        named.append(_named(known, event.parent_id, Role.PARENT))
    for role, epcs, elements in (
        (Role.OBJECT, event.epc_list, event.quantity_list),
        (Role.CHILD, event.child_epcs, event.child_quantity_list),
        (Role.INPUT, event.input_epc_list, event.input_quantity_list),
        (Role.OUTPUT, event.output_epc_list, event.output_quantity_list),
    ):
        named += [_named(known, epc, role) for epc in epcs]
        named += [_named(known, element["epcClass"], role, element) for element in elements]
    return named


def _named(known: KnownGoods, address: str, role: Role, element: Mapping[str, Any] | None = None) -> Named:
    batch, unit = known.batches.get(address), known.units.get(address)
    quantity = _fitting(element) if element else None
    uom = element.get("uom") if element else None
    if batch is not None:
        return goods_of({batch: quantity}, role)[0]
    if unit is not None:
        return units_of([unit], role)[0]
    is_lot = element is not None or ("sscc" not in address and "/00/" not in address)
    return Named(
        address,
        role,
        quantity,
        uom if quantity is not None else None,
        lot=address if is_lot and role != Role.PARENT else None,
        is_instance=element is None,
    )


def _fitting(element: Mapping[str, Any]) -> Decimal | None:
    """The quantity as its column takes it; one too large or too fine stands in the event's own words only."""
    if "quantity" not in element:
        return None
    quantity = Decimal(str(element["quantity"]))
    is_fitting = abs(quantity) < 10**12 and quantity == round(quantity, 6)
    return quantity if is_fitting else None
