"""Reads of stamps: one by its code or number, runs, and what happened to ranges of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, joinedload

from trace.batches.models import Batch, Code
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import Span, StampsOfTwoRuns, StampState, StampUnknown, Typed, state_of
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page

# As the exclusion constraints have it, word for word: then their indexes answer.
_SPAN = "int8range((run_id << 32) + first_number, (run_id << 32) + last_number, '[]')"
_STANDING = {
    RangeKind.BOUND: "kind = 'bound' and undone_at is null",
    RangeKind.VOIDED: "kind = 'voided'",
    RangeKind.SOLD: "kind = 'sold' and undone_at is null",
}


@dataclass(frozen=True)
class Stamp:
    """One stamp: its place, the lot it stands for, and whether it was voided or its item sold."""

    code: Code
    run: StampRun
    number: int
    binding: StampRange | None
    voided: StampRange | None
    sold: StampRange | None = None

    @property
    def batch(self) -> Batch | None:
        """The lot it stands for; None while it stands for none."""
        return self.binding.batch if self.binding else None

    @property
    def state(self) -> StampState:
        return state_of(
            is_bound=self.binding is not None,
            is_void=self.voided is not None,
            is_sold=self.sold is not None,
        )


def get_run(session: Session, organisation_id: UUID, run_id: int) -> StampRun:
    """A run of this organisation, or ``NotFound``: nobody else may know that it is there."""
    found = session.get(StampRun, run_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such roll or print run."), code="run-not-found")
    return found


def list_runs(session: Session, organisation_id: UUID, page: int = 1) -> Page[StampRun]:
    """The organisation's rolls and print runs, newest first."""
    wanted = select(StampRun).where(StampRun.organisation_id == organisation_id)
    shown = wanted.options(joinedload(StampRun.product), joinedload(StampRun.batch))
    return fetch_page(session, shown.order_by(StampRun.id.desc()), page)


def count_running(session: Session, organisation_id: UUID) -> int:
    """Runs of the organisation whose codes are being made."""
    wanted = select(func.count()).where(
        StampRun.organisation_id == organisation_id,
        StampRun.finished_at.is_(None),
        StampRun.cancelled_at.is_(None),
    )
    return session.scalar(wanted) or 0


def find_stamp(session: Session, code: str) -> Stamp | None:
    """The stamp with this normalised code, whoever's it is; None for the code of anything else."""
    found = session.get(Code, code)
    if found is None or found.run_id is None or found.number is None:
        return None
    run = session.get_one(StampRun, found.run_id)
    span = Span(found.number, found.number)
    binding = next(iter(list_overlapping(session, run.id, RangeKind.BOUND, span)), None)
    voided = next(iter(list_overlapping(session, run.id, RangeKind.VOIDED, span)), None)
    sold = next(iter(list_overlapping(session, run.id, RangeKind.SOLD, span)), None)
    return Stamp(found, run, found.number, binding, voided, sold)


def list_overlapping(session: Session, run_id: int, kind: RangeKind, span: Span) -> list[StampRange]:
    """Standing bindings or sales, or voided ranges, that have stamps of ``span``, in the order of their numbers."""
    wanted = (
        select(StampRange)
        .where(
            text(_STANDING[kind]),
            text(f"{_SPAN} && int8range(:first, :last, '[]')").bindparams(
                first=(run_id << 32) + span.first, last=(run_id << 32) + span.last
            ),
        )
        .order_by(StampRange.first_number)
    )
    return list(session.scalars(wanted))


def list_ranges(session: Session, run_id: int, limit: int = 200) -> list[StampRange]:
    """What its owner did with the stamps of a run, latest first; items that were sold are others' affair."""
    own = (StampRange.run_id == run_id) & (StampRange.kind != RangeKind.SOLD)
    wanted = select(StampRange).where(own).options(joinedload(StampRange.batch))
    return list(
        session.scalars(wanted.order_by(StampRange.made_at.desc(), StampRange.id.desc()).limit(limit))
    )


