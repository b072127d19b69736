"""Whether an event is EPCIS 2.0: the fields of each kind of event, what they hold, what must be there.

Our own code, from the standard's text (GS1 EPCIS 2.0, 7); the official schema is held against it in tests and is
never shipped. Stricter than that schema where it knows less than the standard: words of the vocabulary, the form of
EPC URNs, the parent of an aggregation. Custody is not looked at here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trace.epcis import values
from trace.epcis.problems import MOST_ITEMS
from trace.epcis.uris import is_uri
from trace.epcis.values import Reader, ReadValue, escape, own_name, read_free
from trace.gs1.vocabulary import EPCIS_NAMESPACE, EventType

Fields = Mapping[str, ReadValue]


def list_of(read: ReadValue, *, at_least: int = 0, unique: bool = False, most: int = MOST_ITEMS) -> ReadValue:
    """A list, each element read by ``read``."""

    def read_list(reader: Reader, value: Any, where: str) -> list[Any]:
        if not reader.is_list(value, where, most):
            return []
        if len(value) < at_least:
            reader.tell("list-empty", where)
        if unique and len(value) > 1:
            _tell_duplicates(reader, value, where)
        return [read(reader, item, f"{where}/{index}") for index, item in enumerate(value)]

    return read_list


def _tell_duplicates(reader: Reader, items: list[Any], where: str) -> None:
    seen = set()
    for index, item in enumerate(items):
        if type(item) is str:
            if item in seen:
                reader.tell("value-duplicate", f"{where}/{index}")
            seen.add(item)


def object_of(fields: Fields, required: tuple[str, ...] = (), *, open_to_own: bool = True) -> ReadValue:
    """An object of the standard's fields, and of own ones with a namespace where the standard allows them."""

    def read_object(reader: Reader, value: Any, where: str) -> dict[str, Any]:
        if not reader.is_object(value, where):
            return {}
        read: dict[str, Any] = {}
        for raw, item in value.items():
            field = fields.get(raw)
            if field is not None and raw not in read:
                read[raw] = field(reader, item, f"{where}/{raw}")
            else:
                read_other(reader, fields, read, raw, item, where, open_to_own=open_to_own)
        for name in required:
            if name not in read:
                reader.tell("value-required", f"{where}/{name}")
        return read

    return read_object


def read_other(
    reader: Reader,
    fields: Fields,
    read: dict[str, Any],
    raw: str,
    item: Any,
    where: str,
    *,
    open_to_own: bool = True,
) -> None:
    """A field not written by its short name: the standard's in another form, or somebody's own."""
    at = f"{where}/{escape(raw)}"
    name = None if reader.context.names.is_left_out(raw) else own_name(reader, raw, at)
    if name is None:
        return
    if name in read:
        reader.tell("key-duplicate", at)
    elif name in fields:
        read[name] = fields[name](reader, item, at)
    elif ":" not in name:
        reader.tell("name-unknown", at)
    elif not open_to_own:
        reader.tell("name-not-here", at)
    elif not is_uri(name):
        reader.tell("uri-malformed", at)
    else:
        read[name] = read_free(reader, item, at)


def _read_certificates(reader: Reader, value: Any, where: str) -> list[str]:
    if type(value) is str:
        return [values.read_uri(reader, value, where)]
    read: list[str] = _read_uris(reader, value, where)
    return read


def _read_persistent(reader: Reader, value: Any, where: str) -> dict[str, Any]:
    read: dict[str, Any] = _read_set_and_unset(reader, value, where)
    if type(value) is dict and not value:
        reader.tell("value-required", f"{where}/set")
    return read


