"""Pure rules of corrections: what may be declared wrong, what may stand in its place, what has changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.numbers import Figure
from trace.events.models import Verb
from trace.events.rules import CLOCKS_MAY_DIFFER, TimeOutOfRange


class CorrectionReason(StrEnum):
    """Why an entry is declared wrong, in the standard's words (CBV 2.0, error reasons)."""

    INCORRECT_DATA = "incorrect_data"
    DID_NOT_OCCUR = "did_not_occur"


class Changed(StrEnum):
    """What a corrective event says otherwise; a page names these, never the figures to the public."""

    QUANTITY = "quantity"
    TIME = "time"
    OTHER_SIDE = "other_side"
    REASON = "reason"
    LOT_NUMBER = "lot_number"
    PRODUCED_ON = "produced_on"
    EXPIRES_ON = "expires_on"
    HOUSEHOLDS = "households"


class NotCorrectable(Refusal):
    """Entries of this kind are undone by another verb, or by both sides together."""

    code = "not-correctable"


class AlreadyCorrected(Refusal):
    """The entry was corrected before: what took its place may be."""

    code = "already-corrected"


class GoodsMovedOn(Refusal):
    """What followed rests on the entry: the goods it speaks of are not there any more."""

    code = "goods-moved-on"


class NothingChanged(BadInput):
    """What should take the place of the entry says the same."""

    code = "nothing-changed"


REPLACEABLE = frozenset(
    {
        Verb.ACTIVATE,
        Verb.ADD_DELIVERY,
        Verb.TAKE_IN,
        Verb.SHIP,
        Verb.RETURN,
        Verb.RECEIVE,
        Verb.SELL,
        Verb.USE_UP,
        Verb.SAMPLE,
        Verb.DESTROY,
        Verb.COUNT,
        Verb.INSPECT,
        Verb.MEASURE,
        Verb.OBSERVE,
    }
)
# What was made of other goods is taken back as a whole, while nobody has touched it.
WITHDRAWABLE = REPLACEABLE | {Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE}
_INSTEAD: Mapping[Verb, Any] = {
    Verb.PACK: _l("Unpack the carton instead."),
    Verb.UNPACK: _l("Pack the carton again instead."),
    Verb.MOVE: _l("Move the goods back instead."),
    Verb.STORE: _l("Move the goods back instead."),
    Verb.HOLD: _l("Release the goods instead."),
    Verb.RELEASE: _l("Set the goods aside again instead."),
    Verb.BIND_STAMPS: _l("Undo the binding instead, or void the stamps."),
    Verb.SELL_ITEM: _l("Undo the sale of this item instead."),
    Verb.UNSELL_ITEM: _l("Scan the item again when it is sold."),
    Verb.CANCEL: _l("Ship the goods again instead."),
    Verb.REFUSE: _l("Ask the sender to ship the goods again."),
    Verb.CONFIRM_CLAIM: _l("Both sides agreed on it. Let the goods be sent back instead."),
    Verb.SETTLE: _l("Both sides agreed on it. Call the other side."),
}


def check_correctable(verb: Verb, *, has_replacement: bool, is_declaration: bool) -> None:
    """Raise ``NotCorrectable`` with what to do instead."""
    if is_declaration or verb not in WITHDRAWABLE:
        hint = _INSTEAD.get(verb, _l("Ask the authority if it has to be put right."))
        raise NotCorrectable(_l("This kind of entry is not corrected. %(hint)s", hint=hint), verb=str(verb))
    if has_replacement and verb not in REPLACEABLE:
        raise NotCorrectable(
            _l("Take this entry back as a whole, then enter it again as it was."), verb=str(verb)
        )
    if verb == Verb.ACTIVATE and not has_replacement:
        raise NotCorrectable(
            _l("A batch that was activated stays. Correct what is wrong, or note its goods as discarded."),
            verb=str(verb),
        )


def check_not_stopped(verb: Verb, *, is_stopped: bool) -> None:
    """Raise ``NotCorrectable``: taking back how lots were made would let recalled or paused goods out under another
    number."""
    if is_stopped and verb in (Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE):
        raise NotCorrectable(
            _l("A lot of this entry is recalled, paused or under review. Ask the authority to put it right."),
            verb=str(verb),
        )


def check_time(stated: datetime, recorded_at: datetime) -> None:
    """Raise ``TimeOutOfRange``: nobody recorded something before it happened."""
    if stated > recorded_at + CLOCKS_MAY_DIFFER:
        raise TimeOutOfRange(
            _l(
                "This is after the entry was made (%(when)s). Make a new entry for it.",
                when=f"{clock.local(recorded_at):%H:%M %d/%m/%Y}",
            ),
            field="event_time",
        )


def check_still_there(held: Decimal, change: Decimal, unit: str) -> None:
    """Raise ``GoodsMovedOn`` where a holding would fall below zero by this correction."""
    if held + change < 0:
        raise GoodsMovedOn(
            _l(
                "This correction takes %(needed)s %(unit)s out of the hands that hold %(held)s of them now."
                " Correct what was done with the goods since, then this.",
                needed=Figure(-change),
                held=Figure(held),
                unit=unit,
            ),
            field="quantity",
            held=held,
            needed=-change,
            unit=unit,
        )


def correct_count(counted: Decimal, difference: Mapping[str, Any], really: Decimal) -> dict[str, str]:
    """The difference of a count that really found ``really``; booked was what it found and missed then."""
    booked = counted + Decimal(difference.get("lost", 0)) - Decimal(difference.get("found", 0))
    if really == booked:
        return {}
    return {"lost" if really < booked else "found": f"{abs(booked - really).normalize():f}"}


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Changed]:
    """What two tellings of the same thing say otherwise, in a fixed order."""
    return [one for one in Changed if before.get(one) != after.get(one)]


def check_changed(found: Sequence[Changed]) -> None:
    """Raise ``NothingChanged``."""
    if not found:
        raise NothingChanged(
            _l("Nothing is different from the entry. Change what was wrong."), field="quantity"
        )
