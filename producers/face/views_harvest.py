"""Views of the harvest: by household, today's table, a further delivery. Weights are the only thing to type."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from producers import queries as product_queries
from producers.diary.services import Ground, WaitNotOver, check_waited
from producers.face import pages_harvest
from producers.face.blueprint import blueprint
from producers.face.pages_harvest import TodayRow
from producers.models import Product
from trace.accounts.access import actor
from trace.accounts.models import PartyKind
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, DateKind
from trace.batches.services import BatchFacts
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.fields import Day, Id, Name, Quantity, Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.events import services_harvest
from trace.events.parties import state_party
from trace.events.schemas_making import LONGEST_PLOT
from trace.events.services_activation import Source
from trace.events.services_harvest import TodaysLot

MOST_ROWS = 150
# The OCOP set of what is harvested rather than made.
_HARVESTED_SET = 1
# So many times the last lot is more often a slip of the thumb than a harvest.
LEAP = 10


class HarvestForm(ma.Schema):
    """What stands above the table."""

    product_id = Id(required=True)
    produced_on = Day(required=True, empty=_l("Write the date of harvest or production."))
    lot_number = Text(required=True, longest=40, empty=_l("Write the lot number."))


@blueprint.route("/batches/harvest", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def harvest() -> ResponseReturnValue:
    """A lot weighed household by household: registered and activated in one step."""
    form = Form.opened()
    product = _product(form.value("product_id") or request.args.get("product", ""))
    if product is None:
        products = product_queries.list_products(db(), actor().organisation_id)
        return render_template("producers/harvest.html", page=None, products=products, form=form)
    product_id = product.id
    if request.method == "POST":
        with form.guard():
            facts = form.load(HarvestForm())
            sources = _sources(form)
            total = sum((source.quantity for source in sources), Decimal(0))
            lot = TodaysLot(_facts(product, total, facts["produced_on"], facts["lot_number"]), tuple(sources))
            _ask_about_waiting(form, [lot])
            made = services_harvest.harvest(db(), actor(), [lot] if sources else [], key=form.key)
            target = url_for("producers.show_batch", batch_id=made[0].id)
            db().commit()
            flash(_("The batch is activated. Its labels can be looked up from now on."), "ok")
            return redirect(target, 303)
    product = product_queries.get_product(db(), actor().organisation_id, product_id)
    page = pages_harvest.harvest_page(db(), actor().organisation, product, clock.today())
    if request.method == "GET":
        form = Form({"produced_on": page.today, "lot_number": page.lot_number})
    return render_template("producers/harvest.html", page=page, products=(), form=form), form.status


@blueprint.route("/batches/<uuid:batch_id>/deliveries", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def add_delivery(batch_id: UUID) -> ResponseReturnValue:
    """More of the same harvest comes into a lot: as one weight, or household by household."""
    batch = batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            sources = _sources(form)
            quantity = _whole_quantity(form, sources)
            services_harvest.add_delivery(db(), actor(), batch_id, quantity, key=form.key, sources=sources)
            db().commit()
            flash(_("The delivery is added to the lot."), "ok")
            return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)
    batch = batch_queries.get_batch(db(), actor().organisation_id, batch_id)
    page = pages_harvest.harvest_page(db(), actor().organisation, batch.product, clock.today(), batch)
    return render_template("producers/deliver.html", page=page, form=form), form.status


@blueprint.route("/batches/today", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def register_today() -> ResponseReturnValue:
    """Today's lots as one table, as those before: the weight is the only thing to type."""
    form = Form.opened()
    rows = pages_harvest.today_rows(db(), actor().organisation)
    if request.method == "POST":
        with form.guard():
            fields = {row.field: Quantity(load_default=None) for row in rows}
            typed: dict[str, Any] = form.load(ma.Schema.from_dict(dict(fields))())
            _ask_about_leaps(form, rows, typed)
            today = clock.today()
            lots = [
                TodaysLot(_facts(row.product, typed[row.field], today, "", row.latest))
                for row in rows
                if typed[row.field] is not None
            ]
            _ask_about_waiting(form, lots)
            made = services_harvest.harvest(db(), actor(), lots, key=form.key)
            count = len(made)
            db().commit()
            flash(_("%(count)d lots are activated.", count=count), "ok")
            return redirect(url_for("producers.list_batches"), 303)
    rows = pages_harvest.today_rows(db(), actor().organisation)
    return render_template("producers/today.html", rows=rows, form=form, today=clock.today()), form.status


