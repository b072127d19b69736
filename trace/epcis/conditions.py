"""What may be asked of one event: the conditions of the query language, as plain values. Nothing here decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trace.epcis.patterns import Pattern


class Operator(StrEnum):
    """How a parameter's value is compared; its letters lead the parameter's name."""

    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"
    EXISTS = "EXISTS"


class Place(StrEnum):
    """Where in an event an extension field stands."""

    EVENT = "event"
    ILMD = "ilmd"
    ERROR_DECLARATION = "errorDeclaration"
    SENSOR_ELEMENT = "sensorElement"
    SENSOR_METADATA = "sensorMetadata"
    SENSOR_REPORT = "sensorReport"
    READ_POINT = "readPoint"
    BIZ_LOCATION = "bizLocation"


# Which lists of an event each MATCH_ parameter looks into (EPCIS 2.0, 8.2.7.1).
GOODS_OF: Mapping[str, tuple[str, ...]] = {
    "MATCH_epc": ("epcList", "childEPCs"),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPCList",),
    "MATCH_outputEPC": ("outputEPCList",),
    "MATCH_anyEPC": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
    "MATCH_epcClass": ("quantityList", "childQuantityList"),
    "MATCH_inputEPCClass": ("inputQuantityList",),
    "MATCH_outputEPCClass": ("outputQuantityList",),
    "MATCH_anyEPCClass": ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
}
ALL_GOODS = (*GOODS_OF["MATCH_anyEPC"], *GOODS_OF["MATCH_anyEPCClass"])


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field at ``path`` has one of these values."""

    path: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Below:
    """The place at ``path`` is one of these or lies in one of them."""

    path: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Time:
    """The instant at ``path`` is from, or before, this one."""

    path: str
    operator: Operator
    instant: datetime


@dataclass(frozen=True, slots=True)
class Goods:
    """One of the lists names goods that one of the patterns fits."""

    lists: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity element compares so with one of the numbers; with ``uom``, one in that unit."""

    operator: Operator
    numbers: tuple[Decimal, ...]
    uom: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of typed entries has one of this type with one of these values."""

    path: str
    entry: str
    kind: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class HasError:
    """The event is an error declaration."""


@dataclass(frozen=True, slots=True)
class HasSensors:
    """The event has sensor readings."""


@dataclass(frozen=True, slots=True)
class Report:
    """An attribute of a sensor element, its metadata or one of its reports compares so with one of the values."""

    attribute: str
    operator: Operator
    values: tuple[Any, ...]
    uom: str | None


@dataclass(frozen=True, slots=True)
class Extension:
    """An own field at a place, or at any depth inside its own fields, compares so with one of the values."""

    place: Place
    name: str
    operator: Operator
    values: tuple[Any, ...]
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """An own field has one of these attributes; with ``values``, one that has one of them."""

    name: str
    attributes: frozenset[str]
    values: tuple[Any, ...] | None


Condition = (
    OneOf | Below | Time | Goods | Amount | Listed | HasError | HasSensors | Report | Extension | Attribute
)
