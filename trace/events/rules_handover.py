"""Pure rules of what is between two sides: ending a handover, settling a difference, claims, links to confirm."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.numbers import Figure
from trace.events.handover_models import ClaimEnd, Outcome

CLAIM_LAPSES_AFTER = timedelta(days=7)
# A cooperative that forgot to declare one morning's deliveries is claimed from lot by lot; a vandal is not a morning.
MOST_OPEN_CLAIMS = 10
MOST_CLAIMS_A_DAY = 20
MOST_REFUSED_CLAIMS = 3
REFUSALS_COUNT_FOR = timedelta(days=30)
# How often a claim may ask for too much before it has to wait: each answer tells something of what is held.
FREE_GUESSES = 5
CONFIRMATION_EXPIRES_AFTER = timedelta(days=30)
MOST_CONFIRMATIONS = 10


class RefusalReason(StrEnum):
    """Why a delivery was not taken: codes only, the record is for ever."""

    NOT_ORDERED = "not_ordered"
    WRONG_GOODS = "wrong_goods"
    WRONG_QUANTITY = "wrong_quantity"
    DAMAGED = "damaged"
    TOO_WARM = "too_warm"
    SHORT_DATED = "short_dated"
    PAPERS_MISSING = "papers_missing"
    OTHER = "other"


class ReturnReason(StrEnum):
    """Why goods go back to whoever they came from."""

    RECALLED = "recalled"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    WRONG_GOODS = "wrong_goods"
    UNSOLD = "unsold"
    OTHER = "other"


class ShipmentReceived(Refusal):
    """The receiver has the goods: they come back by a return, not by cancelling."""

    code = "shipment-received"


class HandoverConfirmed(Refusal):
    """The party said that it received the goods: the sender alone cannot take that back."""

    code = "handover-confirmed"


class ReturnMustBeReceived(Refusal):
    """What was returned is received by whoever had shipped it; a difference is settled afterwards."""

    code = "return-must-be-received"


class ReturnExceedsReceived(Refusal):
    """More would go back than came from this hand."""

    code = "return-exceeds-received"


class NothingToSettle(Refusal):
    """The difference is smaller than what was proposed, or settled already."""

    code = "nothing-to-settle"


class SettlementOver(Refusal):
    """The proposal was declined, replaced or agreed on before."""

    code = "settlement-over"


class NotYoursToAnswer(Refusal):
    """Who proposed waits for the other side's answer."""

    code = "not-yours-to-answer"


class ClaimExceedsHolding(Refusal):
    """The named sender does not have that much unclaimed; how much it has is its own affair."""

    code = "claim-exceeds-holding"


class TooManyClaims(Refusal):
    """Too many claims against one sender are open, or were made today."""

    code = "too-many-claims"


class ClaimRefusedBefore(Refusal):
    """The sender has refused such claims; a call is what is needed."""

    code = "claim-refused-before"


class ClaimOver(Refusal):
    """The claim was confirmed, refused, withdrawn, or lapsed."""

    code = "claim-over"


class ConfirmationOver(Refusal):
    """The link was answered otherwise, has expired, or a newer one took its place."""

    code = "confirmation-over"


class TooManyConfirmations(Refusal):
    """Enough links were made for one handover."""

    code = "too-many-confirmations"


def goes_to(outcome: Outcome, sender_id: str, receiver_id: str) -> str | None:
    """Into whose hands a settled quantity goes; None where it is gone.

    What was returned, or never left, is with the sender; what the receiver overlooked is with the receiver.
    """
    return {
        Outcome.RETURNED: sender_id,
        Outcome.MISCOUNTED_BY_SENDER: sender_id,
        Outcome.MISCOUNTED_BY_RECEIVER: receiver_id,
    }.get(outcome)


def check_settleable(quantity: Decimal, still_open: Decimal, unit: str, *, is_count: bool) -> None:
    """Raise ``NothingToSettle`` or ``BadInput`` for a quantity that is not part of the open difference."""
    if quantity <= 0:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    if is_count and quantity != quantity.to_integral_value():
        raise BadInput(
            _l("%(unit)s are counted in whole numbers.", unit=unit), code="whole-units-only", field="quantity"
        )
    if quantity > still_open:
        raise NothingToSettle(
            _l(
                "%(open)s %(unit)s of this difference are not settled yet.",
                open=Figure(still_open),
                unit=unit,
            ),
            field="quantity",
            open=still_open,
            asked=quantity,
            unit=unit,
        )


def check_return(asked: Decimal, returnable: Decimal, unit: str) -> None:
    """Raise ``ReturnExceedsReceived``."""
    if asked > returnable:
        raise ReturnExceedsReceived(
            _l(
                "%(returnable)s %(unit)s came from there and can go back; %(asked)s was asked for.",
                returnable=Figure(returnable),
                asked=Figure(asked),
                unit=unit,
            ),
            field="quantity",
            returnable=returnable,
            asked=asked,
            unit=unit,
        )


def check_may_claim(*, open_claims: int, made_today: int, refused: int, is_same_lot_refused: bool) -> None:
    """Raise ``TooManyClaims`` or ``ClaimRefusedBefore``; all counts are of one claimant against one sender."""
    if is_same_lot_refused or refused >= MOST_REFUSED_CLAIMS:
        raise ClaimRefusedBefore(
            _l("This sender has refused before. Call them and ask them to declare the shipment themselves."),
            refused=refused,
        )
    if open_claims >= MOST_OPEN_CLAIMS or made_today >= MOST_CLAIMS_A_DAY:
        raise TooManyClaims(
            _l(
                "%(count)s notes of goods not declared wait for this sender's answer. Call them before you send more.",
                count=max(open_claims, made_today),
            ),
            open=open_claims,
            today=made_today,
        )


def check_claimable(asked: Decimal, unclaimed: Decimal) -> None:
    """Raise ``ClaimExceedsHolding``, without the figure: what a sender holds is not the claimant's to know."""
    if asked > unclaimed:
        raise ClaimExceedsHolding(
            _l(
                "The record does not show that this sender has that much of this lot."
                " Check the lot, the sender and the quantity, or call the sender and ask them to declare the shipment."
            ),
            field="quantity",
            asked=asked,
        )


def is_open(closed_at: datetime | None, lapses_at: datetime, now: datetime) -> bool:
    """Whether a claim still waits: it lapses by its time, whether or not anybody has noted it."""
    return closed_at is None and now < lapses_at


def check_open(
    closed_at: datetime | None, outcome: str | None, lapses_at: datetime, now: datetime, wanted: ClaimEnd
) -> bool:
    """Whether a claim is still to be ended as ``wanted``; False where it ended that way before.

    Raises ``ClaimOver`` where it ended otherwise.
    """
    if is_open(closed_at, lapses_at, now):
        return True
    if outcome == wanted:
        return False
    how = outcome or str(ClaimEnd.LAPSED)
    ended = closed_at or lapses_at
    raise ClaimOver(
        _l("This is over since %(when)s.", when=f"{clock.local(ended):%H:%M %d/%m/%Y}"), outcome=how
    )
