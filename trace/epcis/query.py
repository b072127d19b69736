"""The query language of EPCIS 2.0 (8.2.7.1), read: parameters of an address or of a named query become conditions.

Pure: which events a reader may see, and how the database finds them, is elsewhere (``queries``, ``query_sql``);
whether one event satisfies a condition is in ``matching``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trace.epcis.conditions import (
    Amount,
    Attribute,
    Condition,
    Extension,
    Listed,
    Operator,
    Place,
    Report,
    Time,
)
from trace.epcis.patterns import is_uri
from trace.epcis.query_names import CONTROLS, FIXED, ORDERS
from trace.epcis.query_values import ValueReader
from trace.epcis.refusals import QueryInvalid, QueryParameterInvalid
from trace.events.documents import EXTENSION_NAMESPACE, EXTENSION_PREFIX
from trace.gs1.names import Names
from trace.gs1.vocabulary import BizTransactionType, SourceDestType, find_term

MOST_PARAMETERS = 100
OWN_PREFIX: Mapping[str, str] = {EXTENSION_PREFIX: EXTENSION_NAMESPACE}
DEFAULT_PER_PAGE = 30
LARGEST_PAGE = 1_000

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_COMPARED = re.compile(
    r"(EQ|GT|GE|LT|LE)_(?:(value|minValue|maxValue|meanValue|sDev|percValue|quantity)_([A-Z0-9]{2,4})|(percRank))",
    re.ASCII,
)
_TYPED_LIST = re.compile(r"EQ_(bizTransaction|source|destination)_(.{1,200})", re.ASCII)
_OWN_FIELD = re.compile(
    r"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?"
    r"(ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|readPoint_|bizLocation_)?"
    r"([^\s|]{1,300})",
    re.ASCII,
)
_HAS_ATTRIBUTE = re.compile(r"HASATTR_([^\s|]{1,300})", re.ASCII)
_ATTRIBUTE = re.compile(r"EQ_?ATTR_([^\s|]{1,300})_([A-Za-z0-9]+(?::[A-Za-z0-9_]+)?)", re.ASCII)
_PLACES: Mapping[str, Place] = {
    "": Place.EVENT,
    "ILMD_": Place.ILMD,
    "ERROR_DECLARATION_": Place.ERROR_DECLARATION,
    "SENSORELEMENT_": Place.SENSOR_ELEMENT,
    "SENSORMETADATA_": Place.SENSOR_METADATA,
    "SENSORREPORT_": Place.SENSOR_REPORT,
    "readPoint_": Place.READ_POINT,
    "bizLocation_": Place.BIZ_LOCATION,
}
_TIMES: Mapping[str, tuple[Operator, str]] = {
    f"{operator}_{name}": (Operator(operator), path)
    for operator in ("GE", "LT")
    for name, path in {
        "eventTime": "eventTime",
        "recordTime": "recordTime",
        # The OpenAPI document and the query schema of 2.0 spell it differently.
        "errorDeclarationTime": "declarationTime",
        "errorDeclaration_Time": "declarationTime",
        "time": "time",
        "startTime": "startTime",
        "endTime": "endTime",
    }.items()
}


@dataclass(frozen=True)
class Query:
    """What is asked: every condition must hold.

    ``order_by`` is "eventTime", "recordTime", the name of an extension field, or None for any order.
    """

    conditions: tuple[Condition, ...] = ()
    order_by: str | None = None
    is_descending: bool = True
    event_count_limit: int | None = None
    max_event_count: int | None = None
    # How names were written: prefixes the reader declared.
    names: Names = field(default_factory=Names, compare=False, repr=False)

    @property
    def orders_by_own_field(self) -> bool:
        return self.order_by is not None and self.order_by not in ORDERS

    def also(self, *conditions: Condition) -> "Query":
        """This query with more conditions."""
        return Query(
            (*self.conditions, *conditions), self.order_by, self.is_descending, self.event_count_limit,
            self.max_event_count, self.names,
        )  # fmt: skip


def read_parameters(given: Sequence[tuple[str, str]], prefixes: Mapping[str, str] | None = None) -> Query:
    """The query in an address: lists are separated by ``|`` (or the parameter is repeated).

    ``prefixes`` are those of the header GS1-Extensions. Raises ``QueryParameterInvalid``.
    """
    gathered: dict[str, list[str]] = {}
    for name, value in given:
        gathered.setdefault(name, []).append(value)
    values: dict[str, Any] = {}
    for name, several in gathered.items():
        if is_list(name):
            values[name] = [item for value in several for item in value.split("|")]
        elif len(several) > 1:
            raise QueryParameterInvalid(name, "repeated")
        else:
            values[name] = several[0]
    return _read(values, Names({**OWN_PREFIX, **(prefixes or {})}), is_text=True)


def read_query(body: Any) -> Query:
    """The query of a named query's definition. Raises ``QueryInvalid`` or ``QueryParameterInvalid``."""
    if not isinstance(body, Mapping) or not all(isinstance(name, str) for name in body):
        raise QueryInvalid("query")
    context = body.get("@context")
    return _read(
        {name: value for name, value in body.items() if name != "@context"},
        Names([OWN_PREFIX, *(context if isinstance(context, list) else [context])]),
    )


