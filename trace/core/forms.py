"""A form on its way between page and service: what was typed is never lost, each error stands by its field."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import marshmallow as ma
from flask import request

from trace.core.errors import BadInput, Forbidden, NotFound, Refusal, TooManyTries
from trace.core.fields import load
from trace.core.http import db
from trace.core.numbers import AmbiguousNumber, Meaning, format_quantity, in_words, parse_quantity

DATE_PARTS = ("day", "month", "year")


class Form:
    """Values as typed, errors by field ("" for the whole form), and the number that makes sending twice harmless."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, list[str]] = {
            name: [str(item) for item in value] if isinstance(value, list | tuple) else [_shown(value)]
            for name, value in (values or {}).items()
        }
        self.errors: dict[str, str] = {}
        self.status = 200
        self.retry_after: int | None = None  # seconds, where a refusal said so
        self.key = self.value("idempotency_key") or str(uuid.uuid4())
        # The two readings of an ambiguous number, by field: (value to send, figures, words).
        self.readings: dict[str, list[tuple[str, str, str]]] = {}

    @classmethod
    def from_request(cls) -> "Form":
        """What was just sent; day, month and year of a date become one value beside their parts."""
        values: dict[str, Any] = {name: request.form.getlist(name) for name in request.form}
        for name in [n.removesuffix("-day") for n in values if n.endswith("-day")]:
            day, month, year = ((values.get(f"{name}-{part}") or [""])[0].strip() for part in DATE_PARTS)
            if day or month or year:
                values[name] = [f"{year.zfill(4)}-{month.zfill(2)}-{day.zfill(2)}"]
        return cls(values)

    @classmethod
    def opened(cls, values: Mapping[str, Any] | None = None) -> "Form":
        """What was just sent, or the form as it opens: with ``values``."""
        return cls.from_request() if request.method == "POST" else cls(values)

    def value(self, name: str) -> str:
        """The value of a field, empty where it has none; ``x-day`` reads the part of an ISO date ``x``."""
        found = self._values.get(name)
        if found:
            return found[0]
        base, _, part = name.rpartition("-")
        whole = self._values.get(base) if part in DATE_PARTS else None
        pieces = whole[0].split("-") if whole else []
        if len(pieces) == len(DATE_PARTS):
            return dict(zip(("year", "month", "day"), pieces, strict=True))[part]
        return ""

    def values(self, name: str) -> list[str]:
        """All values of a field."""
        return self._values.get(name, [])

    def error(self, name: str) -> str | None:
        """The sentence that belongs under a field."""
        return self.errors.get(name)

    def load(self, schema: ma.Schema) -> dict[str, Any]:
        """What the schema makes of the form; empty fields count as absent. Raises ``BadInput``."""
        typed: dict[str, Any] = {}
        for name, items in self._values.items():
            field = schema.fields.get(name)
            if isinstance(field, ma.fields.List):
                typed[name] = [item for item in items if item.strip()]
            elif items and items[0].strip():
                typed[name] = items[0]
        # What an ambiguous number means comes beside it, and is no field of its own.
        known = {k: v for k, v in typed.items() if k in schema.fields or k.endswith("_meaning")}
        return load(schema, known, unknown="exclude")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Take refusals of the body as errors of this form; nothing the body did is kept.

        What is not about the form (not found, forbidden, too many tries) passes through.
        """
        try:
            yield
        except (NotFound, Forbidden, TooManyTries):
            raise
        except Refusal as refusal:
            db().rollback()
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Attach a refusal's sentences to their fields."""
        self.status = refusal.http_status
        self.retry_after = refusal.retry_after if isinstance(refusal, TooManyTries) else None
        if isinstance(refusal, BadInput) and refusal.errors:
            self.errors.update({name: str(told) for name, told in refusal.errors.items()})
        else:
            self.errors[refusal.field or ""] = str(refusal)
        if isinstance(refusal, AmbiguousNumber):
            self._ask(refusal)
        for question in refusal.ambiguous if isinstance(refusal, BadInput) else []:
            self._ask(question)
        self._ask_again()

    def _ask(self, question: AmbiguousNumber) -> None:
        self.readings[question.field or ""] = [
            (meaning, format_quantity(number), in_words(number))
            for meaning, number in (
                (str(Meaning.THOUSANDS), question.as_thousands),
                (str(Meaning.DECIMALS), question.as_decimals),
            )
        ]

    def _ask_again(self) -> None:
        """Keep an answer already given: the form comes back because of something else."""
        for name in [n.removesuffix("_meaning") for n in self._values if n.endswith("_meaning")]:
            try:
                parse_quantity(self.value(name), name)
            except AmbiguousNumber as question:
                self._ask(question)
            except BadInput:
                continue


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