_read_uris = list_of(values.read_uri)
_read_set_and_unset = object_of(
    {name: list_of(values.read_disposition, at_least=1, unique=True) for name in ("set", "unset")},
    open_to_own=False,
)
_read_location = object_of({"id": values.read_uri}, ("id",))
_read_quantities = list_of(
    object_of(
        {"epcClass": values.read_epc, "quantity": values.read_number, "uom": values.read_unit},
        ("epcClass",),
        open_to_own=False,
    )
)
_read_transaction = object_of(
    # "@id" is what the context of EPCIS has bizTransaction stand for.
    {"type": values.read_transaction_type, "bizTransaction": values.read_uri},
    ("bizTransaction",),
    open_to_own=False,
)
_read_parties: Mapping[str, ReadValue] = {
    role: list_of(
        object_of({"type": values.read_party_type, role: values.read_uri}, ("type", role), open_to_own=False)
    )
    for role in ("source", "destination")
}
_SENSOR_ADDRESSES = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_SENSOR_METADATA: Fields = {
    **dict.fromkeys(("time", "startTime", "endTime"), values.read_time_text),
    **dict.fromkeys(_SENSOR_ADDRESSES, values.read_uri),
}
_SENSOR_REPORT: Fields = {
    "type": values.read_measurement,
    "exception": values.read_exception,
    "time": values.read_time_text,
    "component": values.read_component,
    "stringValue": values.read_text,
    "booleanValue": values.read_flag,
    "hexBinaryValue": values.read_hex,
    "uom": values.read_text,
    **dict.fromkeys(
        (*_SENSOR_ADDRESSES, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"),
        values.read_uri,
    ),
    **dict.fromkeys(
        ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), values.read_number
    ),
}
_read_sensors = list_of(
    object_of(
        {
            "sensorMetadata": object_of(_SENSOR_METADATA),
            "sensorReport": list_of(object_of(_SENSOR_REPORT, ("type",)), at_least=1),
        },
        ("sensorReport",),
    )
)
_read_error = object_of(
    {
        "declarationTime": values.read_time_text,
        "reason": values.read_reason,
        "correctiveEventIDs": _read_uris,
    },
    ("declarationTime",),
)

_EVERY_EVENT: Fields = {
    "eventTime": values.read_time_text,
    "recordTime": values.read_time_text,
    "eventTimeZoneOffset": values.read_offset,
    "eventID": values.read_uri,
    "certificationInfo": _read_certificates,
    "errorDeclaration": _read_error,
}
_CIRCUMSTANCES: Fields = {
    "bizStep": values.read_biz_step,
    "disposition": values.read_disposition,
    "readPoint": _read_location,
    "bizLocation": _read_location,
    "bizTransactionList": list_of(_read_transaction),
    "sourceList": _read_parties["source"],
    "destinationList": _read_parties["destination"],
    "sensorElementList": _read_sensors,
}
_read_epcs = list_of(values.read_epc)
_read_each_epc_once = list_of(values.read_epc, unique=True)
_read_ilmd = object_of({})
_CHILDREN: Fields = {
    "parentID": values.read_epc,
    "childEPCs": _read_epcs,
    "childQuantityList": _read_quantities,
    "action": values.read_action,
}
FIELDS: Mapping[str, Fields] = {
    EventType.OBJECT: {
        **_EVERY_EVENT,
        **_CIRCUMSTANCES,
        "epcList": _read_each_epc_once,
        "quantityList": _read_quantities,
        "action": values.read_action,
        "persistentDisposition": _read_persistent,
        "ilmd": _read_ilmd,
    },
    EventType.AGGREGATION: {**_EVERY_EVENT, **_CIRCUMSTANCES, **_CHILDREN},
    EventType.ASSOCIATION: {**_EVERY_EVENT, **_CIRCUMSTANCES, **_CHILDREN},
    EventType.TRANSACTION: {
        **_EVERY_EVENT,
        **_CIRCUMSTANCES,
        "bizTransactionList": list_of(_read_transaction, at_least=1),
        "parentID": values.read_epc,
        "epcList": _read_epcs,
        "quantityList": _read_quantities,
        "action": values.read_action,
    },
    EventType.TRANSFORMATION: {
        **_EVERY_EVENT,
        **_CIRCUMSTANCES,
        "inputEPCList": _read_each_epc_once,
        "inputQuantityList": _read_quantities,
        "outputEPCList": _read_each_epc_once,
        "outputQuantityList": _read_quantities,
        "transformationID": values.read_uri,
        "persistentDisposition": _read_persistent,
        "ilmd": _read_ilmd,
    },
}
# Own kinds of events carry own fields; the standard's words in them keep the standard's meaning.
OWN_KIND: Fields = {name: read for fields in FIELDS.values() for name, read in fields.items()}
_ALL_FIELDS = frozenset(OWN_KIND)
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    EventType.OBJECT: ("action",),
    EventType.AGGREGATION: ("action",),
    EventType.ASSOCIATION: ("action", "parentID"),
    EventType.TRANSACTION: ("action", "bizTransactionList"),
    EventType.TRANSFORMATION: (),
}


