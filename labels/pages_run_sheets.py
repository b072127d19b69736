"""The page of a run's PDF files: what is offered, how a stamp looks, the files with how far each is."""

from dataclasses import dataclass, replace

from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from labels import pages, run_sheets, services
from labels.choices import Choices, read_choices
from labels.pages import Offer, Preview
from labels.run_contents import HiddenCodesNotPrinted, run_contents
from labels.run_sheet_models import RunSheets
from trace.batches.stamp_models import StampRun
from trace.core import clock

AGAIN_S = "4"  # after so long the page is asked for anew while a file is being made
_FEW_S = 0.5  # of less no speed can be told
_MEGA = 1_000_000


@dataclass(frozen=True)
class SheetsLine:
    """One file; ``state`` in words with its tone, ``figures`` how far and how fast, or how large."""

    sheets: RunSheets
    title: str
    paper: str
    percent: int
    figures: str
    state: str
    tone: str


@dataclass(frozen=True)
class RunSheetsPage:
    """The page; ``preview`` is missing where ``refusal`` or an error of the form says why."""

    run: StampRun
    offer: Offer
    lines: tuple[SheetsLine, ...]
    preview: Preview | None = None
    refusal: str = ""

    @property
    def is_working(self) -> bool:
        """Whether a file is being made."""
        return any(line.sheets.is_running for line in self.lines)


def make_page(
    session: Session, run: StampRun, choices: Choices | None = None, *, has_gs1: bool, refusal: str = ""
) -> RunSheetsPage:
    """The page, with a preview of these choices. Raises what the labels refuse."""
    offer = pages.offer_of(has_gs1=has_gs1, has_ean=bool(run.batch and services.till_number(run.batch)))
    lines = tuple(_line(sheets) for sheets in run_sheets.list_sheets(session, run))
    preview = _preview(session, run, choices) if choices is not None else None
    return RunSheetsPage(run, offer, lines, preview, refusal)


def _preview(session: Session, run: StampRun, choices: Choices) -> Preview:
    if run.has_secrets:
        raise HiddenCodesNotPrinted
    labels = run_sheets.run_labels(run_contents(session, run, choices), choices, run)
    ((code, number),) = run_sheets.Stamps(session, run, [run_sheets.whole(run)]).read(0, 1)
    shown = labels.lay_out(code, number)
    return pages.show_layout(
        shown, labels.spec, replace(choices, count=run.size), _("The first stamp of this run")
    )


def _line(sheets: RunSheets) -> SheetsLine:
    tone, state = _state(sheets)
    first, last = (format_decimal(number) for number in (sheets.first_number, sheets.last_number))
    return SheetsLine(
        sheets=sheets,
        title=first if first == last else f"{first}–{last}",
        paper=pages.design_title(read_choices(sheets.chosen).design),
        percent=sheets.made * 100 // sheets.labels,
        figures=_figures(sheets),
        state=state,
        tone=tone,
    )


def _state(sheets: RunSheets) -> tuple[str, str]:
    if sheets.stopped_for:
        return "recall", str(_("Stopped: these labels may not be printed now"))
    if sheets.cancelled_at is not None:
        return "unknown", str(_("Cancelled"))
    if sheets.finished_at is None:
        return "note", str(_("Being made"))
    if sheets.file_removed_at is not None:
        return "unknown", str(_("Removed after 7 days"))
    return "ok", str(_("Ready"))


def _figures(sheets: RunSheets) -> str:
    """Labels, and labels a second; of a finished file its size."""
    told = str(
        _("%(made)s of %(size)s", made=format_decimal(sheets.made), size=format_decimal(sheets.labels))
    )
    if sheets.started_at is None:
        return told
    seconds = ((sheets.finished_at or clock.now()) - sheets.started_at).total_seconds()
    if seconds > _FEW_S and sheets.made and sheets.cancelled_at is None:
        told += " · " + str(_("%(count)s a second", count=format_decimal(int(sheets.made / seconds))))
    if sheets.finished_at is not None:
        told += f" · {format_decimal(round(sheets.length / _MEGA, 1))} MB"
    return told
