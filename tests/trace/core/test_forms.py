"""What a form keeps and asks when it comes back."""

import marshmallow as ma

from trace.core.errors import BadInput
from trace.core.fields import Quantity, Text
from trace.core.forms import Form


class Goods(ma.Schema):
    class Meta:
        unknown = ma.EXCLUDE

    name = Text(required=True)
    quantity = Quantity(required=True)


def refused(values: dict[str, str]) -> Form:
    form = Form(values)
    try:
        form.load(Goods())
    except BadInput as refusal:
        form.refuse(refusal)
    return form


def test_a_number_with_two_readings_is_asked_about() -> None:
    form = refused({"name": "Cải ngọt", "quantity": "1.500"})
    assert [(meaning, figures) for meaning, figures, _ in form.readings["quantity"]] == [
        ("thousands", "1.500"),
        ("decimals", "1,5"),
    ]
    assert form.error("quantity")


def test_the_chosen_reading_is_taken() -> None:
    form = Form({"name": "Cải ngọt", "quantity": "1.500", "quantity_meaning": "thousands"})
    assert form.load(Goods())["quantity"] == 1500


def test_a_chosen_reading_is_offered_again_when_something_else_is_wrong() -> None:
    form = refused({"name": "", "quantity": "1.500", "quantity_meaning": "thousands"})
    assert list(form.errors) == ["name"]
    assert len(form.readings["quantity"]) == 2
    assert form.value("quantity_meaning") == "thousands"


def test_a_plain_wrong_number_offers_no_readings() -> None:
    assert refused({"name": "Cải ngọt", "quantity": "nhiều"}).readings == {}
