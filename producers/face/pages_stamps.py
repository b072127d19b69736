"""The pages of stamps as frozen dataclasses: rolls and runs, one run with its progress, stamps bound to a lot."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from labels.runs import FILES_KEPT
from producers.face import texts_stamps
from producers.face.pages_prints import PrintLine, print_lines
from trace.accounts.models import Organisation
from trace.batches import gate, stamp_queries
from trace.batches.models import Batch
from trace.batches.stamp_models import RangeKind, RunKind, StampRange, StampRun
from trace.batches.stamp_rules import Span, VoidReason, left_of
from trace.core import clock
from trace.core.paging import Page
from trace.events.services_stamps import may_be_undone

_FEW = 0.5  # seconds: of less no speed can be told


@dataclass(frozen=True)
class RunRow:
    """One roll or print run in a list."""

    run: StampRun
    title: str
    numbers: str
    what_for: str
    chip_text: str
    chip_tone: str


@dataclass(frozen=True)
class RunList:
    """Rolls and print runs of an organisation, newest first."""

    organisation: Organisation
    rows: tuple[RunRow, ...]
    page: Page[StampRun]


@dataclass(frozen=True)
class RangeLine:
    """What happened to stamps of a run; ``what`` in words."""

    told: StampRange
    what: str
    numbers: str
    is_reprint: bool


@dataclass(frozen=True)
class RunPage:
    """One run, with how far it is. ``unused`` is the first range that is bound to nothing and not void;
    ``removed_on`` the day its file with hidden codes goes."""

    row: RunRow
    percent: int
    made: str
    size: str
    per_second: str | None
    lines: tuple[RangeLine, ...]
    unused: Span | None
    bound: str
    voided: str
    sold: str
    prints: tuple[PrintLine, ...]
    removed_on: date | None

    @property
    def is_moving(self) -> bool:
        """Whether the page is worth looking at again in a moment."""
        return self.run.is_running or any(line.told.is_running for line in self.prints)

    @property
    def run(self) -> StampRun:
        return self.row.run


@dataclass(frozen=True)
class Bound:
    """Stamps that stand for a lot; ``may_undo`` until goods of it were handed over."""

    binding: StampRange
    numbers: str
    may_undo: bool


@dataclass(frozen=True)
class BindPage:
    """Stamps of one lot. ``is_open`` unless the completeness gate is closed; ``stamps`` how many stand for it."""

    batch: Batch
    name: str
    bound: tuple[Bound, ...]
    is_open: bool

    @property
    def stamps(self) -> int:
        return sum(one.binding.size for one in self.bound)


def run_list(session: Session, organisation: Organisation, number: int) -> RunList:
    """The list of rolls and print runs."""
    page = stamp_queries.list_runs(session, organisation.id, number)
    return RunList(organisation, tuple(_row(run) for run in page.rows), page)


def run_page(session: Session, run: StampRun) -> RunPage:
    """One run with its progress and what happened to its stamps."""
    whole = Span(run.first_number, run.last_number)
    bound = stamp_queries.list_overlapping(session, run.id, RangeKind.BOUND, whole)
    voided = stamp_queries.list_overlapping(session, run.id, RangeKind.VOIDED, whole)
    used = [Span(one.first_number, one.last_number) for one in (*bound, *voided)]
    return RunPage(
        row=_row(run),
        percent=run.made * 100 // run.size,
        made=texts_stamps.figures(run.made),
        size=texts_stamps.figures(run.size),
        per_second=_speed(run),
        lines=tuple(_line(one) for one in stamp_queries.list_ranges(session, run.id)),
        unused=next(iter(left_of(whole, used)), None),
        bound=texts_stamps.figures(sum(one.size for one in bound)),
        voided=texts_stamps.figures(sum(one.size for one in voided)),
        prints=print_lines(session, run),
        removed_on=_removed_on(run),
        sold=texts_stamps.figures(stamp_queries.count_sold(session, run.id)),
    )


def bind_page(session: Session, batch: Batch) -> BindPage:
    """What stands on the screen where stamps are bound to a lot."""
    bindings = stamp_queries.list_bindings(session, batch.id)
    return BindPage(
        batch=batch,
        name=str((batch.seal or {}).get("product_name") or batch.product.name),
        bound=tuple(
            Bound(one, texts_stamps.numbers(one.first_number, one.last_number), may_be_undone(session, one))
            for one in bindings
        ),
        is_open=not gate.obstacles(batch),
    )


def _row(run: StampRun) -> RunRow:
    tone, text = texts_stamps.run_state(run)
    return RunRow(
        run=run,
        title=texts_stamps.run_title(run),
        numbers=texts_stamps.numbers(run.first_number, run.last_number),
        what_for=_what_for(run),
        chip_text=text,
        chip_tone=tone,
    )


def _what_for(run: StampRun) -> str:
    if run.kind == RunKind.SERIAL and run.batch is not None:
        return f"{run.batch.product.name} · {_('Lot %(lot)s', lot=run.batch.lot_number)}"
    return run.product.name if run.product is not None else _("For any product")


def _removed_on(run: StampRun) -> date | None:
    if not run.has_secrets or run.finished_at is None:
        return None
    return clock.local(run.finished_at + FILES_KEPT).date()


def _speed(run: StampRun) -> str | None:
    if run.started_at is None:
        return None
    seconds = ((run.finished_at or clock.now()) - run.started_at).total_seconds()
    return texts_stamps.figures(int(run.made / seconds)) if seconds > _FEW else None


def _line(one: StampRange) -> RangeLine:
    numbers = texts_stamps.numbers(one.first_number, one.last_number)
    if one.kind == RangeKind.VOIDED:
        reason = str(texts_stamps.VOID_REASONS[VoidReason(one.reason or VoidReason.OTHER)]).lower()
        what = _("Voided: %(reason)s", reason=reason)
    elif one.kind == RangeKind.REPRINTED:
        what = _("Printed again with the same codes")
    else:
        lot = one.batch.lot_number if one.batch else ""
        what = _("Bound to lot %(lot)s", lot=lot)
        if one.undone_at is not None:
            what = _("Bound to lot %(lot)s, undone", lot=lot)
    return RangeLine(one, what, numbers, one.kind == RangeKind.REPRINTED)
