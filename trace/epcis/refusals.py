"""What the query side of EPCIS refuses, each under the exception the standard names for it."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, NotFound, Refusal

_PARAMETER_SENTENCES = {
    "unknown": _l("There is no such query parameter."),
    "repeated": _l("This parameter takes one value."),
    "list-expected": _l("This parameter takes a list of values."),
    "too-many-values": _l("This parameter has too many values."),
    "text-expected": _l("This parameter takes text."),
    "uri-expected": _l("This parameter takes full addresses (URI)."),
    "word-unknown": _l("This word is not in the vocabulary. An own value is a full address (URI)."),
    "time-expected": _l("Write the time with its offset, as in 2026-11-21T14:32:00+07:00."),
    "number-expected": _l("This parameter takes a number."),
    "truth-expected": _l("Send true or false."),
    "count-expected": _l("This parameter takes a whole number in its bounds."),
    "pattern-malformed": _l("This is no EPC and no pattern of EPCs."),
    "excludes-event-count-limit": _l("Send eventCountLimit or maxEventCount, not both."),
    "token-unknown": _l("This page token is not one for you, for this query, or for today."),
    "needs-order-by": _l("eventCountLimit needs orderBy."),
}


class QueryParameterInvalid(BadInput):
    """A parameter is unknown or its value cannot be: QueryParameterException (EPCIS 2.0, 8.2.7)."""

    code = "query-parameter-invalid"
    http_status = 400
    exception = "QueryParameterException"

    def __init__(self, parameter: str, reason: str, **numbers: Any) -> None:
        # A sender's own words come back in the answer: bounded.
        shown = parameter[:100].encode("utf-8", "replace").decode()
        super().__init__(
            _PARAMETER_SENTENCES[reason],
            errors={shown: _PARAMETER_SENTENCES[reason]},
            parameter=shown,
            reason=reason,
            **numbers,
        )


class QueryInvalid(BadInput):
    """The query as a whole cannot be: QueryValidationException."""

    code = "query-invalid"
    http_status = 400
    exception = "QueryValidationException"

    def __init__(self, reason: str) -> None:
        super().__init__(_l("This is not a query of EPCIS 2.0."), reason=reason)


class BodyInvalid(BadInput):
    """What was sent to make a query or a subscription is not as the standard asks: ValidationException."""

    code = "body-invalid"
    http_status = 400
    exception = "ValidationException"


class SubscriptionInvalid(BadInput):
    """When or where to send cannot be: SubscriptionControlsException."""

    code = "subscription-invalid"
    http_status = 400
    exception = "SubscriptionControlsException"


class NoSuchResource(NotFound):
    """Unknown, or not for this reader: the two look the same."""

    code = "epcis-not-found"
    exception = "NoSuchNameException"

    def __init__(self) -> None:
        super().__init__(_l("There is nothing of this name here for you."))


class AlreadyExists(Refusal):
    """The name is taken."""

    code = "name-taken"
    http_status = 409
    exception = "ResourceAlreadyExistsException"


class NotAcceptable(Refusal):
    """The reader wants a version or a form that is not given here."""

    code = "not-acceptable"
    http_status = 406
    exception = "NotAcceptableException"


class QueryTooLarge(Refusal):
    """More events than the reader said it takes: QueryTooLargeException."""

    code = "query-too-large"
    http_status = 413
    exception = "QueryTooLargeException"


class QueryTooComplex(Refusal):
    """More work than one request may cost: QueryTooComplexException."""

    code = "query-too-complex"
    http_status = 413
    exception = "QueryTooComplexException"


class AddressTooLong(Refusal):
    """Name the query and send it in a body instead."""

    code = "uri-too-long"
    http_status = 414
    exception = "URITooLongException"


class CaptureTooLarge(Refusal):
    """A document beyond what is taken at once: CaptureLimitExceededException."""

    code = "capture-too-large"
    http_status = 413
    exception = "CaptureLimitExceededException"

    def __init__(self, most_events: int, most_bytes: int) -> None:
        super().__init__(
            _l(
                "Send at most %(events)s events and %(bytes)s bytes in one document.",
                events=most_events,
                bytes=most_bytes,
            ),
            most_events=most_events,
            most_bytes=most_bytes,
        )
