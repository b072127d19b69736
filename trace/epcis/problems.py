"""What can be wrong with an EPCIS document: a stable code, a place (JSON pointer), a sentence; and the bounds.

Reading and validation report these; nothing here reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput

LARGEST_DOCUMENT = 24 * 1024 * 1024  # bytes
MOST_EVENTS = 10_000  # in one document
MOST_ITEMS = 10_000  # in one list of one event
MOST_NAMES = 500  # prefixes and terms of one context
MOST_VALUES = 10_000  # values inside one extension
DEEPEST = 20  # objects and lists inside one extension
LONGEST_URI = 2_000
LONGEST_TEXT = 20_000
MOST_PROBLEMS = 50  # told of one event

SENTENCES: Mapping[str, Any] = {
    "json-malformed": _l("This is not JSON that can be read."),
    "json-too-deep": _l("This is nested too deeply."),
    "key-duplicate": _l("A name stands here more than once."),
    "text-forbidden-character": _l("Remove the character NUL, or half a character, from this text."),
    "text-too-long": _l("This text is too long."),
    "number-out-of-range": _l("This number is too large or too fine to be kept exactly."),
    "too-many": _l("There are too many of these."),
    "value-required": _l("This is missing."),
    "value-type": _l("This is of the wrong kind: %(expected)s is expected."),
    "value-unknown": _l("This word is not in the vocabulary. An own value is a full address (URI)."),
    "value-duplicate": _l("This stands in the list more than once."),
    "list-empty": _l("This list must not be empty."),
    "name-unknown": _l("There is no such field. An own field has a namespace."),
    "name-not-here": _l("This field does not belong to this kind of event."),
    "uri-malformed": _l("This is not a full address (URI)."),
    "epc-malformed": _l("This EPC is not written as its scheme asks."),
    "time-malformed": _l("Write the time with its offset, as in 2026-11-21T14:32:00+07:00."),
    "offset-malformed": _l("Write the offset as in +07:00."),
    "version-malformed": _l("Write the version as in 2.0."),
    "context-unreadable": _l("This part of the context is not understood here."),
    "context-protected": _l("The context of EPCIS protects this name: it cannot mean something else."),
    "context-not-fetched": _l("No context is fetched. Declare this prefix in the document itself."),
    "document-kind": _l("Send an EPCISDocument, an EPCISQueryDocument, or one event."),
    "event-kind": _l("There is no such kind of event in EPCIS 2.0."),
    "goods-missing": _l("The event names no goods."),
    "parent-missing": _l("Adding to or taking from a parent needs the parent."),
    "transformation-incomplete": _l("A transformation has inputs and outputs, or a transformation id."),
    "ilmd-needs-add": _l("Master data of a lot belong to its creation: action ADD."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: ``code`` is stable, ``pointer`` a JSON pointer (RFC 6901) into what was sent."""

    code: str
    pointer: str
    expected: str = ""

    @property
    def sentence(self) -> str:
        """For people, in the language of the request."""
        return str(SENTENCES[self.code]) % {"expected": self.expected}

    def to_json(self) -> dict[str, str]:
        """As an entry of ``errors`` in an answer."""
        return {"code": self.code, "pointer": self.pointer, "detail": self.sentence}


class InvalidDocument(BadInput):
    """What was sent is not an EPCIS document; ``problems`` says where and why."""

    code = "epcis-invalid"
    http_status = 400

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            _l("This is not valid EPCIS 2.0. The errors say where."),
            errors={problem.pointer or "/": problem.sentence for problem in problems},
            problems=[problem.to_json() for problem in problems],
        )
        self.problems = tuple(problems)


class InvalidEvent(InvalidDocument):
    """One event is not valid; others in the same document may be."""

    code = "epcis-event-invalid"
