"""Views of the authority: every report, its pictures and telephone, and what is answered. Each reading is logged."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from trace.authority.blueprint import blueprint, note_reading, page_number
from trace.core.http import Audience, audience
from trace.reports import desk

blueprint.context_processor(desk.report_words)


@blueprint.get("/reports")
@audience(Audience.OFFICER)
def list_reports() -> ResponseReturnValue:
    """Reports that wait, the oldest first, or those that were answered."""
    return desk.list_page("authority", page_number())


@blueprint.route("/reports/<uuid:report_id>", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def show_report(report_id: UUID) -> ResponseReturnValue:
    """One report with all that was sent, and the form that answers it."""
    return desk.sheet_page("authority", report_id, note_reading)


@blueprint.get("/reports/<uuid:report_id>/pictures/<int:place>")
@audience(Audience.OFFICER)
def show_report_picture(report_id: UUID, place: int) -> ResponseReturnValue:
    """A picture of a report."""
    return desk.picture_file(report_id, place)
