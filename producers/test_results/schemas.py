"""What the form of a test result holds: the report, and up to ten lines of what was tested, each in four fields."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.test_results.rules import MOST_LINES, Line
from trace.core.errors import BadInput
from trace.core.fields import Choice, Day, Name, Tick, load


class Meets(StrEnum):
    """What the laboratory stated of a line."""

    YES = "yes"
    NO = "no"
    NOT_STATED = "not_stated"


_MEETS = {Meets.YES: True, Meets.NO: False, Meets.NOT_STATED: None}
_TO_MEETS = {stated: name for name, stated in _MEETS.items()}


class ResultForm(ma.Schema):
    """A report, without its lines."""

    laboratory = Name(required=True, longest=120, empty=_l("Write the name of the laboratory."))
    report_number = Name(required=True, longest=60, empty=_l("Write the number of the report."))
    sampled_on = Day(load_default=None)
    reported_on = Day(required=True, empty=_l("Write the date of the report."))
    is_picture_public = Tick()


class _LineForm(ma.Schema):
    parameter = Name(required=True, longest=80, empty=_l("Write what was tested."))
    result = Name(required=True, longest=60, empty=_l("Write the result as the report has it."))
    limit = Name(longest=60, load_default="")
    meets = Choice(Meets, load_default=Meets.NOT_STATED)


def read_lines(typed: Mapping[str, str]) -> tuple[Line, ...]:
    """The lines of a form, ``parameter_1`` and so on; empty ones do not count. Raises ``BadInput`` on their fields."""
    lines: list[Line] = []
    errors: dict[str, Any] = {}
    for number in range(1, MOST_LINES + 1):
        stated = {
            name: typed.get(f"{name}_{number}", "") for name in ("parameter", "result", "limit", "meets")
        }
        if not any(stated[name].strip() for name in ("parameter", "result", "limit")):
            continue
        try:
            read = load(_LineForm(), {name: value for name, value in stated.items() if value.strip()})
        except BadInput as refusal:
            errors |= {f"{name}_{number}": told for name, told in refusal.errors.items()}
            continue
        lines.append(Line(read["parameter"], read["result"], read["limit"], _MEETS[read["meets"]]))
    if errors:
        raise BadInput(_l("Some fields need another look."), errors=errors)
    return tuple(lines)


def typed_lines(lines: tuple[Line, ...]) -> dict[str, str]:
    """The lines as their form shows them."""
    typed: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        typed |= {
            f"parameter_{number}": line.parameter,
            f"result_{number}": line.result,
            f"limit_{number}": line.limit,
            f"meets_{number}": str(_TO_MEETS[line.meets]),
        }
    return typed
