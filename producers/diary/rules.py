"""Pure decisions of the diary: which entries are a lot's, how long was waited, whether that is less than the pack says.

Days only, counted in Hanoi. Nothing here says whether anything is fit to eat.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# A lot's entries are those of its product and place in the half year up to its harvest: longer than any vegetable
# stands, and the part of a fruit tree's year that its fruit hangs.
SEASON_DAYS = 180
LONGEST_WAIT_DAYS = 365
FURTHEST_BACK = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Wait:
    """From something done to the harvest: ``label_days`` as the pack says, None where nobody noted it."""

    done_on: date
    produced_on: date
    label_days: int | None

    @property
    def days(self) -> int:
        """Days waited; the day after it was done is the first."""
        return (self.produced_on - self.done_on).days

    @property
    def is_short(self) -> bool:
        """Fewer days than the pack says."""
        return self.label_days is not None and self.days < self.label_days

    @property
    def free_on(self) -> date:
        """The first day on which a harvest has waited as long as the pack says."""
        return self.done_on + timedelta(days=self.label_days or 0)


def season_of(produced_on: date) -> tuple[date, date]:
    """The first and the last day whose entries count for a harvest of this day."""
    return produced_on - timedelta(days=SEASON_DAYS), produced_on


def is_in_season(done_on: date, produced_on: date) -> bool:
    """Whether what was done on a day counts for a harvest."""
    first, last = season_of(produced_on)
    return first <= done_on <= last


def shortest(waits: Iterable[Wait]) -> Wait | None:
    """Of the waits that are too short the one that is over last; None where none is."""
    return max((wait for wait in waits if wait.is_short), key=lambda wait: wait.free_on, default=None)
