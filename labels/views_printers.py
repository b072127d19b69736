"""Views of label printers: their settings, the test label, and labels of a batch printed with one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labels import pages, printers, services, views_printer_runs, views_printer_units
from labels.bitmaps import picture_png
from labels.choices import ChoiceUnknown, read_choices
from labels.designs import DESIGNS, OWN_SIZE
from labels.layout import lay_out
from labels.pdf_description import PageOptions
from labels.printer_forms import Dpi, PrinterForm, PrintForm, shown
from labels.printer_models import LabelPrinter, Language
from labels.printer_pages import (
    Choosing,
    PrintPage,
    approved,
    blueprint,
    choose,
    design_text,
    dots_picture,
    download_job,
    job_file,
    kept,
    paper_text,
    print_page,
    send,
    send_job,
)
from labels.printers import Job
from labels.qr import QrSymbol, printed_address, qr_matrix
from labels.rulers import ruler_dots, ruler_page
from labels.spec import LabelContent, SheetSpec
from labels.views import answers_digital_links, public_url
from trace.accounts.access import actor
from trace.batches.gate import LabelRefused
from trace.batches.models import Batch
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db

# The routes of runs and units stand on the same blueprint.
__all__ = ["blueprint", "views_printer_runs", "views_printer_units"]

# What is chosen on the page of labels and goes with them to a printer, whose own paper decides the rest.
_CHOSEN = (
    "form", "ec", "mark", "text", "small", "ean", "dots", "dpi", "back", "flip", "marks", "last_first",
)  # fmt: skip
_COUNTED = ("count", "start")


@dataclass(frozen=True)
class Wanted:
    """One label as chosen, the paper it stands on, and how labels come onto pages."""

    label: LabelContent
    spec: SheetSpec
    pages: PageOptions


@dataclass(frozen=True)
class PrinterChoices:
    """What the form of a printer offers: pairs of value and text."""

    languages: list[tuple[str, str, str]]
    dpis: list[tuple[str, str]]
    designs: list[tuple[str, str]]
    addresses: list[tuple[str, str]]


@blueprint.get("/")
@audience(Audience.MEMBER)
def list_printers() -> ResponseReturnValue:
    """The organisation's label printers."""
    found = printers.list_printers(db(), actor().organisation_id)
    return render_template("labels/list_printers.html", printers=found, size=paper_text, choosing=None)


