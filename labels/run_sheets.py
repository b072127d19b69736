"""PDF files of print runs: ordering one, its labels, its stamps, its end. The job that makes it is `run_sheet_jobs`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import procrastinate
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from labels.choices import Choices, read_choices
from labels.layout import fit_modules
from labels.run_contents import Contents, HiddenCodesNotPrinted, run_contents
from labels.run_labels import RunLabels, sample_code
from labels.run_sheet_models import RunSheets
from labels.spec import LabelContent, TextDoesNotFit
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_models import RangeKind, StampRun
from trace.batches.stamp_rules import Span, left_of
from trace.core import clock
from trace.core.config import Settings
from trace.core.errors import BadInput, NotFound, Refusal
from trace.core.queue import enqueue
from trace.core.short_codes import SERIAL_LENGTH

TASK = "run_sheets:make_sheets"
FOLDER = "sheets"
# A file can be made again as long as its run is there.
FILES_KEPT = timedelta(days=7)
MOST_AT_ONCE = 3


class TooManySheets(Refusal):
    """So many files of an organisation are being made that another must wait."""

    code = "too-many-sheets"
    http_status = 429

    def __init__(self) -> None:
        super().__init__(_l("Other files are still being made. Wait until one is ready, or cancel one."))


class NoStampsLeft(BadInput):
    """Nothing to print: every stamp that was asked for is void."""

    code = "no-stamps-left"

    def __init__(self) -> None:
        super().__init__(_l("All of these stamps are void."), field="first")


class SheetsNotReady(Refusal):
    """The file is not there: it is being made, was cancelled, or was removed after its days."""

    code = "sheets-not-ready"
    http_status = 410

    def __init__(self) -> None:
        super().__init__(_l("This file is not there. Make it again."))


class Stamps:
    """The stamps of a file in their order, read from the database piece by piece."""

    def __init__(self, session: Session, run: StampRun, spans: Sequence[Span]) -> None:
        self._session, self._run, self._spans = session, run, spans

    def __len__(self) -> int:
        return sum(span.size for span in self._spans)

    def read(self, first: int, count: int) -> list[tuple[str, int]]:
        """Codes and numbers of so many stamps, from the one in place ``first`` (0 is the first of the file)."""
        found: list[tuple[str, int]] = []
        for span in self._spans:
            if first < span.size and len(found) < count:
                start = span.first + first
                part = Span(start, min(span.last, start + count - len(found) - 1))
                rows = stamp_queries.codes_of(self._session, self._run, part)
                found += [(code, number) for number, code in rows]
            first = max(0, first - span.size)
        return found


def order_sheets(
    session: Session,
    actor: Actor,
    queue: procrastinate.App,
    run_id: int,
    values: Mapping[str, str],
    span: Span | None = None,
) -> RunSheets:
    """Order a PDF of a finished run, or of a part of it; a job that is enqueued with it makes the file.

    ``values`` are the choices as `read_choices` takes them. Raises what it raises, ``NotFound``, ``RunNotFinished``,
    ``LabelRefused``, what `lay_out` refuses, `HiddenCodesNotPrinted`, `NoStampsLeft` and `TooManySheets`.
    """
    run = stamp_queries.get_run(session, actor.organisation_id, run_id)
    services_runs.check_finished(run)
    if run.has_secrets:
        raise HiddenCodesNotPrinted
    choices = read_choices(values)
    wanted = span or whole(run)
    services_runs.check_span(run, wanted)
    run_labels(run_contents(session, run, choices), choices, run)
    if count_running(session, actor.organisation_id) >= MOST_AT_ONCE:
        raise TooManySheets
    sheets = RunSheets(
        run=run,
        chosen={name: value for name, value in values.items() if value},
        first_number=wanted.first,
        last_number=wanted.last,
        created_at=clock.now(),
        created_by=actor.user_id,
    )
    sheets.labels = len(stamps_of(session, sheets))
    if not sheets.labels:
        raise NoStampsLeft
    session.add(sheets)
    session.flush()
    enqueue(session, queue, TASK, lock=lock_of(sheets.id), sheets_id=str(sheets.id))
    return sheets


def run_labels(contents: Contents, choices: Choices, run: StampRun) -> RunLabels:
    """The labels of a run laid out; those of a lot do without the stamp's number where there is no room for it.

    Raises what `lay_out` raises.
    """
    try:
        return _laid_out(contents, choices, run)
    except TextDoesNotFit:
        if run.batch is None:
            raise

    def without_number(code: str, number: int) -> LabelContent:
        return replace(contents(code, number), number="")

    return _laid_out(without_number, choices, run)


def stamps_of(session: Session, sheets: RunSheets) -> Stamps:
    """The stamps of a file: those of its span that were not void when it was asked for."""
    span = Span(sheets.first_number, sheets.last_number)
    with session.no_autoflush:
        voided = stamp_queries.list_overlapping(session, sheets.run.id, RangeKind.VOIDED, span)
    taken = [Span(one.first_number, one.last_number) for one in voided if one.made_at <= sheets.created_at]
    return Stamps(session, sheets.run, left_of(span, taken))


def get_sheets(session: Session, organisation_id: UUID, sheets_id: UUID) -> RunSheets:
    """A file of this organisation's runs, or ``NotFound``."""
    sheets = session.get(RunSheets, sheets_id)
    if sheets is None or sheets.run.organisation_id != organisation_id:
        raise NotFound(_l("There is no such file."), code="sheets-not-found")
    return sheets


