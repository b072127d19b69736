"""What the officers' forms of pauses, inspections and samples send."""

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.authority.schemas import ConfirmForm
from trace.core.fields import Choice, Id, Instant, Quantity, Text
from trace.events.rules_stock import InspectionResult
from trace.recalls.hold_rules import HoldReason, ReleaseReason

LONGEST_NOTE = 500


class PauseForm(ConfirmForm):
    reason = Choice(
        HoldReason,
        required=True,
        error_messages={
            "required": _l("Choose what is waited for."),
            "null": _l("Choose what is waited for."),
        },
    )


class ResumeForm(ConfirmForm):
    reason = Choice(
        ReleaseReason,
        required=True,
        error_messages={"required": _l("Choose what came of it."), "null": _l("Choose what came of it.")},
    )


class _SeenForm(ma.Schema):
    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class InspectForm(_SeenForm):
    result = Choice(
        InspectionResult,
        required=True,
        error_messages={"required": _l("Choose the result."), "null": _l("Choose the result.")},
    )


class SampleForm(_SeenForm):
    quantity = Quantity(load_default=None)
    holder_id = Id(load_default=None)
