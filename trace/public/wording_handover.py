"""Words of the public page for what did not go straight on: not taken, cancelled, sent back, corrected, ghi hộ.

Nothing here blames anybody, and no figure is told.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.events.models import Verb
from trace.events.rules_correction import Changed
from trace.events.texts_handover import CHANGED
from trace.public.speech import _, day, ngettext

ENTRIES: Final[Mapping[Verb, Any]] = {
    Verb.ACTIVATE: _l("the batch itself"),
    Verb.ADD_DELIVERY: _l("another delivery into the batch"),
    Verb.TAKE_IN: _l("taking goods in from outside"),
    Verb.TRANSFORM: _l("preparing or processing"),
    Verb.SPLIT: _l("splitting the batch"),
    Verb.MERGE: _l("merging batches"),
    Verb.SHIP: _l("a handover"),
    Verb.RETURN: _l("sending goods back"),
    Verb.RECEIVE: _l("receiving goods"),
    Verb.SELL: _l("a sale"),
}


def refused_title(count: int) -> str:
    """Deliveries their receivers did not take."""
    return ngettext(
        "Delivered and not taken: the goods stayed with the sender",
        "%(num)d deliveries not taken: the goods stayed with the sender",
        count,
    )


def cancelled_title(count: int) -> str:
    """Shipments their sender took back."""
    return ngettext(
        "Shipment cancelled: the goods stayed with the sender",
        "%(num)d shipments cancelled: the goods stayed with the sender",
        count,
    )


def return_title(*, is_received: bool) -> str:
    """Goods that went back along the chain."""
    return _("Sent back and received") if is_received else _("On the way back")


def on_behalf() -> str:
    """Entered by one for another; whose word it is, is not told."""
    return _("Recorded on somebody's behalf")


def correction_title() -> str:
    """An entry was corrected."""
    return _("Correction")


def correction_note(verb: Verb, happened_on: date, changed: Sequence[Changed], values: Sequence[str]) -> str:
    """What was corrected and what changed; ``values`` are facts that stand on the label."""
    entry = str(ENTRIES[verb])
    if not changed:
        return _("Taken back: %(entry)s of %(date)s", entry=entry, date=day(happened_on))
    words = ", ".join([*(str(CHANGED[one]) for one in changed)])
    told = _(
        "Corrected: %(entry)s of %(date)s. Changed: %(what)s", entry=entry, date=day(happened_on), what=words
    )
    return f"{told} ({'; '.join(values)})" if values else told


def changed_value(name: Changed, before: str, after: str) -> str:
    """What a fact on the label was and is."""
    return _("%(what)s: %(before)s, now %(after)s", what=str(CHANGED[name]), before=before, after=after)
