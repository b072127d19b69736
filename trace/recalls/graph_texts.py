"""Words of the trace: what leads to what, how near a lot is, what does not fit."""

from collections.abc import Mapping
from typing import Any, Final

import flask_babel
from flask_babel import lazy_gettext as _l

from trace.accounts.models import PartyKind
from trace.recalls.graph import Direction, Nearness
from trace.recalls.graph_links import Fault

DIRECTIONS: Final[Mapping[Direction, Any]] = {
    Direction.BACK: _l("Trace back"),
    Direction.FORWARD: _l("Trace forward"),
}

NEARNESS: Final[Mapping[Nearness, Any]] = {
    Nearness.START: _l("This lot"),
    Nearness.SAME_GOODS: _l("The same goods"),
    Nearness.MADE_FROM: _l("Made of them"),
}
# On the way back the other lots are what went in.
NEARNESS_BACK: Final[Mapping[Nearness, Any]] = {
    Nearness.START: _l("This lot"),
    Nearness.SAME_GOODS: _l("The same goods"),
    Nearness.MADE_FROM: _l("Went into it"),
}

FAULTS: Final[Mapping[Fault, Any]] = {
    Fault.CYCLE: _l("These lots lead back to themselves: an entry must be wrong."),
    Fault.NO_ORIGIN: _l("Nobody recorded where this came from."),
    Fault.NO_INPUT: _l("Nobody recorded what this was made of."),
    Fault.NO_OUTPUT: _l("Nobody recorded what became of it."),
    Fault.NEVER_PACKED: _l("It was unpacked from a carton it was never packed into."),
    Fault.USED_TOO_EARLY: _l("It was used before it is recorded to have existed."),
}

_WITHOUT_ACCOUNT: Final[Mapping[str, Any]] = {
    PartyKind.TRADER: _l("A trader without an account"),
    PartyKind.KITCHEN: _l("A kitchen without an account"),
    PartyKind.SHOP: _l("A shop without an account"),
    PartyKind.HOUSEHOLD: _l("A household"),
    PartyKind.OTHER: _l("A party without an account"),
}


def without_account(kind: str | None) -> str:
    """Somebody who is no organisation here, by the kind that was stated."""
    return str(_WITHOUT_ACCOUNT.get(kind or "", _WITHOUT_ACCOUNT[PartyKind.OTHER]))


def more_lots(count: int) -> str:
    """The box of lots that do not fit."""
    return str(flask_babel.ngettext("%(num)d more lot", "%(num)d more lots", count))


def picture_title(direction: Direction, lot_number: str) -> str:
    """What the picture is, for who does not see it."""
    if direction is Direction.BACK:
        return str(flask_babel.gettext("What lot %(lot)s came from", lot=lot_number))
    return str(flask_babel.gettext("What became of lot %(lot)s", lot=lot_number))


def picture_description(lots: int, parties: int) -> str:
    """What is in the picture, for who does not see it."""
    told = flask_babel.gettext(
        "%(lots)d lots, %(parties)d parties. The table below says the same in words.",
        lots=lots,
        parties=parties,
    )
    return str(told)
