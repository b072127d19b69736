"""Background entry points of printing runs: one portion is sent, the next one is enqueued.

A portion is noted and committed before its first byte leaves, and noted as sent after its last. A worker that dies in
between leaves the note: the next one sends nothing and asks a person, because a stamp that comes twice looks like a
copy.
"""

import time
from dataclasses import dataclass
from uuid import UUID

import structlog
from flask import current_app
from procrastinate import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from labels import printers, raw_printing, run_prints
from labels.raw_printing import PrinterNotReached, PrinterStopped
from labels.run_print_models import RunPrint, Stop
from labels.spec import MM_PER_INCH, SheetSpec
from trace.batches.gate import LabelRefused
from trace.batches.stamp_rules import Span
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.queue import EXTENSION

NAMESPACE = "run_prints"
# Labels and bytes in one portion at most.
PORTION, _LARGEST = 120, 4_000_000
# Divisible by two and three, so that rows of labels across stay whole.
_STEP = 6
# A printer takes what its memory holds and then as fast as it prints; a minute of taking nothing is a stop.
SEND_SECONDS = 60.0
# Cheap printers refuse a connection while they are at the portion before.
TRIES, WAIT_S = 12, 10

log = structlog.get_logger()


@dataclass(frozen=True)
class _Portion:
    span: Span
    job: bytes
    address: str
    approved: list[str]


def print_portion(print_id: str) -> None:
    """Send the next portion of a print, unless it was cancelled, has stopped, or nobody knows how far it came."""
    sessions, began = current_app.extensions["sessions"], time.monotonic()
    with sessions() as session:
        portion = _begin(session, UUID(print_id))
        session.commit()
    if portion is None:
        return
    why, is_reached = None, True
    try:
        raw_printing.send(
            portion.job, portion.address, portion.approved, send_seconds=SEND_SECONDS, is_patient=True
        )
    except PrinterNotReached:
        is_reached = False
    except PrinterStopped:
        why = Stop.PARTLY
    with sessions() as session:
        print_ = _locked(session, UUID(print_id))
        print_.busy_s += time.monotonic() - began
        if not is_reached:
            _try_again(session, print_)
        elif why is None:
            _note_sent(session, print_, portion.span)
        elif print_.is_running:
            run_prints.stop(print_, why)
        session.commit()
    log.info("run-portion", print=print_id, first=portion.span.first, last=portion.span.last, why=why or "")


def resume_prints(timestamp: int) -> None:
    """Enqueue the next portion of prints that have no job any more: one failed where nobody expected it to."""
    with current_app.extensions["sessions"]() as session:
        for print_ in run_prints.list_forgotten(session):
            run_prints.enqueue_portion(session, current_app.extensions[EXTENSION], print_)
        session.commit()


def _begin(session: Session, print_id: UUID) -> _Portion | None:
    """The next portion, noted as under way; None where there is none to send."""
    print_ = _locked(session, print_id)
    if not print_.is_running:
        return None
    if print_.sending_to is not None:
        run_prints.stop(print_, Stop.INTERRUPTED)
        return None
    printer = print_.printer
    settings = current_app.config["SETTINGS"]
    # Asked again at each portion: an approval may have been withdrawn.
    mine = [address for owner, address in settings.printers if owner == print_.run.organisation_id]
    if printer is None or printer.address is None or printer.address not in mine:
        run_prints.stop(print_, Stop.NOT_APPROVED)
        return None
    last = print_.next_number + portion_of(printers.paper_of(printer)) - 1
    span = Span(print_.next_number, min(last, print_.last_number))
    try:
        labels = run_prints.run_labels(session, print_.run, printer, print_.chosen)
        pages = run_prints.run_pages(session, print_.run, printer, labels, span)
        job = b"".join(printers.dots_pieces(printer, labels.spec, pages))
    except (BadInput, LabelRefused):
        # Recalled or held since, or another roll was put in.
        run_prints.stop(print_, Stop.REFUSED)
        return None
    print_.sending_to = span.last
    return _Portion(span, job, printer.address, mine)


def portion_of(spec: SheetSpec) -> int:
    """How many labels of this paper are sent at once: fewer of large ones, whose dots are many bytes."""
    dots_each = spec.label_width_mm * spec.label_height_mm * (spec.dpi / MM_PER_INCH) ** 2
    fitting = int(_LARGEST / (dots_each / 4))  # eight dots a byte, two characters a byte in ZPL
    return max(_STEP, min(PORTION, fitting) // _STEP * _STEP)


def _note_sent(session: Session, print_: RunPrint, span: Span) -> None:
    if (print_.next_number, print_.sending_to) != (span.first, span.last):
        return  # taken for dead, and a person went on meanwhile
    print_.next_number, print_.sending_to = span.last + 1, None
    print_.sent_at, print_.failures = clock.now(), 0
    if print_.next_number > print_.last_number and print_.cancelled_at is None:
        print_.finished_at = clock.now()
        print_.stopped_at = print_.stopped_for = None
    elif print_.is_running:
        run_prints.enqueue_portion(session, current_app.extensions[EXTENSION], print_)


def _try_again(session: Session, print_: RunPrint) -> None:
    """Nothing was sent: the portion is as if never begun."""
    if not print_.is_running:
        return
    print_.sending_to = None
    print_.failures += 1
    if print_.failures >= TRIES:
        run_prints.stop(print_, Stop.NOT_REACHED)
    else:
        run_prints.enqueue_portion(session, current_app.extensions[EXTENSION], print_, WAIT_S)


def _locked(session: Session, print_id: UUID) -> RunPrint:
    wanted = select(RunPrint).where(RunPrint.id == print_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def run_print_jobs() -> Blueprint:
    """The jobs, made anew for each queue: adding a blueprint to one renames its tasks."""
    made = Blueprint()
    made.task(name="print_portion")(print_portion)
    made.periodic(cron="* * * * *")(made.task(name="resume_prints")(resume_prints))
    return made