def is_list(name: str) -> bool:
    """Whether a parameter takes several values."""
    if name in FIXED:
        return FIXED[name][1]
    if name in _TIMES or name in CONTROLS:
        return False
    if compared := _COMPARED.fullmatch(name):
        return compared[1] == "EQ"
    return name.startswith(("EQ_", "EQATTR_", "HASATTR_"))


def read_prefixes(header: str | None) -> dict[str, str]:
    """The namespaces a reader declares: ``GS1-Extensions: ex=https://ns.example/,other=https://…``."""
    found: dict[str, str] = {}
    for part in (header or "").split(","):
        prefix, equals, namespace = part.strip().partition("=")
        if equals and _BARE.fullmatch(prefix) and is_uri(namespace) and len(found) < MOST_PARAMETERS:
            found[prefix] = namespace
    return found


def _read(values: Mapping[str, Any], names: Names, *, is_text: bool = False) -> Query:
    if len(values) > MOST_PARAMETERS:
        raise QueryInvalid("too-many-parameters")
    reader = ValueReader(names, is_text)
    conditions: list[Condition] = []
    controls: dict[str, Any] = {}
    for name, value in values.items():
        if name in CONTROLS:
            controls[name] = CONTROLS[name](reader, name, value)
        else:
            found = _condition(reader, name, value)
            if found is not None:
                conditions.append(found)
    limit, most = controls.get("eventCountLimit"), controls.get("maxEventCount")
    if limit is not None and most is not None:
        raise QueryParameterInvalid("maxEventCount", "excludes-event-count-limit")
    if limit is not None and "orderBy" not in controls:
        raise QueryParameterInvalid("eventCountLimit", "needs-order-by")
    return Query(
        tuple(conditions),
        controls.get("orderBy"),
        controls.get("orderDirection", "DESC") == "DESC",
        limit,
        most,
        names,
    )


def _condition(reader: "ValueReader", name: str, value: Any) -> Condition | None:
    if name in _TIMES:
        operator, path = _TIMES[name]
        return Time(path, operator, reader.instant(name, value))
    if name in FIXED:
        return FIXED[name][0](reader, name, value)
    if compared := _COMPARED.fullmatch(name):
        return _read_compared(reader, name, value, compared)
    if listed := _TYPED_LIST.fullmatch(name):
        return _read_listed(reader, name, value, listed)
    if attribute := _HAS_ATTRIBUTE.fullmatch(name):
        return Attribute(reader.own_name(name, attribute[1]), frozenset(reader.texts(name, value)), None)
    if attribute := _ATTRIBUTE.fullmatch(name):
        values = tuple(reader.scalars(name, value))
        return Attribute(reader.own_name(name, attribute[1]), frozenset({attribute[2]}), values)
    if own := _OWN_FIELD.fullmatch(name):
        return _read_own_field(reader, name, value, own)
    raise QueryParameterInvalid(name, "unknown")


def _read_compared(reader: "ValueReader", name: str, value: Any, found: re.Match[str]) -> Condition:
    operator = Operator(found[1])
    numbers = reader.numbers(name, value) if operator is Operator.EQ else (reader.number(name, value),)
    if found[2] == "quantity":
        return Amount(operator, numbers, found[3])
    return Report(found[2] or found[4], operator, numbers, found[3])


def _read_listed(reader: "ValueReader", name: str, value: Any, found: re.Match[str]) -> Condition:
    kind = found[1]
    vocabulary = BizTransactionType if kind == "bizTransaction" else SourceDestType
    term = find_term(vocabulary, found[2])
    if term is None and not reader.is_own_value(found[2]):
        # EQ_source_ex:kind is an own type, EQ_source_unheard a slip.
        raise QueryParameterInvalid(name, "unknown")
    wanted = str(term) if term is not None else reader.names.expand(found[2])
    return Listed(f"{kind}List", kind, wanted, frozenset(reader.uris(name, value)))


def _read_own_field(reader: "ValueReader", name: str, value: Any, found: re.Match[str]) -> Condition | None:
    operator = Operator(found[1])
    place = _PLACES[found[3] or ""]
    own = reader.own_name(name, found[4])
    values: tuple[Any, ...] = ()
    if operator is Operator.EQ:
        values = tuple(reader.scalars(name, value))
    elif operator is not Operator.EXISTS:
        values = (reader.comparable(name, value),)
    elif not reader.truth(name, value):
        return None
    return Extension(place, own, operator, values, is_inner=bool(found[2]))
