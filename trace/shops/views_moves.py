"""Goods leaving an organisation's hands: shipped, sold, discarded. Each once by the form's own number."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.accounts import queries as account_queries
from trace.accounts.access import actor
from trace.accounts.models import PartyKind
from trace.batches.models import Batch
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.events import services_leaving, services_shipping
from trace.events.rules import DisposalReason
from trace.events.texts import DISPOSAL_REASONS, quantity_in_words
from trace.shops import pages, receivers
from trace.shops.around import list_behalf, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas import DestroyForm, MovementForm
from trace.shops.texts import PARTY_KINDS

FIND = "find"  # the button beside the search box


@blueprint.route("/<uuid:batch_id>/ship", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def ship(batch_id: UUID) -> ResponseReturnValue:
    """Ship goods to an organisation, or hand them to somebody without an account."""
    goods = pages.get_goods(db(), actor(), batch_id)
    form = _opened(goods)
    if request.method == "POST" and not _is_search(form):
        with form.guard():
            choice, facts = _read(form, with_organisations=True)
            receiver = receivers.settle(db(), actor(), choice)
            shipment = services_shipping.ship(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                receiver,
                **stated(form, facts),
            )
            name = pages.shipment_row(shipment, actor().organisation_id).other_side
            told = _(
                "Shipped %(quantity)s to %(name)s.", quantity=_said(facts["quantity"], goods.batch), name=name
            )
            db().commit()
            flash(told, "success")
            return redirect(url_for("shops.show_shipment", shipment_id=shipment.id), 303)
    return _answer("shops/ship.html", batch_id, form, with_organisations=True)


@blueprint.route("/<uuid:batch_id>/sell", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def sell(batch_id: UUID) -> ResponseReturnValue:
    """Note what was sold: to walk-in buyers, or to somebody of the address book."""
    goods = pages.get_goods(db(), actor(), batch_id)
    form = _opened(goods)
    if request.method == "POST" and not _is_search(form):
        with form.guard():
            choice, facts = _read(form, with_organisations=False)
            receiver = receivers.settle(db(), actor(), choice)
            services_leaving.sell(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                party_id=receiver.party_id,
                **stated(form, facts),
            )
            told = _("Noted: sold %(quantity)s.", quantity=_said(facts["quantity"], goods.batch))
            db().commit()
            flash(told, "success")
            return redirect(url_for("shops.show_holding", batch_id=batch_id), 303)
    return _answer("shops/sell.html", batch_id, form, with_organisations=False)


@blueprint.route("/<uuid:batch_id>/destroy", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def destroy(batch_id: UUID) -> ResponseReturnValue:
    """Note what was thrown away or destroyed, and why."""
    goods = pages.get_goods(db(), actor(), batch_id)
    form = _opened(goods)
    if request.method == "POST":
        with form.guard():
            facts = form.load(DestroyForm())
            services_leaving.destroy(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                facts["reason"],
                **stated(form, facts),
            )
            told = _("Noted: discarded %(quantity)s.", quantity=_said(facts["quantity"], goods.batch))
            db().commit()
            flash(told, "success")
            return redirect(url_for("shops.show_holding", batch_id=batch_id), 303)
    page = pages.get_goods(db(), actor(), batch_id)
    reasons = [(str(reason), DISPOSAL_REASONS[reason]) for reason in DisposalReason]
    return render_template(
        "shops/destroy.html", page=page, form=form, reasons=reasons, behalf=list_behalf(db(), actor())
    ), form.status


def _opened(goods: pages.Goods) -> Form:
    """The form as sent, or as it opens; a link may bring the receiver and the search along."""
    if request.method == "POST":
        return Form.from_request()
    values = {name: request.args[name] for name in (receivers.FIELD, "q") if name in request.args}
    if goods.is_returnable:
        values.setdefault(receivers.FIELD, f"organisation:{goods.batch.maker_id}")
    elif request.endpoint == "shops.sell":
        values.setdefault(receivers.FIELD, receivers.WALK_IN)
    if goods.batch.is_recalled:
        values["reason"] = DisposalReason.RECALLED
    elif not goods.is_sellable:
        values["reason"] = DisposalReason.EXPIRED
    return Form(values)


def _is_search(form: Form) -> bool:
    """Whether the form was sent to look for somebody: by the button, or by the enter key after typing a name.

    A sale must never be noted because somebody looked for a buyer.
    """
    return bool(form.value(FIND)) or receivers.typed_search(form) != form.value("searched")


def _read(form: Form, *, with_organisations: bool) -> tuple[receivers.Choice, dict[str, Any]]:
    """The receiver and the facts; what is wrong with either is told at once. Raises ``BadInput``."""
    try:
        choice = receivers.read_choice(form, with_organisations=with_organisations)
    except BadInput as refusal:
        form.refuse(refusal)
        form.load(MovementForm())
        raise
    return choice, form.load(MovementForm())


def _answer(template: str, batch_id: UUID, form: Form, *, with_organisations: bool) -> ResponseReturnValue:
    # Read after the service: a refusal rolled back, and somebody else may have moved goods meanwhile.
    page = pages.get_goods(db(), actor(), batch_id)
    offer = receivers.offer(db(), actor().organisation_id, form, with_organisations=with_organisations)
    return (
        render_template(
            template,
            page=page,
            form=form,
            offer=offer,
            value_of=receivers.value_of,
            party_kinds=[(str(kind), PARTY_KINDS[kind]) for kind in PartyKind],
            communes=[(c.code, c.name) for c in account_queries.list_communes(db())],
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


def _said(quantity: Decimal, batch: Batch) -> str:
    return f"{format_quantity(quantity, language())} {batch.unit_word} ({quantity_in_words(quantity, batch)})"
