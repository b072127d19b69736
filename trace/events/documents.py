"""The EPCIS 2.0 form of our events: pure functions from what happened to the standard's field names.

Which CBV token a verb has is decided here and nowhere else (docs/domain.md has the table).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.events.models import Event, Role, Verb

OFFSET = "+07:00"
EXTENSION_PREFIX = "nguongoc"
# The namespace of our extension fields: a name, not an address that is ever fetched.
EXTENSION_NAMESPACE = "urn:nguongoc:epcis:"
OBJECT_EVENT = "ObjectEvent"
AGGREGATION_EVENT = "AggregationEvent"
TRANSFORMATION_EVENT = "TransformationEvent"


def own_step(name: str) -> str:
    """A business step CBV 2.0 has no word for; docs/domain.md documents each."""
    return f"{EXTENSION_NAMESPACE}bizstep-{name}"


@dataclass(frozen=True)
class Kind:
    """The standard's words for one of our verbs."""

    action: str | None
    biz_step: str | None
    disposition: str | None
    event_type: str = OBJECT_EVENT


KINDS: Mapping[Verb, Kind] = {
    Verb.ACTIVATE: Kind("ADD", "commissioning", "active"),
    Verb.ADD_DELIVERY: Kind("ADD", "creating_class_instance", "active"),
    Verb.TAKE_IN: Kind("OBSERVE", "receiving", "in_progress"),
    Verb.TRANSFORM: Kind(None, "commissioning", "in_progress", TRANSFORMATION_EVENT),
    Verb.SPLIT: Kind(None, own_step("splitting"), "in_progress", TRANSFORMATION_EVENT),
    Verb.MERGE: Kind(None, own_step("merging"), "in_progress", TRANSFORMATION_EVENT),
    Verb.PACK: Kind("ADD", "packing", "container_closed", AGGREGATION_EVENT),
    Verb.UNPACK: Kind("DELETE", "unpacking", "container_open", AGGREGATION_EVENT),
    Verb.SHIP: Kind("OBSERVE", "shipping", "in_transit"),
    Verb.CANCEL: Kind("OBSERVE", "void_shipping", "in_progress"),
    Verb.RECEIVE: Kind("OBSERVE", "receiving", "in_progress"),
    Verb.REFUSE: Kind("OBSERVE", "void_shipping", "returned"),
    Verb.RETURN: Kind("OBSERVE", "shipping", "returned"),
    Verb.CLAIM: Kind("OBSERVE", own_step("claiming"), "unknown"),
    Verb.CONFIRM_CLAIM: Kind("OBSERVE", "accepting", "in_progress"),
    Verb.REFUSE_CLAIM: Kind("OBSERVE", own_step("refusing_claim"), "unknown"),
    Verb.SETTLE: Kind("OBSERVE", own_step("settling"), "in_progress"),
    Verb.CONFIRM: Kind("OBSERVE", own_step("confirming"), "in_progress"),
    Verb.MOVE: Kind("OBSERVE", "transporting", "in_progress"),
    Verb.STORE: Kind("OBSERVE", "storing", "sellable_not_accessible"),
    Verb.COUNT: Kind("OBSERVE", "stock_taking", "in_progress"),
    Verb.INSPECT: Kind("OBSERVE", "inspecting", "conformant"),
    Verb.SAMPLE: Kind("OBSERVE", "sampling", "in_progress"),
    Verb.MEASURE: Kind("OBSERVE", "sensor_reporting", "in_progress"),
    Verb.HOLD: Kind("OBSERVE", "holding", "unavailable"),
    Verb.RELEASE: Kind("OBSERVE", own_step("releasing"), "available"),
    Verb.SELL: Kind("OBSERVE", "retail_selling", "retail_sold"),
    Verb.USE_UP: Kind("OBSERVE", "dispensing", "dispensed"),
    Verb.DESTROY: Kind("DELETE", "destroying", "destroyed"),
    Verb.BIND_STAMPS: Kind("OBSERVE", own_step("labelling"), None),
    Verb.UNBIND_STAMPS: Kind("OBSERVE", own_step("unlabelling"), None),
    Verb.VOID_STAMPS: Kind("OBSERVE", own_step("voiding_labels"), None),
    Verb.REPRINT_STAMPS: Kind("OBSERVE", own_step("reprinting_labels"), None),
    # Which item was sold: how much was, a sale of its own says.
    Verb.SELL_ITEM: Kind("OBSERVE", own_step("selling_item"), None),
    Verb.UNSELL_ITEM: Kind("OBSERVE", own_step("unselling_item"), None),
    Verb.OBSERVE: Kind("OBSERVE", "other", None),
    Verb.FOREIGN: Kind("OBSERVE", None, None),
    Verb.RECALL: Kind("OBSERVE", None, None),
    Verb.END_RECALL: Kind("OBSERVE", None, None),
    Verb.WITHDRAW_RECALL: Kind("OBSERVE", None, None),
}
# In which columns of an event goods of a role stand: instances, classes with a quantity.
_LISTS: Mapping[Role, tuple[str, str]] = {
    Role.OBJECT: ("epc_list", "quantity_list"),
    Role.CHILD: ("child_epcs", "child_quantity_list"),
    Role.INPUT: ("input_epc_list", "input_quantity_list"),
    Role.OUTPUT: ("output_epc_list", "output_quantity_list"),
}


