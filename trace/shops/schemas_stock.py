"""What the forms of goods at rest send. Lines of many lots (``quantity-<batch id>``) become fields as they come."""

from decimal import Decimal
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.core.fields import Celsius, Choice, Id, Instant, Quantity, Text, Tick
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.events.schemas_stock import TemperatureUnit
from trace.events.temperatures import LONGEST_DEVICE
from trace.shops.schemas import LONGEST_NOTE, told


class Counted(Quantity):
    """A quantity, or 0: nothing is left."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if isinstance(value, str) and value.strip() and not value.strip().strip("0,."):
            return Decimal(0)
        return super()._deserialize(value, attr, data, **more)


class NotedForm(ma.Schema):
    """When, and a note."""

    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class CountForm(NotedForm):
    is_sure = Tick()


class MoveForm(NotedForm):
    to_id = Id(required=True, error_messages=told(_l("Choose where they go.")))
    is_storing = Tick()


class InspectForm(NotedForm):
    result = Choice(InspectionResult, required=True, error_messages=told(_l("Choose the result.")))


class SetAsideForm(ma.Schema):
    reason = Choice(SetAsideReason, required=True, error_messages=told(_l("Choose why.")))
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class TemperatureForm(NotedForm):
    """One reading: a value, or the lowest and the highest of a logger."""

    value = Celsius(load_default=None)
    low = Celsius(load_default=None)
    high = Celsius(load_default=None)
    uom = Choice(TemperatureUnit, load_default=TemperatureUnit.CEL)
    device = Text(longest=LONGEST_DEVICE, load_default="")
