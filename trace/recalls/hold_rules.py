"""What the authority's pause of a sale may say. Pure: codes only, and none of them names a substance or a suspicion.

A pause is no finding. Its reason says what is waited for, its release what came of it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

# A pause that was lifted is told under the title for this many days, then only in the journey.
DAYS_A_RELEASE_IS_TOLD: Final = 30


class HoldReason(StrEnum):
    """What is waited for."""

    TEST_RESULT = "test_result"
    INSPECTION = "inspection"
    PAPERS = "papers"
    REPORTS = "reports"
    RELATED_RECALL = "related_recall"


class ReleaseReason(StrEnum):
    """What came of it."""

    TEST_PASSED = "test_passed"
    CHECKED = "checked"
    NOT_CONCERNED = "not_concerned"
    ENTERED_BY_MISTAKE = "entered_by_mistake"
    RECALLED_INSTEAD = "recalled_instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts:
    """One pause of a batch's sale, as the rules and the public wording need it.

    ``started_at`` is aware, on a Hanoi wall clock; ``released_on`` is a Hanoi date, None while it is in force.
    """

    reason: HoldReason
    started_at: datetime
    released_on: date | None = None
    release_reason: ReleaseReason | None = None

    @property
    def is_in_force(self) -> bool:
        return self.released_on is None


def hold_in_force(holds: tuple[HoldFacts, ...]) -> HoldFacts | None:
    """The pause to tell of: the one that is in force longest; None where none is."""
    return min((hold for hold in holds if hold.is_in_force), key=lambda hold: hold.started_at, default=None)


def release_to_tell(holds: tuple[HoldFacts, ...], today: date) -> HoldFacts | None:
    """The newest release still within its 30 days; None while another pause is in force, or a recall took over."""
    if hold_in_force(holds) is not None:
        return None
    lifted = [
        (hold.released_on, hold)
        for hold in holds
        if hold.released_on is not None
        and hold.release_reason is not ReleaseReason.RECALLED_INSTEAD
        and (today - hold.released_on).days <= DAYS_A_RELEASE_IS_TOLD
    ]
    return max(lifted, key=lambda pair: pair[0])[1] if lifted else None
