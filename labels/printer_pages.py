"""What pages of label printers share: the blueprint, the printer's paper in words, sending and taking away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from labels import printers, raw_printing
from labels.designs import OWN_SIZE, Paper, find_design
from labels.printer_models import LabelPrinter
from labels.printers import Job
from trace.accounts.access import actor
from trace.core.forms import Form
from trace.core.http import db

blueprint = Blueprint("printers", __name__, url_prefix="/labels/printers")


@dataclass(frozen=True)
class PrintPage:
    """Labels on one printer: what they are of (``intro``), how they look, where they go.

    ``preview_url`` is empty where ``refusal`` says why there is none; ``chosen`` goes along unseen; ``across`` is how
    many positions a row or sheet has.
    """

    printer: LabelPrinter
    form: Form
    intro: str
    alt: str
    back_url: str
    back_label: str
    preview_url: str
    download_url: str
    send_url: str
    size: str
    across: int
    is_roll: bool
    can_send: bool
    refusal: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choosing:
    """What a printer is chosen for; ``address`` is the page that prints it there, ``needs`` what all of them lack."""

    address: Callable[[LabelPrinter], str]
    back_url: str
    back_label: str
    intro: str
    needs: str = ""


def choose(found: Sequence[LabelPrinter], choosing: Choosing) -> ResponseReturnValue:
    """The printers to choose from; with the only one, its page at once."""
    if len(found) == 1:
        return redirect(choosing.address(found[0]), 303)
    return render_template("labels/list_printers.html", printers=found, size=paper_text, choosing=choosing)


def design_text(key: str) -> str:
    """A ready size in words."""
    design = find_design(key)
    if design is None:
        return key
    spec = design.spec
    size = f"{format_decimal(spec.label_width_mm)} × {format_decimal(spec.label_height_mm)} mm"
    if spec.is_round:
        return str(_("Roll, round, %(size)s mm", size=f"{spec.label_width_mm:g}"))
    if design.paper == Paper.ROLL:
        return str(_("Roll, %(size)s, %(count)s across", size=size, count=spec.columns))
    return str(
        _("%(name)s, %(size)s, %(count)s a sheet", name=design.name, size=size, count=spec.labels_per_page)
    )


def paper_text(printer: LabelPrinter) -> str:
    """The label in a printer, in words."""
    if printer.design == OWN_SIZE:
        size = f"{format_decimal(printer.width_mm)} × {format_decimal(printer.height_mm)} mm"
        return str(_("Roll, %(size)s, %(count)s across", size=size, count=1))
    return design_text(printer.design)


def approved() -> list[str]:
    """The addresses that the operator approved for the organisation at the screen."""
    mine = actor().organisation_id
    return [
        address for organisation, address in current_app.config["SETTINGS"].printers if organisation == mine
    ]


def send(printer: LabelPrinter, job: Job) -> None:
    """Send a job to the printer's address; raises what `raw_printing.send` does."""
    # Asked again at each job: what was approved when the printer was set up may have been withdrawn.
    raw_printing.send(job.content, printer.address or "", approved())


def kept(values: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
    """Those of ``values`` that are among ``names`` and not empty."""
    return {name: values[name] for name in names if values.get(name)}


def job_file(job: Job, name: str) -> Response:
    """A job to take away."""
    answer = make_response(job.content)
    answer.content_type = job.content_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{job.ending}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def download_job(
    name: str, make_job: Callable[[Form], Job], page: Callable[[Form], ResponseReturnValue]
) -> ResponseReturnValue:
    """The job of the form in the address, to take away; the page, where it cannot be made."""
    form, job = Form(request.args.to_dict()), None
    with form.guard():
        job = make_job(form)
    return job_file(job, name) if job else page(form)


def send_job(
    printer_id: UUID,
    make_job: Callable[[Form], Job],
    page: Callable[[Form], ResponseReturnValue],
    back_url: str,
) -> ResponseReturnValue:
    """Send the job of the posted form to the printer and go to ``back_url``; the page, where that fails."""
    form = Form.from_request()
    with form.guard():
        send(printers.get_printer(db(), actor().organisation_id, printer_id), make_job(form))
    if form.errors:
        return page(form)
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    flash(_("Sent to %(printer)s.", printer=printer.name), "success")
    return redirect(back_url, 303)


def print_page(page: PrintPage, status: int) -> ResponseReturnValue:
    """The page from which labels are printed."""
    return render_template("labels/print_labels.html", page=page, form=page.form), status


def dots_picture(png: bytes) -> Response:
    """A picture of dots for the organisation alone."""
    answer = make_response(png)
    answer.content_type = "image/png"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
