"""What the form of a printer may hold. What fits together is for `printers`."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from labels.printer_models import Language
from trace.core.fields import Choice, Name, Text, Tick, Whole

MOST_LABELS = 2000  # in one go, as on the page of labels; more is a print run
MOST_POSITIONS = 1000  # of any sheet; which there are on this one is for the sheet


class Dpi(StrEnum):
    """Dots an inch of the print heads there are."""

    D203 = "203"
    D300 = "300"
    D600 = "600"


class Millimetres(ma.fields.Field[Decimal]):
    """A length as people type it ("-1,5", "2.25"), between bounds, to a hundredth."""

    def __init__(self, least: int, most: int, places: int = 1, **more: Any) -> None:
        super().__init__(**more)
        self.least, self.most, self.places = least, most, places

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> Decimal:
        try:
            found = Decimal(str(value).strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
        except InvalidOperation as unreadable:
            raise ma.ValidationError(_l("Write a number of millimetres, like 1,5.")) from unreadable
        if not found.is_finite() or not self.least <= found <= self.most:
            raise ma.ValidationError(
                _l("Write from %(least)s to %(most)s mm.", least=self.least, most=self.most)
            )
        return found.quantize(Decimal(1).scaleb(-self.places))


class PrinterForm(ma.Schema):
    name = Name(required=True, longest=60, empty=_l("Write a name for the printer."))
    language = Choice(Language, required=True)
    dpi = Choice(Dpi, load_default=Dpi.D203)
    design = Text(required=True, longest=40, empty=_l("Choose the label's size."))
    width = Millimetres(1, 400, load_default=None)
    height = Millimetres(1, 400, load_default=None)
    gap = Millimetres(0, 20, load_default=Decimal("2.0"))
    offset_x = Millimetres(-5, 5, 2, load_default=Decimal("0.00"))
    offset_y = Millimetres(-5, 5, 2, load_default=Decimal("0.00"))
    is_turned = Tick()
    address = Text(longest=60, load_default="")


class PrintForm(ma.Schema):
    """How many labels, and where on a row or sheet already begun."""

    count = Whole(low=1, high=MOST_LABELS, load_default=1)
    start = Whole(low=1, high=MOST_POSITIONS, load_default=1)


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as people type them: a comma in lengths, no trailing zeros."""
    return {name: _typed(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _typed(length: Decimal) -> str:
    return f"{length:f}".rstrip("0").rstrip(".").replace(".", ",") or "0"
