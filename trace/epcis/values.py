"""Single values of an EPCIS event: addresses, words of the vocabulary, times, numbers. Pure; JSON as parsed in.

A reader takes a value and a place, tells problems to the ``Reader``, and returns the canonical value.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trace.epcis.context import Context
from trace.epcis.problems import DEEPEST, LONGEST_TEXT, LONGEST_URI, MOST_PROBLEMS, MOST_VALUES, Problem
from trace.epcis.uris import is_plain_uri, is_uri
from trace.gs1 import vocabulary
from trace.gs1.digital_link import is_malformed_urn
from trace.gs1.vocabulary import CBV_NAMESPACE, GS1_NAMESPACE

_is_time = re.compile(  # RFC 3339, 5.6
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
).fullmatch
_is_offset = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)").fullmatch
_is_unit = re.compile(r"[A-Z0-9]{2,3}").fullmatch
_is_hex = re.compile(r"[A-Fa-f0-9]+").fullmatch
is_version = re.compile(r"[0-9]+(?:\.[0-9]+)*").fullmatch


class DuplicateKeys(dict[str, Any]):
    """An object in which a name stood twice: what the sender meant cannot be known."""


class Unusable:
    """A value JSON can write and we cannot keep; ``code`` says why."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code


OUT_OF_RANGE = Unusable("number-out-of-range")
FORBIDDEN_TEXT = Unusable("text-forbidden-character")


class Reader:
    """What one event is read with: its names, the problems found so far, the own prefixes it used."""

    __slots__ = ("context", "is_full", "prefixes", "problems")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.problems: list[Problem] = []
        self.prefixes: dict[str, str] = dict(context.replaced)

    def tell(self, code: str, where: str, expected: str = "") -> None:
        """Note a problem; after enough of them the rest adds nothing."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, where, expected))

    def wrong_type(self, value: Any, where: str, expected: str) -> None:
        """Note that ``value`` is not of the kind it must be."""
        if isinstance(value, Unusable):
            self.tell(value.code, where)
        elif isinstance(value, DuplicateKeys) and expected == "object":
            self.tell("key-duplicate", where)
        else:
            self.tell("value-type", where, expected)

    def is_object(self, value: Any, where: str) -> bool:
        """Whether ``value`` is an object, each name once."""
        if type(value) is dict:
            return True
        self.wrong_type(value, where, "object")
        return False

    def is_list(self, value: Any, where: str, most: int) -> bool:
        """Whether ``value`` is a list of at most ``most``."""
        if type(value) is not list:
            self.wrong_type(value, where, "array")
            return False
        if len(value) > most:
            self.tell("too-many", where)
            return False
        return True

    def is_text(self, value: Any, where: str) -> bool:
        """Whether ``value`` is a text of bounded length."""
        if type(value) is not str:
            self.wrong_type(value, where, "string")
            return False
        if len(value) > LONGEST_TEXT:
            self.tell("text-too-long", where)
            return False
        return True

    def use_name(self, raw: str, name: str) -> None:
        """Keep what is needed to write an own name or value again in the same words."""
        prefix = self.context.prefix_of(raw)
        if (prefix is None and ":" not in raw) or (prefix is None and "://" in raw):
            prefix = self.context.own_prefix_for(name)
        if prefix is not None:
            self.prefixes[prefix] = self.context.namespace(prefix)


ReadValue = Callable[[Reader, Any, str], Any]


def read_uri(reader: Reader, value: Any, where: str) -> str:
    """A full address, or one with a prefix, which is written out."""
    if type(value) is not str:
        reader.wrong_type(value, where, "string")
        return ""
    if is_plain_uri(value) is None and is_uri(value) is None:
        reader.tell("uri-malformed", where)
        return ""
    if len(value) > LONGEST_URI:
        reader.tell("text-too-long", where)
        return ""
    return value if value.startswith("urn:") else reader.context.expand(value)


def read_epc(reader: Reader, value: Any, where: str) -> str:
    """The address of goods: an EPC URN, a GS1 Digital Link URI of any domain, or an address of somebody's own."""
    address = read_uri(reader, value, where)
    if address.startswith("urn:epc:") and is_malformed_urn(address):
        reader.tell("epc-malformed", where)
    return address


def to_utc(text: str) -> datetime:
    """An instant as written, in UTC. ValueError or OverflowError where there is no such instant."""
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def read_time(reader: Reader, value: Any, where: str) -> datetime | None:
    """An instant with its offset (RFC 3339), in UTC."""
    if type(value) is not str:
        reader.wrong_type(value, where, "string")
        return None
    if len(value) <= 60 and _is_time(value):
        try:
            return to_utc(value)
        except (ValueError, OverflowError):
            pass
    reader.tell("time-malformed", where)
    return None


def read_time_text(reader: Reader, value: Any, where: str) -> str:
    """An instant, kept as it was written."""
    read_time(reader, value, where)
    return value if type(value) is str else ""


def read_offset(reader: Reader, value: Any, where: str) -> str:
    """An offset from UTC as EPCIS writes it."""
    if type(value) is str and _is_offset(value):
        return value
    if type(value) is str:
        reader.tell("offset-malformed", where)
    else:
        reader.wrong_type(value, where, "string")
    return ""


