"""Ending a handover and settling what did not arrive: cancel, refuse, return; propose, agree, decline."""

from uuid import UUID

import marshmallow as ma
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.core.fields import Choice, Id, Quantity, Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import services_handover, services_settlement
from trace.events.handover_models import Outcome, Settlement, ShipmentLine
from trace.events.rules_handover import RefusalReason, ReturnReason
from trace.events.texts import quantity_in_words
from trace.shops import pages, pages_handover
from trace.shops.around import list_behalf, read_around, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas import LONGEST_NOTE, MovementForm, told


class EndForm(ma.Schema):
    """A note on a shipment that ends."""

    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class RefusalForm(EndForm):
    reason = Choice(RefusalReason, required=True, error_messages=told(_l("Choose why.")))


class ReturnForm(MovementForm):
    reason = Choice(ReturnReason, required=True, error_messages=told(_l("Choose why.")))
    to_id = Id(load_default=None)


class SettlementForm(ma.Schema):
    """What became of a difference, or of a part of it."""

    outcome = Choice(Outcome, required=True, error_messages=told(_l("Choose what became of it.")))
    quantity = Quantity(load_default=None)


@blueprint.post("/shipments/<uuid:shipment_id>/cancel")
@audience(Audience.MEMBER)
def cancel(shipment_id: UUID) -> ResponseReturnValue:
    """The sender takes a shipment back that nobody has received."""
    form = Form.from_request()
    with form.guard():
        note = form.load(EndForm())["note"]
        services_handover.cancel(db(), actor(), shipment_id, note=note, around=read_around(form))
        db().commit()
        flash(_("The shipment is cancelled. The goods are in your hands again."), "success")
    if form.errors:
        return answer_shipment(shipment_id, form)
    return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)


@blueprint.post("/shipments/<uuid:shipment_id>/refuse")
@audience(Audience.MEMBER)
def refuse(shipment_id: UUID) -> ResponseReturnValue:
    """The receiver does not take the goods."""
    form = Form.from_request()
    with form.guard():
        facts = form.load(RefusalForm())
        services_handover.refuse(
            db(), actor(), shipment_id, facts["reason"], note=facts["note"], around=read_around(form)
        )
        db().commit()
        flash(_("Noted: not taken. The sender sees it at once, with the reason."), "success")
    if form.errors:
        return answer_shipment(shipment_id, form)
    return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)


@blueprint.route("/<uuid:batch_id>/return", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def return_goods(batch_id: UUID) -> ResponseReturnValue:
    """Send goods back to whoever they came from."""
    page = pages_handover.return_page(db(), actor(), batch_id)
    form = Form.opened(_usual_return(page))
    if request.method == "POST":
        with form.guard():
            facts = form.load(ReturnForm())
            shipment = services_handover.return_goods(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                facts["reason"],
                to_id=facts["to_id"],
                **stated(form, facts),
            )
            words = quantity_in_words(facts["quantity"], page.goods.batch)
            told_to = pages.shipment_row(shipment, actor().organisation_id).other_side
            db().commit()
            flash(_("On its way back to %(name)s: %(words)s.", name=told_to, words=words), "success")
            shipment_id = shipment.id
        if not form.errors:
            return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)
        page = pages_handover.return_page(db(), actor(), batch_id)
    return (
        render_template(
            "shops/return_goods.html",
            page=page,
            form=form,
            reasons=pages_handover.RETURNS,
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


@blueprint.post("/differences/<uuid:line_id>/propose")
@audience(Audience.MEMBER)
def propose_settlement(line_id: UUID) -> ResponseReturnValue:
    """Say what became of a difference; the other side answers by one tap."""
    form = Form.from_request()
    with form.guard():
        facts = form.load(SettlementForm())
        made = services_settlement.propose_settlement(
            db(), actor(), line_id, facts["outcome"], facts["quantity"]
        )
        shipment_id, is_agreed = made.line.shipment_id, made.agreed_at is not None
        db().commit()
        if is_agreed:
            flash(_("Both sides say the same: it is settled."), "success")
        else:
            flash(_("Sent. The other side agrees or declines by one tap."), "success")
    if form.errors:
        line = db().get(ShipmentLine, line_id)
        if line is None:
            raise services_handover.shipment_not_found()
        return answer_shipment(line.shipment_id, form, line_id)
    return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)


@blueprint.post("/settlements/<uuid:settlement_id>/agree")
@audience(Audience.MEMBER)
def agree_settlement(settlement_id: UUID) -> ResponseReturnValue:
    """Agree to what the other side said became of a difference."""
    form = Form.from_request()
    with form.guard():
        found = services_settlement.agree_settlement(db(), actor(), settlement_id, around=read_around(form))
        shipment_id, said = found.line.shipment_id, pages_handover.said(found, found.line)
        db().commit()
        flash(_("Settled by both sides: %(what)s.", what=said), "success")
    if form.errors:
        return answer_shipment(_shipment_of(settlement_id), form)
    return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)


@blueprint.post("/settlements/<uuid:settlement_id>/decline")
@audience(Audience.MEMBER)
def decline_settlement(settlement_id: UUID) -> ResponseReturnValue:
    """Let a proposal go: the other side's, or one's own."""
    form = Form.from_request()
    with form.guard():
        found = services_settlement.decline_settlement(db(), actor(), settlement_id)
        shipment_id, is_own = found.line.shipment_id, found.proposed_by == actor().organisation_id
        db().commit()
        if is_own:
            flash(_("Taken back. The difference stays open."), "note")
        else:
            flash(_("Declined. Say what you think became of it, or call the other side."), "note")
    if form.errors:
        return answer_shipment(_shipment_of(settlement_id), form)
    return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)


def answer_shipment(shipment_id: UUID, form: Form, line_id: UUID | None = None) -> ResponseReturnValue:
    """A shipment's page, with what was wrong with a form on it."""
    found = pages_handover.handover_page(db(), actor(), shipment_id)
    own_address = url_for("shops.show_shipment", shipment_id=shipment_id)
    return (
        render_template(
            "shops/show_shipment.html",
            page=found.page,
            handover=found,
            form=form,
            refusals=pages_handover.REFUSALS,
            outcomes=pages_handover.OUTCOME_CHOICES,
            asked_line=line_id,
            own_address=own_address,
        ),
        form.status,
    )


def _usual_return(page: pages_handover.ReturnPage) -> dict[str, str]:
    """Why goods go back, where their state says it already."""
    if page.goods.batch.is_recalled:
        return {"reason": ReturnReason.RECALLED}
    return {} if page.goods.is_sellable else {"reason": ReturnReason.EXPIRED}


def _shipment_of(settlement_id: UUID) -> UUID:
    found = db().get(Settlement, settlement_id)
    if found is None:
        raise services_handover.shipment_not_found()
    return found.line.shipment_id