@dataclass(frozen=True)
class Named:
    """One EPC or EPC class an event names: how much of one batch, one carton, or goods of others.

    ``uom`` is a Rec 20 code, or None for counts; an instance has no quantity.
    """

    epc: str
    role: Role = Role.OBJECT
    quantity: Decimal | None = None
    uom: str | None = None
    lot: str | None = None
    batch_id: UUID | None = None
    unit_id: UUID | None = None
    is_instance: bool = False


@dataclass(frozen=True)
class Happening:
    """What happened, before it is an event: everything the standard and the leaf will carry.

    ``fields`` overrides columns of the event by name, for what a captured document says in its own words.
    """

    verb: Verb
    event_time: datetime
    goods: Sequence[Named]
    location_uri: str | None = None
    source: UUID | None = None
    destination: UUID | None = None
    document: UUID | None = None
    persistent_disposition: Mapping[str, Any] | None = None
    sealed_items: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    device_time: datetime | None = None
    marks: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


def goods_of(quantities: Mapping[Batch, Decimal | None], role: Role = Role.OBJECT) -> list[Named]:
    """Batches as an event names them, in the order of their ids."""
    ordered = sorted(quantities.items(), key=lambda item: item[0].id)
    return [
        Named(batch.epc_class, role, quantity, batch.uom, lot=batch.code, batch_id=batch.id)
        for batch, quantity in ordered
    ]


def units_of(units: Iterable[LogisticUnit], role: Role = Role.OBJECT) -> list[Named]:
    """Cartons and pallets as an event names them, in the order of their ids."""
    return [
        Named(unit.epc, role, unit_id=unit.id, is_instance=True)
        for unit in sorted(units, key=lambda unit: unit.id)
    ]


def lists_of(goods: Sequence[Named]) -> dict[str, Any]:
    """The event's columns that name ``goods``; only those that are not empty."""
    columns: dict[str, Any] = {}
    for named in goods:
        if named.role == Role.PARENT:
            columns["parent_id"] = named.epc
            continue
        instances, classes = _LISTS[named.role]
        if named.is_instance:
            columns.setdefault(instances, []).append(named.epc)
        else:
            columns.setdefault(classes, []).append(_quantity_element(named))
    return columns


def party_uri(organisation_id: UUID) -> str:
    """An organisation's URI in events."""
    return f"urn:uuid:{organisation_id}"


def quantity_text(quantity: Decimal) -> str:
    """A quantity as exact text, without exponent or trailing zeros."""
    return f"{quantity.normalize():f}"


def epcis_event(event: Event) -> dict[str, Any]:
    """The event as an EPCIS 2.0 JSON object in short names, ready for the event hash; no private values."""
    sealed = {"sealed_items": event.sealed_items} if event.sealed_items else {}
    # Only what brings goods about has master data of theirs; goods taken in from outside are observed.
    has_ilmd = event.action != "OBSERVE"
    ilmd = (event.ilmd or {}) | (sealed if has_ilmd else {})
    document: dict[str, Any] = {
        "type": event.event_type,
        "eventID": event.epcis_id,
        "eventTime": timestamp(event.event_time),
        "eventTimeZoneOffset": event.event_time_zone_offset,
        "recordTime": timestamp(event.record_time),
        "errorDeclaration": event.error_declaration,
        "action": event.action,
        "bizStep": event.biz_step,
        "disposition": event.disposition,
        "parentID": event.parent_id,
        "epcList": event.epc_list,
        "childEPCs": event.child_epcs,
        "inputEPCList": event.input_epc_list,
        "outputEPCList": event.output_epc_list,
        "quantityList": _numbers(event.quantity_list),
        "childQuantityList": _numbers(event.child_quantity_list),
        "inputQuantityList": _numbers(event.input_quantity_list),
        "outputQuantityList": _numbers(event.output_quantity_list),
        "transformationID": event.transformation_id,
        "readPoint": {"id": event.read_point} if event.read_point else None,
        "bizLocation": {"id": event.biz_location} if event.biz_location else None,
        "sourceList": event.source_list,
        "destinationList": event.destination_list,
        "bizTransactionList": event.biz_transaction_list,
        "sensorElementList": event.sensor_element_list,
        "persistentDisposition": event.persistent_disposition,
        "certificationInfo": event.certification_info,
        "ilmd": _namespaced(ilmd) if ilmd else None,
    }
    document.update(_namespaced(event.extensions if has_ilmd else {**event.extensions, **sealed}))
    return {name: value for name, value in document.items() if value not in (None, [], {})}


def timestamp(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quantity_element(named: Named) -> dict[str, Any]:
    """The standard's quantity element; the quantity as text, so that no digit is lost on the way through JSON."""
    element: dict[str, Any] = {"epcClass": named.epc}
    if named.quantity is not None:
        element["quantity"] = quantity_text(named.quantity)
        if named.uom:
            element["uom"] = named.uom
    return element


def _numbers(elements: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return [
        {name: Decimal(value) if name == "quantity" else value for name, value in element.items()}
        for element in elements or ()
    ]


def _namespaced(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our own names under our prefix; a captured name has its own already."""
    return {name if ":" in name else f"{EXTENSION_PREFIX}:{name}": value for name, value in values.items()}
