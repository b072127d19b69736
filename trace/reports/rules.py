"""What a report can be about and how it moves on: pure decisions, by codes; words are in ``trace.reports.texts``."""

from enum import StrEnum

from trace.core.errors import Refusal

NUMBER_LENGTH = 16  # 15 random symbols of 31: nobody guesses one
MOST_PICTURES = 3
LONGEST_WORDS = 2000
LONGEST_PLACE = 200
LONGEST_ANSWER = 2000


class Kind(StrEnum):
    DIFFERENT = "different"  # the pack and the page do not say the same
    SPOILED = "spoiled"
    FELT_ILL = "felt_ill"
    PAST_DATE = "past_date"  # on sale past its date, or although it is recalled
    LABEL = "label"  # torn, cannot be scanned, or the same on several packs
    OTHER = "other"


class Pack(StrEnum):
    """Whether the pack is still there, for somebody to look at."""

    WHOLE = "whole"
    OPENED = "opened"
    WRAPPER = "wrapper"
    GONE = "gone"


class State(StrEnum):
    RECEIVED = "received"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    CLOSED = "closed"


# From here on what is private has a date on which it is forgotten.
SETTLED = frozenset({State.ANSWERED, State.CLOSED})
WITH_WORDS = SETTLED

_NEXT = {
    State.RECEIVED: (State.IN_HAND, State.ANSWERED),
    State.IN_HAND: (State.ANSWERED,),
    State.ANSWERED: (State.ANSWERED, State.IN_HAND),
    State.CLOSED: (),
}


class ReportClosed(Refusal):
    """The authority has closed this report; only the authority opens it again."""

    code = "report-closed"


class MoveNotOpen(Refusal):
    """From its state a report does not go there, or not by this party."""

    code = "report-move-not-open"


def open_moves(state: State, *, is_officer: bool) -> tuple[State, ...]:
    """Where a report may go from here. Only the authority closes one, and opens a closed one again.

    A producer must not be able to end what is said about its own goods.
    """
    if not is_officer:
        return _NEXT[state]
    if state is State.CLOSED:
        return (State.IN_HAND,)
    return (*_NEXT[state], State.CLOSED)
