"""What a captured event about goods known here names, in the words of our trade: lots and quantities, other sides,
shipments. ``trade_verbs`` has the table of the verbs that are called with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.ids import parse_uuid
from trace.core.numbers import check_storable
from trace.epcis import known_goods
from trace.epcis.canonical import EpcisEvent
from trace.epcis.known_goods import KnownGoods
from trace.epcis.naming import named_goods
from trace.events import desk, rules, services_shipping
from trace.events.desk import PLAIN, Around
from trace.events.documents import EXTENSION_NAMESPACE, Happening
from trace.events.handover_models import Shipment, ShipmentLine, ShipmentUnit
from trace.events.models import Verb
from trace.gs1 import vocabulary

KEY = "captured"  # the event's id is what makes it happen once
_OWN = "urn:uuid:"
Reason = TypeVar("Reason", bound=StrEnum)


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
        if address is None:
            return None
        places = self.actor.organisation.locations
        return next((place for place in places if place.uri == address), None)

    def extension(self, name: str) -> Any:
        """A field of our own namespace."""
        return self.event.extensions.get(EXTENSION_NAMESPACE + name)


def reason_of(carrying: Carrying, name: str, kind: type[Reason]) -> Reason | None:
    """The reason a field of our own namespace gives; None without one, and for words nobody here knows."""
    said = carrying.extension(name)
    return kind(said) if isinstance(said, str) and said in set(kind) else None


def quantities_of(carrying: Carrying, elements: Sequence[Mapping[str, Any]]) -> dict[UUID, Decimal | None]:
    """How much of each batch, in the batch's own unit; None where the event does not say."""
    found: dict[UUID, Decimal | None] = {}
    for element in elements:
        batch = carrying.known.batches.get(element["epcClass"])
        if batch is None:
            raise GoodsMixed(_l("A quantity is said of a lot. Name single cartons in the list of EPCs."))
        if batch.id in found:
            raise BadInput(_l("Name each lot once."), code="goods-named-twice", field="quantityList")
        found[batch.id] = in_unit(batch, element) if "quantity" in element else None
    return found


def in_unit(batch: Batch, element: Mapping[str, Any]) -> Decimal:
    """How much it is in the batch's own unit; raises ``BadInput`` for what no quantity of a batch can be."""
    quantity, uom = Decimal(str(element["quantity"])), element.get("uom")
    try:
        converted = vocabulary.convert(quantity, uom, batch.uom)
    except ValueError as error:
        raise BadInput(
            _l("This lot is measured in %(unit)s.", unit=batch.uom or batch.unit_word),
            code="unit-differs",
            field="uom",
            unit=batch.uom or batch.unit_word,
        ) from error
    return check_storable(converted)


def all_stated(quantities: Mapping[UUID, Decimal | None]) -> dict[UUID, Decimal]:
    """Quantities all of which are said."""
    if not quantities or None in quantities.values():
        raise BadInput(_l("Say how much of each lot."), code="quantity-missing", field="quantity")
    return {batch_id: quantity for batch_id, quantity in quantities.items() if quantity is not None}


def single_lot(carrying: Carrying) -> tuple[UUID, Decimal]:
    """The one batch, and how much of it, that verbs of a single lot take."""
    quantities = all_stated(quantities_of(carrying, carrying.event.quantity_list))
    if len(quantities) != 1 or carrying.event.epc_list:
        raise StepNotTaken(_l("Send one event for each lot: this step is taken lot by lot."))
    return next(iter(quantities.items()))


def act_on_lot(carrying: Carrying, verb: Callable[..., object], *more: object) -> None:
    """Call a verb of custody that takes one lot and some of it, and ``more`` where it wants more."""
    batch_id, quantity = single_lot(carrying)
    verb(
        carrying.session,
        carrying.actor,
        batch_id,
        quantity,
        *more,
        key=KEY,
        event_time=carrying.event.event_time,
        around=carrying.around,
    )


def units_named(carrying: Carrying, epcs: Iterable[str]) -> list[LogisticUnit]:
    return [carrying.known.units[epc] for epc in epcs if epc in carrying.known.units]


def other_side(carrying: Carrying, role: str) -> str | None:
    """The address of who has the goods before (``source``) or after (``destination``)."""
    entries = carrying.event.source_list if role == "source" else carrying.event.destination_list
    ranks = {"possessing_party": 0, "owning_party": 1, "location": 2}
    named = sorted(entries, key=lambda entry: ranks.get(entry["type"], 3))
    return str(named[0][role]) if named else None


def receiver_of(carrying: Carrying) -> services_shipping.Receiver:
    address = other_side(carrying, "destination")
    if address is not None:
        organisation = known_goods.find_organisation(carrying.session, address)
        if organisation is not None:
            return services_shipping.Receiver(organisation_id=organisation.id)
        party = known_goods.find_party(carrying.session, carrying.actor.organisation_id, address)
        if party is not None:
            return services_shipping.Receiver(party_id=party.id)
    raise BadInput(
        _l("Name the receiver in destinationList, by its address here."),
        code="receiver-unknown",
        field="destinationList",
    )


def documents_of(event: EpcisEvent) -> list[UUID]:
    """Numbers of our own shipments among the business transactions."""
    named = (entry["bizTransaction"] for entry in event.biz_transaction_list)
    found = (parse_uuid(one.removeprefix(_OWN)) for one in named if one.startswith(_OWN))
    return [one for one in found if one is not None]


def find_incoming(
    session: Session, organisation_id: UUID, batch_ids: Iterable[UUID], unit_ids: Iterable[UUID] = ()
) -> list[Shipment]:
    """Open shipments to an organisation with any of these batches or cartons, locked, in the order of their ids."""
    batches, units = list(batch_ids), list(unit_ids)
    if not batches and not units:
        return []
    return list(
        session.scalars(
            select(Shipment)
            .where(
                Shipment.receiver_id == organisation_id,
                Shipment.is_open,
                or_(
                    Shipment.lines.any(ShipmentLine.batch_id.in_(batches)),
                    Shipment.units.any(ShipmentUnit.unit_id.in_(units)),
                ),
            )
            .order_by(Shipment.id)
            .with_for_update(of=Shipment)
        )
    )


def incoming_shipment(carrying: Carrying) -> Shipment:
    """The open shipment an event receives: the one it names, else the oldest with exactly these goods."""
    lots = set(quantities_of(carrying, carrying.event.quantity_list))
    cartons = {unit.id for unit in units_named(carrying, carrying.event.epc_list)}
    open_ones = find_incoming(carrying.session, carrying.actor.organisation_id, lots, cartons)
    named = set(documents_of(carrying.event))
    if any(one.id in named for one in open_ones):
        return next(one for one in open_ones if one.id in named)
    sender = other_side(carrying, "source")
    organisation = known_goods.find_organisation(carrying.session, sender) if sender else None
    matching = [
        one
        for one in open_ones
        if (not lots or {line.batch_id for line in one.lines} == lots)
        and cartons <= {row.unit_id for row in one.units}
        and (organisation is None or one.sender_id == organisation.id)
    ]
    if not matching:
        raise NothingToReceive(
            _l(
                "No shipment to your organisation with these goods is open. The sender has to declare it first."
            )
        )
    return min(matching, key=lambda one: (one.shipped_at, one.id))


def observe(carrying: Carrying) -> None:
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
