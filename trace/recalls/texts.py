"""The fixed public wording of recalls: what the scan page says is what an officer chooses from, word for word.

Only words; which of them apply is decided in ``trace.recalls.rules`` and ``trace.verdict.rules``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from trace.recalls.models import RecallLot
from trace.recalls.rules import RecallClass, RecallReason, WithdrawalReason

REASONS: Final[Mapping[RecallReason, Any]] = {
    RecallReason.PESTICIDE_RESIDUE: _l("Pesticide residue above the limit."),
    RecallReason.MICROBIAL: _l("Harmful microbes above the limit."),
    RecallReason.HEAVY_METAL: _l("Heavy metals above the limit."),
    RecallReason.BANNED_SUBSTANCE: _l("It contains a substance that is not allowed."),
    RecallReason.FOREIGN_BODY: _l("Foreign matter was found in it."),
    RecallReason.ALLERGEN_UNDECLARED: _l("It contains an allergen that the label does not name."),
    RecallReason.VETERINARY_RESIDUE: _l("Veterinary drug residue above the limit."),
    RecallReason.OTHER_HEALTH: _l("It may harm health."),
    RecallReason.SPOILED: _l("Goods of this lot spoiled early."),
    RecallReason.BELOW_DECLARED_QUALITY: _l("Its quality is below what was declared."),
    RecallReason.OTHER_QUALITY: _l("Its quality falls short."),
    RecallReason.WRONG_DATE: _l("A date on the label is wrong."),
    RecallReason.WRONG_CONTENT: _l("What the label says of the contents is wrong."),
    RecallReason.OTHER_LABELLING: _l("The label is not as it should be."),
}

WITHDRAWALS: Final[Mapping[WithdrawalReason, Any]] = {
    WithdrawalReason.RETEST_PASSED: _l("the test came out within limits"),
    WithdrawalReason.WRONG_LOT: _l("it named the wrong lot"),
    WithdrawalReason.ENTERED_BY_MISTAKE: _l("it was entered by mistake"),
}


def title_in_force(recall_class: RecallClass, *, is_food: bool) -> Any:
    """The title of the scan page while a recall of this class is in force; only health says not to eat."""
    if recall_class != RecallClass.HEALTH:  # by value: rows carry plain text
        return _l("Recalled: take it back")
    return _l("Recalled: do not eat") if is_food else _l("Recalled: do not use")


def first_step(recall_class: RecallClass, *, is_food: bool) -> Any:
    """The first thing the scan page tells a person to do."""
    if recall_class != RecallClass.HEALTH:
        return _l("Do not sell it on.")
    return _l("Do not eat or sell it.") if is_food else _l("Do not use or sell it.")


def recalled_sources(reviews: Iterable[RecallLot]) -> str:
    """The recalled lots that a lot under review was made of; empty where there is none."""
    lots = [review.recall.batch for review in reviews]
    return "; ".join(
        str(gettext("%(name)s, lot %(lot)s", name=one.product.name, lot=one.lot_number)) for one in lots
    )
