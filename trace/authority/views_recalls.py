"""Views of the authority: calling a batch back, and how that ends. The lot number is typed for each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts.access import actor
from trace.authority import texts
from trace.authority.blueprint import _, blueprint, page_number
from trace.authority.schemas import Basis, ConfirmForm, RecallForm, WithdrawForm
from trace.authority.views_batches import get_batch
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.recalls import queries, reach, services, where
from trace.recalls import texts as public_texts
from trace.recalls.models import Recall
from trace.recalls.rules import REASONS_OF, RecallClass, WithdrawalReason
from trace.recalls.services import Decision


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {
        "class_names": texts.SHORT_CLASSES,
        "reason_texts": public_texts.REASONS,
        "withdrawal_texts": public_texts.WITHDRAWALS,
        "title_in_force": public_texts.title_in_force,
        "first_step": public_texts.first_step,
    }


@blueprint.route("/batches/<uuid:batch_id>/recall", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def recall(batch_id: UUID) -> ResponseReturnValue:
    """Call a batch back: the scan page says so from the commit on."""
    batch = get_batch(batch_id)
    in_force = queries.find_recall_in_force(db(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(RecallForm())
            started = services.recall(
                db(),
                actor(),
                batch_id,
                facts["recall_class"],
                facts["reason"],
                _decision(facts),
                typed_lot_number=facts["typed_lot_number"],
            )
            db().commit()
            flash(_("Recalled. The scan page says so from this minute on."), "success")
            return redirect(url_for("authority.show_recall", recall_id=started.id), 303)
    elif in_force is not None:
        return redirect(url_for("authority.show_recall", recall_id=in_force.id))
    return (
        render_template(
            "authority/recall.html",
            batch=batch,
            form=form,
            in_force=in_force,
            classes=[(kind, texts.CLASSES[kind]) for kind in RecallClass],
            reasons_of=REASONS_OF,
            bases=[(str(basis), texts.BASES[basis]) for basis in Basis],
        ),
        form.status,
    )


@blueprint.get("/recalls")
@audience(Audience.OFFICER)
def list_recalls() -> ResponseReturnValue:
    """Recalls in force, or those that are over; newest first."""
    is_over = request.args.get("state") == "over"
    found = queries.list_recalls(db(), page_number(), in_force=not is_over)
    return render_template("authority/list_recalls.html", page=found, is_over=is_over)


@blueprint.get("/recalls/<uuid:recall_id>")
@audience(Audience.OFFICER)
def show_recall(recall_id: UUID) -> ResponseReturnValue:
    """One recall: where all of the goods are, what is under review, what the public reads, how it ended."""
    found = queries.get_recall(db(), recall_id)
    lots = reach.list_lots(db(), recall_id)
    return render_template(
        "authority/show_recall.html",
        recall=found,
        reach=lots,
        where=where.find_whereabouts(db(), [lot.batch_id for lot in lots]),
    )


@blueprint.route("/recalls/<uuid:recall_id>/lots/<uuid:batch_id>/release", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def release_lot(recall_id: UUID, batch_id: UUID) -> ResponseReturnValue:
    """A lot made of recalled goods is not affected."""
    found = queries.get_recall(db(), recall_id)
    batch = get_batch(batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(ConfirmForm())
            services.release_lot(
                db(), actor(), recall_id, batch_id, typed_lot_number=facts["typed_lot_number"]
            )
            db().commit()
            flash(_("The lot may be sold again. The scan page says so from this minute on."), "success")
            return _to(recall_id)
    return render_template("authority/release_lot.html", recall=found, batch=batch, form=form), form.status


@blueprint.route("/recalls/<uuid:recall_id>/end", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def end_recall(recall_id: UUID) -> ResponseReturnValue:
    """The goods were called back and dealt with."""
    found = queries.get_recall(db(), recall_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(ConfirmForm())
            services.end_recall(db(), actor(), recall_id, typed_lot_number=facts["typed_lot_number"])
            db().commit()
            flash(_("The recall is completed. The scan page says so."), "success")
            return _to(recall_id)
    elif not found.is_in_force:
        return _to(recall_id)
    return _form("authority/end_recall.html", found, form)


@blueprint.route("/recalls/<uuid:recall_id>/withdraw", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def withdraw_recall(recall_id: UUID) -> ResponseReturnValue:
    """The recall should not have been."""
    found = queries.get_recall(db(), recall_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(WithdrawForm())
            services.withdraw_recall(
                db(),
                actor(),
                recall_id,
                facts["withdrawal_reason"],
                typed_lot_number=facts["typed_lot_number"],
            )
            db().commit()
            flash(_("The recall is withdrawn. The scan page says what happened for 30 days."), "success")
            return _to(recall_id)
    elif not found.is_in_force:
        return _to(recall_id)
    return _form("authority/withdraw_recall.html", found, form)


def _decision(facts: Mapping[str, Any]) -> Decision | None:
    """The decision of the form, None for a voluntary recall. Raises ``BadInput`` where half of it is missing."""
    if facts["basis"] is Basis.VOLUNTARY:
        return None
    number, decided_on = facts["decision_number"], facts["decided_on"]
    errors = {}
    if not number:
        errors["decision_number"] = _("Write the number of the decision.")
    if decided_on is None:
        errors["decided_on"] = _("Write the date of the decision.")
    if errors:
        raise BadInput(_("Some fields need another look."), code="decision-incomplete", errors=errors)
    return Decision(number, decided_on)


def _to(recall_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("authority.show_recall", recall_id=recall_id), 303)


def _form(template: str, found: Recall, form: Form) -> ResponseReturnValue:
    reasons = [(str(reason), _sentence(public_texts.WITHDRAWALS[reason])) for reason in WithdrawalReason]
    return render_template(template, recall=found, form=form, reasons=reasons), form.status


def _sentence(clause: object) -> str:
    told = str(clause)
    return told[:1].upper() + told[1:]
