"""The words of kinds and states of reports, for people."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.reports.rules import Kind, Pack, State

KINDS: Final[Mapping[str, Any]] = {
    Kind.DIFFERENT: _l("The pack does not match the page"),
    Kind.SPOILED: _l("Spoiled, or something in it that does not belong there"),
    Kind.FELT_ILL: _l("Somebody felt ill after eating it"),
    Kind.PAST_DATE: _l("On sale past its date, or although recalled"),
    Kind.LABEL: _l("The label is torn, cannot be scanned, or is the same on several packs"),
    Kind.OTHER: _l("Something else"),
}

PACKS: Final[Mapping[str, Any]] = {
    Pack.WHOLE: _l("Yes, not opened"),
    Pack.OPENED: _l("Yes, opened"),
    Pack.WRAPPER: _l("Only the packaging"),
    Pack.GONE: _l("No"),
}

STATES: Final[Mapping[str, Any]] = {
    State.RECEIVED: _l("Received"),
    State.IN_HAND: _l("Being looked at"),
    State.ANSWERED: _l("Answered"),
    State.CLOSED: _l("Closed"),
}

# What a button to a state does.
MOVES: Final[Mapping[str, Any]] = {
    State.IN_HAND: _l("It is being looked at"),
    State.ANSWERED: _l("Answer it"),
    State.CLOSED: _l("Close it with an answer"),
}

TONES: Final[Mapping[str, str]] = {
    State.RECEIVED: "copy",
    State.IN_HAND: "note",
    State.ANSWERED: "ok",
    State.CLOSED: "unknown",
}
