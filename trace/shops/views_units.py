"""Cartons and pallets: packing, unpacking, shipping what is in them. Each once by the form's own number."""

from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from labels.images import qr_svg
from labels.qr import printed_address, qr_matrix, readable_site
from trace.accounts import queries as account_queries
from trace.accounts.access import actor
from trace.accounts.models import PartyKind
from trace.batches.unit_models import UnitKind
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.short_codes import pretty
from trace.events import queries_making, services_packing
from trace.events.services_packing import Into
from trace.events.texts_making import UNIT_KINDS
from trace.shops import pages_making, receivers
from trace.shops.around import list_behalf, read_around, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas_making import (
    LOT,
    UNIT,
    NotedForm,
    PackForm,
    read_ids,
    read_into,
    read_portions,
    read_portions_of,
)
from trace.shops.texts import PARTY_KINDS


@blueprint.get("/units")
@audience(Audience.MEMBER)
def list_units() -> ResponseReturnValue:
    """The cartons and pallets in hand."""
    rows = pages_making.unit_list(db(), actor())
    return render_template("shops/list_units.html", rows=rows, unit_kinds=UNIT_KINDS)


@blueprint.get("/units/<uuid:unit_id>")
@audience(Audience.MEMBER)
def show_unit(unit_id: UUID) -> ResponseReturnValue:
    """One carton or pallet: its code to stick on, what is in it, what may be done with it."""
    page = pages_making.unit_page(db(), actor(), unit_id)
    public_url = current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")
    address = printed_address(public_url, page.unit.code)
    return render_template(
        "shops/show_unit.html",
        page=page,
        qr=Markup(qr_svg(qr_matrix(address), title=address)),  # noqa: S704 - drawn here, of an address of ours
        site=readable_site(public_url),
        unit_kinds=UNIT_KINDS,
    )


@blueprint.route("/pack", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def pack() -> ResponseReturnValue:
    """Put lots into a carton, or cartons onto a pallet."""
    wanted = {"into": request.args.get("into", UnitKind.CARTON), LOT: request.args.getlist(LOT)}
    form = Form.opened(wanted)
    if request.method == "POST":
        with form.guard():
            facts = form.load(PackForm())
            unit_id, kind = read_into(facts["into"])
            held = queries_making.list_mergeable(db(), actor().organisation_id)
            packed = services_packing.pack(
                db(),
                actor(),
                Into(unit_id, kind, facts["sscc"] or None),
                read_portions(form, held),
                read_ids(form, UNIT),
                **stated(form, facts),
            )
            target = url_for("shops.show_unit", unit_id=packed.unit.id)
            told = _("Packed. Its code is %(code)s.", code=pretty(packed.unit.code))
            db().commit()
            flash(told, "success")
            return redirect(target, 303)
    page = pages_making.choice_page(db(), actor(), with_units=True)
    return (
        render_template(
            "shops/pack.html", page=page, form=form, unit_kinds=UNIT_KINDS, behalf=list_behalf(db(), actor())
        ),
        form.status,
    )


@blueprint.route("/units/<uuid:unit_id>/unpack", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def unpack(unit_id: UUID) -> ResponseReturnValue:
    """Take all out of a carton by one tap, or only what is ticked."""
    form = Form.opened()
    page = _held_unit(unit_id)
    if request.method == "POST":
        with form.guard():
            facts = form.load(NotedForm())
            is_all = bool(form.value("all"))
            goods = (
                None
                if is_all
                else read_portions_of(form, {c.batch_id: c.quantity for c in page.row.contents})
            )
            inner = None if is_all else read_ids(form, UNIT)
            services_packing.unpack(db(), actor(), unit_id, goods, inner, key=form.key, **facts)
            db().commit()
            flash(_("Unpacked. What came out lies loose in your hands again."), "success")
            return redirect(url_for("shops.show_unit", unit_id=unit_id), 303)
    page = _held_unit(unit_id)
    return render_template("shops/unpack.html", page=page, form=form, unit_kinds=UNIT_KINDS), form.status


@blueprint.route("/units/<uuid:unit_id>/ship", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def ship_unit(unit_id: UUID) -> ResponseReturnValue:
    """Ship a carton or pallet with all that is in it."""
    form = Form.opened()
    page = _held_unit(unit_id)
    is_search = bool(form.value("find")) or receivers.typed_search(form) != form.value("searched")
    if request.method == "POST" and not is_search:
        with form.guard():
            choice = receivers.read_choice(form, with_organisations=True)
            facts = form.load(NotedForm())
            shipment = services_packing.ship_units(
                db(),
                actor(),
                [unit_id],
                receivers.settle(db(), actor(), choice),
                key=form.key,
                around=read_around(form),
                **facts,
            )
            target = url_for("shops.show_shipment", shipment_id=shipment.id)
            db().commit()
            flash(_("Shipped, with everything in it."), "success")
            return redirect(target, 303)
    page = _held_unit(unit_id)
    return (
        render_template(
            "shops/ship_unit.html",
            page=page,
            form=form,
            offer=receivers.offer(db(), actor().organisation_id, form, with_organisations=True),
            value_of=receivers.value_of,
            party_kinds=[(str(kind), PARTY_KINDS[kind]) for kind in PartyKind],
            communes=[(c.code, c.name) for c in account_queries.list_communes(db())],
            unit_kinds=UNIT_KINDS,
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


def _held_unit(unit_id: UUID) -> pages_making.UnitPage:
    page = pages_making.unit_page(db(), actor(), unit_id)
    if not page.is_held:
        raise NotFound(_("There is no such carton among yours."), code="unit-not-found")
    return page
