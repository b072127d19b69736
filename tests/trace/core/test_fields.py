"""Fields read JSON numbers as exactly as typed ones."""

from decimal import Decimal
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask

from trace.core.api import ExactNumber
from trace.core.errors import BadInput
from trace.core.fields import Celsius, Name, Quantity, load


class _Amounts(ma.Schema):
    typed = Quantity()
    sent = ExactNumber()


@pytest.mark.parametrize("field", ["typed", "sent"])
@pytest.mark.parametrize("number", [5, 123456789012, Decimal("0.1"), Decimal("99999999999.999999")])
def test_a_json_number_keeps_every_digit(field: str, number: Decimal | int) -> None:
    assert _Amounts().load({field: number}) == {field: Decimal(number)}


@pytest.mark.parametrize("field", ["typed", "sent"])
@pytest.mark.parametrize(
    "number", [10**400, Decimal("1e999999"), Decimal("1e-999999"), Decimal("NaN"), Decimal(-1), True, 0]
)
def test_a_number_no_quantity_can_be_is_refused(field: str, number: Decimal | int) -> None:
    with pytest.raises(ma.ValidationError):
        _Amounts().load({field: number})


@pytest.mark.parametrize("field", ["typed", "sent"])
def test_a_quantity_is_refused_rather_than_rounded(field: str) -> None:
    """30 characters may hold more digits than the arithmetic keeps."""
    with pytest.raises(ma.ValidationError):
        _Amounts().load({field: Decimal("99999999999.00000000000000001")})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9,5", "9.5"),
        (" -18 °C", "-18"),
        ("\u22124.50", "-4.5"),
        ("+8c", "8"),
        (8, "8"),
        (Decimal("2.25"), "2.25"),
    ],
)
def test_a_temperature_is_read_as_people_type_it(typed: Any, read: str) -> None:
    assert Celsius().deserialize(typed) == Decimal(read)


@pytest.mark.parametrize("typed", ["", "x", "1.234", "1e5", "--4", Decimal("1e999999"), True, "12345"])
def test_what_is_no_temperature_is_refused(typed: Any) -> None:
    with pytest.raises(ma.ValidationError):
        Celsius().deserialize(typed)


@pytest.mark.parametrize(("typed", "named"), [("<b>Rau</b>", "< >"), ("Rau 🥬 sạch 🥬🥕", "🥕 🥬")])
def test_a_name_no_label_can_carry_names_each_character_once(app: Flask, typed: str, named: str) -> None:
    class Named(ma.Schema):
        name = Name()

    with app.test_request_context("/"), pytest.raises(BadInput) as refused:
        load(Named(), {"name": typed})
    assert str(refused.value.errors["name"]).endswith(f": {named}")
