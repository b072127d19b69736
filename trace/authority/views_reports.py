"""Views of the authority: every report, its pictures and telephone, and what is answered. Each reading is logged."""

from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from trace.accounts.access import actor
from trace.authority.blueprint import _, blueprint, note_reading, page_number
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.reports import queries, services
from trace.reports.pictures import STORE
from trace.reports.reading import ReportSheet, report_sheet
from trace.reports.schemas import MoveForm
from trace.reports.texts import KINDS, STATES, TONES


@blueprint.context_processor
def _report_words() -> dict[str, object]:
    return {"report_kinds": KINDS, "report_states": STATES, "report_tones": TONES}


@blueprint.get("/reports")
@audience(Audience.OFFICER)
def list_reports() -> ResponseReturnValue:
    """Reports that wait, the oldest first, or those that were answered."""
    is_over = request.args.get("state") == "over"
    found = queries.list_reports(db(), actor(), page_number(), settled=is_over)
    return render_template("reports/list.html", page=found, is_over=is_over, face="authority")


@blueprint.route("/reports/<uuid:report_id>", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def show_report(report_id: UUID) -> ResponseReturnValue:
    """One report with all that was sent, and the form that answers it."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            stated = form.load(MoveForm())
            services.move_report(db(), actor(), report_id, stated["state"], stated["words"])
            db().commit()
            flash(_("Saved. Whoever has the report's number reads it now."), "success")
            return redirect(url_for("authority.show_report", report_id=report_id), 303)
    report = queries.get_report(db(), actor(), report_id)
    note_reading(report.id, "report")
    sheet: ReportSheet = report_sheet(report, actor())
    return render_template("reports/show.html", sheet=sheet, form=form, face="authority"), form.status


@blueprint.get("/reports/<uuid:report_id>/pictures/<int:place>")
@audience(Audience.OFFICER)
def show_report_picture(report_id: UUID, place: int) -> ResponseReturnValue:
    """A picture of a report."""
    picture = queries.get_picture(db(), actor(), report_id, place)
    path = current_app.extensions[STORE].path(picture.name)
    if not path.is_file():
        raise NotFound(_("There is nothing at this address."))
    # Not kept by the browser: what is removed after its time is gone everywhere.
    return send_file(path, mimetype="image/webp", max_age=0, etag=False)
