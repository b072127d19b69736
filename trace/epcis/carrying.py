"""What a captured event about goods known here is in our trade: which verb carries it out, with what.

The verbs of ``trace.events`` decide; nothing here moves goods or knows better. docs/epcis.md has the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.ids import parse_uuid
from trace.epcis import known_goods
from trace.epcis.canonical import EpcisEvent
from trace.epcis.known_goods import KnownGoods
from trace.events import (
    desk,
    rules,
    services,
    services_handover,
    services_making,
    services_observation,
    services_packing,
    services_stock,
    temperatures,
)
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, Named, goods_of, units_of
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, Role, Verb
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.rules_making import YieldReason
from trace.events.rules_stock import InspectionResult
from trace.gs1 import vocabulary
from trace.gs1.vocabulary import EventType

_KEY = "captured"  # the event's id is what makes it happen once
_OWN = "urn:uuid:"
_NAMESPACE = "urn:nguongoc:epcis:"


class GoodsMixed(Refusal):
    """One event moves goods known here together with goods of others: what would be done to half of it?"""

    code = "epcis-goods-mixed"
    http_status = 422


class StepNotTaken(Refusal):
    """Goods known here are not moved by this kind of event."""

    code = "epcis-step-not-taken"
    http_status = 422


class NothingToReceive(Refusal):
    """No open shipment to this organisation carries these goods."""

    code = "no-shipment-to-receive"


class AlreadyDone(Refusal):
    """What the event says was recorded before, by another event."""

    code = "already-done"


@dataclass(frozen=True)
class Carrying:
    """One event about to be carried out for ``actor``."""

    session: Session
    actor: Actor
    event: EpcisEvent
    known: KnownGoods

    @property
    def around(self) -> Around:
        """Where: the own place the event names, if it is one."""
        for address in (self.event.read_point, self.event.biz_location):
            if (place := self.own_place(address)) is not None:
                return Around(location_id=place.id)
        return PLAIN

    def own_place(self, address: str | None) -> Location | None:
        """The actor's own place an address stands for."""
        places = self.actor.organisation.locations
        return next((place for place in places if place.uri == address), None)

    def extension(self, name: str) -> Any:
        """A field of our own namespace."""
        return self.event.extensions.get(_NAMESPACE + name)


def carry_out(carrying: Carrying) -> None:
    """Carry one event out by its verb. Raises what the verb raises, ``GoodsMixed``, ``StepNotTaken``."""
    event = carrying.event
    if not all(map(carrying.known.is_known, known_goods.addresses_of(event))):
        if _moves(event):
            raise GoodsMixed(
                _l(
                    "Some of these goods are not known here. Send what happened to them as an event of its own."
                )
            )
        _observe(carrying)
        return
    if event.persistent_disposition and "recalled" in event.persistent_disposition.get("set", ()):
        raise StepNotTaken(_l("A recall is decided by people here, not by a captured event."))
    verb = _VERBS.get((event.event_type, event.action, event.biz_step or ""))
    if verb is not None:
        verb(carrying)
    elif _moves(event):
        raise StepNotTaken(
            _l("Goods known here are not moved by this kind of event. The documentation lists those that do.")
        )
    else:
        _observe(carrying)


def is_alone(event: EpcisEvent) -> bool:
    """Whether its verb wants the database to itself; the others are written many at a time."""
    return (event.event_type, event.action, event.biz_step or "") not in _TOGETHER or len(
        event.quantity_list
    ) > 1


def _moves(event: EpcisEvent) -> bool:
    """Whether an event says that goods came to be, changed hands, went into others, or ceased to be."""
    if event.event_type == EventType.TRANSFORMATION:
        return True
    if event.event_type in (EventType.TRANSACTION, EventType.ASSOCIATION):
        return False
    return event.action != "OBSERVE" or event.biz_step in _MOVING_STEPS


# ---------------------------------------------------------------------------------------------------- what is named


