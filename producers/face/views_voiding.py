"""Views of voiding stamps: scanned or typed one after another into a list, looked over, then voided with one reason."""

import re
from collections.abc import Sequence

import marshmallow as ma
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from producers.face import pages_voiding, texts_stamps
from producers.face.blueprint import blueprint
from producers.face.pages_voiding import Listed
from trace.accounts.access import actor
from trace.batches.stamp_rules import Typed, VoidReason
from trace.core.camera import lend_camera
from trace.core.errors import BadInput, Refusal
from trace.core.fields import Choice, Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import services_stamps

_LINE = re.compile(r"[1-9]\d{0,9}-[1-9]\d{0,9}", re.ASCII)


class LineForm(ma.Schema):
    """One stamp, or the first and last of several."""

    first = Text(required=True, longest=200, empty=_l("Write or scan a stamp."))
    last = Text(load_default="", longest=200)


class ReasonForm(ma.Schema):
    """Why all of the list is voided."""

    reason = Choice(VoidReason, required=True)


@blueprint.route("/stamps/void", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def void_stamps() -> ResponseReturnValue:
    """Void spoiled stamps: a list of them is gathered by scanning or typing, wrong ones taken out, all voided at once.

    ``add`` and ``remove`` change the list alone; nothing is kept before all of it is voided.
    """
    form = Form.opened()
    if request.method == "GET":
        return _page(form, [])
    lines = [value for value in form.values("stamp") if value != form.value("remove")]
    if not all(_LINE.fullmatch(value) for value in lines):
        raise BadInput(_l("Write or scan a stamp."), field="first")
    listed = pages_voiding.list_all(db(), actor().organisation_id, lines)
    if form.value("remove"):
        return _page(form, listed)
    if form.value("add") or not _is_done(form, listed):
        return _page(*_added(form, listed))
    return redirect(url_for("producers.list_stamps"), 303)


@blueprint.get("/stamps/void/line")
@audience(Audience.PRODUCER)
def show_line() -> ResponseReturnValue:
    """One line of the list, for the page that scans; a refusal is its sentence alone."""
    try:
        line = pages_voiding.listed(db(), actor().organisation_id, request.args.get("text", "")[:200])
    except Refusal as refusal:
        return Response(str(refusal), refusal.http_status, content_type="text/plain; charset=utf-8")
    return render_template("producers/_void_line.html", line=line)


def _is_done(form: Form, listed: Sequence[Listed]) -> bool:
    """Void the list, and what still stands in the fields; False, with errors in the form, where that is refused."""
    with form.guard():
        lines = list(listed)
        if form.value("first").strip() or not lines:
            lines.append(_line_of(form))
        reason = form.load(ReasonForm())["reason"]
        count = sum(
            one.size
            for line in lines
            for one in services_stamps.void_stamps(
                db(), actor(), Typed(number=line.span.first), Typed(number=line.span.last), reason
            )
        )
        db().commit()
        flash(
            _("%(count)s stamps are void.", count=texts_stamps.figures(count))
            if count
            else _("These stamps were void already."),
            "ok",
        )
    return not form.errors


def _added(form: Form, listed: Sequence[Listed]) -> tuple[Form, list[Listed]]:
    """The list with what stands in the fields, which are empty then; as it was where that is refused."""
    lines = list(listed)
    if form.errors:
        # A refusal rolled everything back: the lines are read anew.
        return form, pages_voiding.list_all(db(), actor().organisation_id, [line.value for line in lines])
    empty = Form({"reason": form.value("reason")})
    with form.guard():
        line = _line_of(form)
        if line.value not in {each.value for each in lines}:
            lines.append(line)
    return (form if form.errors else empty), lines


def _line_of(form: Form) -> Listed:
    loaded = form.load(LineForm())
    return pages_voiding.listed(db(), actor().organisation_id, loaded["first"], loaded["last"])


def _page(form: Form, listed: Sequence[Listed]) -> Response:
    page = pages_voiding.void_page(listed)
    answer = make_response(render_template("producers/void_stamps.html", form=form, page=page), form.status)
    return lend_camera(answer)
