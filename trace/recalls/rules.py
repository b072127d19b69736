"""What a recall may say and when it is in force. Pure: no text for people, no database.

A recall's reason is a code with fixed public wording, never free text: a name or an accusation in a public
leaf could not be taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

# A withdrawn recall is told under the title for this many days, then only in the journey.
DAYS_A_WITHDRAWAL_IS_TOLD: Final = 30


class RecallClass(StrEnum):
    """How grave a recall is; the order is from the gravest down."""

    HEALTH = "health"
    QUALITY = "quality"
    LABELLING = "labelling"


class RecallReason(StrEnum):
    PESTICIDE_RESIDUE = "pesticide_residue"
    MICROBIAL = "microbial"
    HEAVY_METAL = "heavy_metal"
    BANNED_SUBSTANCE = "banned_substance"
    FOREIGN_BODY = "foreign_body"
    ALLERGEN_UNDECLARED = "allergen_undeclared"
    VETERINARY_RESIDUE = "veterinary_residue"
    OTHER_HEALTH = "other_health"
    SPOILED = "spoiled"
    BELOW_DECLARED_QUALITY = "below_declared_quality"
    OTHER_QUALITY = "other_quality"
    WRONG_DATE = "wrong_date"
    WRONG_CONTENT = "wrong_content"
    OTHER_LABELLING = "other_labelling"


class WithdrawalReason(StrEnum):
    """Why a recall should not have been, or need not be any more."""

    RETEST_PASSED = "retest_passed"
    WRONG_LOT = "wrong_lot"
    ENTERED_BY_MISTAKE = "entered_by_mistake"


REASONS_OF: Final[Mapping[RecallClass, tuple[RecallReason, ...]]] = {
    RecallClass.HEALTH: (
        RecallReason.PESTICIDE_RESIDUE,
        RecallReason.MICROBIAL,
        RecallReason.HEAVY_METAL,
        RecallReason.BANNED_SUBSTANCE,
        RecallReason.FOREIGN_BODY,
        RecallReason.ALLERGEN_UNDECLARED,
        RecallReason.VETERINARY_RESIDUE,
        RecallReason.OTHER_HEALTH,
    ),
    RecallClass.QUALITY: (
        RecallReason.SPOILED,
        RecallReason.BELOW_DECLARED_QUALITY,
        RecallReason.OTHER_QUALITY,
    ),
    RecallClass.LABELLING: (
        RecallReason.WRONG_DATE,
        RecallReason.WRONG_CONTENT,
        RecallReason.OTHER_LABELLING,
    ),
}

_GRAVITY: Final = {recall_class: place for place, recall_class in enumerate(RecallClass)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallFacts:
    """One recall of the batch, as the rules and the public wording need it.

    ``started_at`` is aware, on a Hanoi wall clock; the dates are Hanoi dates. Without a decision number the
    recall is the producer's own.
    """

    recall_class: RecallClass
    reason: RecallReason
    started_at: datetime
    decision_number: str | None = None
    decided_on: date | None = None
    ended_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_reason: WithdrawalReason | None = None
    through_lot: str | None = None  # the number of the lot it names, where this batch is the same goods

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_on is not None

    @property
    def is_in_force(self) -> bool:
        return self.ended_on is None and self.withdrawn_on is None

    @property
    def is_voluntary(self) -> bool:
        return self.decision_number is None


def gravest(recalls: tuple[RecallFacts, ...]) -> RecallFacts | None:
    """The recall that gives the page its title: in force before ended, then by class, then the newest.

    Withdrawn recalls never do; None when nothing is left.
    """
    standing = [recall for recall in recalls if not recall.is_withdrawn]
    return min(
        standing,
        key=lambda recall: (
            not recall.is_in_force,
            _GRAVITY[recall.recall_class],
            -recall.started_at.timestamp(),
        ),
        default=None,
    )


def withdrawal_to_tell(recalls: tuple[RecallFacts, ...], today: date) -> RecallFacts | None:
    """The newest withdrawn recall still within its 30 days, or None."""
    withdrawn = [
        (recall.withdrawn_on, recall)
        for recall in recalls
        if recall.withdrawn_on is not None and (today - recall.withdrawn_on).days <= DAYS_A_WITHDRAWAL_IS_TOLD
    ]
    return max(withdrawn, key=lambda pair: pair[0])[1] if withdrawn else None