def count_sold(session: Session, run_id: int) -> int:
    """How many items with stamps of a run were sold by their code."""
    wanted = select(func.count()).where(
        StampRange.run_id == run_id, StampRange.kind == RangeKind.SOLD, StampRange.undone_at.is_(None)
    )
    return session.scalar(wanted) or 0


def list_bindings(session: Session, batch_id: UUID) -> list[StampRange]:
    """The stamps that stand for a lot, in the order they were bound."""
    wanted = select(StampRange).where(
        StampRange.batch_id == batch_id, StampRange.undone_at.is_(None), StampRange.kind == RangeKind.BOUND
    )
    return list(session.scalars(wanted.order_by(StampRange.made_at, StampRange.id)))


def list_sold(session: Session, organisation_id: UUID, since: datetime, limit: int = 50) -> list[StampRange]:
    """The items this organisation noted as sold since then, latest first, those that were undone left out."""
    wanted = select(StampRange).where(
        StampRange.organisation_id == organisation_id,
        StampRange.made_at >= since,
        StampRange.undone_at.is_(None),
    )
    return list(
        session.scalars(wanted.order_by(StampRange.made_at.desc(), StampRange.id.desc()).limit(limit))
    )


def find_sale(session: Session, organisation_id: UUID, range_id: UUID) -> StampRange | None:
    """A sale this organisation itself noted."""
    found = session.get(StampRange, range_id)
    return found if found is not None and found.organisation_id == organisation_id else None


def find_code(session: Session, run_id: int, number: int) -> str:
    """The code of one stamp, for who may know it."""
    return session.scalars(select(Code.code).where(Code.run_id == run_id, Code.number == number)).one()


def find_range(session: Session, organisation_id: UUID, range_id: UUID) -> StampRange | None:
    """A range of the organisation's own stamps."""
    found = session.get(StampRange, range_id)
    return found if found is not None and found.run.organisation_id == organisation_id else None


def get_span(session: Session, organisation_id: UUID, first: Typed, last: Typed) -> tuple[StampRun, Span]:
    """The run and the numbers of two own stamps as they were typed or scanned.

    Raises ``StampUnknown`` on the field ``first`` or ``last``, ``StampsOfTwoRuns``. The order is not looked at.
    """
    run, first_number = _place(session, organisation_id, first, "first")
    other, last_number = _place(session, organisation_id, last, "last")
    if run.id != other.id:
        raise StampsOfTwoRuns(
            _l("These two stamps are not of the same roll. Enter each roll by itself."), field="last"
        )
    return run, Span(first_number, last_number)


def _place(session: Session, organisation_id: UUID, typed: Typed, field: str) -> tuple[StampRun, int]:
    run: StampRun | None = None
    number = typed.number
    if number is not None:
        own = select(StampRun).where(
            StampRun.organisation_id == organisation_id, StampRun.first_number <= number
        )
        run = session.scalars(own.order_by(StampRun.first_number.desc()).limit(1)).first()
        if run is not None and number > run.last_number:
            run = None
    elif typed.code is not None:
        code = session.get(Code, typed.code)
        if code is not None and code.organisation_id == organisation_id and code.run_id is not None:
            run, number = session.get(StampRun, code.run_id), code.number
    if run is None or number is None:
        raise StampUnknown(
            _l("Your organisation has no stamp with this number or code. Look at it again."), field=field
        )
    return run, number


def codes_of(session: Session, run: StampRun, span: Span, at_once: int = 10_000) -> Iterator[tuple[int, str]]:
    """Numbers and codes of a run in order, read piece by piece; for its owner alone."""
    first = span.first
    while first <= span.last:
        wanted: Any = select(Code.number, Code.code).where(
            Code.run_id == run.id, Code.number >= first, Code.number <= min(first + at_once - 1, span.last)
        )
        yield from ((number, code) for number, code in session.execute(wanted.order_by(Code.number)))
        first += at_once
