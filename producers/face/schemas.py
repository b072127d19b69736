"""What the forms of the producers' workspace hold. Shapes only; whether the facts make sense is for the services."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from producers.rules import LONGEST_SHELF_LIFE_DAYS
from trace.batches.models import DateKind
from trace.core.fields import Celsius, Choice, Day, Id, Name, Quantity, Text, Tick, Whole
from trace.core.numbers import Meaning

MOST_STANDARDS = 12
LONGEST_STANDARD = 120


def _empty(sentence: Any) -> dict[str, Any]:
    """What to say of a choice that was not made: on the summary alone "choose one" would not tell of what."""
    return {"required": sentence, "null": sentence}


class Percent(Quantity):
    """A percentage typed as people type it; 0 is one too, and "1.500" cannot mean fifteen hundred."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Decimal:
        if isinstance(value, str):
            value = value.strip().removesuffix("%").strip()
            if value and not value.strip("0,."):
                return Decimal(0)
        return super()._deserialize(value, attr, _as_decimals(data, attr), **more)


class Lines(Text):
    """Several short texts, one a line; empty lines do not count."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        lines = [line for line in super()._deserialize(value, attr, data, **more).splitlines() if line]
        if len(lines) > MOST_STANDARDS:
            raise ma.ValidationError(_l("Use at most %(most)s lines.", most=MOST_STANDARDS))
        if any(len(line) > LONGEST_STANDARD for line in lines):
            raise ma.ValidationError(
                _l("Use at most %(longest)s characters on a line.", longest=LONGEST_STANDARD)
            )
        return tuple(dict.fromkeys(lines))


class ProductForm(ma.Schema):
    """A product, as its form has it: one unit is a measure, or "count" with a word."""

    name = Name(required=True, longest=120, empty=_l("Write the product name."))
    ocop_set = Whole(low=1, high=26, required=True, empty=_l("Choose one of the 26 OCOP product sets."))
    measure = Text(required=True, longest=10, empty=_l("Choose a unit."))
    packaging_word = Name(longest=20, load_default="")
    second_unit = Name(longest=20, load_default=None)
    usual_weight_kg = Quantity(load_default=None)
    natural_loss_percent = Percent(load_default=Decimal(0))
    min_temperature = Celsius(load_default=None)
    max_temperature = Celsius(load_default=None)
    expiry_kind = Choice(
        ExpiryKind, required=True, error_messages=_empty(_l("Choose use by, best before or no expiry date."))
    )
    shelf_life_days = Whole(low=1, high=LONGEST_SHELF_LIFE_DAYS, load_default=None)
    gtin = Text(longest=20, load_default=None)
    brand = Name(longest=80, load_default="")
    net_content = Name(longest=60, load_default="")
    standards = Lines(longest=1500, multiline=True, load_default=())
    has_food_safety_commitment = Tick()
    description = Text(longest=2000, multiline=True, load_default="")


class CertificateForm(ma.Schema):
    """An OCOP decision; its expiry is derived."""

    stars = Whole(low=3, high=5, required=True, empty=_l("Choose the number of stars."))
    decision_number = Name(required=True, longest=60, empty=_l("Write the number of the decision."))
    decided_on = Day(required=True, empty=_l("Write the date of the decision."))
    issuer = Name(required=True, longest=120, empty=_l("Write who issued it."))


class BatchForm(ma.Schema):
    """A batch, in the order of its form; ``derived_for`` is the date for which the form's expiry was derived before
    anybody edited it."""

    product_id = Id(required=True)
    quantity = Quantity(required=True, empty=_l("Write the quantity."))
    date_kind = Choice(DateKind, required=True, error_messages=_empty(_l("Choose which date it is.")))
    produced_on = Day(required=True, empty=_l("Write the date of harvest or production."))
    lot_number = Text(required=True, longest=40, empty=_l("Write the lot number."))
    expires_on = Day(load_default=None)
    location_id = Id(required=True, empty=_l("Choose a place."))
    derived_for = Day(load_default=None)


def _as_decimals(data: Any, attr: str | None) -> Any:
    values = data if isinstance(data, Mapping) else {}
    return {**values, f"{attr}_meaning": Meaning.DECIMALS}
