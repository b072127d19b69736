"""What programs send and get about products. Shapes only; whether the facts make sense is for the services."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from producers.rules import LONGEST_SHELF_LIFE_DAYS, MOST_NATURAL_LOSS_PERCENT, OCOP_SETS
from trace.core.api import Amount, Answer, Body, ExactNumber
from trace.core.fields import Celsius, Choice, Name, Text, Tick, Whole

MOST_STANDARDS = 12


class Measure(StrEnum):
    """Units of mass and volume (UN/ECE Rec 20); everything else is a count with a packaging word."""

    KGM = "KGM"
    GRM = "GRM"
    LTR = "LTR"
    MLT = "MLT"


class NewProduct(Body):
    """A product. Its one unit is ``uom`` or ``packaging_word``, never both."""

    name = Name(required=True, longest=120)
    ocop_set = Whole(low=min(OCOP_SETS), high=max(OCOP_SETS), required=True)
    uom = Choice(Measure)
    packaging_word = Name(longest=20, metadata={"description": "What is counted: quả, bó, túi."})
    second_unit = Name(longest=20)
    usual_weight_kg = ExactNumber()
    natural_loss_percent = ExactNumber(most=Decimal(MOST_NATURAL_LOSS_PERCENT), zero=True)
    min_temperature = Celsius(
        metadata={"description": "°C; a reading below it is a breach of the cold chain."}
    )
    max_temperature = Celsius(
        metadata={"description": "°C; a reading above it is a breach of the cold chain."}
    )
    expiry_kind = Choice(ExpiryKind, required=True)
    shelf_life_days = Whole(low=1, high=LONGEST_SHELF_LIFE_DAYS)
    gtin = Text(longest=20)
    brand = Name(longest=80)
    net_content = Name(longest=60)
    standards = ma.fields.List(
        Text(required=True, longest=120),
        error_messages={"invalid": _l("Send a list.")},
        validate=ma.validate.Length(max=MOST_STANDARDS, error=_l("Use at most 12 lines.")),
    )
    has_food_safety_commitment = Tick(load_default=ma.missing)
    description = Text(longest=2000, multiline=True)

    @ma.validates_schema
    def _one_unit(self, data: dict[str, Any], **_more: Any) -> None:
        if bool(data.get("uom")) == bool(data.get("packaging_word")):
            raise ma.ValidationError(
                _l("Give uom for mass or volume, or packaging_word for counts; one of the two."), "uom"
            )


class ProductAnswer(Answer):
    """A product of your organisation."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    ocop_set = ma.fields.Integer()
    uom = ma.fields.String(allow_none=True)
    packaging_word = ma.fields.String(allow_none=True)
    second_unit = ma.fields.String(allow_none=True)
    usual_weight_kg = Amount(allow_none=True)
    natural_loss_percent = Amount()
    min_temperature = Celsius(allow_none=True)
    max_temperature = Celsius(allow_none=True)
    expiry_kind = ma.fields.String(metadata={"enum": [str(kind) for kind in ExpiryKind]})
    shelf_life_days = ma.fields.Integer(allow_none=True)
    gtin = ma.fields.String(allow_none=True, metadata={"description": "14 digits; a claim until checked."})
    brand = ma.fields.String()
    net_content = ma.fields.String()
    standards = ma.fields.List(ma.fields.String())
    has_food_safety_commitment = ma.fields.Boolean()
    description = ma.fields.String()
    picture_sha256 = ma.fields.String(
        allow_none=True,
        metadata={"description": "A picture is added on the product's page; it is one of the ten items."},
    )
    created_at = ma.fields.AwareDateTime()
    archived_at = ma.fields.AwareDateTime(allow_none=True)


class ProductList(Answer):
    """Products in use, by name."""

    items = ma.fields.List(ma.fields.Nested(ProductAnswer))
