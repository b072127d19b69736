"""Printing a run on a label printer: starting, going on, cancelling; its labels as pages of dots for file and job.

Nothing here opens a connection (`run_print_jobs` does). Whoever may be on paper twice is noted as printed again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

import procrastinate
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from labels import printers, run_sheets
from labels.bitmaps import DotPage
from labels.choices import Choices, read_choices
from labels.printer_models import LabelPrinter, Language
from labels.run_contents import HiddenCodesNotPrinted, run_contents
from labels.run_dots import RunDots
from labels.run_labels import RunLabels
from labels.run_print_models import RunPrint, Stop
from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import Span, StampUnknown, left_of
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.queue import enqueue

TASK = "run_prints:print_portion"
# What may be chosen for the labels of a run; paper and dots are the printer's.
CHOSEN = ("form", "ec", "mark", "text", "small", "ean", "dots", "last_first")


class PrinterTakesNoRuns(BadInput):
    """A printer by its driver takes PDFs; numbered stamps go to it as a file."""

    code = "printer-takes-no-runs"

    def __init__(self) -> None:
        super().__init__(_l("This printer takes PDFs. Download the file of the run."), field="printer")


class PrinterBusy(Refusal):
    """Another run is being printed there, or waits for somebody to go on or cancel it."""

    code = "printer-busy"


class PrintedAlready(Refusal):
    """Some of these stamps went to a printer before; ``first`` and ``last`` are such a range."""

    code = "stamps-printed-already"


class PrintNotWaiting(Refusal):
    """The print is under way, finished or cancelled: there is nothing to go on with."""

    code = "print-not-waiting"


def run_labels(
    session: Session, run: StampRun, printer: LabelPrinter, chosen: Mapping[str, str]
) -> RunLabels:
    """The labels of a run on this printer's paper, laid out once.

    Raises ``RunNotFinished``, `HiddenCodesNotPrinted`, ``LabelRefused``, and what `read_choices` and `lay_out` raise.
    """
    services_runs.check_finished(run)
    if run.has_secrets:
        raise HiddenCodesNotPrinted
    choices = _choices(printer, chosen)
    return run_sheets.run_labels(run_contents(session, run, choices), choices, run)


def run_pages(
    session: Session, run: StampRun, printer: LabelPrinter, labels: RunLabels, span: Span
) -> Iterator[DotPage]:
    """The stamps of ``span`` as pages of dots, however many: codes are read piece by piece."""
    return RunDots(labels, printers.shift_of(printer)).pages(usable_codes(session, run, span))


def usable_codes(session: Session, run: StampRun, span: Span) -> Iterator[tuple[int, str]]:
    """Numbers and codes of ``span`` in order; void ones are not printed."""
    voided = stamp_queries.list_overlapping(session, run.id, RangeKind.VOIDED, span)
    for part in left_of(span, [Span(one.first_number, one.last_number) for one in voided]):
        yield from stamp_queries.codes_of(session, run, part)


def start_print(
    session: Session,
    actor: Actor,
    queue: procrastinate.App,
    run: StampRun,
    printer: LabelPrinter,
    span: Span,
    chosen: Mapping[str, str],
    approved: Collection[str],
    *,
    is_again: bool = False,
) -> RunPrint:
    """Send stamps to a printer's approved address, portion by portion, by a job that is enqueued with it.

    ``is_again`` says that whoever asks knows that some were printed before: those are noted as printed again. Raises
    what `run_labels` and `check_span` do, `PrinterTakesNoRuns`, ``AddressNotApproved``, `PrinterBusy`,
    `PrintedAlready`.
    """
    require_producer(actor)
    require_approved(actor)
    if printer.language == Language.PDF:
        raise PrinterTakesNoRuns
    if printer.address is None or printer.address not in approved:
        raise printers.AddressNotApproved
    services_runs.check_span(run, span)
    run_labels(session, run, printer, chosen)
    _lock(session, printer)
    busy = select(RunPrint).where(
        RunPrint.printer_id == printer.id, RunPrint.finished_at.is_(None), RunPrint.cancelled_at.is_(None)
    )
    if session.scalars(busy).first() is not None:
        raise PrinterBusy(_l("Another run goes to this printer. Wait for its end, or cancel it."))
    _note_again(session, actor, run, printed_of(session, run, span), is_again=is_again)
    print_ = RunPrint(
        run_id=run.id,
        printer_id=printer.id,
        printer_name=printer.name,
        chosen={name: chosen[name] for name in CHOSEN if chosen.get(name)},
        first_number=span.first,
        last_number=span.last,
        next_number=span.first,
        created_by=actor.user_id,
    )
    session.add(print_)
    session.flush()
    enqueue_portion(session, queue, print_)
    return print_


def go_on(session: Session, actor: Actor, queue: procrastinate.App, print_id: UUID, number: int) -> RunPrint:
    """Go on with a print that stopped, from the stamp ``number``: the first that is not on paper as it should be.

    Stamps from there on that were handed over before are noted as printed again. Raises `PrintNotWaiting`,
    ``StampUnknown``, ``NotFound``.
    """
    require_producer(actor)
    require_approved(actor)
    print_ = _locked(session, actor, print_id)
    if not print_.is_stopped:
        raise PrintNotWaiting(_l("This print does not wait for anything."))
    if not print_.first_number <= number <= print_.last_number:
        raise StampUnknown(
            _l(
                "This print has the numbers %(first)d to %(last)d.",
                first=print_.first_number,
                last=print_.last_number,
            ),
            field="number",
        )
    if number < print_.next_number:
        again = [Span(number, print_.next_number - 1)]
        _note_again(session, actor, print_.run, again, is_again=True)
    print_.next_number, print_.sending_to = number, None
    print_.stopped_at = print_.stopped_for = None
    print_.failures = 0
    session.flush()
    enqueue_portion(session, queue, print_)
    return print_


def cancel_print(session: Session, actor: Actor, print_id: UUID) -> RunPrint:
    """Send nothing more; a portion that is under way still comes. Raises `PrintNotWaiting`, ``NotFound``."""
    require_producer(actor)
    print_ = _locked(session, actor, print_id)
    if print_.finished_at is not None or print_.cancelled_at is not None:
        raise PrintNotWaiting(_l("This print is finished or cancelled already."))
    print_.cancelled_at = clock.now()
    print_.stopped_at = print_.stopped_for = None
    session.flush()
    return print_


def list_prints(session: Session, run_id: int, limit: int = 20) -> list[RunPrint]:
    """What of a run went to printers, latest first."""
    wanted = select(RunPrint).where(RunPrint.run_id == run_id)
    return list(session.scalars(wanted.order_by(RunPrint.created_at.desc(), RunPrint.id.desc()).limit(limit)))


def list_forgotten(session: Session) -> list[RunPrint]:
    """Prints of anybody that are under way and have no job, neither waiting nor at work."""
    has_no_job = text(
        "not exists (select from procrastinate_jobs where task_name = :task and status in ('todo', 'doing')"
        " and args ->> 'print_id' = run_prints.id::text)"
    ).bindparams(task=TASK)
    running = select(RunPrint).where(
        RunPrint.finished_at.is_(None),
        RunPrint.cancelled_at.is_(None),
        RunPrint.stopped_at.is_(None),
        has_no_job,
    )
    return list(session.scalars(running))


def get_print(session: Session, organisation_id: UUID, print_id: UUID) -> RunPrint:
    """A print of this organisation's run, or ``NotFound``."""
    found = session.get(RunPrint, print_id)
    if found is None or found.run.organisation_id != organisation_id:
        raise NotFound(_l("There is no such print."), code="print-not-found")
    return found


