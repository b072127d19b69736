"""Pure rules of making: what went in against what came out, parts of a lot, lots that may lie in one heap, numbers.

Quantities are ``Decimal``. Every refusal carries its numbers.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, Refusal
from trace.gs1.keys import LONGEST_LOT_NUMBER

MOST_PARTS = 50
MOST_INPUTS = 100
# More parts of one lot than anybody makes.
MOST_COUNTED = 999
# Below it, what came out is most likely a slip of the decimal mark: tea and dried mushrooms keep more than this.
LEAST_YIELD = Decimal("0.05")
_SMALLEST = Decimal("0.000001")
# Units that are the same kind of measure, and how much of the common one each is.
_MEASURES = {
    "KGM": ("KGM", Decimal(1)),
    "GRM": ("KGM", Decimal("0.001")),
    "LTR": ("LTR", Decimal(1)),
    "MLT": ("LTR", Decimal("0.001")),
}


class YieldReason(StrEnum):
    """Why more came out than went in, or hardly anything: codes only, the record is for ever."""

    ADDED_INGREDIENTS = "added_ingredients"
    ABSORBED_WATER = "absorbed_water"
    DRIED_OR_PRESSED = "dried_or_pressed"
    SORTED_OUT = "sorted_out"


class YieldImplausible(Refusal):
    """More came out than went in, or next to nothing did, and nobody said why."""

    code = "yield-implausible"


class MadeBeforeInputs(Refusal):
    """What was made is dated before what it was made of."""

    code = "made-before-inputs"


class UnitsDiffer(Refusal):
    """Lots counted in different units cannot lie in one heap."""

    code = "units-differ"


class GoodsDiffer(Refusal):
    """Lots of different kinds of goods cannot lie in one heap."""

    code = "goods-differ"


class GoodsNamedTwice(BadInput):
    """Each lot is named once."""

    code = "goods-named-twice"


@dataclass(frozen=True)
class Portion:
    """A quantity in its unit: a Rec 20 code, or a packaging word for counts."""

    quantity: Decimal
    uom: str | None
    word: str = ""

    @property
    def measure(self) -> tuple[str, Decimal]:
        """The common unit it can be compared in, and how much of it that is."""
        if self.uom is None:
            return self.word, self.quantity
        name, factor = _MEASURES.get(self.uom, (self.uom, Decimal(1)))
        return name, self.quantity * factor


@dataclass(frozen=True)
class Yield:
    """What went in and came out in one unit; ``ratio`` is None where something came out in another unit too."""

    unit: str
    taken: Decimal
    made: Decimal
    lost: Decimal
    ratio: Decimal | None


def check_yield(
    inputs: Sequence[Portion], outputs: Sequence[Portion], loss: Decimal | None, reason: YieldReason | None
) -> Yield | None:
    """The yield where what went in has one kind of unit; None where nothing can be compared.

    ``loss`` (peel, bones, water; in the common unit) is what was weighed, or all that is missing where everything
    that came out can be compared. Raises ``YieldImplausible`` unless a ``reason`` is given, ``BadInput`` for a loss
    that is negative or has no unit to be in.
    """
    if loss is not None and loss < 0:
        raise BadInput(_l("The loss cannot be below 0."), code="loss-negative", field="loss")
    measures = {portion.measure[0] for portion in inputs}
    if len(measures) != 1:
        if loss:
            raise BadInput(
                _l("What went in is counted in several units. Leave the loss empty."),
                code="loss-without-unit",
                field="loss",
            )
        return None
    (unit,) = measures
    taken = _sum(portion.measure[1] for portion in inputs)
    same = [portion.measure[1] for portion in outputs if portion.measure[0] == unit]
    made = _sum(same)
    is_whole = len(same) == len(outputs)
    lost = loss if loss is not None else (max(taken - made, Decimal(0)) if is_whole else Decimal(0))
    ratio = (made / taken).quantize(Decimal("0.0001"), ROUND_HALF_UP) if is_whole else None
    is_more = made + lost > taken
    is_hardly_any = ratio is not None and ratio < LEAST_YIELD and (loss is None or made + lost < taken)
    if (is_more or is_hardly_any) and reason is None:
        raise YieldImplausible(
            _l("More came out than went in. Look at the numbers again, or say why.")
            if is_more
            else _l("Hardly anything came out. Look at the numbers again, or say why."),
            field="quantity",
            taken=taken,
            made=made,
            lost=lost,
            unit=unit,
        )
    return Yield(unit, taken, made, lost, ratio)


def check_dates(made_on: date, inputs_made_on: Iterable[date]) -> None:
    """Raise ``MadeBeforeInputs`` where goods are dated before what they are made of."""
    latest = max(inputs_made_on)
    if made_on < latest:
        raise MadeBeforeInputs(
            _l(
                "It is dated %(made)s, before the goods it is made of (%(latest)s).",
                made=f"{made_on:%d/%m/%Y}",
                latest=f"{latest:%d/%m/%Y}",
            ),
            made_on=made_on,
            latest_input=latest,
        )


def check_parts(parts: Sequence[Decimal]) -> Decimal:
    """The sum of the parts a lot is split into; raises ``BadInput`` for none, too many, or one that is not above 0."""
    if not parts:
        raise BadInput(
            _l("Write how much the new lot takes."), code="quantity-not-positive", field="quantity"
        )
    if len(parts) > MOST_PARTS:
        raise BadInput(
            _l("Split into at most %(most)s lots at once.", most=MOST_PARTS),
            code="too-many-parts",
            field="quantity",
        )
    if any(part <= 0 for part in parts):
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    return _sum(parts)


def check_several(count: int, least: int) -> None:
    """Raise ``BadInput`` for fewer than ``least`` lots going in, or more than a hundred."""
    if count < least:
        raise BadInput(
            _l("Choose at least two lots.") if least > 1 else _l("Choose what goes in."),
            code="goods-missing",
            field="inputs",
        )
    if count > MOST_INPUTS:
        raise BadInput(
            _l("Take at most %(most)s lots at once.", most=MOST_INPUTS), code="too-many-lots", field="inputs"
        )


def check_alike(units: Collection[str], kinds: Collection[int]) -> None:
    """Raise ``UnitsDiffer`` or ``GoodsDiffer``: a heap is of one kind of goods, in one unit."""
    if len(set(units)) > 1:
        raise UnitsDiffer(
            _l("These lots are counted in different units: %(units)s.", units=", ".join(sorted(set(units)))),
            field="inputs",
            units=sorted(set(units)),
        )
    if len(set(kinds)) > 1:
        raise GoodsDiffer(
            _l("These lots are different kinds of goods. Only the same kind lies in one heap."),
            field="inputs",
        )


def part_prefix(parent: str) -> str:
    """What every part's number of this lot begins with."""
    return parent[: LONGEST_LOT_NUMBER - len(f".{MOST_COUNTED}")]


def part_number(parent: str, taken: Collection[str]) -> str:
    """The lot number of a part: the parent's with the first free ``.n``, cut to GS1's twenty characters."""
    count = 1
    while True:
        suffix = f".{count}"
        number = parent[: LONGEST_LOT_NUMBER - len(suffix)] + suffix
        if number not in taken:
            return number
        count += 1


def heap_prefix(day: date) -> str:
    """What the number of every heap of a day begins with."""
    return f"{day:%d%m%y}-G"


def heap_number(day: date, taken: Collection[str]) -> str:
    """The lot number of a heap made on ``day``: the first free ``ddmmyy-Gn``."""
    count = 1
    while f"{heap_prefix(day)}{count}" in taken:
        count += 1
    return f"{heap_prefix(day)}{count}"


def _sum(quantities: Iterable[Decimal]) -> Decimal:
    return sum(quantities, Decimal(0)).quantize(_SMALLEST)