def list_sheets(session: Session, run: StampRun) -> list[RunSheets]:
    """The files of a run, newest first."""
    wanted = select(RunSheets).where(RunSheets.run_id == run.id)
    return list(session.scalars(wanted.order_by(RunSheets.created_at.desc(), RunSheets.id.desc()).limit(20)))


def count_running(session: Session, organisation_id: UUID) -> int:
    """Files of an organisation that are being made."""
    wanted = (
        select(RunSheets.id).join(StampRun).where(StampRun.organisation_id == organisation_id, _IS_RUNNING)
    )
    return len(session.scalars(wanted).all())


def cancel_sheets(session: Session, actor: Actor, sheets_id: UUID) -> RunSheets:
    """Stop making a file; nothing happens to one that is ready or was cancelled."""
    sheets = get_sheets(session, actor.organisation_id, sheets_id)
    session.refresh(sheets, with_for_update=True)
    if sheets.is_running:
        sheets.cancelled_at = clock.now()
        session.flush()
    return sheets


def open_sheets(
    session: Session, actor: Actor, settings: Settings, sheets_id: UUID
) -> tuple[RunSheets, Path]:
    """The finished file. Raises `SheetsNotReady`, and ``LabelRefused`` where the lot may have no labels any more."""
    sheets = get_sheets(session, actor.organisation_id, sheets_id)
    path = path_of(settings, sheets.id)
    if not sheets.is_ready or not path.is_file():
        raise SheetsNotReady
    run_contents(session, sheets.run, read_choices(sheets.chosen))
    return sheets, path


def list_unfinished(session: Session) -> list[UUID]:
    """Files of anybody that are not ready yet."""
    return list(session.scalars(select(RunSheets.id).where(_IS_RUNNING).order_by(RunSheets.id)))


def remove_old_files(session: Session, settings: Settings) -> int:
    """Remove files after their days, at once where they were cancelled; returns how many."""
    is_over = or_(RunSheets.finished_at < clock.now() - FILES_KEPT, RunSheets.cancelled_at.is_not(None))
    wanted = select(RunSheets).where(RunSheets.file_removed_at.is_(None), is_over)
    found = list(session.scalars(wanted.with_for_update(skip_locked=True)))
    for sheets in found:
        for path in (path_of(settings, sheets.id), offsets_path_of(settings, sheets.id)):
            path.unlink(missing_ok=True)
        sheets.file_removed_at = clock.now()
    session.flush()
    return len(found)


def path_of(settings: Settings, sheets_id: UUID) -> Path:
    """Where the file lies, in the folder that web servers and workers share."""
    return settings.state_folder / FOLDER / f"{sheets_id}.pdf"


def offsets_path_of(settings: Settings, sheets_id: UUID) -> Path:
    """Where the beginnings of its objects are kept while it is made."""
    return path_of(settings, sheets_id).with_suffix(".offsets")


def lock_of(sheets_id: UUID) -> str:
    """The name under which one file is made by one job at a time."""
    return f"run-sheets-{sheets_id}"


_IS_RUNNING = RunSheets.finished_at.is_(None) & RunSheets.cancelled_at.is_(None)


def _laid_out(contents: Contents, choices: Choices, run: StampRun) -> RunLabels:
    spec = choices.spec
    if not choices.has_fixed_dots:
        spec = fit_modules([contents(sample_code(SERIAL_LENGTH), run.last_number)], spec)
    return RunLabels(contents, spec, SERIAL_LENGTH, run.last_number)


def whole(run: StampRun) -> Span:
    """All stamps of a run."""
    return Span(run.first_number, run.last_number)
