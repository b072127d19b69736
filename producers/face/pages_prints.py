"""What of a run went to label printers, as the page of the run shows it: how far, how fast, and what it waits for."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from labels import run_prints
from labels.run_print_models import RunPrint, Stop
from producers.face import texts_stamps
from trace.batches.stamp_models import StampRun

_FEW_S = 0.1  # of less no speed can be told


@dataclass(frozen=True)
class PrintLine:
    """One print. ``waits_for`` says what a stopped one needs; ``go_on_at`` is the stamp it would go on from."""

    told: RunPrint
    numbers: str
    percent: int
    sent: str
    size: str
    per_second: str | None
    chip_text: str
    chip_tone: str
    waits_for: str
    go_on_at: int


def print_lines(session: Session, run: StampRun) -> tuple[PrintLine, ...]:
    """The prints of a run, latest first."""
    return tuple(_line(one) for one in run_prints.list_prints(session, run.id))


def _line(print_: RunPrint) -> PrintLine:
    tone, text = _state(print_)
    speed = print_.sent / print_.busy_s if print_.busy_s > _FEW_S else None
    return PrintLine(
        told=print_,
        numbers=texts_stamps.numbers(print_.first_number, print_.last_number),
        percent=print_.sent * 100 // print_.size,
        sent=texts_stamps.figures(print_.sent),
        size=texts_stamps.figures(print_.size),
        per_second=texts_stamps.figures(max(1, round(speed))) if speed is not None and print_.sent else None,
        chip_text=text,
        chip_tone=tone,
        waits_for=_waits_for(print_) if print_.is_stopped else "",
        go_on_at=min(print_.next_number, print_.last_number),
    )


def _state(print_: RunPrint) -> tuple[str, str]:
    if print_.finished_at is not None:
        return "ok", _("Sent")
    if print_.cancelled_at is not None:
        return "unknown", _("Cancelled")
    if print_.is_stopped:
        return "copy", _("Stopped")
    return "note", _("Printing")


def _waits_for(print_: RunPrint) -> str:
    why = Stop(print_.stopped_for or Stop.INTERRUPTED)
    if why is Stop.NOT_REACHED:
        return str(_("The printer does not answer. Is it switched on and in the network?"))
    if why is Stop.NOT_APPROVED:
        return str(_("The operator no longer approves this printer's address."))
    if why is Stop.REFUSED:
        return str(
            _(
                "These labels can no longer be printed: the lot may have none now, or they do not fit the paper."
            )
        )
    numbers = texts_stamps.numbers(print_.next_number, print_.sending_to or print_.next_number)
    return str(
        _(
            "Stamps %(numbers)s may be printed or not. Look which label came last, and go on behind it.",
            numbers=numbers,
        )
    )
