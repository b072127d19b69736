"""Background entry points of the PDF files of runs: make one, go on with what was left, remove old ones.

Some groups of pages are written, made durable and then noted with one commit. Whatever ends a worker, the next one cuts
the file at what was noted and goes on: no label is left out and none stands in it twice.
"""

import fcntl
import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import structlog
from flask import current_app
from procrastinate import Blueprint, JobContext
from sqlalchemy.orm import Session

from labels import run_sheets
from labels.choices import read_choices
from labels.pdf_file import PdfFile
from labels.run_contents import run_contents
from labels.run_pdf import RunPdf, Stamps, make_groups
from labels.run_sheet_models import RunSheets
from trace.batches.gate import LabelRefused
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.queue import EXTENSION, enqueue_again

NAMESPACE = "run_sheets"
# So many labels are noted together: some hundred kilobytes to some megabytes of the file.
_PART = 10_000

log = structlog.get_logger()


def make_sheets(context: JobContext, sheets_id: str) -> None:
    """Make a file until it is ready, it is cancelled, or the worker has to stop."""
    settings = current_app.config["SETTINGS"]
    path = run_sheets.path_of(settings, UUID(sheets_id))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with current_app.extensions["sessions"]() as session, _alone(path) as out:
        sheets = session.get(RunSheets, UUID(sheets_id)) if out is not None else None
        if out is None or sheets is None or not sheets.is_running:
            return
        try:
            pdf, stamps = _pdf(session, sheets)
        except (LabelRefused, BadInput) as refusal:
            # Recalled, held or no longer approved since it was asked for.
            sheets.cancelled_at, sheets.stopped_for = clock.now(), refusal.code
            session.commit()
            return
        with run_sheets.offsets_path_of(settings, sheets.id).open("a+b") as kept:
            _write(context, session, sheets, pdf, _File(out, kept, sheets), stamps)


def resume_sheets(timestamp: int) -> None:
    """Queue a job for each file that is not ready; where one is at work already, the other finds it locked."""
    with current_app.extensions["sessions"]() as session:
        unfinished = run_sheets.list_unfinished(session)
    queue = current_app.extensions[EXTENSION]
    for sheets_id in unfinished:
        enqueue_again(queue, run_sheets.TASK, run_sheets.lock_of(sheets_id), sheets_id=str(sheets_id))


def remove_old_sheets(timestamp: int) -> None:
    """Remove files after their days."""
    with current_app.extensions["sessions"]() as session:
        removed = run_sheets.remove_old_files(session, current_app.config["SETTINGS"])
        session.commit()
    log.info("run-sheets-removed", count=removed)


def run_sheet_jobs() -> Blueprint:
    """The jobs, made anew for each queue: adding a blueprint to one renames its tasks."""
    made = Blueprint()
    made.task(name="make_sheets", pass_context=True)(make_sheets)
    made.periodic(cron="* * * * *")(made.task(name="resume_sheets")(resume_sheets))
    made.periodic(cron="32 2 * * *")(made.task(name="remove_old_sheets")(remove_old_sheets))
    return made


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO | None]:
    """The file, opened for this process alone; None while another, thought dead, still writes it."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield out


def _pdf(session: Session, sheets: RunSheets) -> tuple[RunPdf, run_sheets.Stamps]:
    choices = read_choices(sheets.chosen)
    contents = run_contents(session, sheets.run, choices)
    labels = run_sheets.run_labels(contents, choices, sheets.run)
    return RunPdf(labels, choices.pages, choices.start, sheets.labels), run_sheets.stamps_of(session, sheets)


class _File:
    """The file at what was noted of it, with the beginnings of its objects beside it."""

    def __init__(self, out: BinaryIO, kept: BinaryIO, sheets: RunSheets) -> None:
        self._out, self._kept = out, kept
        offsets = array("Q")
        kept.seek(0)
        offsets.frombytes(kept.read(sheets.objects * offsets.itemsize))
        is_whole = len(offsets) == sheets.objects and os.fstat(out.fileno()).st_size >= sheets.length > 0
        if not is_whole:
            # Nothing was noted yet, or the folder was lost with what was: it begins again.
            sheets.groups = sheets.made = sheets.length = sheets.objects = 0
            offsets = array("Q", [0])
        out.truncate(sheets.length)
        out.seek(sheets.length)
        kept.truncate(sheets.objects * offsets.itemsize)
        self.pdf = PdfFile(out, offsets, sheets.length)

    def keep(self, sheets: RunSheets) -> None:
        """Make durable what was written, and say so in ``sheets``."""
        self._out.flush()
        os.fsync(self._out.fileno())
        self._kept.write(self.pdf.offsets[sheets.objects :].tobytes())
        self._kept.flush()
        os.fsync(self._kept.fileno())
        sheets.length, sheets.objects = self.pdf.length, len(self.pdf.offsets)


def _write(
    context: JobContext,
    session: Session,
    sheets: RunSheets,
    pdf: RunPdf,
    file: _File,
    stamps: run_sheets.Stamps,
) -> None:
    sheets.started_at = sheets.started_at or clock.now()
    if not sheets.groups:
        file.pdf.append(pdf.head)
    for part in _parts(pdf, sheets.groups):
        if context.should_abort():
            session.rollback()
            return
        for group in make_groups(pdf, part, lambda group: _stamps(pdf, stamps, group)):
            file.pdf.append(group)
        file.keep(sheets)
        sheets.groups = part.stop
        sheets.made = min(sheets.labels, sum(len(pdf.labels_of(group)) for group in part) + sheets.made)
        session.commit()
        session.refresh(sheets)
        if not sheets.is_running:
            return
    pdf.finish(file.pdf)
    file.keep(sheets)
    sheets.finished_at = clock.now()
    session.commit()
    log.info("run-sheets-made", sheets=str(sheets.id), labels=sheets.labels, length=sheets.length)


def _parts(pdf: RunPdf, first: int) -> Iterator[range]:
    """Groups that are noted together, from ``first`` on."""
    size = max(1, _PART // max(1, len(pdf.labels_of(0))))
    for start in range(first, pdf.groups, size):
        yield range(start, min(start + size, pdf.groups))


def _stamps(pdf: RunPdf, stamps: run_sheets.Stamps, group: int) -> Stamps:
    """Code and number of each label of a group, in the order of its pages."""
    labels = pdf.labels_of(group)
    first = min(labels)
    found = stamps.read(first, max(labels) - first + 1)
    return [found[label - first] for label in labels]
