"""Words for the codes of handovers and corrections, as members' pages use them."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.events.handover_models import ClaimEnd, Outcome
from trace.events.rules_correction import Changed, CorrectionReason
from trace.events.rules_handover import RefusalReason, ReturnReason

OUTCOMES: Final[Mapping[Outcome, Any]] = {
    Outcome.NATURAL_LOSS: _l("Natural loss"),
    Outcome.SPOILED: _l("Spoiled"),
    Outcome.RETURNED: _l("Went back to the sender"),
    Outcome.MISCOUNTED_BY_SENDER: _l("Miscounted by the sender"),
    Outcome.MISCOUNTED_BY_RECEIVER: _l("Miscounted by the receiver"),
    Outcome.LOST: _l("Lost"),
}
OUTCOME_HINTS: Final[Mapping[Outcome, Any]] = {
    Outcome.NATURAL_LOSS: _l("Evaporated or dripped away on the road"),
    Outcome.SPOILED: _l("Rotten or broken, thrown away"),
    Outcome.RETURNED: _l("It stands with the sender again"),
    Outcome.MISCOUNTED_BY_SENDER: _l("It never left: it stands with the sender"),
    Outcome.MISCOUNTED_BY_RECEIVER: _l("It did arrive: it stands with the receiver"),
    Outcome.LOST: _l("Nobody knows where it is"),
}
REFUSAL_REASONS: Final[Mapping[RefusalReason, Any]] = {
    RefusalReason.NOT_ORDERED: _l("Not ordered"),
    RefusalReason.WRONG_GOODS: _l("Other goods than ordered"),
    RefusalReason.WRONG_QUANTITY: _l("Another quantity than ordered"),
    RefusalReason.DAMAGED: _l("Spoiled or damaged"),
    RefusalReason.TOO_WARM: _l("Not kept cold enough"),
    RefusalReason.SHORT_DATED: _l("Too near its date"),
    RefusalReason.PAPERS_MISSING: _l("Papers are missing"),
    RefusalReason.OTHER: _l("Another reason"),
}
RETURN_REASONS: Final[Mapping[ReturnReason, Any]] = {
    ReturnReason.UNSOLD: _l("Not sold"),
    ReturnReason.DAMAGED: _l("Spoiled or damaged"),
    ReturnReason.WRONG_GOODS: _l("Other goods than ordered"),
    ReturnReason.EXPIRED: _l("Past its date"),
    ReturnReason.RECALLED: _l("Recalled"),
    ReturnReason.OTHER: _l("Another reason"),
}
CLAIM_ENDS: Final[Mapping[ClaimEnd, Any]] = {
    ClaimEnd.CONFIRMED: _l("Confirmed by the sender"),
    ClaimEnd.REFUSED: _l("The sender says: not so"),
    ClaimEnd.WITHDRAWN: _l("Taken back"),
    ClaimEnd.LAPSED: _l("Lapsed after 7 days"),
}
CORRECTION_REASONS: Final[Mapping[CorrectionReason, Any]] = {
    CorrectionReason.INCORRECT_DATA: _l("Something in it was entered wrongly"),
    CorrectionReason.DID_NOT_OCCUR: _l("It did not happen at all"),
}
CHANGED: Final[Mapping[Changed, Any]] = {
    Changed.QUANTITY: _l("quantity"),
    Changed.TIME: _l("time"),
    Changed.OTHER_SIDE: _l("the other side"),
    Changed.REASON: _l("reason"),
    Changed.LOT_NUMBER: _l("lot number"),
    Changed.PRODUCED_ON: _l("date of harvest or production"),
    Changed.EXPIRES_ON: _l("expiry date"),
    Changed.HOUSEHOLDS: _l("households and plots"),
}
