"""Views of custody: where an own lot came from and what became of it, one step back and one step forward."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from trace.accounts.access import actor
from trace.core.http import Audience, audience, db
from trace.events import desk
from trace.recalls import graph_texts
from trace.recalls.asked import as_csv, read_asked
from trace.recalls.report import Report, make_report
from trace.shops.blueprint import blueprint


@blueprint.get("/<uuid:batch_id>/trace")
@audience(Audience.MEMBER)
def show_trace(batch_id: UUID) -> ResponseReturnValue:
    """The own part of a trace: picture and table."""
    return render_template(
        "shops/show_trace.html",
        report=_report(batch_id),
        asked_as_of=read_asked(request.args).as_of_typed,
        directions=graph_texts.DIRECTIONS,
    )


@blueprint.get("/<uuid:batch_id>/trace.csv")
@audience(Audience.MEMBER)
def download_trace(batch_id: UUID) -> ResponseReturnValue:
    """The same as a table for a spreadsheet."""
    return as_csv(_report(batch_id))


def _report(batch_id: UUID) -> Report:
    asked = read_asked(request.args)
    batch = desk.find_goods(db(), actor(), batch_id)
    return make_report(db(), batch, asked.direction, as_of=asked.as_of, viewer_id=actor().organisation_id)
