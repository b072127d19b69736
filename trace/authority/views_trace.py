"""Views of the authority: a batch traced back and forward, now or as the record stood; reading it is logged."""

from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.authority.blueprint import blueprint, note_reading
from trace.authority.views_batches import get_batch
from trace.core.http import Audience, audience, db
from trace.recalls import graph_texts
from trace.recalls.asked import as_csv, read_asked
from trace.recalls.report import Report, make_report


@blueprint.get("/batches/<uuid:batch_id>/trace")
@audience(Audience.OFFICER)
def show_trace(batch_id: UUID) -> ResponseReturnValue:
    """Everything a batch came from, or everything that became of it: picture and table."""
    report = _report(batch_id)
    return render_template(
        "authority/show_trace.html",
        report=report,
        asked_as_of=read_asked(request.args).as_of_typed,
        directions=graph_texts.DIRECTIONS,
    )


@blueprint.get("/batches/<uuid:batch_id>/trace.csv")
@audience(Audience.OFFICER)
def download_trace(batch_id: UUID) -> ResponseReturnValue:
    """The same as a table for a spreadsheet."""
    return as_csv(_report(batch_id))


def _report(batch_id: UUID) -> Report:
    asked = read_asked(request.args)
    batch = get_batch(batch_id)
    note_reading(batch.id, "trace")
    return make_report(
        db(),
        batch,
        asked.direction,
        as_of=asked.as_of,
        link_to=lambda lot_id: url_for("authority.show_batch", batch_id=lot_id),
    )
