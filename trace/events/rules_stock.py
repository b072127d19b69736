"""Pure rules of goods at rest: counting stock, places, inspections, holds. Quantities are in the batch's one unit."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, Refusal
from trace.core.numbers import Figure
from trace.events.rules import NotTheHolder, WholeUnitsOnly

MOST_AT_ONCE = 200
# A count that loses more than this is asked about once: 5 typed for 50 must not become a loss of 45.
UNASKED_LOSS_PERCENT = Decimal(20)


class InspectionResult(StrEnum):
    """What an inspection found; the result of a test may come later."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


class SetAsideReason(StrEnum):
    """Why a holder keeps goods apart. Its own affair, never public."""

    TO_INSPECT = "to_inspect"
    QUALITY_IN_DOUBT = "quality_in_doubt"
    COMPLAINT = "complaint"
    TEMPERATURE = "temperature"
    OTHER = "other"


class CountExceedsHolding(Refusal):
    """More was counted than can be there: goods that came without a receipt have to be received first."""

    code = "count-exceeds-holding"


class CountLosesMuch(Refusal):
    """Much less was counted than is on record; said twice, it is believed."""

    code = "count-loses-much"


class CountBelowPacked(Refusal):
    """Less was counted than lies in cartons."""

    code = "count-below-packed"


class SamePlace(BadInput):
    """Goods are moved to where they are."""

    code = "same-place"


class NotAtHand(Refusal):
    """Only who has goods, or is about to receive them, can say how they are."""

    code = "not-at-hand"


class ResultNeedsDecision(Refusal):
    """What did not pass is paused or recalled first: an accusation without a decision helps nobody."""

    code = "result-needs-decision"


class AlreadySetAside(Refusal):
    """They are set aside, for another reason."""

    code = "already-set-aside"


class NotOnHold(Refusal):
    """There is nothing to release."""

    code = "not-on-hold"


@dataclass(frozen=True)
class Counted:
    """What a count changes: ``lost`` is missing, ``found`` is there again. At most one is not zero."""

    lost: Decimal
    found: Decimal


def check_number(count: int) -> None:
    """Raise ``BadInput`` for no batch at all, or too many at once."""
    if not 0 < count <= MOST_AT_ONCE:
        raise BadInput(
            _l("Name between 1 and %(most)s batches.", most=MOST_AT_ONCE), code="batch-count", field="goods"
        )


def settle_count(
    counted: Decimal,
    booked: Decimal,
    *,
    packed: Decimal,
    lost_before: Decimal,
    unit: str,
    is_count: bool,
    is_sure: bool,
) -> Counted:
    """What a count of ``counted`` means where ``booked`` is on record at that place, ``packed`` of it in cartons.

    ``lost_before`` is what this organisation's own earlier counts wrote off: no more than that can be found again.
    Raises ``CountExceedsHolding``, ``CountLosesMuch`` (unless ``is_sure``), ``CountBelowPacked``, ``NotTheHolder``,
    ``WholeUnitsOnly``, ``BadInput``.
    """
    if counted < 0:
        raise BadInput(_l("A count is 0 or more."), code="quantity-negative", field="quantity")
    if is_count and counted != counted.to_integral_value():
        raise WholeUnitsOnly(_l("%(unit)s are counted in whole numbers.", unit=unit), field="quantity")
    if booked <= 0 and lost_before <= 0:
        raise NotTheHolder(
            _l("Your organisation holds none of this batch."), field="quantity", held=booked, asked=counted
        )
    if counted > booked:
        return _settle_more(counted, booked, lost_before, unit)
    if counted < packed:
        raise CountBelowPacked(
            _l(
                "%(packed)s %(unit)s lie in cartons. If fewer are left, unpack the carton first.",
                packed=Figure(packed),
                unit=unit,
            ),
            field="quantity",
            packed=packed,
            counted=counted,
            unit=unit,
        )
    lost = booked - counted
    if lost * 100 > booked * UNASKED_LOSS_PERCENT and not is_sure:
        raise CountLosesMuch(
            _l(
                "%(booked)s %(unit)s were on record; %(counted)s would mean %(lost)s lost. Check the figure, then tick"
                " that it is right.",
                booked=Figure(booked),
                counted=Figure(counted),
                lost=Figure(lost),
                unit=unit,
            ),
            field="quantity",
            held=booked,
            counted=counted,
            lost=lost,
            unit=unit,
        )
    return Counted(lost=lost, found=Decimal(0))


def _settle_more(counted: Decimal, booked: Decimal, lost_before: Decimal, unit: str) -> Counted:
    found = counted - booked
    if found > lost_before:
        raise CountExceedsHolding(
            _l(
                "%(booked)s %(unit)s are on record, so %(counted)s cannot be there. Receive what came first, or correct"
                " what was noted as sold or discarded.",
                booked=Figure(booked),
                counted=Figure(counted),
                unit=unit,
            ),
            field="quantity",
            held=booked,
            counted=counted,
            most=booked + lost_before,
            unit=unit,
        )
    return Counted(lost=Decimal(0), found=found)


def check_result(result: InspectionResult, *, is_paused: bool) -> None:
    """Raise ``ResultNeedsDecision`` where the authority would publish a failure and leave the goods on sale."""
    if result is InspectionResult.FAILED and not is_paused:
        raise ResultNeedsDecision(
            _l("Pause the sale of this batch or recall it first. Then record that it did not pass."),
            field="result",
        )
