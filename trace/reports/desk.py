"""The pages of reports for those they go to: producer and authority see the same ones, each its own reports alone.

The faces say who may come (`trace.authority.views_reports`, `producers.face.views_reports`); what a reader may read is
decided in `queries` and `reading`.
"""

from collections.abc import Callable
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.accounts.access import actor
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import db
from trace.reports import queries, services
from trace.reports.pictures import STORE
from trace.reports.reading import report_sheet
from trace.reports.schemas import MoveForm
from trace.reports.texts import KINDS, STATES, TONES


def report_words() -> dict[str, object]:
    """The words that the templates of reports need; a context processor of each face."""
    return {"report_kinds": KINDS, "report_states": STATES, "report_tones": TONES}


def list_page(face: str, number: int) -> str:
    """Reports that wait, the oldest first, or those that were answered; ``face`` is the blueprint's name."""
    is_over = request.args.get("state") == "over"
    found = queries.list_reports(db(), actor(), number, settled=is_over)
    return render_template("reports/list.html", page=found, is_over=is_over, face=face)


def sheet_page(
    face: str, report_id: UUID, note_reading: Callable[[UUID, str], None] | None = None
) -> ResponseReturnValue:
    """One report and the form that answers it. ``note_reading`` logs that it was read."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            stated = form.load(MoveForm())
            services.move_report(db(), actor(), report_id, stated["state"], stated["words"])
            db().commit()
            flash(_("Saved. Whoever has the report's number reads it now."), "success")
            return redirect(url_for(f"{face}.show_report", report_id=report_id), 303)
    # After a refusal everything was rolled back, and the report is read again.
    report = queries.get_report(db(), actor(), report_id)
    if note_reading is not None:
        note_reading(report.id, "report")
    sheet = report_sheet(report, actor())
    return render_template("reports/show.html", sheet=sheet, form=form, face=face), form.status


def picture_file(report_id: UUID, place: int) -> ResponseReturnValue:
    """A picture of a report."""
    picture = queries.get_picture(db(), actor(), report_id, place)
    path = current_app.extensions[STORE].path(picture.name)
    if not path.is_file():
        raise NotFound(_("There is nothing at this address."))
    # Not kept by the browser: what is removed after its time is gone everywhere.
    return send_file(path, mimetype="image/webp", max_age=0, etag=False)