def _quantities(carrying: Carrying, elements: Sequence[Mapping[str, Any]]) -> dict[UUID, Decimal | None]:
    """How much of each batch, in the batch's own unit; None where the event does not say."""
    found: dict[UUID, Decimal | None] = {}
    for element in elements:
        batch = carrying.known.batches.get(element["epcClass"])
        if batch is None:
            raise GoodsMixed(_l("A quantity is said of a lot. Name single cartons in the list of EPCs."))
        if batch.id in found:
            raise BadInput(_l("Name each lot once."), code="goods-named-twice", field="quantityList")
        found[batch.id] = _in_unit(batch, element) if "quantity" in element else None
    return found


def _in_unit(batch: Batch, element: Mapping[str, Any]) -> Decimal:
    quantity, uom = Decimal(str(element["quantity"])), element.get("uom")
    try:
        return vocabulary.convert(quantity, uom, batch.uom)
    except ValueError as error:
        raise BadInput(
            _l("This lot is measured in %(unit)s.", unit=batch.uom or batch.unit_word),
            code="unit-differs",
            field="uom",
            unit=batch.uom or batch.unit_word,
        ) from error


def _stated(quantities: Mapping[UUID, Decimal | None]) -> dict[UUID, Decimal]:
    """Quantities all of which are said."""
    if not quantities or None in quantities.values():
        raise BadInput(_l("Say how much of each lot."), code="quantity-missing", field="quantity")
    return {batch_id: quantity for batch_id, quantity in quantities.items() if quantity is not None}


def _one(carrying: Carrying) -> tuple[UUID, Decimal]:
    """The one batch, and how much of it, that verbs of a single lot take."""
    quantities = _stated(_quantities(carrying, carrying.event.quantity_list))
    if len(quantities) != 1 or carrying.event.epc_list:
        raise StepNotTaken(_l("Send one event for each lot: this step is taken lot by lot."))
    return next(iter(quantities.items()))


def _units(carrying: Carrying, epcs: Iterable[str]) -> list[LogisticUnit]:
    return [carrying.known.units[epc] for epc in epcs if epc in carrying.known.units]


def _other_side(carrying: Carrying, role: str) -> str | None:
    """The address of who has the goods before (``source``) or after (``destination``)."""
    entries = carrying.event.source_list if role == "source" else carrying.event.destination_list
    ranks = {"possessing_party": 0, "owning_party": 1, "location": 2}
    named = sorted(entries, key=lambda entry: ranks.get(entry["type"], 3))
    return str(named[0][role]) if named else None


def _receiver(carrying: Carrying) -> services.Receiver:
    address = _other_side(carrying, "destination")
    if address is not None:
        organisation = known_goods.find_organisation(carrying.session, address)
        if organisation is not None:
            return services.Receiver(organisation_id=organisation.id)
        party = known_goods.find_party(carrying.session, carrying.actor.organisation_id, address)
        if party is not None:
            return services.Receiver(party_id=party.id)
    raise BadInput(
        _l("Name the receiver in destinationList, by its address here."),
        code="receiver-unknown",
        field="destinationList",
    )


def _documents(event: EpcisEvent) -> list[UUID]:
    """Numbers of our own shipments among the business transactions."""
    named = (entry["bizTransaction"] for entry in event.biz_transaction_list)
    found = (parse_uuid(one.removeprefix(_OWN)) for one in named if one.startswith(_OWN))
    return [one for one in found if one is not None]


def find_incoming(session: Session, organisation_id: UUID, batch_ids: Iterable[UUID]) -> list[Shipment]:
    """Open shipments to an organisation with any of these batches, locked, in the order of their ids."""
    wanted = list(batch_ids)
    if not wanted:
        return []
    return list(
        session.scalars(
            select(Shipment)
            .where(
                Shipment.receiver_id == organisation_id,
                Shipment.received_at.is_(None),
                Shipment.cancelled_at.is_(None),
                Shipment.refused_at.is_(None),
                Shipment.lines.any(ShipmentLine.batch_id.in_(wanted)),
            )
            .order_by(Shipment.id)
            .with_for_update(of=Shipment)
        )
    )


