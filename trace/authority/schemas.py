"""What the officers' forms send."""

from enum import StrEnum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.core.fields import Choice, Day, Text
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason


class Basis(StrEnum):
    """What a recall rests on."""

    DECISION = "decision"
    VOLUNTARY = "voluntary"


def _told(empty: Any) -> dict[str, Any]:
    """What to say where a field was left empty: the list on top of a form names the field by it."""
    return {"required": empty, "null": empty}


class ChangesForm(ma.Schema):
    note = Text(
        longest=1000, multiline=True, required=True, error_messages=_told(_l("Write what is missing."))
    )


class ConfirmForm(ma.Schema):
    typed_lot_number = Text(
        longest=40, required=True, error_messages=_told(_l("Type the lot number to confirm."))
    )


class RecallForm(ConfirmForm):
    """The decision's number and date are asked for only where there is a decision."""

    recall_class = Choice(RecallClass, required=True, error_messages=_told(_l("Choose how grave it is.")))
    reason = Choice(RecallReason, required=True, error_messages=_told(_l("Choose why it is recalled.")))
    basis = Choice(Basis, required=True, error_messages=_told(_l("Choose what it rests on.")))
    decision_number = Text(longest=60, load_default="")
    decided_on = Day(load_default=None)


class WithdrawForm(ConfirmForm):
    withdrawal_reason = Choice(
        WithdrawalReason, required=True, error_messages=_told(_l("Choose why it is withdrawn."))
    )
