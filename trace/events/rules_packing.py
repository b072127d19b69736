"""Pure rules of packing: a unit lies in one other, in no circle, with whoever holds it; what a code may be."""

from collections.abc import Collection
from uuid import UUID

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput, Refusal
from trace.gs1.keys import is_valid_sscc

MOST_PACKED_AT_ONCE = 200
# A jar in a box in a carton on a pallet in a container: nobody packs deeper.
DEEPEST = 8
_TYPED_SEPARATORS = str.maketrans("", "", " -\u00a0\u2010\u2011\u2013")


class UnitNotHeld(Refusal):
    """Only who holds a carton or pallet packs, unpacks or ships it."""

    code = "unit-not-held"


class UnitInUnit(Refusal):
    """It lies in another unit already: take it out first."""

    code = "unit-in-unit"


class PackingCircle(Refusal):
    """A unit cannot lie in itself, nor in what lies in it."""

    code = "packing-circle"


class UnitEmpty(Refusal):
    """There is nothing in it."""

    code = "unit-empty"


class NotInUnit(Refusal):
    """This does not lie in the unit, or not as much of it."""

    code = "not-in-unit"


class SsccTaken(Refusal):
    """Somebody else's unit has this number."""

    code = "sscc-taken"


def read_sscc(typed: str) -> str | None:
    """The 18 digits of an SSCC as printed, with or without "(00)"; None for nothing. Raises ``BadInput``."""
    digits = typed.strip().removeprefix("(00)").translate(_TYPED_SEPARATORS)
    if not digits:
        return None
    if len(digits) == 20 and digits.startswith("00"):  # with its application identifier, as scanned
        digits = digits[2:]
    if not is_valid_sscc(digits):
        raise BadInput(
            _l("An SSCC has 18 digits and a right check digit. Leave it empty if there is none."),
            code="sscc-malformed",
            field="sscc",
        )
    return digits


def check_amount(count: int) -> None:
    """Raise ``BadInput`` where nothing is packed, or more than two hundred things at once."""
    if not count:
        raise BadInput(_l("Choose what goes in."), code="goods-missing", field="goods")
    if count > MOST_PACKED_AT_ONCE:
        raise BadInput(
            _l("Pack at most %(most)s things at once.", most=MOST_PACKED_AT_ONCE),
            code="too-many-goods",
            field="goods",
        )


def check_nesting(child_id: UUID, child_parent: UUID | None, around: Collection[UUID], depth: int) -> None:
    """Raise ``PackingCircle`` or ``UnitInUnit``; ``around`` is the unit it goes into and all that lies around that."""
    if child_id in around:
        raise PackingCircle(_l("A carton cannot lie in itself, or in what lies in it."), field="units")
    if child_parent is not None:
        raise UnitInUnit(
            _l("This carton lies in another one already. Take it out there first."), field="units"
        )
    if depth > DEEPEST:
        raise BadInput(
            _l("Cartons lie in one another at most %(deepest)s deep.", deepest=DEEPEST),
            code="packed-too-deep",
            field="units",
        )
