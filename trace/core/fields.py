"""Fields for marshmallow schemas: one kind of text, quantity, date and choice for forms and for JSON alike."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, TypeVar
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.core import clock
from trace.core.errors import BadInput
from trace.core.ids import parse_uuid
from trace.core.numbers import AmbiguousNumber, Meaning, parse_quantity
from trace.core.text import has_forbidden_character, tidy, unprintable_characters

REQUIRED = _l("Fill this in.")
_TEMPERATURE = re.compile(r"[+-]?[0-9]{1,4}(?:\.[0-9]{1,2})?")
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
Value = TypeVar("Value")


class _Field(ma.fields.Field[Value]):
    """What all our fields share: the sentence for an empty one, and their description in the API document."""

    def __init__(self, described: Mapping[str, Any], *, empty: Any = REQUIRED, **more: Any) -> None:
        more.setdefault("error_messages", {"required": empty, "null": empty})
        super().__init__(metadata={**described, **more.pop("metadata", {})}, **more)


class Text(_Field[str]):
    """One line of text in NFC, trimmed; ``multiline`` keeps line breaks. Controls and bidi overrides are refused."""

    def __init__(self, *, longest: int = 200, multiline: bool = False, **more: Any) -> None:
        described: dict[str, Any] = {"type": "string", "maxLength": longest}
        if more.get("required"):
            described["minLength"] = 1
        super().__init__(described, **more)
        self.longest = longest
        self.multiline = multiline

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> str:
        if not isinstance(value, str):
            raise ma.ValidationError(_l("This must be text."))
        if len(value) > self.longest * 2:
            raise ma.ValidationError(_l("Use at most %(longest)s characters.", longest=self.longest))
        if has_forbidden_character(value):
            raise ma.ValidationError(_l("Remove the invisible or control characters from this text."))
        text = "\n".join(tidy(line) for line in value.splitlines()).strip() if self.multiline else tidy(value)
        if self.required and not text:
            raise ma.ValidationError(REQUIRED)
        if len(text) > self.longest:
            raise ma.ValidationError(_l("Use at most %(longest)s characters.", longest=self.longest))
        return text


class Name(Text):
    """A name that will stand on labels and papers: letters the label's typeface draws, no emoji, no angle brackets."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        wrong = unprintable_characters(text) or sorted(set("<>") & set(text))
        if wrong:
            raise ma.ValidationError(
                _l("A label cannot carry these characters: %(characters)s", characters=" ".join(wrong[:5]))
            )
        return text