def _shipment(carrying: Carrying) -> Shipment:
    """The open shipment an event receives: the one it names, else the oldest with exactly these goods."""
    quantities = _quantities(carrying, carrying.event.quantity_list)
    own_id = carrying.actor.organisation_id
    open_ones = find_incoming(carrying.session, own_id, quantities)
    named = set(_documents(carrying.event))
    if any(one.id in named for one in open_ones):
        return next(one for one in open_ones if one.id in named)
    sender = _other_side(carrying, "source")
    organisation = known_goods.find_organisation(carrying.session, sender) if sender else None
    matching = [
        one
        for one in open_ones
        if {line.batch_id for line in one.lines} == set(quantities)
        and (organisation is None or one.sender_id == organisation.id)
    ]
    if not matching:
        raise NothingToReceive(
            _l(
                "No shipment to your organisation with these goods is open. The sender has to declare it first."
            )
        )
    return min(matching, key=lambda one: (one.shipped_at, one.id))


# ------------------------------------------------------------------------------------------------------------ verbs


def _activate(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
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
    batch_id, quantity = _one(carrying)
    services.ship(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        _receiver(carrying),
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _return(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
    reason = carrying.extension("return_reason")
    services_handover.return_goods(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        ReturnReason(reason) if reason in set(ReturnReason) else ReturnReason.OTHER,
        key=_KEY,
        to_id=_receiver(carrying).organisation_id if carrying.event.destination_list else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _ship_or_return(carrying: Carrying) -> None:
    if carrying.event.disposition == "returned":
        _return(carrying)
    else:
        _ship(carrying)


def _receive(carrying: Carrying) -> None:
    shipment = _shipment(carrying)
    quantities = _quantities(carrying, carrying.event.quantity_list)
    received = {batch_id: quantity for batch_id, quantity in quantities.items() if quantity is not None}
    services.receive(
        carrying.session,
        carrying.actor,
        shipment.id,
        received or None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _cancel(carrying: Carrying) -> None:
    for number in _documents(carrying.event):
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
    batch_id, quantity = _one(carrying)
    buyer = _other_side(carrying, "destination")
    own_id = carrying.actor.organisation_id
    party = known_goods.find_party(carrying.session, own_id, buyer) if buyer else None
    services.sell(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=_KEY,
        party_id=party.id if party else None,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _use_up(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
    services_stock.use_up(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _destroy(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
    reason = carrying.extension("disposal_reason")
    reasons = set(rules.DisposalReason)
    services.destroy(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        rules.DisposalReason(reason) if reason in reasons else rules.DisposalReason.OTHER,
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _sample(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
    services_observation.sample(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _inspect(carrying: Carrying) -> None:
    quantities = _quantities(carrying, carrying.event.quantity_list)
    if len(quantities) != 1 or carrying.event.epc_list:
        _observe(carrying)
        return
    results = {"conformant": InspectionResult.PASSED, "non_conformant": InspectionResult.FAILED}
    services_observation.inspect(
        carrying.session,
        carrying.actor,
        next(iter(quantities)),
        results.get(carrying.event.disposition or "", InspectionResult.PENDING),
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _measure(carrying: Carrying) -> None:
    readings = temperatures.readings_of(carrying.event.sensor_element_list, carrying.event.event_time)
    batch_ids = list(_quantities(carrying, carrying.event.quantity_list))
    if not readings or not batch_ids:
        _observe(carrying)
        return
    services_observation.measure(
        carrying.session, carrying.actor, batch_ids, readings, key=_KEY, around=carrying.around
    )


def _store(carrying: Carrying) -> None:
    place = carrying.own_place(carrying.event.biz_location)
    goods = _quantities(carrying, carrying.event.quantity_list)
    if place is None or not goods or carrying.event.epc_list:
        _observe(carrying)
        return
    services_stock.store(
        carrying.session, carrying.actor, goods, place.id, key=_KEY, event_time=carrying.event.event_time
    )


def _move(carrying: Carrying) -> None:
    here = carrying.own_place(carrying.event.read_point)
    there = carrying.own_place(carrying.event.biz_location)
    goods = _quantities(carrying, carrying.event.quantity_list)
    if here is None or there is None or here.id == there.id or not goods or carrying.event.epc_list:
        _observe(carrying)
        return
    services_stock.move(
        carrying.session,
        carrying.actor,
        goods,
        there.id,
        key=_KEY,
        event_time=carrying.event.event_time,
        around=Around(location_id=here.id),
    )


def _count(carrying: Carrying) -> None:
    batch_id, quantity = _one(carrying)
    services_stock.count_stock(
        carrying.session,
        carrying.actor,
        {batch_id: quantity},
        key=_KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def _pack(carrying: Carrying) -> None:
    event = carrying.event
    unit = carrying.known.units.get(event.parent_id or "")
    if unit is None:
        raise StepNotTaken(_l("Pack into a carton or pallet that is registered here."))
    services_packing.pack(
        carrying.session,
        carrying.actor,
        services_packing.Into(unit_id=unit.id),
        _stated(_quantities(carrying, event.child_quantity_list)) if event.child_quantity_list else {},
        [one.id for one in _units(carrying, event.child_epcs)],
        key=_KEY,
        event_time=event.event_time,
        around=carrying.around,
    )


def _transform(carrying: Carrying) -> None:
    event = carrying.event
    if event.input_epc_list or event.output_epc_list:
        raise StepNotTaken(_l("Processing takes lots and makes lots: name them with their quantities."))
    outputs = _stated(_quantities(carrying, event.output_quantity_list))
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
        _stated(_quantities(carrying, event.input_quantity_list)),
        list(outputs),
        key=_KEY,
        reason=YieldReason(reason) if reason in reasons else None,
        event_time=event.event_time,
        around=carrying.around,
    )


def _observe(carrying: Carrying) -> None:
    """Note what was seen of goods: nothing moves. Known goods are the actor's own, or were."""
    session, actor, event = carrying.session, carrying.actor, carrying.event
    named = named_goods(event, carrying.known)
    when = None
    for batch_id in {one.batch_id for one in named if one.batch_id is not None}:
        batch = desk.find_goods(session, actor, batch_id)
        if not batch.is_activated:
            raise rules.BatchNotActivated(_l("This batch is a draft. Activate it first."))
        when = desk.when_moved(session, actor, batch, event.event_time, PLAIN)
    for unit in {one.unit_id for one in named if one.unit_id is not None}:
        _check_unit(carrying, unit)
    place = desk.place_of(session, actor, carrying.around)
    happening = Happening(
        verb=Verb.OBSERVE,
        event_time=when.event_time if when else event.event_time,
        goods=named,
        location_uri=place.uri,
    )
    desk.carry_out(session, actor, happening, location=place)


def _check_unit(carrying: Carrying, unit_id: UUID) -> None:
    unit = carrying.session.get(LogisticUnit, unit_id)
    own_id = carrying.actor.organisation_id
    if unit is None or own_id not in (unit.holder_id, unit.packed_by):
        raise NotFound(_l("There is no such carton among your goods."), code="unit-not-found")


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


Carry = Callable[[Carrying], None]
_MOVING_STEPS = frozenset(
    {"shipping", "receiving", "void_shipping", "retail_selling", "dispensing", "destroying", "sampling"}
)
_VERBS: Mapping[tuple[str, str | None, str], Carry] = {
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
    (EventType.AGGREGATION, "ADD", "packing"): _pack,
    (EventType.TRANSFORMATION, None, "commissioning"): _transform,
}
# Verbs that touch nothing but their batch, its holding and the event: thousands of them are written together.
_TOGETHER = frozenset(
    {
        (EventType.OBJECT, "OBSERVE", "retail_selling"),
        (EventType.OBJECT, "DELETE", "retail_selling"),
        (EventType.OBJECT, "OBSERVE", "dispensing"),
        (EventType.OBJECT, "DELETE", "dispensing"),
        (EventType.OBJECT, "DELETE", "destroying"),
        (EventType.OBJECT, "OBSERVE", "shipping"),
    }
)


def declare_wrong(
    session: Session, actor: Actor, original: Event, event: EpcisEvent, words: Mapping[str, Any]
) -> Event:
    """Declare an event of this organisation wrong, as captured."""
    raise StepNotTaken(_l("Correct this event here."))
