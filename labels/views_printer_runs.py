"""Views of printing a run on a label printer: how a stamp looks, the file, a job that sends it, going on, the end."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import (
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labels import pages, printers, run_prints
from labels.bitmaps import picture_png
from labels.choices import SHORT
from labels.printer_models import LabelPrinter, Language
from labels.printer_pages import Choosing, approved, blueprint, choose, dots_picture, kept, paper_text
from labels.run_contents import may_have_gs1_address
from labels.run_dots import RunDots
from labels.run_labels import RunLabels
from labels.views import answers_digital_links
from trace.accounts.access import actor
from trace.batches import services_runs, stamp_queries
from trace.batches.gate import LabelRefused
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Span, StampUnknown, read_stamp
from trace.core.errors import BadInput, Refusal
from trace.core.fields import Text, Tick
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.queue import EXTENSION

_AT_ONCE = 5_000


class RangeForm(ma.Schema):
    """Which stamps are printed."""

    first = Text(required=True, longest=200, empty=_l("Write the first stamp."))
    last = Text(required=True, longest=200, empty=_l("Write the last stamp."))
    is_again = Tick()


class GoOnForm(ma.Schema):
    """From which stamp a print goes on."""

    number = Text(required=True, longest=200, empty=_l("Write the first stamp that is missing."))


@blueprint.get("/for-run/<int:run_id>")
@audience(Audience.PRODUCER)
def choose_run_printer(run_id: int) -> ResponseReturnValue:
    """With which label printer a run is printed; with the only one, at once."""
    run = _run(run_id)
    found = [
        printer
        for printer in printers.list_printers(db(), actor().organisation_id)
        if printer.language != Language.PDF
    ]
    return choose(
        found,
        Choosing(
            address=lambda printer: url_for("printers.show_run_print", printer_id=printer.id, run_id=run_id),
            back_url=url_for("producers.show_run", run_id=run_id),
            back_label=_("Stamps"),
            intro=_intro(run),
            needs=_("Stamps are printed by printers that understand ZPL or TSPL."),
        ),
    )


@blueprint.get("/<uuid:printer_id>/runs/<int:run_id>")
@audience(Audience.PRODUCER)
def show_run_print(printer_id: UUID, run_id: int) -> ResponseReturnValue:
    """Stamps of a run on this printer: how they look, which."""
    run = _run(run_id)
    asked = request.args.to_dict()
    return _page(printer_id, run, Form({"first": run.first_number, "last": run.last_number, **asked}))


@blueprint.get("/<uuid:printer_id>/runs/<int:run_id>/label.png")
@audience(Audience.PRODUCER)
def preview_run_label(printer_id: UUID, run_id: int) -> ResponseReturnValue:
    """The dots of the first stamp."""
    run, printer = _run(run_id), _printer(printer_id)
    labels = run_prints.run_labels(db(), run, printer, request.args)
    ((number, code),) = stamp_queries.codes_of(db(), run, Span(run.first_number, run.first_number))
    picture = printers.label_picture(printer, labels.lay_out(code, number), labels.spec)
    return dots_picture(picture_png(picture, labels.spec.dpi))


@blueprint.get("/<uuid:printer_id>/runs/<int:run_id>/labels")
@audience(Audience.PRODUCER)
def download_run_labels(printer_id: UUID, run_id: int) -> ResponseReturnValue:
    """Stamps as the file this printer takes, written as it is read: a million fit as well as one."""
    form, answer = Form(request.args.to_dict()), None
    with form.guard():
        run, printer = _run(run_id), _printer(printer_id)
        if printer.language == Language.PDF:
            raise run_prints.PrinterTakesNoRuns
        span = _span(run, form.load(RangeForm()))
        labels = run_prints.run_labels(db(), run, printer, request.args)
        _check_dots(printer, labels)
        answer = Response(
            stream_with_context(_pieces(run, printer, labels, span)),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="tem-{span.first}-{span.last}.{printer.language}"',
                "Cache-Control": "private, no-store",
            },
        )
    return answer or _page(printer_id, _run(run_id), form)


@blueprint.post("/<uuid:printer_id>/runs/<int:run_id>/labels")
@audience(Audience.PRODUCER)
def send_run_labels(printer_id: UUID, run_id: int) -> ResponseReturnValue:
    """Have a job send stamps to the printer's approved address."""
    form = Form.from_request()
    with form.guard():
        run, printer = _run(run_id), _printer(printer_id)
        asked = form.load(RangeForm())
        _check_dots(printer, run_prints.run_labels(db(), run, printer, request.form))
        run_prints.start_print(
            db(),
            actor(),
            current_app.extensions[EXTENSION],
            run,
            printer,
            _span(run, asked),
            request.form,
            approved(),
            is_again=asked["is_again"],
        )
        db().commit()
    if form.errors:
        return _page(printer_id, _run(run_id), form)
    return redirect(url_for("producers.show_run", run_id=run_id, _anchor="prints"), 303)


