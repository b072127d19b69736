"""The one error tree. A refusal says what is wrong, under a stable code, with its numbers.

HTTP only reads these (``trace.core.http``); rules and services raise them.
"""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """The service will not do what was asked, and says why and what to do now.

    ``message`` is a sentence for people (a lazy translation is fine), ``field`` names the input it belongs to,
    ``numbers`` are the figures of the refusal ("holding 120 KGM, asked 150 KGM"), kept apart so that programs
    need not parse the sentence.
    """

    code = "refused"
    http_status = 409

    def __init__(
        self,
        message: Any,
        *,
        code: str | None = None,
        http_status: int | None = None,
        field: str | None = None,
        **numbers: Any,
    ) -> None:
        super().__init__(str(message) if isinstance(message, str) else self.code)
        self.message = message
        self.field = field
        self.numbers: Mapping[str, Any] = numbers
        if code is not None:
            self.code = code
        if http_status is not None:
            self.http_status = http_status

    def __str__(self) -> str:
        return str(self.message)


class NotFound(Refusal):
    """There is no such thing, or it is not this organisation's: the two look the same from outside."""

    code = "not-found"
    http_status = 404


class Forbidden(Refusal):
    """The person is known and may not do this."""

    code = "forbidden"
    http_status = 403


class SignInNeeded(Refusal):
    """Nobody is signed in."""

    code = "sign-in-needed"
    http_status = 401


class BadInput(Refusal):
    """What was sent cannot be understood; ``errors`` maps each field to its sentence."""

    code = "bad-input"
    http_status = 422

    def __init__(self, message: Any, *, errors: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.errors: dict[str, Any] = dict(errors or {})
        # Numbers that may be read in two ways, each with its readings (``trace.core.numbers``).
        self.ambiguous: list[Any] = []
        if self.field and self.field not in self.errors:
            self.errors[self.field] = message


class TooManyTries(Refusal):
    """Slow down; ``retry_after`` is in seconds."""

    code = "too-many-tries"
    http_status = 429

    def __init__(self, message: Any, *, retry_after: int, **rest: Any) -> None:
        super().__init__(message, retry_after=retry_after, **rest)
        self.retry_after = retry_after
