"""What the officers' forms send."""

from enum import StrEnum

import marshmallow as ma

from trace.core.fields import Choice, Day, Text
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason


class Basis(StrEnum):
    """What a recall rests on."""

    DECISION = "decision"
    VOLUNTARY = "voluntary"


class ChangesForm(ma.Schema):
    note = Text(longest=1000, multiline=True, required=True)


class ConfirmForm(ma.Schema):
    typed_lot_number = Text(longest=40, required=True)


class RecallForm(ConfirmForm):
    """The decision's number and date are asked for only where there is a decision."""

    recall_class = Choice(RecallClass, required=True)
    reason = Choice(RecallReason, required=True)
    basis = Choice(Basis, required=True)
    decision_number = Text(longest=60, load_default="")
    decided_on = Day(load_default=None)


class WithdrawForm(ConfirmForm):
    withdrawal_reason = Choice(WithdrawalReason, required=True)
