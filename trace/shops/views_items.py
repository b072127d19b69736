"""Selling items that have a code of their own: one scan each, and a week to undo a wrong one."""

from uuid import UUID

import marshmallow as ma
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.batches import stamp_queries
from trace.batches.scanned import read_scanned
from trace.core.camera import lend_camera
from trace.core.fields import Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.short_codes import pretty
from trace.events import services_items
from trace.shops import pages_items
from trace.shops.blueprint import blueprint


class ItemForm(ma.Schema):
    """One label, typed or scanned."""

    code = Text(required=True, longest=600, empty=_l("Scan the label, or type the code under its QR."))


@blueprint.route("/items", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def sell_items() -> ResponseReturnValue:
    """Note items as sold, one after another: the field is empty again after each."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            sale = services_items.sell_item(db(), actor(), read_scanned(form.load(ItemForm())["code"]))
            code = stamp_queries.find_code(db(), sale.run_id, sale.first_number)
            db().commit()
            flash(_("Noted as sold: %(code)s", code=pretty(code)), "success")
            return redirect(url_for("shops.sell_items"), 303)
    return _page(form)


@blueprint.post("/items/<uuid:sale_id>/undo")
@audience(Audience.MEMBER)
def unsell_item(sale_id: UUID) -> ResponseReturnValue:
    """Undo a sale that was a wrong scan."""
    form = Form.from_request()
    with form.guard():
        sale = services_items.unsell_item(db(), actor(), sale_id)
        code = stamp_queries.find_code(db(), sale.run_id, sale.first_number)
        db().commit()
        flash(_("No longer noted as sold: %(code)s", code=pretty(code)), "success")
    return _page(form) if form.errors else redirect(url_for("shops.sell_items"), 303)


def _page(form: Form) -> Response:
    page = pages_items.items_page(db(), actor())
    answer = make_response(render_template("shops/sell_items.html", form=form, page=page), form.status)
    return lend_camera(answer)
