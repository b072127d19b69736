"""What may be said of a code now. Pure: facts in, a verdict out; no text for people, no database, no clock.

The precedence is the design's section 6, certain before suspected: malformed, unknown, recalled, held, under review,
not activated, expired, void, copied, copy suspected, sold, best-before passed, no warning. What is said of copies
somebody answerable decided; scans alone never do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from trace.copies.rules import CopyFacts
from trace.copies.rules import Decision as CopyDecision
from trace.recalls.hold_rules import HoldFacts, hold_in_force, release_to_tell
from trace.recalls.rules import RecallFacts, gravest, withdrawal_to_tell


class CodeState(StrEnum):
    """What the code itself is, before anything is known of a batch."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    KNOWN = "known"


class Verdict(StrEnum):
    """From the gravest down; ``decide`` keeps this order."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    RECALLED = "recalled"
    RECALL_ENDED = "recall_ended"
    HELD = "held"
    UNDER_REVIEW = "under_review"
    NOT_ACTIVATED = "not_activated"
    EXPIRED = "expired"
    VOID = "void"
    COPIED = "copied"
    COPY_SUSPECTED = "copy_suspected"
    SOLD = "sold"
    BEST_BEFORE_PASSED = "best_before_passed"
    NO_WARNING_UNCONFIRMED = "no_warning_unconfirmed"
    NO_WARNING = "no_warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a verdict rests on.

    ``today`` is the date in Hanoi. A batch has at most one of ``use_by_on`` and ``best_before_on``; goods
    without either never run out. ``unconfirmed_handovers`` counts those past their grace only. ``is_under_review``:
    made of recalled goods, and nobody has decided about this batch yet. ``voided_on``: the label itself was voided, the
    lot was not. ``sold_at``: when the one item with this label was noted as sold, on a Hanoi wall clock.
    ``copy``: what was decided about the label being copied, never what scans alone say.
    ``producer_name`` and ``is_food`` decide nothing; the wording needs them.
    """

    today: date
    code_state: CodeState = CodeState.KNOWN
    is_activated: bool = True
    voided_on: date | None = None
    sold_at: datetime | None = None
    copy: CopyFacts | None = None
    recalls: tuple[RecallFacts, ...] = field(default=())
    holds: tuple[HoldFacts, ...] = field(default=())
    is_under_review: bool = False
    use_by_on: date | None = None
    best_before_on: date | None = None
    unconfirmed_handovers: int = 0
    oldest_unconfirmed_on: date | None = None
    is_food: bool = True
    producer_name: str | None = None
    is_from_outside: bool = False  # where it comes from only who took it in has said; decides nothing either


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict that gives the title, and what else is true, gravest first.

    ``recall`` and ``hold`` are those the title or a second line speaks of; ``withdrawn`` and ``released`` those to
    tell of below.
    """

    verdict: Verdict
    also: tuple[Verdict, ...] = ()
    recall: RecallFacts | None = None
    withdrawn: RecallFacts | None = None
    hold: HoldFacts | None = None
    released: HoldFacts | None = None


def _warnings(facts: Facts, recall: RecallFacts | None, hold: HoldFacts | None) -> Iterator[Verdict]:
    if recall is not None:
        # A recall that ended stays a recall: the pack in the fridge is still of that lot.
        yield Verdict.RECALLED if recall.is_in_force else Verdict.RECALL_ENDED
    if hold is not None:
        yield Verdict.HELD
    if facts.is_under_review and (recall is None or not recall.is_in_force):
        # What is recalled itself has been decided about.
        yield Verdict.UNDER_REVIEW
    if not facts.is_activated:
        # Nothing of a draft is sealed, so nothing of it is told: neither its dates nor its way. A voided label is not
        # one that waits to be used.
        yield Verdict.NOT_ACTIVATED if facts.voided_on is None else Verdict.VOID
        yield from _copied(facts.copy)
        return
    if facts.use_by_on is not None and facts.today > facts.use_by_on:
        yield Verdict.EXPIRED
    if facts.voided_on is not None:
        yield Verdict.VOID
    yield from _copied(facts.copy)
    if facts.sold_at is not None:
        yield Verdict.SOLD
    if facts.best_before_on is not None and facts.today > facts.best_before_on:
        yield Verdict.BEST_BEFORE_PASSED


def _copied(copy: CopyFacts | None) -> Iterator[Verdict]:
    if copy is not None and copy.decision is CopyDecision.CONFIRMED_COPY:
        yield Verdict.COPIED
    elif copy is not None and copy.decision is CopyDecision.NEEDS_CHECK:
        yield Verdict.COPY_SUSPECTED


def decide(facts: Facts) -> Decision:
    """The gravest true thing as verdict, the others beneath it in order.

    The date itself is the last good day, as the page says ("còn hạn đến hết 24/11"). A late confirmation is
    told only where nothing graver is: under a recall it would be noise.
    """
    if facts.code_state is CodeState.MALFORMED:
        return Decision(verdict=Verdict.MALFORMED)
    if facts.code_state is CodeState.UNKNOWN:
        return Decision(verdict=Verdict.UNKNOWN)

    recall = gravest(facts.recalls)
    withdrawn = None if recall else withdrawal_to_tell(facts.recalls, facts.today)
    hold = hold_in_force(facts.holds)
    released = None if recall else release_to_tell(facts.holds, facts.today)
    warnings = tuple(_warnings(facts, recall, hold))
    if not warnings:
        unconfirmed = facts.unconfirmed_handovers > 0
        verdict = Verdict.NO_WARNING_UNCONFIRMED if unconfirmed else Verdict.NO_WARNING
        return Decision(verdict=verdict, withdrawn=withdrawn, released=released)
    return Decision(
        verdict=warnings[0],
        also=warnings[1:],
        recall=recall,
        withdrawn=withdrawn,
        hold=hold,
        released=released,
    )
