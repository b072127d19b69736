"""The page on which stamps are voided, as frozen dataclasses: what was scanned so far, and how each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers.face import texts_stamps
from trace.batches import stamp_queries
from trace.batches.scanned import read_scanned
from trace.batches.stamp_models import RangeKind, StampRun
from trace.batches.stamp_rules import Span, check_order, left_of
from trace.core.errors import BadInput
from trace.core.short_codes import pretty

MOST_LISTED = 200


@dataclass(frozen=True)
class Mark:
    """How some stamps of a line stand, as a chip."""

    text: str
    tone: str


@dataclass(frozen=True)
class Listed:
    """One line: a stamp or a range. ``value`` is what the form sends back."""

    run: StampRun
    span: Span
    marks: tuple[Mark, ...]
    code: str | None

    @property
    def value(self) -> str:
        return f"{self.span.first}-{self.span.last}"

    @property
    def numbers(self) -> str:
        return texts_stamps.numbers(self.span.first, self.span.last)


@dataclass(frozen=True)
class VoidPage:
    """What is about to be voided, in the order it was scanned."""

    listed: tuple[Listed, ...]
    reasons: tuple[tuple[str, str], ...]


def void_page(listed: Sequence[Listed]) -> VoidPage:
    """The page with these lines."""
    reasons = tuple((str(value), str(name)) for value, name in texts_stamps.VOID_REASONS.items())
    return VoidPage(tuple(listed), reasons)


def listed(session: Session, organisation_id: UUID, first: str, last: str = "") -> Listed:
    """A line for what was typed or scanned; one stamp alone is first and last.

    Raises ``StampUnknown``, ``StampsOfTwoRuns``, ``FirstAfterLast``.
    """
    typed = read_scanned(first)
    run, span = stamp_queries.get_span(
        session, organisation_id, typed, read_scanned(last) if last.strip() else typed
    )
    check_order(span)
    return Listed(run, span, _marks(session, run, span), _code(session, run, span))


def list_all(session: Session, organisation_id: UUID, values: Sequence[str]) -> list[Listed]:
    """The lines a form sends back, each once. Raises ``BadInput``."""
    if len(values) > MOST_LISTED:
        raise BadInput(
            _l("One list may have %(most)d lines. Void these first.", most=MOST_LISTED),
            code="too-many-lines",
            field="first",
        )
    pairs = (value.partition("-") for value in dict.fromkeys(values))
    return [listed(session, organisation_id, first, last) for first, _dash, last in pairs]


def _code(session: Session, run: StampRun, span: Span) -> str | None:
    """The code of a single stamp, to compare with the one in the hand."""
    if span.size > 1:
        return None
    return next((pretty(code) for _number, code in stamp_queries.codes_of(session, run, span)), None)


def _marks(session: Session, run: StampRun, span: Span) -> tuple[Mark, ...]:
    voided = [
        part
        for one in stamp_queries.list_overlapping(session, run.id, RangeKind.VOIDED, span)
        if (part := Span(one.first_number, one.last_number).overlap(span))
    ]
    marks, taken = [], list(voided)
    if voided:
        marks.append(_mark(_("Void already"), "unknown", sum(part.size for part in voided), span))
    for one in stamp_queries.list_overlapping(session, run.id, RangeKind.BOUND, span):
        part = Span(one.first_number, one.last_number).overlap(span)
        standing = sum(each.size for each in left_of(part, voided)) if part else 0
        if part is not None and one.batch is not None and standing:
            marks.append(_mark(_("Stands for lot %(lot)s", lot=one.batch.lot_number), "ok", standing, span))
            taken.append(part)
    unused = sum(part.size for part in left_of(span, taken))
    if unused:
        marks.append(_mark(_("Not in use"), "note", unused, span))
    return tuple(marks)


def _mark(text: str, tone: str, count: int, span: Span) -> Mark:
    return Mark(text if span.size == 1 else f"{text}: {texts_stamps.figures(count)}", tone)
