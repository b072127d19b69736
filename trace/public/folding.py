"""Which stages of a long way stay open, and which lie together in a fold. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Stage = TypeVar("Stage")

# A way up to this long is told whole.
LONGEST_UNFOLDED: Final = 8
FIRST_OPEN, LAST_OPEN = 3, 2
# Opening a fold costs a tap: fewer than these are sooner read than opened.
SMALLEST_FOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Stretch(Generic[Stage]):
    """Stages that follow each other: told one by one, or lying in one fold."""

    stages: tuple[Stage, ...]
    is_folded: bool = False


def fold(
    stages: Sequence[Stage],
    stays_open: Callable[[Stage], bool],
    *,
    first: int = FIRST_OPEN,
    last: int = LAST_OPEN,
    unfolded: int = LONGEST_UNFOLDED,
) -> tuple[Stretch[Stage], ...]:
    """All stages in their order. The first, the last and those that stay open are never in a fold."""
    if len(stages) <= unfolded:
        return (Stretch(tuple(stages)),) if stages else ()
    is_open = [
        place < first or place >= len(stages) - last or stays_open(stage)
        for place, stage in enumerate(stages)
    ]
    stretches: list[Stretch[Stage]] = []
    pending: list[Stage] = []
    start = 0
    while start < len(stages):
        end = start
        while end < len(stages) and is_open[end] == is_open[start]:
            end += 1
        run = stages[start:end]
        if is_open[start] or len(run) < SMALLEST_FOLD:
            pending += run
        else:
            stretches += _opened(pending)
            pending = []
            stretches.append(Stretch(tuple(run), is_folded=True))
        start = end
    return (*stretches, *_opened(pending))


def _opened(stages: Sequence[Stage]) -> list[Stretch[Stage]]:
    return [Stretch(tuple(stages))] if stages else []