@blueprint.post("/prints/<uuid:print_id>/go-on")
@audience(Audience.PRODUCER)
def go_on_with_print(print_id: UUID) -> ResponseReturnValue:
    """Go on with a print that stopped, from a stamp that is named."""
    form = Form.from_request()
    run_id = run_prints.get_print(db(), actor().organisation_id, print_id).run_id
    with form.guard():
        number = read_stamp(form.load(GoOnForm())["number"]).number
        if number is None:
            raise StampUnknown(_("Write the number beside the code."), field="number")
        run_prints.go_on(db(), actor(), current_app.extensions[EXTENSION], print_id, number)
        db().commit()
    for told in form.errors.values():
        flash(str(told), "error")
    return redirect(url_for("producers.show_run", run_id=run_id, _anchor="prints"), 303)


@blueprint.post("/prints/<uuid:print_id>/cancel")
@audience(Audience.PRODUCER)
def cancel_print(print_id: UUID) -> ResponseReturnValue:
    """Send nothing more of a print."""
    form = Form.from_request()
    run_id = run_prints.get_print(db(), actor().organisation_id, print_id).run_id
    with form.guard():
        run_prints.cancel_print(db(), actor(), print_id)
        db().commit()
    for told in form.errors.values():
        flash(str(told), "error")
    return redirect(url_for("producers.show_run", run_id=run_id, _anchor="prints"), 303)


def _run(run_id: int) -> StampRun:
    return stamp_queries.get_run(db(), actor().organisation_id, run_id)


def _printer(printer_id: UUID) -> LabelPrinter:
    return printers.get_printer(db(), actor().organisation_id, printer_id)


def _intro(run: StampRun) -> str:
    if run.batch is not None:
        return f"{run.batch.product.name} · {run.batch.lot_number}"
    return run.product.name if run.product is not None else str(_("For any product"))


def _span(run: StampRun, asked: dict[str, Any]) -> Span:
    numbers = []
    for field in ("first", "last"):
        number = read_stamp(asked[field]).number
        if number is None:
            raise StampUnknown(_("Write the number beside the code."), field=field)
        numbers.append(number)
    span = Span(*numbers)
    services_runs.check_span(run, span)
    return span


def _check_dots(printer: LabelPrinter, labels: RunLabels) -> None:
    """What a file or a job would stumble over on its first label."""
    printers.label_picture(printer, labels.layout, labels.spec)


def _pieces(run: StampRun, printer: LabelPrinter, labels: RunLabels, span: Span) -> Iterator[bytes]:
    """The file; codes are read by short sessions of their own, so that a slow download holds none open."""
    sessions, run_id = current_app.extensions["sessions"], run.id

    def codes() -> Iterator[tuple[int, str]]:
        for first in range(span.first, span.last + 1, _AT_ONCE):
            with sessions() as session:
                part = Span(first, min(first + _AT_ONCE - 1, span.last))
                own = session.get_one(StampRun, run_id)
                some = list(run_prints.usable_codes(session, own, part))
            yield from some

    yield from printers.dots_pieces(
        printer, labels.spec, RunDots(labels, printers.shift_of(printer)).pages(codes())
    )


def _page(printer_id: UUID, run: StampRun, form: Form) -> ResponseReturnValue:
    printer = _printer(printer_id)
    chosen = kept(request.values, run_prints.CHOSEN)
    refusal, status = "", form.status
    try:
        if printer.language == Language.PDF:
            raise run_prints.PrinterTakesNoRuns
        _check_dots(printer, run_prints.run_labels(db(), run, printer, chosen))
    except LabelRefused:
        return redirect(url_for("labels.show_labels", batch_id=run.batch_id), 303)
    except BadInput as unprintable:
        refusal, status = pages.tell_refusal(unprintable), unprintable.http_status
    except Refusal as refused:
        refusal, status = str(refused), refused.http_status
    whole = Span(run.first_number, run.last_number)
    page = render_template(
        "labels/print_run.html",
        form=form,
        printer=printer,
        run=run,
        intro=_intro(run),
        refusal=refusal,
        chosen=chosen,
        size=paper_text(printer),
        forms=[(SHORT, _("Short address")), ("gs1", _("GS1 Digital Link with the serial"))]
        if may_have_gs1_address(run) and answers_digital_links()
        else [],
        has_printed=bool(run_prints.printed_of(db(), run, whole)),
        can_send=printer.address in approved(),
    )
    return page, status
