"""Views of the producers' workspace: reports about own goods. The telephone only where the person said so."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from producers.face.blueprint import blueprint
from trace.core.http import Audience, audience
from trace.reports import desk

_MOST_PAGES = 10_000
blueprint.context_processor(desk.report_words)


@blueprint.get("/reports")
@audience(Audience.PRODUCER)
def list_reports() -> ResponseReturnValue:
    """Reports about own goods that wait, the oldest first, or those that were answered."""
    return desk.list_page("producers", min(max(request.args.get("page", 1, type=int), 1), _MOST_PAGES))


@blueprint.route("/reports/<uuid:report_id>", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def show_report(report_id: UUID) -> ResponseReturnValue:
    """One report about own goods, and the form that answers it."""
    return desk.sheet_page("producers", report_id)


@blueprint.get("/reports/<uuid:report_id>/pictures/<int:place>")
@audience(Audience.PRODUCER)
def show_report_picture(report_id: UUID, place: int) -> ResponseReturnValue:
    """A picture of a report about own goods."""
    return desk.picture_file(report_id, place)
