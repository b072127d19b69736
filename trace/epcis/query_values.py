"""Values of query parameters, read: all text in an address, typed in JSON. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from trace.epcis.patterns import is_uri
from trace.epcis.refusals import QueryParameterInvalid
from trace.gs1.names import Names
from trace.gs1.vocabulary import find_term

MOST_VALUES = 500  # of one parameter
LONGEST_VALUE = 2_000
LARGEST_COUNT = 10_000

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


class ValueReader:
    """Reads values: all text in an address, typed in JSON."""

    def __init__(self, names: Names, is_text: bool) -> None:
        self.names = names
        self._is_text = is_text

    def own_name(self, name: str, raw: str) -> str:
        """The name of an extension field as a full address; one with a prefix nobody declared stays as written."""
        prefix, colon, local = raw.partition(":")
        if not colon or not prefix or not local:
            raise QueryParameterInvalid(name, "unknown")
        return self.names.expand(raw)

    def is_own_value(self, text: str) -> bool:
        """Whether a value is somebody's own: an address that is not one of the standard's vocabulary."""
        return is_uri(text) and not text.startswith(
            ("urn:epcglobal:cbv:", "https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "cbv:")
        )

    def items(self, name: str, value: Any) -> list[Any]:
        """A list of values that is not empty."""
        if not isinstance(value, list) or not value:
            raise QueryParameterInvalid(name, "list-expected")
        if len(value) > MOST_VALUES:
            raise QueryParameterInvalid(name, "too-many-values")
        return value

    def text(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not value or len(value) > LONGEST_VALUE or "\0" in value:
            raise QueryParameterInvalid(name, "text-expected")
        return value

    def texts(self, name: str, value: Any) -> list[str]:
        return [self.text(name, item) for item in self.items(name, value)]

    def uris(self, name: str, value: Any) -> list[str]:
        found = []
        for text in self.texts(name, value):
            expanded = self.names.expand(text)
            if not is_uri(expanded):
                raise QueryParameterInvalid(name, "uri-expected")
            found.append(expanded)
        return found

    def terms(self, name: str, value: Any, vocabulary: type[StrEnum]) -> list[str]:
        """Values of a vocabulary: the standard's in any of its forms become bare, own ones full addresses."""
        found = []
        for text in self.texts(name, value):
            term = find_term(vocabulary, text)
            if term is None and not self.is_own_value(text):
                raise QueryParameterInvalid(name, "word-unknown")
            found.append(str(term) if term is not None else self.names.expand(text))
        return found

    def instant(self, name: str, value: Any) -> datetime:
        found = read_instant(value)
        if found is None:
            raise QueryParameterInvalid(name, "time-expected")
        return found

    def number(self, name: str, value: Any) -> Decimal:
        # A definition comes back from the database with doubles for numbers that are not whole.
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        found = read_number(str(value)) if is_number or self._is_text else None
        if found is None:
            raise QueryParameterInvalid(name, "number-expected")
        return found

    def numbers(self, name: str, value: Any) -> tuple[Decimal, ...]:
        # The OpenAPI document takes one number, the query schema a list.
        several = value if isinstance(value, list) else [value]
        return tuple(self.number(name, item) for item in self.items(name, several))

    def comparable(self, name: str, value: Any) -> Any:
        """A number or a time."""
        instant = read_instant(value)
        return instant if instant is not None else self.number(name, value)

    def scalars(self, name: str, value: Any) -> list[Any]:
        """What an own field is compared with: texts, a number or a time."""
        several = value if isinstance(value, list) else [value]
        found = self.items(name, several)
        for item in found:
            if isinstance(item, bool) or not isinstance(item, str | int | float | Decimal):
                raise QueryParameterInvalid(name, "text-expected")
            if isinstance(item, str):
                self.text(name, item)
        return found

    def truth(self, name: str, value: Any) -> bool:
        if value is None or value in ("", "null"):  # EXISTS_ needs no value; the query schema says null
            return True
        if isinstance(value, bool):
            return value
        found = _TRUTHS.get(str(value).lower())
        if found is None:
            raise QueryParameterInvalid(name, "truth-expected")
        return found

    def count(self, name: str, value: Any) -> int:
        text = str(value) if not isinstance(value, bool) else ""
        if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= LARGEST_COUNT:
            raise QueryParameterInvalid(name, "count-expected", most=LARGEST_COUNT)
        return int(text)


def read_instant(value: Any) -> datetime | None:
    """RFC 3339 with an offset, in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    # In an address a plus sign that was not coded arrives as a space.
    text = re.sub(r" (\d{2}:\d{2})$", r"+\1", value)
    if not _INSTANT.fullmatch(text):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_number(text: str) -> Decimal | None:
    """A decimal number of sensible length; None for anything else."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
