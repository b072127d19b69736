"""The canonical form of one event: what ``documents`` makes of every way to write it, and how it is written again.

Pure. Reading and checking live in ``documents`` and ``validation``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Self

from trace.gs1.event_hash import event_hash
from trace.gs1.names import Names

_STANDARD_PREFIXES = Names().prefixes

# The standard's lists, which are empty when absent; every other field is None.
_LISTS: Mapping[str, str] = {
    "certificationInfo": "certification_info",
    "epcList": "epc_list",
    "quantityList": "quantity_list",
    "childEPCs": "child_epcs",
    "childQuantityList": "child_quantity_list",
    "inputEPCList": "input_epc_list",
    "inputQuantityList": "input_quantity_list",
    "outputEPCList": "output_epc_list",
    "outputQuantityList": "output_quantity_list",
    "bizTransactionList": "biz_transaction_list",
    "sourceList": "source_list",
    "destinationList": "destination_list",
    "sensorElementList": "sensor_element_list",
}
_SINGLE: Mapping[str, str] = {
    "eventID": "event_id",
    "eventTimeZoneOffset": "event_time_zone_offset",
    "parentID": "parent_id",
    "transformationID": "transformation_id",
    "action": "action",
    "bizStep": "biz_step",
    "disposition": "disposition",
    "persistentDisposition": "persistent_disposition",
    "ilmd": "ilmd",
    "errorDeclaration": "error_declaration",
}
ATTRIBUTES = {**_LISTS, **_SINGLE}
# What may hold names of others; everything else holds the standard's alone.
_OPEN = frozenset({"sensorElementList", "ilmd", "errorDeclaration"})
LOCATIONS: Mapping[str, str] = {"readPoint": "read_point", "bizLocation": "biz_location"}


@dataclass(frozen=True, kw_only=True)
class EpcisEvent:
    """One event in canonical form, under the standard's names in snake_case.

    Lists and objects inside keep the standard's JSON names; words of the vocabulary are bare, own words, names and
    all addresses are full. ``extensions`` has own fields by full address, and under "readPoint" and "bizLocation"
    what was added to these. ``namespaces`` are the own prefixes it was written with.
    """

    event_type: str  # a word of the standard, or the address of somebody's own kind
    event_time: datetime
    event_time_text: str
    event_time_zone_offset: str
    event_id: str | None = None
    record_time: datetime | None = None
    certification_info: Sequence[str] = ()
    error_declaration: Mapping[str, Any] | None = None
    parent_id: str | None = None
    epc_list: Sequence[str] = ()
    quantity_list: Sequence[Mapping[str, Any]] = ()
    child_epcs: Sequence[str] = ()
    child_quantity_list: Sequence[Mapping[str, Any]] = ()
    input_epc_list: Sequence[str] = ()
    input_quantity_list: Sequence[Mapping[str, Any]] = ()
    output_epc_list: Sequence[str] = ()
    output_quantity_list: Sequence[Mapping[str, Any]] = ()
    transformation_id: str | None = None
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    persistent_disposition: Mapping[str, Any] | None = None
    read_point: str | None = None
    biz_location: str | None = None
    biz_transaction_list: Sequence[Mapping[str, Any]] = ()
    source_list: Sequence[Mapping[str, Any]] = ()
    destination_list: Sequence[Mapping[str, Any]] = ()
    sensor_element_list: Sequence[Mapping[str, Any]] = ()
    ilmd: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, **fields: Any) -> Self:
        """The event with these fields; a frozen class otherwise sets all its thirty one by one."""
        made = object.__new__(cls)
        made.__dict__.update(_ABSENT, extensions={}, namespaces={})
        made.__dict__.update(fields)
        return made

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Every EPC and EPC class it names, its parent too."""
        lots = (
            self.quantity_list,
            self.child_quantity_list,
            self.input_quantity_list,
            self.output_quantity_list,
        )
        return (
            *(() if self.parent_id is None else (self.parent_id,)),
            *self.epc_list,
            *self.child_epcs,
            *self.input_epc_list,
            *self.output_epc_list,
            *(element["epcClass"] for elements in lots for element in elements),
        )

    @property
    def is_declaration(self) -> bool:
        """Whether it declares an earlier event of the same id erroneous."""
        return self.error_declaration is not None

    @cached_property
    def event_hash(self) -> str:
        """The CBV 2.0 event hash."""
        return event_hash(self.to_json(), names_of(self.namespaces))

    @property
    def content(self) -> tuple[str, str]:
        """What two events of one id must have in common to be the same: the hash knows no error declaration."""
        declared = json.dumps(self.error_declaration, sort_keys=True, default=str)
        return self.event_hash, declared

    def to_json(self) -> dict[str, Any]:
        """The event with the standard's short names, own names with their prefixes (``namespaces``)."""
        document: dict[str, Any] = {
            "type": shorten(self.event_type, self.namespaces),
            "eventTime": self.event_time_text,
        }
        if self.record_time is not None:
            document["recordTime"] = self.record_time.isoformat().replace("+00:00", "Z")
        said = vars(self)
        for name, attribute in ATTRIBUTES.items():
            value = said[attribute]
            if value:
                document[name] = shorten_names(value, self.namespaces) if name in _OPEN else value
        for name, attribute in LOCATIONS.items():
            address = getattr(self, attribute)
            if address is not None:
                more = shorten_names(self.extensions.get(name, {}), self.namespaces)
                document[name] = {"id": address, **more}
        for name, value in self.extensions.items():
            if name not in LOCATIONS:
                document[shorten(name, self.namespaces)] = shorten_names(value, self.namespaces)
        if self.names_no_goods:
            document["epcList"] = []
        return document

    @property
    def names_no_goods(self) -> bool:
        """An event about no goods in particular still says so: by an empty list."""
        return self.event_type in ("ObjectEvent", "TransactionEvent") and not (
            self.epc_list or self.quantity_list or self.sensor_element_list
        )


_ABSENT = {one.name: one.default for one in fields_of(EpcisEvent) if one.default is not MISSING}


@lru_cache(maxsize=512)
def _compile(prefixes: tuple[tuple[str, str], ...]) -> Names:
    return Names(dict(prefixes))


def names_of(namespaces: Mapping[str, str]) -> Names:
    """How the names of a canonical event are read for its hash."""
    return _compile(tuple(sorted(namespaces.items())))


def shorten(address: str, namespaces: Mapping[str, str]) -> str:
    """A full address as prefix and name where a prefix is known; the address itself otherwise."""
    if ":" not in address:
        return address
    best, length = "", 0
    for prefixes in (namespaces, _STANDARD_PREFIXES):
        for prefix, namespace in prefixes.items():
            if prefixes is _STANDARD_PREFIXES and prefix in namespaces:
                continue
            if length < len(namespace) < len(address) and address.startswith(namespace):
                best, length = prefix, len(namespace)
    if not best or address.startswith("//", length):
        return address
    return f"{best}:{address[length:]}"


def shorten_names(value: Any, namespaces: Mapping[str, str]) -> Any:
    """``value`` with every name inside written with its prefix."""
    if isinstance(value, str):
        return value
    if type(value) is dict or isinstance(value, Mapping):
        return {shorten(name, namespaces): shorten_names(item, namespaces) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [shorten_names(item, namespaces) for item in value]
    return value
