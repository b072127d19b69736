"""Views of test results: noting, correcting, taking back, and the photographed report."""

from contextlib import closing
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers.face.blueprint import blueprint
from producers.face.texts_growing import MEETS
from producers.test_results import queries, services
from producers.test_results.models import TestResult
from producers.test_results.rules import MOST_LINES, fails_a_limit
from producers.test_results.schemas import ResultForm, read_lines, typed_lines
from producers.test_results.services import Report
from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core.blobs import BlobStore, Size, store_picture
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import Audience, audience, db

# Small print on a photographed page is still read.
LONGEST_EDGE = 1600
_LINE_FIELDS = ("parameter", "result", "limit", "meets")
_REPORT = ("laboratory", "report_number", "sampled_on", "reported_on")


@blueprint.route("/batches/<uuid:batch_id>/test-results/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def note_result(batch_id: UUID) -> ResponseReturnValue:
    """Copy out what a laboratory reported on a lot."""
    batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            report = _report(form)
            services.note_result(db(), actor(), batch_id, report, key=form.key)
            db().commit()
            return _noted(report, batch_id)
    # What was refused was rolled back, and the lot with it.
    batch = batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    return _result_form(form, batch, None)


@blueprint.route("/test-results/<uuid:result_id>", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def correct_result(result_id: UUID) -> ResponseReturnValue:
    """State a report anew; what was stated before is kept."""
    result = queries.get_result(db(), actor().organisation_id, result_id)
    values: dict[str, Any] = {name: getattr(result, name) for name in _REPORT}
    values["is_picture_public"] = "true" if result.is_picture_public else ""
    form = Form.opened(values | typed_lines(queries.lines_of(result)))
    if request.method == "POST":
        batch_id, picture = result.batch_id, result.picture_sha256
        with form.guard():
            report = _report(form, picture)
            services.correct_result(db(), actor(), result_id, report)
            db().commit()
            return _noted(report, batch_id)
    result = queries.get_result(db(), actor().organisation_id, result_id)
    return _result_form(form, result.batch, result)


@blueprint.post("/test-results/<uuid:result_id>/take-back")
@audience(Audience.PRODUCER)
def take_back_result(result_id: UUID) -> ResponseReturnValue:
    """Say that a report was noted by mistake."""
    result = services.take_back_result(db(), actor(), result_id)
    batch_id = result.batch_id
    db().commit()
    flash(_("The test result is taken back. Pages that showed it say so."), "ok")
    return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)


@blueprint.get("/test-results/<uuid:result_id>/picture")
@audience(Audience.PRODUCER)
def show_result_picture(result_id: UUID) -> ResponseReturnValue:
    """The photographed report, for who noted it; public or not."""
    result = queries.get_result(db(), actor().organisation_id, result_id)
    path = _papers().path(result.picture_sha256) if result.picture_sha256 else None
    if path is None or not path.is_file():
        raise NotFound(_("There is nothing at this address."))
    answer = send_file(path, mimetype="image/webp")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _papers() -> BlobStore:
    papers: BlobStore = current_app.extensions["papers"]
    return papers


def _report(form: Form, picture: str | None = None) -> Report:
    stated = form.load(ResultForm())
    typed = {
        f"{name}_{number}": form.value(f"{name}_{number}")
        for name in _LINE_FIELDS
        for number in range(1, MOST_LINES + 1)
    }
    lines = read_lines(typed)
    upload = request.files.get("picture")
    if upload is not None and upload.filename:
        with closing(upload):
            stream: Any = upload.stream  # werkzeug says IO[bytes]
            picture = store_picture(
                db(), _papers(), stream, "picture", longest_edge=LONGEST_EDGE, heaviest=None
            )
    if picture is not None and stated["is_picture_public"]:
        _publish(picture)
    return Report(lines=lines, picture_sha256=picture, **stated)


def _publish(sha256: str) -> None:
    """Lay a paper beside the public pictures: chosen, and never by itself."""
    pictures: BlobStore = current_app.extensions["blobs"]
    for size in Size:
        pictures.write(sha256, _papers().path(sha256, size).read_bytes(), size)


def _noted(report: Report, batch_id: UUID) -> ResponseReturnValue:
    flash(_("The test result is noted."), "ok")
    if fails_a_limit(report.lines):
        flash(_("A line does not meet its limit. Set the lot aside until it is clear what to do?"), "note")
    return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)


def _result_form(form: Form, batch: Batch, result: TestResult | None) -> ResponseReturnValue:
    upload = request.files.get("picture")
    if form.errors and upload is not None and upload.filename:
        form.errors.setdefault("picture", _("Choose the picture again. The rest is kept as typed."))
    answer = render_template(
        "producers/note_result.html",
        form=form,
        batch=batch,
        result=result,
        meets=MEETS,
        most_lines=MOST_LINES,
    )
    return answer, form.status
