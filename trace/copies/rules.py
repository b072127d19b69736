"""What can be decided of a label that may have been copied, by whom, and what of it is public. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from trace.core.errors import Refusal
from trace.core.short_codes import normalise
from trace.scans.clones import Finding, Reason

LONGEST_NOTE = 500
# As many letters of a code are typed to confirm that a label was copied: all of it would be a test of patience.
CONFIRMED_BY = 4
# A producer reads how often its goods were scanned in a commune from so many on: below that it might be one person.
FEWEST_SHOWN = 5


class Decision(StrEnum):
    """What somebody answerable found. ``NO_COPY``: nothing is said in public."""

    CONFIRMED_COPY = "confirmed_copy"
    NEEDS_CHECK = "needs_check"
    NO_COPY = "no_copy"


PUBLIC = frozenset({Decision.CONFIRMED_COPY, Decision.NEEDS_CHECK})


class DecidedByAuthority(Refusal):
    """The authority has decided about this label; only the authority decides anew."""

    code = "copy-decided-by-authority"


class NothingDecided(Refusal):
    """There is no decision to take back."""

    code = "copy-nothing-decided"


class CodeDiffers(Refusal):
    """What was typed to confirm is not the end of the label's code."""

    code = "code-differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """A decision the public reads. ``authority`` None: the producer decided. ``decided_at`` on a Hanoi wall clock.

    ``finding`` is what told most, for the sentence; None where only the label's own state did.
    """

    decision: Decision
    decided_at: datetime
    authority: str | None = None
    finding: Finding | None = None


# What says most of a copy to somebody who does not know the rules, first.
_TELLING = (Reason.MANY_PLACES, Reason.IMPOSSIBLE_TRAVEL, Reason.AFTER_SALE)


def most_telling(findings: Sequence[Finding]) -> Finding | None:
    """The finding whose figures are told in public."""
    known = {finding.reason: finding for finding in findings}
    return next((known[reason] for reason in _TELLING if reason in known), None)


def may_decide(*, is_officer: bool, is_by_authority: bool) -> bool:
    """Whether this party may decide: a producer not over what the authority decided about its own goods."""
    return is_officer or not is_by_authority


def is_confirmed(code: str, typed: str) -> bool:
    """Whether what was typed is the end of the code, or all of it."""
    told = normalise(typed)
    return told in (code, code[-CONFIRMED_BY:])


def as_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as they are kept."""
    return [
        {
            "reason": str(one.reason),
            "places": one.places,
            "kilometres": one.kilometres,
            "within_s": int(one.within.total_seconds()),
        }
        for one in findings
    ]


def from_data(kept: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Findings as they were kept."""
    return tuple(
        Finding(
            reason=Reason(one["reason"]),
            places=one["places"],
            kilometres=one["kilometres"],
            within=timedelta(seconds=one["within_s"]),
        )
        for one in kept
    )
