"""Goods that came although nobody declared them: noted by the receiver, answered by the sender in one tap."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.accounts.models import Organisation
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core.errors import NotFound
from trace.core.fields import Id
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid
from trace.core.short_codes import is_well_formed, normalise
from trace.events import services_claims
from trace.events.texts import quantity_in_words
from trace.events.texts_handover import CLAIM_ENDS
from trace.shops import pages_handover, queries, receivers
from trace.shops.around import list_behalf, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas import MovementForm, told

FIND = "find"


class ClaimForm(MovementForm):
    sender_id = Id(required=True, error_messages=told(_l("Choose who brought the goods.")))


@blueprint.route("/receive/<code>/claim", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def claim(code: str) -> ResponseReturnValue:
    """Note goods that came undeclared; the named sender answers."""
    batch = _batch_of(code)
    form = Form.opened()
    if request.method == "POST" and not form.value(FIND):
        with form.guard():
            facts = form.load(ClaimForm())
            made = services_claims.claim(
                db(),
                actor(),
                batch.id,
                facts["sender_id"],
                facts["quantity"],
                **stated(form, facts),
            )
            words = quantity_in_words(made.quantity, batch)
            name = made.sender.name
            db().commit()
            flash(
                _("Noted: %(words)s from %(name)s. They are asked to confirm.", words=words, name=name),
                "success",
            )
        if not form.errors:
            return redirect(url_for("shops.list_claims"), 303)
        batch = _batch_of(code)
    return (
        render_template(
            "shops/claim.html",
            batch=batch,
            form=form,
            senders=_senders(batch, form),
            typed=receivers.typed_search(form),
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


@blueprint.get("/claims")
@audience(Audience.MEMBER)
def list_claims() -> ResponseReturnValue:
    """What waits for an answer, both ways, and what is over."""
    return _answer_claims(Form())


@blueprint.post("/claims/<uuid:claim_id>/confirm")
@audience(Audience.MEMBER)
def confirm_claim(claim_id: UUID) -> ResponseReturnValue:
    """The sender: it was so."""
    return _end(services_claims.confirm_claim, claim_id, _l("Confirmed: the goods are handed over."))


@blueprint.post("/claims/<uuid:claim_id>/refuse")
@audience(Audience.MEMBER)
def refuse_claim(claim_id: UUID) -> ResponseReturnValue:
    """The sender: it was not so."""
    return _end(services_claims.refuse_claim, claim_id, _l("Answered: not so. Nothing was moved."))


@blueprint.post("/claims/<uuid:claim_id>/withdraw")
@audience(Audience.MEMBER)
def withdraw_claim(claim_id: UUID) -> ResponseReturnValue:
    """The claimant takes it back."""
    return _end(services_claims.withdraw_claim, claim_id, _l("Taken back. Nothing was moved."))


def _end(verb: Callable[..., Any], claim_id: UUID, told_after: Any) -> ResponseReturnValue:
    form = Form.from_request()
    with form.guard():
        verb(db(), actor(), claim_id)
        db().commit()
        flash(str(told_after), "success")
    if form.errors:
        return _answer_claims(form)
    return redirect(url_for("shops.list_claims"), 303)


def _answer_claims(form: Form) -> ResponseReturnValue:
    page = pages_handover.claims_page(db(), actor())
    own_address = url_for("shops.list_claims")
    return (
        render_template(
            "shops/list_claims.html", page=page, form=form, ends=CLAIM_ENDS, own_address=own_address
        ),
        form.status,
    )


def _batch_of(code: str) -> Batch:
    """The batch whose label is in the hand; a draft is nobody's business."""
    typed = normalise(code)
    batch = batch_queries.find_batch_by_code(db(), typed) if is_well_formed(typed) else None
    if batch is None or not batch.is_activated:
        raise NotFound(_("There is no such batch."), code="batch-not-found")
    return batch


def _senders(batch: Batch, form: Form) -> list[Organisation]:
    """Who may have brought it: its producer, those who ship here, and whoever was searched for."""
    mine = actor().organisation_id
    typed = receivers.typed_search(form)
    found = queries.search_receivers(db(), mine, typed) if typed else queries.list_usual_senders(db(), mine)
    maker = queries.find_receiver(db(), mine, batch.organisation_id)
    chosen_id = parse_uuid(form.value("sender_id"))
    chosen = queries.find_receiver(db(), mine, chosen_id) if chosen_id else None
    together = [one for one in (chosen, None if typed else maker, *found) if one is not None]
    return list({one.id: one for one in together}.values())