def read_number(reader: Reader, value: Any, where: str) -> Decimal | int | float:
    """A number, exact as it was parsed."""
    if type(value) in (int, Decimal, float):
        return value  # type: ignore[no-any-return]  # one of the three, as just seen
    reader.wrong_type(value, where, "number")
    return 0


def read_text(reader: Reader, value: Any, where: str) -> str:
    """Any text of bounded length."""
    return value if reader.is_text(value, where) else ""


def read_flag(reader: Reader, value: Any, where: str) -> bool:
    """True or false."""
    if type(value) is bool:
        return value
    reader.wrong_type(value, where, "boolean")
    return False


def _matching(matches: Callable[[str], object], code: str) -> ReadValue:
    def read(reader: Reader, value: Any, where: str) -> str:
        if not reader.is_text(value, where):
            return ""
        if not matches(value):
            reader.tell(code, where)
        return str(value)

    return read


read_unit = _matching(_is_unit, "value-unknown")
read_hex = _matching(_is_hex, "value-type")
read_action = _matching(set(vocabulary.Action).__contains__, "value-unknown")


def _term_reader(forms: Mapping[str, str], closed: tuple[str, ...]) -> ReadValue:
    """A word of a vocabulary in any form, or an own address outside the namespaces ``closed``."""

    def read(reader: Reader, value: Any, where: str) -> str:
        if type(value) is not str:
            reader.wrong_type(value, where, "string")
            return ""
        token = forms.get(value)
        if token is not None:
            return token
        address = reader.context.expand(value) if ":" in value else ""
        token = forms.get(address)
        if token is not None:
            return token
        if not address or address.startswith(closed):
            reader.tell("value-unknown", where)
            return ""
        return read_uri(reader, value, where)

    return read


# The URN form of CBV 1.x and the namespace of drafts are refused by the schema of EPCIS 2.0 too.
_CLOSED_CBV = (CBV_NAMESPACE, "urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/")
_GS1_NAMESPACES = (GS1_NAMESPACE, "https://ref.gs1.org/voc/")
_CLOSED_GS1 = (*_GS1_NAMESPACES, "http://gs1.org/voc/", "http://www.gs1.org/voc/", "https://www.gs1.org/voc/")


def _cbv_term(kind: type[StrEnum]) -> ReadValue:
    forms = {term.value: term.value for term in kind}
    forms |= {vocabulary.uri_of(term): term.value for term in kind}
    return _term_reader(forms, _CLOSED_CBV)


def _gs1_term(words: frozenset[str]) -> ReadValue:
    forms = {word: word for word in words}
    forms |= {namespace + word: word for namespace in _GS1_NAMESPACES for word in words}
    return _term_reader(forms, _CLOSED_GS1)


read_biz_step = _cbv_term(vocabulary.BizStep)
read_disposition = _cbv_term(vocabulary.Disposition)
read_transaction_type = _cbv_term(vocabulary.BizTransactionType)
read_party_type = _cbv_term(vocabulary.SourceDestType)
read_reason = _cbv_term(vocabulary.ErrorReason)
read_component = _cbv_term(vocabulary.SensorComponent)
read_measurement = _gs1_term(vocabulary.MEASUREMENT_TYPES)
read_exception = _gs1_term(vocabulary.SENSOR_EXCEPTIONS)


def read_free(reader: Reader, value: Any, where: str) -> Any:
    """The value of somebody's own field: any JSON, bounded; its names written out as far as they were declared."""
    return _Free(reader).read(value, where, 0)


class _Free:
    """One own value on its way through, counting what is inside."""

    __slots__ = ("count", "reader")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.count = 0

    def read(self, value: Any, where: str, depth: int) -> Any:
        reader = self.reader
        self.count += 1
        if self.count > MOST_VALUES:
            # Told once: every further value is one too many as well.
            if self.count == MOST_VALUES + 1:
                reader.tell("too-many", where)
            return None
        if type(value) is str:
            if len(value) > LONGEST_TEXT:
                reader.tell("text-too-long", where)
            elif ":" in value:
                reader.use_name(value, value)
            return value
        if value is None or type(value) in (int, Decimal, float, bool):
            return value
        if depth >= DEEPEST:
            reader.tell("json-too-deep", where)
            return None
        if type(value) is list:
            return [self.read(item, f"{where}/{index}", depth + 1) for index, item in enumerate(value)]
        if not reader.is_object(value, where):
            return None
        return self._read_object(value, where, depth)

    def _read_object(self, value: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for raw, item in value.items():
            at = f"{where}/{escape(raw)}"
            if self.reader.context.names.is_left_out(raw):
                continue
            name = own_name(self.reader, raw, at)
            if name is None:
                continue
            if name == "@context":
                self.reader.tell("context-unreadable", at)
            elif name in read:
                self.reader.tell("key-duplicate", at)
            else:
                read[name] = self.read(item, at, depth + 1)
        return read


def own_name(reader: Reader, raw: str, where: str) -> str | None:
    """The field a name means, told as a problem where it cannot be known."""
    name = reader.context.key(raw)
    if name is None:
        reader.tell("context-not-fetched", where)
    elif name != raw or ":" in raw:
        if len(name) > LONGEST_URI:
            reader.tell("text-too-long", where)
            return None
        reader.use_name(raw, name)
    return name


def escape(name: str) -> str:
    """A name as a token of a JSON pointer (RFC 6901, 4), at most 200 characters of it."""
    return name[:200].replace("~", "~0").replace("/", "~1")