def _ask_about_leaps(form: Form, rows: Sequence[TodayRow], typed: Mapping[str, Any]) -> None:
    """Ask once more before lots far above the last ones are activated; the same figure sent again is the answer."""
    errors = {}
    for row in rows:
        quantity, last = typed[row.field], row.latest
        if quantity is None or last is None or last.unit_word != row.product.unit_word:
            continue
        if quantity > LEAP * last.quantity and form.value(f"{row.field}_sure") != form.value(row.field):
            errors[row.field] = _(
                "The last lot was %(last)s %(unit)s, this one is %(now)s %(unit)s. If that is right, press once more.",
                last=format_quantity(last.quantity, language()),
                now=format_quantity(quantity, language()),
                unit=last.unit_word,
            )
    if errors:
        raise BadInput(_("Some fields need another look."), code="quantity-far-above-last", errors=errors)


def _ask_about_waiting(form: Form, lots: Sequence[TodaysLot]) -> None:
    """Ask once more before lots are activated that the diary says were harvested early: about all of them at once."""
    asked = []
    for lot in lots:
        facts = lot.facts
        try:
            check_waited(db(), Ground(facts.product_id, facts.location_id), facts.produced_on)
        except WaitNotOver as question:
            name = product_queries.get_product(db(), actor().organisation_id, facts.product_id).name
            asked.append(f"{name}: {question}")
    if asked and not form.value("is_wait_confirmed"):
        raise WaitNotOver(" ".join(asked), field="is_wait_confirmed")


def _product(typed: str) -> Product | None:
    product_id = parse_uuid(typed)
    return product_queries.get_product(db(), actor().organisation_id, product_id) if product_id else None


def _facts(
    product: Product, quantity: Decimal, produced_on: Any, lot_number: str, latest: Batch | None = None
) -> BatchFacts:
    """A lot of today as the newest of its product was: place and kind of date; an empty number is proposed."""
    if latest is None:
        latest = batch_queries.latest_batches(db(), actor().organisation_id).get(product.id)
    usual = DateKind.HARVEST if product.ocop_set == _HARVESTED_SET else DateKind.PRODUCTION
    return BatchFacts(
        product_id=product.id,
        location_id=latest.location_id if latest else actor().organisation.seat.id,
        lot_number=lot_number,
        date_kind=DateKind(latest.date_kind) if latest else usual,
        produced_on=produced_on,
        quantity=quantity,
    )


def _sources(form: Form) -> list[Source]:
    """The lines of the table that have a weight; a new name is noted as a household. Raises ``BadInput``."""
    count = form.value("rows")
    rows = int(count) if count.isascii() and count.isdigit() and len(count) <= 3 else 0
    found = []
    for place in range(1, min(rows, MOST_ROWS) + 1):
        names = {part: f"h{place}_{part}" for part in ("party", "name", "plot", "quantity")}
        line = form.load(
            ma.Schema.from_dict(
                {
                    names["party"]: Id(load_default=None),
                    names["name"]: Name(longest=120, load_default=""),
                    names["plot"]: Name(longest=LONGEST_PLOT, load_default=""),
                    names["quantity"]: Quantity(load_default=None),
                }
            )()
        )
        if line[names["quantity"]] is None:
            continue
        party_id = line[names["party"]]
        if party_id is None and line[names["name"]]:
            party_id = state_party(db(), actor(), PartyKind.HOUSEHOLD, line[names["name"]]).id
        if party_id is None:
            raise BadInput(_("Write whose weight this is."), code="household-missing", field=names["name"])
        found.append(Source(line[names["quantity"]], party_id, line[names["plot"]]))
    return found


def _whole_quantity(form: Form, sources: list[Source]) -> Decimal:
    """All of a delivery: the sum of its households, or the one weight that was written."""
    if sources:
        return sum((source.quantity for source in sources), Decimal(0))
    loaded = form.load(
        ma.Schema.from_dict({"quantity": Quantity(required=True, empty=_l("Write the quantity."))})()
    )
    quantity: Decimal = loaded["quantity"]
    return quantity
