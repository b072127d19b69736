"""Lots become other lots: processing, splitting, laying together. Each once by the form's own number."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers import rules as product_rules
from trace.accounts import queries as account_queries
from trace.accounts.access import actor
from trace.accounts.models import PartyKind
from trace.batches import queries as batch_queries
from trace.core.fields import Choice, Quantity
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import queries_making, services_making
from trace.events.rules_making import YieldReason
from trace.events.services_harvest import SecondCount, sell_on_tree
from trace.events.texts_making import YIELD_REASONS
from trace.shops import pages, pages_making, receivers
from trace.shops.around import list_behalf, read_around
from trace.shops.blueprint import blueprint
from trace.shops.schemas_making import (
    LOT,
    MOST_PARTS_AT_ONCE,
    NotedForm,
    TreeForm,
    part_name,
    read_ids,
    read_parts,
    read_portions,
)
from trace.shops.texts import PARTY_KINDS

OUTPUT = "output"


class TransformForm(NotedForm):
    """What was lost, in the common unit, and why a yield is odd."""

    loss = Quantity(load_default=None)
    reason = Choice(YieldReason, load_default=None)


@blueprint.route("/<uuid:batch_id>/split", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def split(batch_id: UUID) -> ResponseReturnValue:
    """Make new lots of parts of a lot in hand."""
    pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(NotedForm())
            made = services_making.split(
                db(), actor(), batch_id, read_parts(form), key=form.key, around=read_around(form), **facts
            )
            numbers = ", ".join(batch.lot_number for batch in made.batches)
            first = made.batches[0].id
            db().commit()
            flash(_("New lots: %(numbers)s. Each has a code of its own.", numbers=numbers), "success")
            one = len(made.batches) == 1
            target = url_for("shops.show_holding", batch_id=first if one else batch_id)
            return redirect(target, 303)
    page = pages.get_goods(db(), actor(), batch_id)
    names = [part_name(place) for place in range(1, MOST_PARTS_AT_ONCE + 1)]
    return (
        render_template(
            "shops/split.html", page=page, form=form, names=names, behalf=list_behalf(db(), actor())
        ),
        form.status,
    )


@blueprint.route("/merge", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def merge() -> ResponseReturnValue:
    """Lay several lots together: tick or scan them, one button."""
    form, unknown = (Form.from_request(), "") if request.method == "POST" else _scanned()
    if request.method == "POST":
        with form.guard():
            held = queries_making.list_mergeable(db(), actor().organisation_id)
            made = services_making.merge(
                db(),
                actor(),
                read_portions(form, held),
                key=form.key,
                around=read_around(form),
                **form.load(NotedForm()),
            )
            heap = made.batches[0]
            target = url_for("shops.show_holding", batch_id=heap.id)
            told = _("Laid together as lot %(lot)s: one of these lots.", lot=heap.lot_number)
            db().commit()
            flash(told, "success")
            return redirect(target, 303)
    page = pages_making.choice_page(db(), actor(), unknown_code=unknown)
    return (
        render_template("shops/merge.html", page=page, form=form, behalf=list_behalf(db(), actor())),
        form.status,
    )


@blueprint.route("/transform", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def transform() -> ResponseReturnValue:
    """Prepare or process goods in hand into own drafts, which this activates."""
    form, unknown = (Form.from_request(), "") if request.method == "POST" else _scanned()
    if request.method == "POST":
        with form.guard():
            held = queries_making.list_mergeable(db(), actor().organisation_id)
            inputs = read_portions(form, held)
            outputs = read_ids(form, OUTPUT)
            for draft in outputs:
                batch_queries.get_batch(db(), actor().organisation_id, draft)
            made = services_making.transform(
                db(),
                actor(),
                inputs,
                outputs,
                key=form.key,
                around=read_around(form),
                **form.load(TransformForm()),
            )
            first = made.batches[0].id
            db().commit()
            flash(_("Noted. What was made is activated: its labels can be looked up from now on."), "success")
            return redirect(url_for("producers.show_batch", batch_id=first), 303)
    page = pages_making.choice_page(db(), actor(), unknown_code=unknown)
    return (
        render_template(
            "shops/transform.html",
            page=page,
            form=form,
            drafts=queries_making.list_drafts(db(), actor().organisation_id),
            reasons=[(str(reason), YIELD_REASONS[reason]) for reason in YieldReason],
            needs_reason="quantity" in form.errors and form.status == 409,
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


@blueprint.route("/<uuid:batch_id>/sell-on-tree", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def sell_crop(batch_id: UUID) -> ResponseReturnValue:
    """A draft's whole crop is sold on the tree: the buyer harvests it."""
    batch = batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    if batch.is_activated and request.method == "GET":
        return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)
    form = Form.opened()
    if request.method == "POST" and not _is_search(form):
        with form.guard():
            receiver = receivers.settle(db(), actor(), receivers.read_choice(form, with_organisations=True))
            facts: dict[str, Any] = form.load(TreeForm())
            counted = None
            if facts["counted_quantity"] is not None:
                counted = SecondCount(facts["counted_quantity"], facts["counted_unit"])
            shipment = sell_on_tree(
                db(),
                actor(),
                batch_id,
                receiver,
                key=form.key,
                counted=counted,
                note=facts["note"],
                around=read_around(form),
            )
            target = url_for("shops.show_shipment", shipment_id=shipment.id)
            db().commit()
            flash(_("Noted: sold on the tree, harvested by the buyer."), "success")
            return redirect(target, 303)
    batch = batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    offer = receivers.offer(db(), actor().organisation_id, form, with_organisations=True)
    return (
        render_template(
            "shops/sell_crop.html",
            batch=batch,
            form=form,
            offer=offer,
            value_of=receivers.value_of,
            words=product_rules.PACKAGING_WORDS,
            party_kinds=[(str(kind), PARTY_KINDS[kind]) for kind in PartyKind],
            communes=[(c.code, c.name) for c in account_queries.list_communes(db())],
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


def _scanned() -> tuple[Form, str]:
    """The form as it opens: lots named in the address are ticked, and the one whose code was scanned."""
    ticked = list(request.args.getlist(LOT))
    typed = request.args.get("code", "").strip()
    if not typed:
        return Form({LOT: ticked}), ""
    found = pages_making.find_choice(db(), actor(), typed)
    if found is None:
        return Form({LOT: ticked}), typed[:40]
    return Form({LOT: [*ticked, str(found)]}), ""


def _is_search(form: Form) -> bool:
    return bool(form.value("find")) or receivers.typed_search(form) != form.value("searched")
