"""Pure rules of custody: may this be done, at this time, with this quantity, and how a difference closes.

Quantities are ``Decimal`` in the batch's unit. Every refusal carries its numbers.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.numbers import Figure

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
LATE_AFTER = timedelta(hours=24)
# How long an unconfirmed handover is nobody's fault: the receiver may be asleep, or at the market.
CONFIRMATION_GRACE = timedelta(hours=24)
_SMALLEST = Decimal("0.000001")


class DisposalReason(StrEnum):
    """Why goods were destroyed: codes only, the record is for ever."""

    SPOILED = "spoiled"
    DAMAGED = "damaged"
    EXPIRED = "expired"
    RECALLED = "recalled"
    SAMPLED = "sampled"
    OTHER = "other"


class QuantityExceedsHolding(Refusal):
    """More was asked for than is held."""

    code = "quantity-exceeds-holding"


class ReceivedExceedsShipped(Refusal):
    """More arrived than was declared: the sender has to declare the rest."""

    code = "received-exceeds-shipped"


class NotTheHolder(Refusal):
    """Only who holds goods may move them."""

    code = "not-the-holder"


class BatchNotActivated(Refusal):
    """A draft cannot move."""

    code = "batch-not-activated"


class BatchRecalled(Refusal):
    """A recalled batch goes back to its producer or is destroyed, nothing else."""

    code = "batch-recalled"


class BatchExpired(Refusal):
    """Nothing is sold past its use-by date."""

    code = "batch-expired"


class BatchHeld(Refusal):
    """The authority paused the sale, or nobody has decided yet what a recall means for what was made of it."""

    code = "batch-held"


class GoodsSetAside(Refusal):
    """Their holder set them aside; released, they may move again."""

    code = "goods-set-aside"


class GoodsPacked(Refusal):
    """They lie in cartons: ship the carton, or unpack first."""

    code = "goods-packed"


class GoodsElsewhere(Refusal):
    """They lie at another place of the organisation."""

    code = "goods-elsewhere"


class WholeUnitsOnly(BadInput):
    """Counted goods move in whole pieces."""

    code = "whole-units-only"


class TimeOutOfRange(BadInput):
    """The event would be before its goods existed, or in the future."""

    code = "event-time-out-of-range"


@dataclass(frozen=True)
class Difference:
    """How what did not arrive is booked: ``lost`` is closed as natural loss, ``open`` waits for both sides."""

    lost: Decimal
    open: Decimal


def check_quantity(asked: Decimal, held: Decimal, unit: str, *, is_count: bool) -> None:
    """Raise ``QuantityExceedsHolding`` (or ``NotTheHolder`` for nothing held), ``WholeUnitsOnly``, ``BadInput``."""
    if asked <= 0:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    if is_count and asked != asked.to_integral_value():
        raise WholeUnitsOnly(_l("%(unit)s are counted in whole numbers.", unit=unit), field="quantity")
    if held <= 0:
        raise NotTheHolder(
            _l("Your organisation holds none of this batch."), field="quantity", held=held, asked=asked
        )
    if asked > held:
        raise QuantityExceedsHolding(
            _l(
                "Your organisation holds %(held)s %(unit)s; %(asked)s was asked for.",
                held=Figure(held),
                asked=Figure(asked),
                unit=unit,
            ),
            field="quantity",
            held=held,
            asked=asked,
            unit=unit,
        )


def check_loose(asked: Decimal, held: Decimal, packed: Decimal, unit: str) -> None:
    """Raise ``GoodsPacked`` where what is held covers it, but not what lies loose."""
    if asked > held - packed:
        raise GoodsPacked(
            _l(
                "%(packed)s %(unit)s of the %(held)s held lie in cartons. Ship the carton, or unpack it first.",
                packed=Figure(packed),
                held=Figure(held),
                unit=unit,
            ),
            field="quantity",
            held=held,
            packed=packed,
            asked=asked,
            unit=unit,
        )


def check_place(asked: Decimal, here: Decimal, held: Decimal, unit: str) -> None:
    """Raise ``GoodsElsewhere`` where what is held covers it, but not what lies at the place it is taken from."""
    if asked > here:
        raise GoodsElsewhere(
            _l(
                "%(here)s %(unit)s of the %(held)s held lie at this place. Choose the place they leave from.",
                here=Figure(here),
                held=Figure(held),
                unit=unit,
            ),
            field="location_id",
            held=held,
            here=here,
            asked=asked,
            unit=unit,
        )


def close_difference(shipped: Decimal, received: Decimal, tolerance_percent: Decimal) -> Difference:
    """Book what did not arrive.

    Up to ``tolerance_percent`` of what was shipped it closes by itself as natural loss; above that all of it stays
    open until both sides settle it. Raises ``ReceivedExceedsShipped``.
    """
    if received > shipped:
        raise ReceivedExceedsShipped(
            _l(
                "%(shipped)s was shipped to you. Receive that much, and ask the sender to declare the rest.",
                shipped=Figure(shipped),
            ),
            field="quantity",
            shipped=shipped,
            received=received,
        )
    missing = shipped - received
    tolerated = (shipped * tolerance_percent / 100).quantize(_SMALLEST, ROUND_HALF_UP)
    if missing <= tolerated:
        return Difference(lost=missing, open=Decimal(0))
    return Difference(lost=Decimal(0), open=missing)


def correct_clock(
    stated: datetime | None, device_now: datetime | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """A time as a device stated it, set right by how far its clock is off; and what it had said, if that differs.

    ``device_now`` is the device's clock at the moment it sent. A clock within 5 minutes is taken at its word.
    """
    if stated is None or device_now is None or abs(now - device_now) <= CLOCKS_MAY_DIFFER:
        return stated, None
    return stated + (now - device_now), stated


def settle_time(stated: datetime | None, now: datetime, not_before: datetime) -> datetime:
    """When an event happened, ``now`` unless stated; a clock up to 5 minutes ahead of the server's counts as now.

    Were it kept as stated, whoever comes next would seem to act before it. A time stated to the minute is not held
    against the seconds of ``not_before``. Raises ``TimeOutOfRange`` as ``check_time`` does.
    """
    if stated is None:
        return now
    is_to_the_minute = (stated.second, stated.microsecond) == (0, 0)
    check_time(stated, now, not_before.replace(second=0, microsecond=0) if is_to_the_minute else not_before)
    return min(max(stated, not_before), now)


def check_time(event_time: datetime, now: datetime, not_before: datetime) -> None:
    """Raise ``TimeOutOfRange`` for an event over 5 minutes ahead of the server, or before its goods existed."""
    if event_time > now + CLOCKS_MAY_DIFFER:
        raise TimeOutOfRange(_l("This time is in the future."), field="event_time")
    if event_time < not_before:
        raise TimeOutOfRange(
            _l(
                "This is before the goods were there (%(when)s).",
                when=f"{clock.local(not_before):%H:%M %d/%m/%Y}",
            ),
            field="event_time",
        )


def check_sellable(*, is_recalled: bool, use_by: date | None, today: date) -> None:
    """Raise ``BatchRecalled`` or ``BatchExpired``; ``use_by`` is None for goods without a use-by date."""
    check_not_recalled(is_recalled=is_recalled)
    if use_by is not None and use_by < today:
        raise BatchExpired(
            _l("The use-by date of this batch was %(date)s. It must not be sold.", date=f"{use_by:%d/%m/%Y}"),
            use_by=use_by,
        )


def check_not_held(*, is_held: bool, is_under_review: bool, is_set_aside: bool) -> None:
    """Raise ``BatchHeld`` or ``GoodsSetAside``: what is paused is neither sold nor passed on."""
    if is_held:
        raise BatchHeld(
            _l("The sale of this batch is paused by the authority. Keep it apart until it is released.")
        )
    if is_under_review:
        raise BatchHeld(
            _l("This batch was made from recalled goods. Keep it apart until the authority has decided.")
        )
    if is_set_aside:
        raise GoodsSetAside(_l("These goods are set aside. Release them first."))


def check_not_recalled(*, is_recalled: bool) -> None:
    """Raise ``BatchRecalled``."""
    if is_recalled:
        raise BatchRecalled(
            _l(
                "This batch is recalled. Do not sell or pass it on: send it back to its producer or destroy it."
            )
        )


def is_late(event_time: datetime, record_time: datetime) -> bool:
    """Whether the entry is shown as added later ("ghi bổ sung")."""
    return record_time - event_time > LATE_AFTER


def start_of_day(day: date) -> datetime:
    """Midnight in Hanoi at the beginning of ``day``."""
    return clock.from_local(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a wall-clock time, made aware
