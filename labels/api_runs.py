"""Print runs for programs: ordered, looked after, cancelled, and their table for a print shop.

A run's codes are given to its own organisation alone.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request, stream_with_context
from flask_babel import lazy_gettext as _l

from labels import runs
from labels.run_files import RunFiles
from trace.accounts.access import actor
from trace.accounts.permissions import require_producer
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_rules import Span, check_order
from trace.core.api import PREFIX, ApiBlueprint, IdempotencyHeader, Pages, page_answer
from trace.core.errors import BadInput
from trace.core.http import Audience, audience, db
from trace.core.idempotency import once as done_once
from trace.core.queue import EXTENSION
from trace.events.schemas_stamps import AskedSpan, NewRun, RunAnswer, RunPage, run_answer

blueprint = ApiBlueprint(
    "stamp_runs", __name__, description="Rolls of stamps and print runs of labels with a code each."
)

CSV = "text/csv"


@blueprint.route("/stamp-runs")
@audience(Audience.PROGRAM)
@blueprint.arguments(Pages, location="query")
@blueprint.response(200, RunPage, description="One page of runs")
def list_runs(asked: Mapping[str, int]) -> dict[str, Any]:
    """List the rolls and print runs your organisation ordered, newest first."""
    return page_answer(stamp_queries.list_runs(db(), actor().organisation_id, asked["page"]), run_answer)


@blueprint.route("/stamp-runs", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewRun)
@blueprint.response(201, RunAnswer, description="The run, whose codes are being made")
def order_run(
    once: Mapping[str, str], stated: Mapping[str, Any]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Order a roll of numbered stamps, or with `batch_id` labels for a lot, each with a code of its own.

    Its codes are made by a job: ask for the run until its `state` is `finished`. Refused with `too-many-runs`, with
    `address-not-for-print` where the service has no public address, with `label-refused` for a lot that may have none.
    """
    require_producer(actor())
    if stated["batch_id"] and stated["product_id"]:
        raise BadInput(_l("A lot has its product: send one of the two."), field="product_id")
    settings = current_app.config["SETTINGS"]
    common = {
        "count": stated["count"],
        "has_secrets": stated["has_hidden_codes"],
        # The configured address; a service without one is told so (``check_address``).
        "address": settings.public_url or request.host_url.rstrip("/"),
    }
    asked = {"verb": "order_run", **stated}
    with done_once(db(), actor().organisation_id, once["key"], asked) as receipt:
        if receipt.answer is None:
            where = (db(), actor(), current_app.extensions[EXTENSION], settings)
            run = (
                runs.start_serials(*where, stated["batch_id"], **common)
                if stated["batch_id"]
                else runs.start_roll(*where, product_id=stated["product_id"], **common)
            )
            receipt.answer = {"run_id": run.id}
    run = stamp_queries.get_run(db(), actor().organisation_id, int(receipt.answer["run_id"]))
    answer = run_answer(run)
    db().commit()
    return answer, 201, {"Location": f"{PREFIX}/stamp-runs/{answer['id']}"}


@blueprint.route("/stamp-runs/<int:run_id>")
@audience(Audience.PROGRAM)
@blueprint.response(200, RunAnswer, description="The run")
def show_run(run_id: int) -> dict[str, Any]:
    """Show one run and how far it is."""
    return run_answer(stamp_queries.get_run(db(), actor().organisation_id, run_id))


@blueprint.route("/stamp-runs/<int:run_id>/cancellation", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, RunAnswer, description="The run, cancelled")
def cancel_run(run_id: int) -> dict[str, Any]:
    """Stop making a run: its stamps are never used. Refused with `run-ended`."""
    answer = run_answer(services_runs.cancel_run(db(), actor(), run_id))
    db().commit()
    return answer


@blueprint.route("/stamp-runs/<int:run_id>/codes.csv")
@audience(Audience.PROGRAM)
@blueprint.arguments(AskedSpan, location="query")
@blueprint.text_response(
    CSV, description="Number, code, address for the QR, and the hidden code where there is one"
)
def show_codes(asked: Mapping[str, int | None], run_id: int) -> Response:
    """Get the codes of a finished run, or `first` to `last` of it, as a table for a print shop.

    Refused with `run-not-finished`, and 30 days after a run with hidden codes with `run-file-gone`.
    """
    run = stamp_queries.get_run(db(), actor().organisation_id, run_id)
    first, last = asked["first"], asked["last"]
    span = None
    if first is not None and last is not None:
        check_order(Span(first, last))
        span = Span(first, last).overlap(Span(run.first_number, run.last_number))
        if span is None:
            raise BadInput(
                _l(
                    "This run has the numbers %(first)d to %(last)d.",
                    first=run.first_number,
                    last=run.last_number,
                ),
                field="first",
            )
    table = runs.run_table(db(), run, RunFiles(current_app.config["SETTINGS"]), span)
    return Response(stream_with_context(table), content_type=f"{CSV}; charset=utf-8")