def read_fields(reader: Reader, raw: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    """The kind of an event and its fields by the standard's names, own ones by full address.

    What is wrong is told to ``reader``; the fields are of use only when nothing is.
    """
    kind = _read_kind(reader, raw, where)
    fields = FIELDS.get(kind, OWN_KIND)
    read: dict[str, Any] = {}
    for name, item in raw.items():
        field = fields.get(name)
        if field is not None and name not in read:
            read[name] = field(reader, item, f"{where}/{name}")
        elif name not in ("type", "@type", "@context"):
            _read_uncommon(reader, fields, read, name, item, where)
    for name in ("eventTime", "eventTimeZoneOffset", *_REQUIRED.get(kind, ())):
        if name not in read:
            reader.tell("value-required", f"{where}/{name}")
    if kind in _CHECKS and not reader.problems:
        _CHECKS[kind](reader, read, where)
    return kind, read


def _read_uncommon(
    reader: Reader, fields: Fields, read: dict[str, Any], raw: str, item: Any, where: str
) -> None:
    name = reader.context.key(raw)
    if name == "id":
        # eventID is the "@id" of an event in the context of EPCIS.
        if "eventID" in read:
            reader.tell("key-duplicate", f"{where}/{raw}")
        else:
            read["eventID"] = values.read_uri(reader, item, f"{where}/{raw}")
    elif name == "type":
        reader.tell("key-duplicate", f"{where}/{escape(raw)}")
    elif name in _ALL_FIELDS and name not in fields:
        reader.tell("name-not-here", f"{where}/{escape(raw)}")
    else:
        read_other(reader, fields, read, raw, item, where)


def _read_kind(reader: Reader, raw: Mapping[str, Any], where: str) -> str:
    name = "type" if "type" in raw else "@type"
    value = raw.get(name)
    if "type" in raw and "@type" in raw:
        reader.tell("key-duplicate", f"{where}/@type")
    if name not in raw:
        reader.tell("value-required", f"{where}/type")
    elif type(value) is not str:
        reader.wrong_type(value, f"{where}/{name}", "string")
    elif value in FIELDS:
        return value
    else:
        kind = reader.context.expand(value).removeprefix(EPCIS_NAMESPACE)
        if kind in FIELDS:
            return kind
        if is_uri(kind):
            reader.use_name(value, kind)
            return kind
        reader.tell("event-kind", f"{where}/{name}")
    return ""


def _check_object(reader: Reader, read: Mapping[str, Any], where: str) -> None:
    observed = read.get("sensorElementList") and "readPoint" in read
    if "epcList" not in read and not read.get("quantityList") and not observed:
        reader.tell("goods-missing", where)
    if "ilmd" in read and read["action"] != "ADD":
        reader.tell("ilmd-needs-add", f"{where}/ilmd")


def _check_children(reader: Reader, read: Mapping[str, Any], where: str) -> None:
    if read["action"] != "DELETE" and not read.get("childEPCs") and not read.get("childQuantityList"):
        reader.tell("goods-missing", where)
    # EPCIS 2.0, 7.4.3: optional when only observed. The schema does not know.
    if read["action"] != "OBSERVE" and "parentID" not in read:
        reader.tell("parent-missing", f"{where}/parentID")


def _check_transaction(reader: Reader, read: Mapping[str, Any], where: str) -> None:
    if read["action"] != "DELETE" and "epcList" not in read and not read.get("quantityList"):
        reader.tell("goods-missing", where)


def _check_transformation(reader: Reader, read: Mapping[str, Any], where: str) -> None:
    inputs = bool(read.get("inputEPCList") or read.get("inputQuantityList"))
    outputs = bool(read.get("outputEPCList") or read.get("outputQuantityList"))
    if not (inputs and outputs) and not ("transformationID" in read and (inputs or outputs)):
        reader.tell("transformation-incomplete", where)


_CHECKS: Mapping[str, Callable[[Reader, Mapping[str, Any], str], None]] = {
    EventType.OBJECT: _check_object,
    EventType.AGGREGATION: _check_children,
    EventType.ASSOCIATION: _check_children,
    EventType.TRANSACTION: _check_transaction,
    EventType.TRANSFORMATION: _check_transformation,
}
