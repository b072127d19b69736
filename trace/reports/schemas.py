"""What the forms of reports send. Shapes only."""

from datetime import date
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.rules import normalise_phone
from trace.core import clock
from trace.core.fields import Choice, Day, Text, Tick
from trace.reports.rules import LONGEST_ANSWER, LONGEST_PLACE, LONGEST_WORDS, Kind, Pack, State

LONGEST_PHONE = 30


def _told(empty: Any) -> dict[str, Any]:
    """What to say where a field was left empty: the list on top of a form names the field by it."""
    return {"required": empty, "null": empty}


class _Phone(Text):
    """A telephone number as people type it, in E.164."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        found = normalise_phone(super()._deserialize(value, attr, data, **more))
        if found is None:
            raise ma.ValidationError(_l("Write the telephone as 0912 345 678, or leave it empty."))
        return found


class _DayBefore(Day):
    """A day that is not to come."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        day = super()._deserialize(value, attr, data, **more)
        if day > clock.today():
            raise ma.ValidationError(_l("This day is still to come."))
        return day


class ReportForm(ma.Schema):
    """A report, as the public form has it."""

    kind = Choice(Kind, required=True, error_messages=_told(_l("Choose what it is about.")))
    words = Text(
        longest=LONGEST_WORDS, multiline=True, required=True, error_messages=_told(_l("Write what happened."))
    )
    bought_at = Text(longest=LONGEST_PLACE, load_default="")
    bought_on = _DayBefore(load_default=None)
    pack = Choice(Pack, required=True, error_messages=_told(_l("Say whether the pack is still there.")))
    phone = _Phone(longest=LONGEST_PHONE, load_default=None)
    may_producer_call = Tick()


class MoveForm(ma.Schema):
    """Where a report goes, and the words for whoever sent it."""

    state = Choice(State, required=True, error_messages=_told(_l("Choose how it stands.")))
    words = Text(longest=LONGEST_ANSWER, multiline=True, load_default="")
