"""Views of the authority: barcode numbers that producers state, and the check of each against its certificate."""

from dataclasses import dataclass
from uuid import UUID

import marshmallow as ma
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from producers.models import Product
from trace.accounts.access import actor
from trace.authority.blueprint import _, blueprint, note_reading, page_number
from trace.core.fields import Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.paging import Page
from trace.resolver import checking


class CheckForm(ma.Schema):
    """What a check rests on. ``seen`` is the number as the officer saw it."""

    certificate = Text(required=True, longest=80, empty=_l("Write the number of the certificate."))
    seen = Text(required=True, longest=14)


class WithdrawForm(ma.Schema):
    """Why a check is taken back: for the security log, nobody else reads it."""

    reason = Text(required=True, longest=200, empty=_l("Write why."))


@dataclass(frozen=True, slots=True, kw_only=True)
class GtinList:
    """Numbers that wait, or those that were checked; ``contested`` are stated by several organisations."""

    page: Page[Product]
    is_checked: bool
    contested: set[str]
    waiting_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GtinPage:
    """One number beside what is compared, and who else states it."""

    product: Product
    claimants: tuple[Product, ...]


@blueprint.get("/gtins")
@audience(Audience.OFFICER)
def list_gtins() -> ResponseReturnValue:
    """Numbers that wait for a check, longest first."""
    is_checked = request.args.get("state") == "checked"
    found = checking.list_gtins(db(), is_checked=is_checked, page=page_number())
    page = GtinList(
        page=found,
        is_checked=is_checked,
        contested=checking.contested(db(), found.rows),
        waiting_count=checking.count_waiting_gtins(db()),
    )
    return render_template("authority/list_gtins.html", page=page)


@blueprint.route("/gtins/<uuid:product_id>", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def check_gtin(product_id: UUID) -> ResponseReturnValue:
    """Compare one number with its certificate, and note that it was compared."""
    product = checking.get_stated(db(), product_id)
    form = Form.opened()
    if request.method == "GET":
        note_reading(product.organisation_id, "gtin")
        return _show(product_id, form)
    with form.guard():
        facts = form.load(CheckForm())
        checking.check_gtin(db(), actor(), product_id, facts["seen"], facts["certificate"])
        db().commit()
        flash(_("Checked. The barcode leads to this product from now on."), "success")
    if form.errors:
        return _show(product_id, form)
    return redirect(url_for("authority.check_gtin", product_id=product_id), 303)


@blueprint.post("/gtins/<uuid:product_id>/withdraw")
@audience(Audience.OFFICER)
def withdraw_gtin_check(product_id: UUID) -> ResponseReturnValue:
    """Take a check back that was wrong."""
    checking.get_stated(db(), product_id)
    form = Form.from_request()
    with form.guard():
        checking.withdraw_check(db(), actor(), product_id, form.load(WithdrawForm())["reason"])
        db().commit()
        flash(_("The check is withdrawn. The number is a claim again."), "success")
    if form.errors:
        return _show(product_id, form)
    return redirect(url_for("authority.check_gtin", product_id=product_id), 303)


def _show(product_id: UUID, form: Form) -> ResponseReturnValue:
    product = checking.get_stated(db(), product_id)
    page = GtinPage(product=product, claimants=tuple(checking.list_claimants(db(), product)))
    return render_template("authority/check_gtin.html", page=page, form=form), form.status
