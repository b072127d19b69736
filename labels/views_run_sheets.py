"""Views of the PDF files of a run: what is chosen, how a stamp will look, ordering a file, its end, taking it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from labels import pages, pages_run_sheets, run_sheets
from labels.choices import DEFAULTS, ChoiceUnknown, read_choices
from labels.pages_run_sheets import RunSheetsPage
from labels.run_contents import may_have_gs1_address
from labels.run_sheets import SheetsNotReady
from labels.views import answers_digital_links
from trace.accounts.access import actor
from trace.batches import stamp_queries
from trace.batches.gate import LabelRefused
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Span, StampUnknown, read_stamp
from trace.core.errors import BadInput, Refusal
from trace.core.fields import Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.idempotency import once
from trace.core.queue import EXTENSION

blueprint = Blueprint("run_sheets", __name__, url_prefix="/labels/runs")

# What a form may carry of choices; the rest is its own.
_CHOSEN = frozenset({*DEFAULTS, "small", "ean", "back", "marks", "last_first", "mark"}) - {"count", "drawing"}


class RangeForm(ma.Schema):
    """Which stamps are printed."""

    first = Text(required=True, longest=200, empty=_l("Write the first stamp."))
    last = Text(required=True, longest=200, empty=_l("Write the last stamp."))


@blueprint.get("/<int:run_id>")
@audience(Audience.PRODUCER)
def show_sheets(run_id: int) -> ResponseReturnValue:
    """The labels of a run: what can be chosen, how one looks, the files that were made."""
    run = _run(run_id)
    values = _opened(run)
    return _show(run, Form(values), values)


@blueprint.get("/<int:run_id>/preview")
@audience(Audience.PRODUCER)
def show_preview(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes with the choices; asked for as they are made."""
    run = _run(run_id)
    values = _opened(run)
    form = Form(values)
    page = _page(run, form, values)
    return render_template("labels/_preview.html", page=page, form=form)


@blueprint.post("/<int:run_id>")
@audience(Audience.PRODUCER)
def order_sheets(run_id: int) -> ResponseReturnValue:
    """Have a job make a file."""
    run = _run(run_id)
    form = Form.from_request()
    with form.guard():
        asked = form.load(RangeForm())
        span = Span(_number(asked["first"], "first"), _number(asked["last"], "last"))
        chosen = _chosen(request.form.to_dict())
        _check_form(run, chosen)
        told: Mapping[str, Any] = {
            "view": request.endpoint, "run": run_id, "span": [span.first, span.last], **chosen
        }  # fmt: skip
        with once(db(), actor().organisation_id, form.key, told) as receipt:
            if not receipt.is_repeat:
                queue = current_app.extensions[EXTENSION]
                sheets = run_sheets.order_sheets(db(), actor(), queue, run_id, chosen, span)
                receipt.answer = {"sheets_id": str(sheets.id)}
        db().commit()
    if form.errors:
        return _show(_run(run_id), form, request.form.to_dict())
    return redirect(url_for("run_sheets.show_sheets", run_id=run_id, _anchor="files"), 303)


@blueprint.post("/files/<uuid:sheets_id>/cancel")
@audience(Audience.PRODUCER)
def cancel_sheets(sheets_id: UUID) -> ResponseReturnValue:
    """Stop making a file."""
    sheets = run_sheets.cancel_sheets(db(), actor(), sheets_id)
    run_id = sheets.run_id
    db().commit()
    return redirect(url_for("run_sheets.show_sheets", run_id=run_id, _anchor="files"), 303)


@blueprint.get("/files/<uuid:sheets_id>.pdf")
@audience(Audience.PRODUCER)
def download_sheets(sheets_id: UUID) -> ResponseReturnValue:
    """A file that is ready."""
    try:
        sheets, path = run_sheets.open_sheets(db(), actor(), current_app.config["SETTINGS"], sheets_id)
    except (LabelRefused, SheetsNotReady) as refusal:
        run = run_sheets.get_sheets(db(), actor().organisation_id, sheets_id).run
        values = _opened(run)
        form = Form(values)
        form.refuse(refusal)
        return _show(run, form, values)
    answer: Response = send_file(
        path,
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"tem-{sheets.first_number}-{sheets.last_number}.pdf",
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _run(run_id: int) -> StampRun:
    return stamp_queries.get_run(db(), actor().organisation_id, run_id)


def _opened(run: StampRun) -> dict[str, str]:
    """What the form shows before it is sent: the whole run, the usual paper, and what its address says."""
    ends = {"first": str(run.first_number), "last": str(run.last_number)}
    return {**ends, **DEFAULTS, **request.args.to_dict()}


def _chosen(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in _CHOSEN and value.strip()}


def _check_form(run: StampRun, chosen: Mapping[str, str]) -> None:
    """Refuse a GS1 address that nobody here would answer."""
    if read_choices(chosen).is_gs1 and not (answers_digital_links() and may_have_gs1_address(run)):
        raise ChoiceUnknown("form")


def _number(typed: str, field: str) -> int:
    number = read_stamp(typed).number
    if number is None:
        raise StampUnknown(_l("Write the number that stands on the stamp."), field=field)
    return number


def _page(run: StampRun, form: Form, values: Mapping[str, str]) -> RunSheetsPage:
    """The page with its preview; what stands in the way is on it, beside its field where it has one."""
    chosen = _chosen(values)
    has_gs1 = answers_digital_links() and may_have_gs1_address(run)
    try:
        _check_form(run, chosen)
        choices = read_choices(chosen)
    except BadInput as refusal:
        form.refuse(refusal)
        return pages_run_sheets.make_page(db(), run, has_gs1=has_gs1)
    try:
        return pages_run_sheets.make_page(db(), run, choices, has_gs1=has_gs1)
    except Refusal as refusal:
        told = pages.tell_refusal(refusal) if isinstance(refusal, BadInput) else str(refusal)
        field = pages.form_field(refusal) if isinstance(refusal, BadInput) else ""
        if field:
            form.errors[field] = told
        return pages_run_sheets.make_page(db(), run, has_gs1=has_gs1, refusal=told)


def _show(run: StampRun, form: Form, values: Mapping[str, str]) -> ResponseReturnValue:
    page = _page(run, form, values)
    answer = current_app.make_response(
        (render_template("labels/run_sheets.html", page=page, form=form), form.status)
    )
    if page.is_working and not form.errors and not _chosen(request.args.to_dict()):
        answer.headers["Refresh"] = pages_run_sheets.AGAIN_S
    return answer
