"""Words of custody that several faces use: reasons, and quantities read out to be compared with what was meant."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.batches.models import Batch
from trace.core.numbers import in_words
from trace.events.models import Verb
from trace.events.rules import DisposalReason

DISPOSAL_REASONS: Final[Mapping[DisposalReason, Any]] = {
    DisposalReason.SPOILED: _l("Spoiled"),
    DisposalReason.DAMAGED: _l("Damaged"),
    DisposalReason.EXPIRED: _l("Past its date"),
    DisposalReason.RECALLED: _l("Recalled"),
    DisposalReason.SAMPLED: _l("Taken as a sample for testing"),
    DisposalReason.OTHER: _l("Another reason"),
}

VERBS: Final[Mapping[Verb, Any]] = {
    Verb.ACTIVATE: _l("Activated"),
    Verb.ADD_DELIVERY: _l("Another delivery added"),
    Verb.TAKE_IN: _l("Taken in from outside"),
    Verb.TRANSFORM: _l("Prepared or processed"),
    Verb.SPLIT: _l("Split"),
    Verb.MERGE: _l("Merged"),
    Verb.PACK: _l("Packed"),
    Verb.UNPACK: _l("Unpacked"),
    Verb.SHIP: _l("Shipped"),
    Verb.CANCEL: _l("Shipment cancelled"),
    Verb.RECEIVE: _l("Received"),
    Verb.REFUSE: _l("Not taken"),
    Verb.RETURN: _l("Sent back"),
    Verb.CLAIM: _l("Received, not declared by the sender"),
    Verb.CONFIRM_CLAIM: _l("Handed over, as the receiver had noted"),
    Verb.REFUSE_CLAIM: _l("Answered: not so"),
    Verb.SETTLE: _l("Difference settled by both sides"),
    Verb.CONFIRM: _l("Answered by the link"),
    Verb.MOVE: _l("Moved between own places"),
    Verb.STORE: _l("Put into store"),
    Verb.COUNT: _l("Stock counted"),
    Verb.INSPECT: _l("Inspected"),
    Verb.SAMPLE: _l("Sample taken"),
    Verb.MEASURE: _l("Temperature measured"),
    Verb.HOLD: _l("Set aside"),
    Verb.RELEASE: _l("Released"),
    Verb.SELL: _l("Sold"),
    Verb.USE_UP: _l("Used up"),
    Verb.DESTROY: _l("Discarded"),
    Verb.BIND_STAMPS: _l("Stamps bound to the lot"),
    Verb.UNBIND_STAMPS: _l("Binding of stamps undone"),
    Verb.VOID_STAMPS: _l("Stamps voided"),
    Verb.REPRINT_STAMPS: _l("Stamps printed again"),
    Verb.SELL_ITEM: _l("An item sold by its code"),
    Verb.UNSELL_ITEM: _l("Sale of an item undone"),
    Verb.OBSERVE: _l("Noted"),
    Verb.FOREIGN: _l("Reported from elsewhere"),
    Verb.RECALL: _l("Recall"),
    Verb.END_RECALL: _l("Recall completed"),
    Verb.WITHDRAW_RECALL: _l("Recall withdrawn"),
}

# Units as they are read out; a packaging word is already one.
_SPOKEN: Final[Mapping[str, str]] = {"KGM": "ki-lô-gam", "GRM": "gam", "LTR": "lít", "MLT": "mi-li-lít"}


def quantity_in_words(quantity: Decimal, batch: Batch) -> str:
    """A quantity of this batch read out in Vietnamese: "mười hai phẩy năm ki-lô-gam"."""
    return f"{in_words(quantity)} {_SPOKEN.get(batch.uom or '', batch.unit_word)}"