def printed_of(session: Session, run: StampRun, span: Span) -> list[Span]:
    """The stamps of ``span`` that were handed to printers, or may have been, in order."""
    earlier = select(RunPrint).where(
        RunPrint.run_id == run.id,
        RunPrint.first_number <= span.last,
        RunPrint.last_number >= span.first,
    )
    found: list[Span] = []
    for print_ in session.scalars(earlier):
        last = max(print_.sending_to or 0, print_.next_number - 1)
        both = Span(print_.first_number, last).overlap(span) if last >= print_.first_number else None
        if both is not None:
            found.append(both)
    return _joined(found)


def stop(print_: RunPrint, why: Stop) -> None:
    """Wait for a person."""
    print_.stopped_at, print_.stopped_for = clock.now(), str(why)


def enqueue_portion(session: Session, queue: procrastinate.App, print_: RunPrint, wait_s: int = 0) -> None:
    """Have the next portion sent, by one job at a time for each printer, after everybody else's jobs."""
    enqueue(
        session,
        queue,
        TASK,
        lock=f"printer-{print_.printer_id}",
        priority=-10,
        wait_s=wait_s,
        print_id=str(print_.id),
    )


def _choices(printer: LabelPrinter, chosen: Mapping[str, str]) -> Choices:
    wanted = {name: chosen[name] for name in CHOSEN if chosen.get(name)}
    paper = {"size": printer.design, "dpi": str(printer.dpi)}
    if printer.width_mm is not None and printer.height_mm is not None:
        paper |= {"width": f"{printer.width_mm:f}", "height": f"{printer.height_mm:f}"}
    choices = read_choices({**wanted, **paper})
    # Numbers go up along the roll, whatever was chosen for equal labels.
    return replace(choices, pages=replace(choices.pages, is_last_first=False))


def _note_again(session: Session, actor: Actor, run: StampRun, again: list[Span], *, is_again: bool) -> None:
    if again and not is_again:
        raise PrintedAlready(
            _l(
                "Stamps %(first)d to %(last)d were printed already. Say that they are printed again, and destroy the"
                " first ones.",
                first=again[0].first,
                last=again[0].last,
            ),
            field="is_again",
            first=again[0].first,
            last=again[0].last,
        )
    for span in again:
        session.add(
            StampRange(
                run_id=run.id,
                kind=RangeKind.REPRINTED,
                first_number=span.first,
                last_number=span.last,
                made_by=actor.user_id,
            )
        )


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last + 1:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def _lock(session: Session, printer: LabelPrinter) -> None:
    """Whoever starts a print on this printer at the same time waits here."""
    session.execute(
        select(LabelPrinter.id).where(LabelPrinter.id == printer.id).with_for_update(key_share=True)
    )


def _locked(session: Session, actor: Actor, print_id: UUID) -> RunPrint:
    get_print(session, actor.organisation_id, print_id)
    wanted = select(RunPrint).where(RunPrint.id == print_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()