@blueprint.get("/for/<uuid:batch_id>")
@audience(Audience.MEMBER)
def choose_printer(batch_id: UUID) -> ResponseReturnValue:
    """With which printer the labels of a batch are printed; with the only one, at once."""
    batch = services.get_batch(db(), actor().organisation_id, batch_id)
    found = printers.list_printers(db(), actor().organisation_id)

    def address(printer: LabelPrinter) -> str:
        asked = kept(request.args, (*_CHOSEN, *_COUNTED))
        if request.args.get("size", printer.design) != printer.design:
            asked.pop("start", None)  # a position on other paper than this printer's
        return url_for("printers.show_print", printer_id=printer.id, batch_id=batch_id, **asked)

    return choose(
        found,
        Choosing(
            address=address,
            back_url=url_for("labels.show_labels", batch_id=batch_id),
            back_label=_("Labels"),
            intro=f"{batch.product.name} · {batch.lot_number}",
        ),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def add_printer() -> ResponseReturnValue:
    """Set up a printer; its test label is the next step."""
    form = (
        Form.from_request()
        if request.method == "POST"
        else Form({"language": Language.TSPL, "dpi": Dpi.D203, "design": "roll-50x30", "gap": "2",
                   "offset_x": "0", "offset_y": "0"})
    )  # fmt: skip
    if request.method == "POST":
        with form.guard():
            printer = printers.add_printer(db(), actor(), form.load(PrinterForm()), approved())
            db().commit()
            return redirect(url_for("printers.change_printer", printer_id=printer.id, _anchor="test"), 303)
    return _settings_page(form, None)


@blueprint.route("/<uuid:printer_id>", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def change_printer(printer_id: UUID) -> ResponseReturnValue:
    """One printer: its test label, and its settings."""
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    form = Form.opened(_stored(printer))
    if request.method == "POST":
        with form.guard():
            printers.change_printer(db(), actor(), printer_id, form.load(PrinterForm()), approved())
            db().commit()
            flash(_("Saved."), "success")
            return redirect(url_for("printers.change_printer", printer_id=printer_id, _anchor="test"), 303)
    return _settings_page(form, printer)


@blueprint.post("/<uuid:printer_id>/remove")
@audience(Audience.MEMBER)
def remove_printer(printer_id: UUID) -> ResponseReturnValue:
    """Forget a printer's settings."""
    printers.remove_printer(db(), actor(), printer_id)
    db().commit()
    flash(_("The printer was removed."), "success")
    return redirect(url_for("printers.list_printers"), 303)


@blueprint.get("/<uuid:printer_id>/test")
@audience(Audience.MEMBER)
def download_test(printer_id: UUID) -> ResponseReturnValue:
    """The test label as the file this printer takes."""
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    return job_file(printers.test_job(printer, _site_symbol()), "tem-thu")


@blueprint.get("/<uuid:printer_id>/test.png")
@audience(Audience.MEMBER)
def preview_test(printer_id: UUID) -> ResponseReturnValue:
    """The test label as it will look."""
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    spec = printers.paper_of(printer)
    page = ruler_dots(ruler_page(spec, _site_symbol(), printers.shift_of(printer)), spec)
    return dots_picture(picture_png(page.picture(), spec.dpi))


@blueprint.post("/<uuid:printer_id>/test")
@audience(Audience.MEMBER)
def send_test(printer_id: UUID) -> ResponseReturnValue:
    """Send the test label to the printer's approved address."""
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    form = Form(_stored(printer))
    with form.guard():
        send(printer, printers.test_job(printer, _site_symbol()))
    if form.errors:
        return _settings_page(form, printers.get_printer(db(), actor().organisation_id, printer_id))
    flash(_("Sent to %(printer)s.", printer=printer.name), "success")
    return redirect(url_for("printers.change_printer", printer_id=printer_id, _anchor="test"), 303)


@blueprint.get("/<uuid:printer_id>/batches/<uuid:batch_id>")
@audience(Audience.MEMBER)
def show_print(printer_id: UUID, batch_id: UUID) -> ResponseReturnValue:
    """Labels of a batch on this printer: exactly how they will look, how many."""
    return _print_page(printer_id, batch_id, Form({"count": 1, "start": 1, **kept(request.args, _COUNTED)}))


@blueprint.get("/<uuid:printer_id>/batches/<uuid:batch_id>/label.png")
@audience(Audience.MEMBER)
def preview_label(printer_id: UUID, batch_id: UUID) -> ResponseReturnValue:
    """The dots of one label."""
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    batch = services.get_batch(db(), actor().organisation_id, batch_id)
    wanted = _wanted(printer, batch, request.args)
    layout = lay_out(wanted.label, wanted.spec)
    return dots_picture(picture_png(printers.label_picture(printer, layout, wanted.spec), printer.dpi))


@blueprint.get("/<uuid:printer_id>/batches/<uuid:batch_id>/labels")
@audience(Audience.MEMBER)
def download_labels(printer_id: UUID, batch_id: UUID) -> ResponseReturnValue:
    """Labels as the file this printer takes."""
    return download_job(
        "tem", partial(_job, printer_id, batch_id), partial(_print_page, printer_id, batch_id)
    )


@blueprint.post("/<uuid:printer_id>/batches/<uuid:batch_id>/labels")
@audience(Audience.MEMBER)
def send_labels(printer_id: UUID, batch_id: UUID) -> ResponseReturnValue:
    """Send labels to the printer's approved address."""
    asked = kept(request.form, _CHOSEN)
    back_url = url_for("printers.show_print", printer_id=printer_id, batch_id=batch_id, **asked)
    return send_job(
        printer_id,
        partial(_job, printer_id, batch_id),
        partial(_print_page, printer_id, batch_id),
        back_url,
    )


def _job(printer_id: UUID, batch_id: UUID, form: Form) -> Job:
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    batch = services.get_batch(db(), actor().organisation_id, batch_id)
    numbers, wanted = form.load(PrintForm()), _wanted(printer, batch, request.values)
    count, start = numbers["count"], numbers["start"]
    return printers.label_job(printer, wanted.label, count, start, wanted.spec, wanted.pages)


def _print_page(printer_id: UUID, batch_id: UUID, form: Form) -> ResponseReturnValue:
    printer = printers.get_printer(db(), actor().organisation_id, printer_id)
    batch = services.get_batch(db(), actor().organisation_id, batch_id)
    names: dict[str, Any] = {"printer_id": printer_id, "batch_id": batch_id}
    chosen = kept(request.values, _CHOSEN)
    try:
        wanted = _wanted(printer, batch, request.values)
        printers.label_picture(printer, lay_out(wanted.label, wanted.spec), wanted.spec)
    except LabelRefused:
        # The page of labels says what is missing, with the step that adds it.
        return redirect(url_for("labels.show_labels", batch_id=batch_id), 303)
    except BadInput as unprintable:
        refusal, status = pages.tell_refusal(unprintable), unprintable.http_status
    else:
        refusal, status = "", form.status
    spec = printers.paper_of(printer)
    page = PrintPage(
        printer=printer,
        form=form,
        intro=f"{batch.product.name} · {batch.lot_number}",
        alt=_("Label of lot %(lot)s", lot=batch.lot_number),
        back_url=url_for("labels.show_labels", batch_id=batch_id),
        back_label=_("Labels"),
        preview_url=url_for("printers.preview_label", **names, **chosen),
        download_url=url_for("printers.download_labels", **names),
        send_url=url_for("printers.send_labels", **names),
        size=paper_text(printer),
        across=spec.labels_per_page,
        is_roll=spec.is_roll,
        can_send=printer.address in approved(),
        refusal=refusal,
        chosen=chosen,
    )
    return print_page(page, status)


def _settings_page(form: Form, printer: LabelPrinter | None) -> ResponseReturnValue:
    page = render_template(
        "labels/change_printer.html",
        form=form,
        printer=printer,
        choices=_choices(),
        can_send=printer is not None and printer.address in approved(),
        organisation_id=actor().organisation_id,
    )
    return page, form.status


def _choices() -> PrinterChoices:
    return PrinterChoices(
        languages=[
            (Language.TSPL, "TSPL", _("Xprinter, TSC, Gprinter and most cheap label printers")),
            (Language.ZPL, "ZPL", _("Zebra, and printers that say ZPL")),
            (Language.PDF, "PDF", _("Any printer with a driver on a computer: A4 sheets, or rolls")),
        ],
        dpis=[(dpi, f"{dpi} dpi") for dpi in Dpi],
        designs=[
            *((design.key, design_text(design.key)) for design in DESIGNS),
            (OWN_SIZE, _("Own size, on a roll")),
        ],
        addresses=[(address, address) for address in approved()],
    )


def _stored(printer: LabelPrinter) -> dict[str, Any]:
    return shown(
        {
            "name": printer.name,
            "language": printer.language,
            "dpi": printer.dpi,
            "design": printer.design,
            "width": printer.width_mm,
            "height": printer.height_mm,
            "gap": printer.gap_mm,
            "offset_x": printer.offset_x_mm,
            "offset_y": printer.offset_y_mm,
            "is_turned": "true" if printer.is_turned else "",
            "address": printer.address,
        }
    )


def _wanted(printer: LabelPrinter, batch: Batch, values: Mapping[str, str]) -> Wanted:
    """What was chosen on the page of labels, on this printer's paper. Raises `LabelRefused` and `BadInput`."""
    choices = read_choices({**kept(values, _CHOSEN), **_paper(printer, values)})
    if choices.is_gs1 and not answers_digital_links():
        raise ChoiceUnknown("form")
    printers.check_options(printer, choices.pages)
    label = services.label_content(db(), batch, public_url())
    label = pages.chosen_content(label, batch, choices, public_url())
    if choices.pages.back_text:
        pages.check_back(choices)
    return Wanted(label, pages.chosen_spec(label, choices), choices.pages)


def _paper(printer: LabelPrinter, values: Mapping[str, str]) -> dict[str, str]:
    """The printer's own paper and dots, in the words of the choices; dots a module keep their size on paper."""
    paper = {"size": printer.design, "dpi": str(printer.dpi)}
    if printer.width_mm is not None and printer.height_mm is not None:
        paper |= {"width": f"{printer.width_mm:f}", "height": f"{printer.height_mm:f}"}
    dots, meant = values.get("dots", ""), values.get("dpi", "")
    if dots.isascii() and dots.isdigit() and len(dots) < 3 and meant in list(Dpi):
        paper["dots"] = str(max(1, round(int(dots) * printer.dpi / int(meant))))
    return paper


def _site_symbol() -> QrSymbol:
    return qr_matrix(printed_address(public_url(), "0").removesuffix("/T/0"))
