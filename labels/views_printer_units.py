"""Views of the logistic label on a label printer: of a carton or pallet in hand, on paper of 100 × 150 mm or more."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labels import pages, printers, units
from labels.bitmaps import picture_png
from labels.pallet import lay_out_pallet
from labels.placed import LabelLayout
from labels.printer_forms import PrintForm
from labels.printer_models import LabelPrinter
from labels.printer_pages import (
    Choosing,
    PrintPage,
    approved,
    blueprint,
    choose,
    dots_picture,
    download_job,
    paper_text,
    print_page,
    send_job,
)
from labels.printers import Job
from labels.spec import SheetSpec
from labels.views import public_url
from trace.accounts.access import actor
from trace.batches.unit_models import LogisticUnit
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.short_codes import pretty


@dataclass(frozen=True)
class _Label:
    printer: LabelPrinter
    layout: LabelLayout
    spec: SheetSpec


@blueprint.get("/for-unit/<uuid:unit_id>")
@audience(Audience.MEMBER)
def choose_unit_printer(unit_id: UUID) -> ResponseReturnValue:
    """With which printer a logistic label is printed: one whose paper is large enough; with the only one, at once."""
    unit = units.get_unit(db(), actor().organisation, unit_id)
    found = [
        printer
        for printer in printers.list_printers(db(), actor().organisation_id)
        if units.holds_units(printers.design_of(printer).spec)
    ]

    return choose(
        found,
        Choosing(
            address=lambda printer: url_for(
                "printers.show_unit_print", printer_id=printer.id, unit_id=unit_id
            ),
            back_url=url_for("shops.show_unit", unit_id=unit_id),
            back_label=pretty(unit.code),
            intro=f"{pretty(unit.code)} · SSCC {unit.sscc}",
            needs=_("A logistic label needs paper of 100 × 150 mm or more."),
        ),
    )


@blueprint.get("/<uuid:printer_id>/units/<uuid:unit_id>")
@audience(Audience.MEMBER)
def show_unit_print(printer_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """The logistic label on this printer: exactly how it will look, how many."""
    return _page(printer_id, unit_id, Form({"count": 1, "start": 1}))


@blueprint.get("/<uuid:printer_id>/units/<uuid:unit_id>/label.png")
@audience(Audience.MEMBER)
def preview_unit(printer_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """The dots of one logistic label."""
    label = _label(printer_id, unit_id)
    picture = printers.label_picture(label.printer, label.layout, label.spec)
    return dots_picture(picture_png(picture, label.spec.dpi))


@blueprint.get("/<uuid:printer_id>/units/<uuid:unit_id>/labels")
@audience(Audience.MEMBER)
def download_unit_labels(printer_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Logistic labels as the file this printer takes."""
    return download_job("sscc", partial(_job, printer_id, unit_id), partial(_page, printer_id, unit_id))


@blueprint.post("/<uuid:printer_id>/units/<uuid:unit_id>/labels")
@audience(Audience.MEMBER)
def send_unit_labels(printer_id: UUID, unit_id: UUID) -> ResponseReturnValue:
    """Send logistic labels to the printer's approved address."""
    back_url = url_for("printers.show_unit_print", printer_id=printer_id, unit_id=unit_id)
    page = partial(_page, printer_id, unit_id)
    return send_job(printer_id, partial(_job, printer_id, unit_id), page, back_url)


def _job(printer_id: UUID, unit_id: UUID, form: Form) -> Job:
    numbers, label = form.load(PrintForm()), _label(printer_id, unit_id)
    return printers.layout_job(label.printer, label.layout, numbers["count"], numbers["start"], label.spec)


def _label(printer_id: UUID, unit_id: UUID) -> _Label:
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    unit = units.get_unit(db(), actor().organisation, unit_id)
    spec = units.unit_paper(printers.paper_of(printer))
    content = units.unit_content(db(), actor().organisation, unit, public_url())
    return _Label(printer, lay_out_pallet(content, spec), spec)


def _page(printer_id: UUID, unit_id: UUID, form: Form) -> ResponseReturnValue:
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    unit = units.get_unit(db(), actor().organisation, unit_id)
    refusal, status = "", form.status
    if not units.holds_units(printers.design_of(printer).spec):
        refusal, status = _("A logistic label needs paper of 100 × 150 mm or more."), 422
    else:
        try:
            label = _label(printer_id, unit_id)
            printers.label_picture(label.printer, label.layout, label.spec)
        except BadInput as unprintable:
            refusal, status = pages.tell_refusal(unprintable), unprintable.http_status
    return print_page(_print_page(printer, unit, form, refusal), status)


def _print_page(printer: LabelPrinter, unit: LogisticUnit, form: Form, refusal: str) -> PrintPage:
    spec = printers.paper_of(printer)
    names: dict[str, Any] = {"printer_id": printer.id, "unit_id": unit.id}
    return PrintPage(
        printer=printer,
        form=form,
        intro=f"{pretty(unit.code)} · SSCC {unit.sscc}",
        alt=_("Logistic label with SSCC %(sscc)s", sscc=unit.sscc),
        back_url=url_for("shops.show_unit", unit_id=unit.id),
        back_label=pretty(unit.code),
        preview_url=url_for("printers.preview_unit", **names),
        download_url=url_for("printers.download_unit_labels", **names),
        send_url=url_for("printers.send_unit_labels", **names),
        size=paper_text(printer),
        across=spec.labels_per_page,
        is_roll=spec.is_roll,
        can_send=printer.address in approved(),
        refusal=refusal,
    )
