"""Goods at rest: counted, moved between own places, used up. Each once by the form's own number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from trace.accounts.access import actor
from trace.accounts.models import Location
from trace.batches.models import Batch
from trace.core.errors import BadInput, Refusal
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.events import services_stock
from trace.events.rules_stock import MOST_AT_ONCE, CountLosesMuch
from trace.events.texts import quantity_in_words
from trace.shops import pages, pages_stock
from trace.shops.around import list_behalf, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas import MovementForm
from trace.shops.schemas_stock import Counted, CountForm, MoveForm

LINE = "quantity-"  # and the batch's id: one line of a form about many lots
CHOSEN = "lot"


@blueprint.route("/<uuid:batch_id>/use", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def use_up(batch_id: UUID) -> ResponseReturnValue:
    """Note what was cooked or used up: a kitchen's last step."""
    goods = pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(MovementForm())
            services_stock.use_up(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                **stated(form, facts),
            )
            said = _said(facts["quantity"], goods.batch)
            db().commit()
            flash(_("Noted: used %(quantity)s.", quantity=said), "success")
            return redirect(url_for("shops.show_holding", batch_id=batch_id), 303)
    page = pages.get_goods(db(), actor(), batch_id)
    return _answer("shops/use_up.html", form, page=page)


@blueprint.route("/<uuid:batch_id>/count", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def count_stock(batch_id: UUID) -> ResponseReturnValue:
    """Say how much of one lot is really there: one number."""
    goods = pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    is_unsure = False
    if request.method == "POST":
        with form.guard():
            counted = form.load(_OneCount())["quantity"]
            try:
                told = _count(form, {batch_id: counted})
            except CountLosesMuch:
                is_unsure = True
                raise
            said = _said(counted, goods.batch)
            db().commit()
            flash(_("Counted: %(quantity)s.", quantity=said) + told, "success")
            return redirect(url_for("shops.show_holding", batch_id=batch_id), 303)
    page = pages.get_goods(db(), actor(), batch_id)
    return _answer(
        "shops/count_stock.html", form, page=page, is_unsure=is_unsure or bool(form.value("is_sure"))
    )


@blueprint.route("/count", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def count_all() -> ResponseReturnValue:
    """Count the whole stock at one place: a number a line, empty lines are not counted."""
    place = pages_stock.find_place(actor(), _place_id())
    form = Form.opened()
    is_unsure = False
    if request.method == "POST":
        with form.guard():
            try:
                counted = _read_lines(form, Counted)
                with _by_line():
                    told = _count(form, counted)
            except CountLosesMuch:
                is_unsure = True
                raise
            db().commit()
            flash(ngettext("%(num)d lot counted.", "%(num)d lots counted.", len(counted)) + told, "success")
            return redirect(url_for("shops.show_goods"), 303)
    page = pages_stock.stock_page(db(), actor(), place)
    return _answer(
        "shops/count_all.html", form, page=page, is_unsure=is_unsure or bool(form.value("is_sure"))
    )


@blueprint.route("/move", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def move_goods() -> ResponseReturnValue:
    """Move goods from one own place to another, many lots at once."""
    place = pages_stock.find_place(
        actor(), _place_id(), lot=parse_uuid(request.args.get(CHOSEN, "")), session=db()
    )
    targets = _targets(place)
    # Where there is one way to go, nobody needs to be asked.
    form = Form.opened({"to_id": targets[0][0]} if len(targets) == 1 else {})
    if request.method == "POST":
        with form.guard():
            facts = form.load(MoveForm())
            goods = _read_lines(form, Counted)
            goods = {batch_id: quantity for batch_id, quantity in goods.items() if quantity}
            if not goods:
                raise BadInput(
                    _l("Write how much is moved, on one line at least."), code="no-line", field="goods"
                )
            verb = services_stock.store if facts["is_storing"] else services_stock.move
            with _by_line():
                verb(
                    db(),
                    actor(),
                    goods,
                    facts["to_id"],
                    **stated(form, facts),
                )
            there = next(one.name for one in actor().organisation.locations if one.id == facts["to_id"])
            db().commit()
            flash(
                ngettext(
                    "%(num)d lot is now at %(place)s.",
                    "%(num)d lots are now at %(place)s.",
                    len(goods),
                    place=there,
                ),
                "success",
            )
            return redirect(url_for("shops.show_goods"), 303)
    page = pages_stock.stock_page(db(), actor(), place)
    chosen = request.args.get(CHOSEN, "")
    return _answer("shops/move_goods.html", form, page=page, chosen=chosen, targets=targets)


class _OneCount(ma.Schema):
    quantity = Counted(
        required=True,
        error_messages={
            "required": _l("Write how much is there; 0 if nothing is left."),
            "null": _l("Write how much is there; 0 if nothing is left."),
        },
    )


def _count(form: Form, counted: dict[UUID, Decimal]) -> str:
    """Count, and say in one sentence what it changed."""
    if not counted:
        raise BadInput(_l("Write what was counted, on one line at least."), code="no-line", field="goods")
    facts = form.load(CountForm())
    events = services_stock.count_stock(
        db(),
        actor(),
        counted,
        is_sure=facts["is_sure"],
        **stated(form, facts),
    )
    changed = sum(1 for event in events if event.extensions.get("difference"))
    return " " + str(
        _("What is missing is booked as natural loss.") if changed else _("It agrees with the record.")
    )


def _read_lines(form: Form, kind: type[Counted]) -> dict[UUID, Decimal]:
    """The filled lines of a form about many lots; each refusal stands by its line. Raises ``BadInput``."""
    fields: dict[str, Any] = {name: kind(load_default=None) for name in _line_names(form)}
    read = form.load(ma.Schema.from_dict(fields)())
    found = {
        parse_uuid(name.removeprefix(LINE)): amount for name, amount in read.items() if amount is not None
    }
    return {batch_id: amount for batch_id, amount in found.items() if batch_id is not None}


def _line_names(form: Form) -> Sequence[str]:
    return [name for name in list(request.form)[: MOST_AT_ONCE * 3] if name.startswith(LINE)
            and not name.endswith("_meaning") and form.value(name).strip()]  # fmt: skip


@contextmanager
def _by_line() -> Iterator[None]:
    """Put a refusal about one of many lots under its line."""
    try:
        yield
    except Refusal as refusal:
        if refusal.field == "quantity" and "batch_id" in refusal.numbers:
            refusal.field = f"{LINE}{refusal.numbers['batch_id']}"
        if isinstance(refusal, BadInput) and refusal.field and "quantity" in refusal.errors:
            refusal.errors = {refusal.field: refusal.errors["quantity"]}
        raise


def _place_id() -> UUID | None:
    return parse_uuid(request.form.get("location_id", "") or request.args.get("place", ""))


def _targets(place: Location) -> list[tuple[UUID, str]]:
    return [
        (one.id, one.name)
        for one in actor().organisation.locations
        if one.closed_at is None and one.id != place.id
    ]


def _answer(template: str, form: Form, **context: Any) -> ResponseReturnValue:
    behalf = list_behalf(db(), actor())
    return render_template(template, form=form, behalf=behalf, **context), form.status


def _said(quantity: Decimal, batch: Batch) -> str:
    return f"{format_quantity(quantity, language())} {batch.unit_word} ({quantity_in_words(quantity, batch)})"
