"""Views of the authority: pausing a sale, letting it go on, inspecting, sampling. A pause wants the lot number."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts.access import actor
from trace.authority.blueprint import _, blueprint, page_number
from trace.authority.schemas_holds import InspectForm, PauseForm, ResumeForm, SampleForm
from trace.authority.views_batches import get_batch
from trace.batches import queries as batch_queries
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import queries_stock, services_observation
from trace.events.rules_stock import InspectionResult
from trace.events.texts_stock import RESULTS
from trace.recalls import holds
from trace.recalls.hold_rules import HoldReason, ReleaseReason
from trace.recalls.hold_texts import AWAITED, RELEASES


@blueprint.context_processor
def _hold_words() -> dict[str, object]:
    return {"awaited_texts": AWAITED, "release_texts": RELEASES}


@blueprint.route("/batches/<uuid:batch_id>/pause", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def pause_sale(batch_id: UUID) -> ResponseReturnValue:
    """Pause the sale of a batch: the scan page says so from the commit on."""
    batch = get_batch(batch_id)
    standing = queries_stock.find_hold(db(), batch_id, actor().organisation_id, is_official=True)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(PauseForm())
            started = holds.pause_sale(
                db(), actor(), batch_id, facts["reason"], typed_lot_number=facts["typed_lot_number"]
            )
            db().commit()
            flash(_("The sale is paused. The scan page says so from this minute on."), "success")
            return _to(started.id)
    elif standing is not None:
        return _to(standing.id)
    reasons = [(str(reason), AWAITED[reason]) for reason in HoldReason]
    return render_template(
        "authority/pause_sale.html", batch=batch, form=form, standing=standing, reasons=reasons
    ), form.status


@blueprint.get("/pauses")
@audience(Audience.OFFICER)
def list_holds() -> ResponseReturnValue:
    """Sales that are paused, or were; newest first."""
    is_over = request.args.get("state") == "over"
    found = holds.list_holds(db(), page_number(), in_force=not is_over)
    return render_template("authority/list_holds.html", page=found, is_over=is_over)


@blueprint.get("/pauses/<uuid:hold_id>")
@audience(Audience.OFFICER)
def show_hold(hold_id: UUID) -> ResponseReturnValue:
    """One pause: what is waited for, what the public reads, what came of it."""
    found = holds.get_hold(db(), hold_id)
    return render_template(
        "authority/show_hold.html", hold=found, release_reason=holds.release_reason_of(db(), found)
    )


@blueprint.route("/pauses/<uuid:hold_id>/lift", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def resume_sale(hold_id: UUID) -> ResponseReturnValue:
    """Let the batch be sold again."""
    found = holds.get_hold(db(), hold_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(ResumeForm())
            holds.resume_sale(
                db(), actor(), hold_id, facts["reason"], typed_lot_number=facts["typed_lot_number"]
            )
            db().commit()
            flash(_("The pause is lifted. The scan page says what came of it for 30 days."), "success")
            return _to(hold_id)
    elif found.ended_at is not None:
        return _to(hold_id)
    reasons = [(str(reason), _sentence(RELEASES[reason])) for reason in ReleaseReason]
    return render_template("authority/resume_sale.html", hold=found, form=form, reasons=reasons), form.status


@blueprint.route("/batches/<uuid:batch_id>/inspection", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def inspect_batch(batch_id: UUID) -> ResponseReturnValue:
    """Record an inspection by the authority: public, with its date."""
    batch = get_batch(batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(InspectForm())
            services_observation.inspect(db(), actor(), batch_id, facts.pop("result"), key=form.key, **facts)
            db().commit()
            flash(_("The inspection is recorded. The scan page names it, with its date."), "success")
            return redirect(url_for("authority.show_batch", batch_id=batch_id), 303)
    results = [(str(result), RESULTS[result]) for result in InspectionResult]
    return render_template(
        "authority/inspect_batch.html", batch=batch, form=form, results=results
    ), form.status


@blueprint.route("/batches/<uuid:batch_id>/sample", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def sample_batch(batch_id: UUID) -> ResponseReturnValue:
    """Record a sample taken by the authority, out of somebody's goods or without saying how much."""
    batch = get_batch(batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(SampleForm())
            services_observation.sample(db(), actor(), batch_id, facts.pop("quantity"), key=form.key, **facts)
            db().commit()
            flash(_("The sample is recorded."), "success")
            return redirect(url_for("authority.show_batch", batch_id=batch_id), 303)
    holders: list[tuple[Any, str]] = [
        (holding.organisation_id, holding.organisation.name)
        for holding in batch_queries.list_holders(db(), batch_id)
    ]
    return render_template(
        "authority/sample_batch.html", batch=batch, form=form, holders=holders
    ), form.status


def _to(hold_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("authority.show_hold", hold_id=hold_id), 303)


def _sentence(clause: object) -> str:
    told = str(clause)
    return told[:1].upper() + told[1:]
