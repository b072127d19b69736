"""What the forms of making, packing and taking in send. Quantities of lots have names that hold the lot's id."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from trace.batches.models import DateKind, Holding
from trace.batches.unit_models import UnitKind
from trace.core.errors import BadInput
from trace.core.fields import Choice, Day, Instant, Name, Quantity, Text, Whole
from trace.core.forms import Form
from trace.core.ids import parse_uuid
from trace.events.services_harvest import LONGEST_UNIT
from trace.shops.schemas import LONGEST_NOTE, told

LOT, UNIT, MISSING = "lot", "unit", "missing"
MOST_PARTS_AT_ONCE = 6


class NotedForm(ma.Schema):
    """When it happened, and a note."""

    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class PackForm(NotedForm):
    """Into what: a new carton or pallet, or one in hand."""

    into = Text(longest=40, required=True, error_messages=told(_l("Choose what it goes into.")))
    sscc = Text(longest=40, load_default="")


class TreeForm(NotedForm):
    """What both sides counted in a second unit."""

    counted_quantity = Quantity(load_default=None)
    counted_unit = Name(longest=LONGEST_UNIT, load_default="")


class TakeInForm(NotedForm):
    """Goods from outside: what, how much, and what is known of where they are from."""

    product_name = Name(required=True, longest=120, error_messages=told(_l("Write what it is.")))
    quantity = Quantity(required=True, error_messages=told(_l("Write how much it is.")))
    measure = Text(required=True, longest=10, error_messages=told(_l("Choose a unit.")))
    packaging_word = Name(longest=20, load_default="")
    ocop_set = Whole(low=1, high=26, required=True, empty=_l("Choose one of the 26 OCOP product sets."))
    country = Text(longest=2, required=True, error_messages=told(_l("Choose the country.")))
    province = Name(longest=80, load_default="")
    commune = Name(longest=80, load_default="")
    producer_name = Name(longest=120, load_default="")
    producer_address = Name(longest=160, load_default="")
    standard = Name(longest=120, load_default="")
    lot_number = Text(longest=40, load_default="")
    date_kind = Choice(DateKind, load_default=DateKind.HARVEST)
    produced_on = Day(load_default=None)
    expiry_kind = Choice(ExpiryKind, load_default=ExpiryKind.NONE)
    expires_on = Day(load_default=None)


def quantity_name(batch_id: UUID) -> str:
    """The name of the field that says how much of a lot."""
    return f"q_{batch_id}"


def loose(holding: Holding) -> Decimal:
    """What lies loose where it would be taken from: at the seat, or, with nothing there, at its one other place."""
    return holding.quantity - holding.packed - holding.elsewhere or holding.elsewhere


def read_ids(form: Form, name: str) -> list[UUID]:
    """The ids that were ticked; what is no id was not offered. Raises ``BadInput``."""
    found = [parse_uuid(typed) for typed in form.values(name)]
    if None in found:
        raise BadInput(_l("Choose from the list."), code="not-in-list", field=name)
    return [one for one in dict.fromkeys(found) if one is not None]


def read_portions(form: Form, holdings: Iterable[Holding]) -> dict[UUID, Decimal]:
    """How much of each ticked lot: what was written beside it, or all that lies loose. Raises ``BadInput``."""
    return read_portions_of(form, {holding.batch_id: loose(holding) for holding in holdings})


def read_portions_of(form: Form, offered: Mapping[UUID, Decimal]) -> dict[UUID, Decimal]:
    """How much of each ticked lot: what was written beside it, or all of it. Raises ``BadInput``."""
    chosen = read_ids(form, LOT)
    if set(chosen) - set(offered):
        raise BadInput(_l("Choose from the list."), code="not-in-list", field=LOT)
    names = [quantity_name(batch_id) for batch_id in chosen]
    typed: Mapping[str, Any] = form.load(
        ma.Schema.from_dict({name: Quantity(load_default=None) for name in names})()
    )
    return {batch_id: typed[quantity_name(batch_id)] or offered[batch_id] for batch_id in chosen}


def read_parts(form: Form) -> list[Decimal]:
    """The parts a lot is split into, in the order of their fields; empty fields are no parts. Raises ``BadInput``."""
    names = [part_name(place) for place in range(1, MOST_PARTS_AT_ONCE + 1)]
    typed = form.load(ma.Schema.from_dict({name: Quantity(load_default=None) for name in names})())
    return [typed[name] for name in names if typed[name] is not None]


def part_name(place: int) -> str:
    """The name of the field of one part."""
    return "quantity" if place == 1 else f"quantity_{place}"


def read_into(typed: str) -> tuple[UUID | None, UnitKind]:
    """What it goes into: a unit in hand by its id, or a new one of a kind. Raises ``BadInput``."""
    if typed in set(UnitKind):
        return None, UnitKind(typed)
    unit_id = parse_uuid(typed)
    if unit_id is None:
        raise BadInput(_l("Choose what it goes into."), code="unit-missing", field="into")
    return unit_id, UnitKind.CARTON
