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
    Verb.SHIP: _l("Shipped"),
    Verb.RECEIVE: _l("Received"),
    Verb.SELL: _l("Sold"),
    Verb.DESTROY: _l("Discarded"),
    Verb.RECALL: _l("Recall"),
    Verb.END_RECALL: _l("Recall completed"),
    Verb.WITHDRAW_RECALL: _l("Recall withdrawn"),
}

# Units as they are read out; a packaging word is already one.
_SPOKEN: Final[Mapping[str, str]] = {"KGM": "ki-lô-gam", "GRM": "gam", "LTR": "lít", "MLT": "mi-li-lít"}


def quantity_in_words(quantity: Decimal, batch: Batch) -> str:
    """A quantity of this batch read out in Vietnamese: "mười hai phẩy năm ki-lô-gam"."""
    return f"{in_words(quantity)} {_SPOKEN.get(batch.uom or '', batch.unit_word)}"