class Secret(_Field[str]):
    """A password: taken as it is, never trimmed or normalised, at most 500 characters, no NUL."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"type": "string", "format": "password"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> str:
        if not isinstance(value, str) or not value or len(value) > 500 or "\x00" in value:
            raise ma.ValidationError(REQUIRED)
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ma.ValidationError(REQUIRED) from error
        return value


class Quantity(_Field[Decimal]):
    """A quantity above 0, typed as people type it, or a JSON number; ``X_meaning`` settles an ambiguous one.

    Numbers in JSON are exact (never binary floats): text and ``Decimal`` keep every digit.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__({"type": ["string", "number"], "examples": ["12.5"]}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> Decimal:
        name = attr or "quantity"
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            # A JSON number has a point as its decimal mark, so nothing is ambiguous; digits bound first.
            is_short = isinstance(value, int) or -20 < value.adjusted() < 20
            text = format(value, "f" if isinstance(value, Decimal) else "d") if is_short else "x"
            return self._parse(text, name, Meaning.DECIMALS)
        if not isinstance(value, str) or not value.strip():
            raise ma.ValidationError(REQUIRED)
        chosen = data.get(f"{name}_meaning") if isinstance(data, Mapping) else None
        meaning = Meaning(chosen) if chosen in set(Meaning) else None
        return self._parse(value, name, meaning)

    @staticmethod
    def _parse(text: str, name: str, meaning: Meaning | None) -> Decimal:
        try:
            return parse_quantity(text, name, meaning)
        except BadInput as refusal:
            raise ma.ValidationError(refusal.message) from refusal

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else f"{value.normalize():f}"


class Celsius(_Field[Decimal]):
    """A temperature as people type it ("-18", "4,5", "4.5 °C") or a JSON number; at most two decimals.

    Whether it is one that food meets is for the services: a field only reads.
    """

    def __init__(self, **more: Any) -> None:
        described = {
            "type": ["string", "number"],
            "pattern": r"^-?[0-9]{1,4}(\.[0-9]{1,2})?$",
            "examples": ["4.5"],
        }
        super().__init__(described, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> Decimal:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            is_short = isinstance(value, int) or -20 < value.adjusted() < 20
            value = format(value, "d" if isinstance(value, int) else "f") if is_short else "x"
        if not isinstance(value, str) or not value.strip():
            raise ma.ValidationError(REQUIRED)
        text = re.sub(r"\s|°?[cC]$", "", value.strip()).replace("\u2212", "-").replace(",", ".")
        if not _TEMPERATURE.fullmatch(text):
            raise ma.ValidationError(_l("Write the temperature in figures, as in 4,5 or -18."))
        # One form of each number: -0, 4.50 and 4.5 would be other requests to the idempotency key.
        return Decimal(f"{Decimal(text).normalize():f}") + 0

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else f"{value.normalize():f}"


class Day(_Field[date]):
    """A date as ISO text (JSON, native pickers) or dd/mm/yyyy."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"type": "string", "format": "date"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> date:
        if not isinstance(value, str) or not value.strip():
            raise ma.ValidationError(REQUIRED)
        text = value.strip()
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
            except ValueError:
                continue
            if EARLIEST_YEAR <= day.year <= LATEST_YEAR and text.isascii():
                return day
        raise ma.ValidationError(_l("Write the date as day, month, year: 21/11/2026."))

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else value.isoformat()


class Instant(_Field[datetime]):
    """A point in time: ISO 8601; without an offset it is a wall-clock time in Hanoi."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"type": "string", "format": "date-time"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> datetime:
        wrong = ma.ValidationError(_l("Write date and time, as in 2026-11-21T14:32."))
        if not isinstance(value, str) or len(value) > 40:
            raise wrong
        try:
            instant = datetime.fromisoformat(value.strip())
            aware = instant if instant.tzinfo else clock.from_local(instant)
            aware = aware.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise wrong from error
        if not EARLIEST_YEAR <= aware.year <= LATEST_YEAR:
            raise wrong
        return aware

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else value.isoformat()


class Id(_Field[UUID]):
    """A UUID in its 36 characters."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"type": "string", "format": "uuid"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> UUID:
        found = parse_uuid(value) if isinstance(value, str) else None
        if found is None:
            raise ma.ValidationError(_l("Choose from the list."))
        return found

    def _serialize(self, value: UUID | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else str(value)


class Whole(_Field[int]):
    """A whole number between two bounds, both included."""

    def __init__(self, *, low: int, high: int, **more: Any) -> None:
        super().__init__({"type": "integer", "minimum": low, "maximum": high}, **more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> int:
        wrong = ma.ValidationError(
            _l("Write a whole number from %(low)s to %(high)s.", low=self.low, high=self.high)
        )
        if isinstance(value, str):
            text = value.strip()
            if not (text.isascii() and text.isdigit() and len(text) <= 12):
                raise wrong
            value = int(text)
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise wrong
        return value


class Choice(_Field[StrEnum]):
    """One of the values of a StrEnum."""

    def __init__(self, kinds: type[StrEnum], **more: Any) -> None:
        described = {"type": "string", "enum": [str(kind) for kind in kinds]}
        super().__init__(described, empty=_l("Choose one."), **more)
        self.kinds = kinds

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> StrEnum:
        if not isinstance(value, str) or value not in set(self.kinds):
            raise ma.ValidationError(_l("Choose one."))
        return self.kinds(value)

    def _serialize(self, value: StrEnum | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else str(value)


class Tick(_Field[bool]):
    """A checkbox: there or not; JSON's true and false too."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("load_default", False)
        super().__init__({"type": "boolean"}, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> bool:
        if isinstance(value, bool):
            return value
        if value in ("on", "1", "true", "yes"):
            return True
        if value in ("", "0", "false", "no", None):
            return False
        raise ma.ValidationError(_l("Choose one."))


def load(
    schema: ma.Schema,
    values: Mapping[str, Any],
    unknown: Literal["exclude", "include", "raise"] | None = None,
) -> dict[str, Any]:
    """What a schema makes of ``values``; ``unknown`` as in marshmallow.

    Raises ``BadInput`` with one sentence for each wrong field.
    """
    try:
        loaded: dict[str, Any] = schema.load(values, unknown=unknown)
    except ma.ValidationError as error:
        refusal = BadInput(_l("Some fields need another look."), errors=_first_sentences(error.messages))
        refusal.ambiguous = _ambiguous(schema, values, refusal.errors)
        raise refusal from error
    return loaded


def _ambiguous(
    schema: ma.Schema, values: Mapping[str, Any], errors: Mapping[str, Any]
) -> list[AmbiguousNumber]:
    """The refused numbers that may be read in two ways: marshmallow keeps sentences only, a form asks by readings."""
    found = []
    for name in errors:
        typed = values.get(name)
        if isinstance(schema.fields.get(name), Quantity) and isinstance(typed, str):
            try:
                parse_quantity(typed, name)
            except AmbiguousNumber as question:
                found.append(question)
            except BadInput:
                continue
    return found


def _first_sentences(messages: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, told in messages.items() if isinstance(messages, dict) else [("", messages)]:
        first = told
        while isinstance(first, dict | list) and first:
            first = next(iter(first.values())) if isinstance(first, dict) else first[0]
        found[str(name)] = first
    return found
