"""Pure decisions about numbered stamps: how a number or code is read, what of a range is left, when a run may begin.

No database and no clock here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, Refusal
from trace.core.short_codes import is_well_formed, normalise

MOST_IN_RUN = 1_000_000
MOST_RUNNING = 3  # runs of one organisation whose codes are being made
# Of all runs of one organisation; numbers are stored in four bytes.
HIGHEST_NUMBER = 2_000_000_000
# A wrong scan is noticed at the till or by the count of the week; later the buyer has relied on it.
SALE_UNDONE_WITHIN = timedelta(days=7)

_NUMBER = re.compile(r"\d{1,3}([ .,\u00a0]\d{3})+|\d{1,10}", re.ASCII)
_IN_ADDRESS = re.compile(r"/[Tt]/([^/?#]+)")


class VoidReason(StrEnum):
    """Why stamps were voided: codes only, the record is for ever."""

    SPOILED = "spoiled"
    LOST = "lost"
    WRONG_GOODS = "wrong_goods"
    NOT_USED = "not_used"
    OTHER = "other"


class StampState(StrEnum):
    """Where one stamp stands; voided outweighs the rest, and sold that it is active."""

    PRINTED = "printed"
    ACTIVE = "active"
    SOLD = "sold"
    VOID = "void"


class StampUnknown(BadInput):
    """No stamp of the organisation has this number or code."""

    code = "stamp-unknown"


class StampsOfTwoRuns(BadInput):
    """First and last stamp are not of one run."""

    code = "stamps-of-two-runs"


class FirstAfterLast(BadInput):
    """The last stamp comes before the first."""

    code = "first-after-last"


class StampsBoundAlready(Refusal):
    """Some of these stamps stand for a lot; ``first`` and ``last`` are the first such range."""

    code = "stamps-bound-already"


class StampsVoid(Refusal):
    """Every one of these stamps was voided."""

    code = "stamps-void"


class StampsForAnotherProduct(Refusal):
    """The roll was issued for another product, or the labels were printed for another lot."""

    code = "stamps-for-another-product"


class BindingFinal(Refusal):
    """Goods with these stamps may have left: the binding stays."""

    code = "binding-final"


class StampNotActive(Refusal):
    """The stamp stands for no lot: what carries it is not sold."""

    code = "stamp-not-active"


class ItemSold(Refusal):
    """The item with this stamp was noted as sold; ``sold_on`` is the day."""

    code = "item-sold"


class SaleFinal(Refusal):
    """The sale was noted too long ago to be undone."""

    code = "sale-final"


class RunNotFinished(Refusal):
    """Not all codes of the run are there, or it was cancelled."""

    code = "run-not-finished"


class RunEnded(Refusal):
    """The run is finished or cancelled already."""

    code = "run-ended"


class TooManyRuns(Refusal):
    """The organisation has as many runs under way as one may have."""

    code = "too-many-runs"


class AddressNotForPrint(Refusal):
    """Printed for ever: only the configured public address may be."""

    code = "address-not-for-print"


@dataclass(frozen=True, order=True)
class Span:
    """Numbers from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1

    def overlap(self, other: "Span") -> "Span | None":
        """What both have; None for nothing."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Span(first, last) if first <= last else None


@dataclass(frozen=True)
class Typed:
    """One stamp as it was typed or scanned: its number, or its code. Both None where it is neither."""

    number: int | None = None
    code: str | None = None


def read_stamp(text: str) -> Typed:
    """Read a number as printed beside the code (``12001``, ``12.001``), a code, or the address in a QR."""
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        number = int(re.sub(r"\D", "", stripped))
        return Typed(number=number) if 1 <= number <= HIGHEST_NUMBER else Typed()
    in_address = _IN_ADDRESS.search(stripped)
    code = normalise(in_address.group(1) if in_address else stripped)
    return Typed(code=code) if is_well_formed(code) else Typed()


def left_of(span: Span, taken: Iterable[Span]) -> list[Span]:
    """The parts of ``span`` that none of ``taken`` covers, in order."""
    left, first = [], span.first
    for other in sorted(taken):
        if other.first > first:
            left.append(Span(first, min(other.first - 1, span.last)))
        first = max(first, other.last + 1)
        if first > span.last:
            break
    if first <= span.last:
        left.append(Span(first, span.last))
    return [part for part in left if part.size > 0]


def check_count(count: int, running: int) -> None:
    """Raise ``BadInput`` for a run of no stamps or too many, ``TooManyRuns`` while others are under way."""
    if not 1 <= count <= MOST_IN_RUN:
        raise BadInput(
            _l("Choose how many, from 1 to %(most)s.", most=_plain(MOST_IN_RUN)),
            code="run-size",
            field="count",
            most=MOST_IN_RUN,
        )
    if running >= MOST_RUNNING:
        raise TooManyRuns(
            _l("%(count)d print runs are being made. Wait until one is ready, or cancel one.", count=running)
        )


def check_address(address: str, configured: str | None, *, is_public: bool, is_demo: bool) -> None:
    """Raise ``AddressNotForPrint`` for an address that is not the configured public one.

    Printed addresses are for ever, so a trial under another host must not reach a printer. Labels of the demo carry
    its mark and may be printed anywhere.
    """
    if is_demo:
        return
    if configured is None or not is_public or address != configured:
        raise AddressNotForPrint(
            _l(
                "The address %(address)s would stand on the labels for ever, and it is not the public address of this"
                " service. The operator sets it (TRACE_PUBLIC_URL); until then nothing is printed.",
                address=address,
            ),
            address=address,
        )


def check_order(span: Span) -> None:
    """Raise ``FirstAfterLast``."""
    if span.first > span.last:
        raise FirstAfterLast(_l("The last stamp comes before the first. Change them over."), field="last")


def state_of(*, is_bound: bool, is_void: bool, is_sold: bool = False) -> StampState:
    """The one word for a stamp."""
    if is_void:
        return StampState.VOID
    if is_sold:
        return StampState.SOLD
    return StampState.ACTIVE if is_bound else StampState.PRINTED


def _plain(number: int) -> str:
    return f"{number:,}".replace(",", ".")
