"""Words of the resolver: titles of links, states of lots, why an address was refused."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.gs1.link_uris import Fault
from trace.resolver.texts import TYPE_LABELS
from trace.verdict.queries import Known
from trace.verdict.rules import Verdict

_TITLES: Mapping[str, Any] = {
    "lot": _l("What is recorded of this lot"),
    "warned": _l("This lot has a warning"),
    "traceability": _l("The journey of this lot"),
    "product": _l("The product, and lots with a warning"),
    "certificates": _l("Certificates the producer states"),
    "recalled": _l("This lot is recalled"),
    "recall-ended": _l("Recalled; the recall has ended"),
    "held": _l("Its sale is paused by the authority"),
    "under-review": _l("Under review: made of recalled goods"),
    "copied": _l("This label has been copied"),
    "copy-suspected": _l("This label needs a check"),
    "no-recall": _l("No recall recorded"),
    "lots-warned": _l("Some lots have a warning"),
    "no-lots-warned": _l("No lot with a warning recorded"),
    "epcis": _l("EPCIS events of this lot (with a key)"),
}

_RECALL_WORDS: Mapping[Verdict, str] = {
    Verdict.RECALLED: "recalled",
    Verdict.RECALL_ENDED: "recall-ended",
    Verdict.HELD: "held",
    Verdict.UNDER_REVIEW: "under-review",
}

# What is so of one label, not of its lot.
_COPY_WORDS: Mapping[Verdict, str] = {Verdict.COPIED: "copied", Verdict.COPY_SUSPECTED: "copy-suspected"}

FAULTS: Mapping[Fault, Any] = {
    Fault.NO_KEY: _l("There is no GS1 number in this address."),
    Fault.CHARACTER: _l("There is a character in this address that may not stand there."),
    Fault.KEY: _l("The GS1 number in this address has a wrong length."),
    Fault.CHECK_DIGIT: _l("The check digit of the number does not fit: a digit was misread or mistyped."),
    Fault.QUALIFIERS: _l("What follows the number is not in the order or form of the GS1 standard."),
    Fault.ATTRIBUTE: _l("A value behind the question mark is not in the form of the GS1 standard."),
    Fault.COMPRESSED: _l("Compressed GS1 addresses are not read here. Use the uncompressed address."),
    Fault.TOO_LONG: _l("This address is too long."),
}


def type_label(name: str) -> str:
    """What people call a link type."""
    return str(TYPE_LABELS.get(name, name))


def title(words: str) -> str:
    """A link's title in the current language."""
    return str(_TITLES[words])


def page_words(verdict: Verdict, *, is_warned: bool) -> str:
    """Which title the link to the page of a lot or a label has."""
    if is_warned:
        return "warned"
    return _COPY_WORDS.get(verdict, "lot")


def recall_words(verdict: Verdict) -> str:
    """Which title the recall status of a verdict has."""
    return _RECALL_WORDS.get(verdict, "no-recall")


def lot_state(verdict: Verdict) -> str:
    """The state of a lot in a list of lots with a warning."""
    return title(recall_words(verdict)) if verdict in _RECALL_WORDS else title("warned")


def lot_description(known: Known) -> str:
    """What a linkset calls a lot or carton; of a draft only that there is one."""
    batch = known.batch
    if batch is None:
        return str(_("Code %(code)s", code=known.code))
    if batch.seal is None:
        return str(_("Lot %(lot)s", lot=batch.lot_number))
    return str(_("%(name)s, lot %(lot)s", name=batch.seal["product_name"], lot=batch.lot_number))
