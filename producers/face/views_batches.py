"""Views of batches: the list, registering and changing a draft, the batch's own page, activation."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers import queries as product_queries
from producers.diary.services import Ground, WaitNotOver, check_waited
from producers.face import pages, texts
from producers.face.batch_page import batch_page
from producers.face.blueprint import blueprint
from producers.face.schemas import BatchForm
from producers.models import Product
from producers.rules import expiry_of
from trace.accounts.access import actor
from trace.accounts.permissions import NotApprovedYet
from trace.batches import queries, services
from trace.batches.models import Batch, DateKind
from trace.batches.rules import BatchState
from trace.batches.services import BatchFacts, LotNumberTaken
from trace.copies.queries import count_open
from trace.core import clock
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid
from trace.core.language import Tongue, tongues
from trace.events import services_activation
from trace.events.queries import list_open_differences
from trace.events.queries_handover import count_claims_to_answer
from trace.reports.queries import count_waiting

# The OCOP set of what is harvested rather than made: vegetables, roots, fruit, seeds.
_HARVESTED_SET = 1


@blueprint.get("/")
@audience(Audience.PRODUCER)
def list_batches() -> ResponseReturnValue:
    """The home of a producer."""
    wanted = request.args.get("state", "")
    state = BatchState(wanted) if wanted in set(BatchState) else None
    typed = request.args.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) <= 5 else 1
    page = pages.batch_list(db(), actor().organisation, max(number, 1), state)

    def page_url(wanted_page: int) -> str:
        return url_for("producers.list_batches", page=wanted_page, state=state)

    return render_template(
        "producers/list_batches.html",
        page=page,
        states=texts.STATES,
        page_url=page_url,
        difference_count=len(list_open_differences(db(), actor().organisation_id)),
        claim_count=count_claims_to_answer(db(), actor().organisation_id),
        copy_count=count_open(db(), actor()),
        report_count=count_waiting(db(), actor()),
    )


@blueprint.route("/batches/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def register_batch() -> ResponseReturnValue:
    """Register a draft: choose a product, or repeat a batch of another day."""
    if request.method == "POST":
        return _save(Form.from_request(), None)
    repeated_id = parse_uuid(request.args.get("repeat", ""))
    if repeated_id is not None:
        repeated = queries.get_batch(db(), actor().organisation_id, repeated_id)
        facts = services.repeated_facts(db(), repeated, clock.today())
        return _batch_form(Form(_values(facts, repeated.product)), repeated.product, repeated=repeated)
    product = _chosen_product(request.args.get("product", ""))
    return _batch_form(Form(_proposed(product) if product else {}), product)


@blueprint.route("/batches/<uuid:batch_id>/change", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def change_batch(batch_id: UUID) -> ResponseReturnValue:
    """Change a draft; an activated batch changes by events only."""
    batch = queries.get_batch(db(), actor().organisation_id, batch_id)
    if request.method == "POST":
        return _save(Form.from_request(), batch)
    if batch.is_activated:
        flash(
            _("This batch is activated. Its lot number, dates and quantity cannot be edited any more."),
            "note",
        )
        return redirect(url_for("producers.show_batch", batch_id=batch.id), 303)
    facts = BatchFacts(
        batch.product_id,
        batch.location_id,
        batch.lot_number,
        DateKind(batch.date_kind),
        batch.produced_on,
        batch.quantity,
        batch.expires_on,
    )
    return _batch_form(Form(_values(facts, batch.product)), batch.product, batch=batch)


@blueprint.get("/batches/<uuid:batch_id>")
@audience(Audience.PRODUCER)
def show_batch(batch_id: UUID) -> ResponseReturnValue:
    """One batch: what a draft still needs, or what became of an activated one."""
    batch = queries.get_batch(db(), actor().organisation_id, batch_id)
    return _show(batch, Form())


@blueprint.post("/batches/<uuid:batch_id>/activate")
@audience(Audience.PRODUCER)
def activate_batch(batch_id: UUID) -> ResponseReturnValue:
    """Seal the ten items; a second tap finds it done."""
    form = Form.from_request()
    try:
        batch = queries.get_batch(db(), actor().organisation_id, batch_id)
        ground = Ground(batch.product_id, batch.location_id, batch.id)
        if not batch.is_activated:
            check_waited(db(), ground, batch.produced_on, is_confirmed=bool(form.value("is_wait_confirmed")))
        services_activation.activate(db(), actor(), batch_id)
        db().commit()
        flash(_("The batch is activated. Its labels can be looked up from now on."), "ok")
    except services_activation.AlreadyActivated:
        db().rollback()
    except (services_activation.ItemsMissing, NotApprovedYet, WaitNotOver) as refusal:
        db().rollback()
        form.refuse(refusal)
        return _show(queries.get_batch(db(), actor().organisation_id, batch_id), form)
    return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)


def _save(form: Form, batch: Batch | None) -> ResponseReturnValue:
    """Register what the form says, or change the draft ``batch``."""
    batch_id = batch.id if batch else None
    free_lot_number = ""
    with form.guard():
        facts = _facts(form.load(BatchForm()))
        try:
            if batch_id is None:
                saved = services.register_batch(db(), actor(), facts)
            else:
                saved = services.change_batch(db(), actor(), batch_id, facts)
        except LotNumberTaken:
            free_lot_number = queries.next_lot_number(db(), facts.product_id, facts.produced_on)
            raise
        db().commit()
    if not form.errors:
        flash(_("The draft is saved. Compare the quantity, then activate the batch."), "ok")
        return redirect(url_for("producers.show_batch", batch_id=saved.id), 303)
    product = _chosen_product(form.value("product_id"))
    found = queries.get_batch(db(), actor().organisation_id, batch_id) if batch_id else None
    return _batch_form(form, product, batch=found, free_lot_number=free_lot_number)


def _show(batch: Batch, form: Form) -> ResponseReturnValue:
    page = batch_page(db(), actor().organisation, batch)
    # After a refused activation this page stands at an address that only takes POST.
    others = [
        Tongue(one.tag, one.name, url_for("producers.show_batch", batch_id=batch.id, lang=one.tag))
        for one in tongues()
    ]
    answer = render_template("producers/show_batch.html", page=page, form=form, tongues=others)
    return answer, form.status


def _chosen_product(typed: str) -> Product | None:
    """The product a form or an address names; the only one there is, where none is named."""
    product_id = parse_uuid(typed)
    if product_id is not None:
        return product_queries.get_product(db(), actor().organisation_id, product_id)
    products = product_queries.list_products(db(), actor().organisation_id)
    return products[0] if len(products) == 1 else None


def _proposed(product: Product) -> dict[str, Any]:
    """A new batch of today: everything but the quantity, as in the product's latest batch where it has one."""
    today = clock.today()
    latest = queries.latest_batches(db(), actor().organisation_id).get(product.id)
    usual = DateKind.HARVEST if product.ocop_set == _HARVESTED_SET else DateKind.PRODUCTION
    values = {
        "product_id": product.id,
        "location_id": latest.location_id if latest else actor().organisation.seat.id,
        "lot_number": queries.next_lot_number(db(), product.id, today),
        "date_kind": latest.date_kind if latest else usual,
        "produced_on": today,
    }
    return values | _expiry_values(product, today, None)


def _values(facts: BatchFacts, product: Product) -> dict[str, Any]:
    values = {
        "product_id": facts.product_id,
        "location_id": facts.location_id,
        "lot_number": facts.lot_number,
        "date_kind": facts.date_kind,
        "produced_on": facts.produced_on,
        "quantity": texts.typed(facts.quantity),
    }
    return values | _expiry_values(product, facts.produced_on, facts.expires_on)


def _expiry_values(product: Product, produced_on: date, expires_on: date | None) -> dict[str, Any]:
    derived = expiry_of(produced_on, product.expiry_kind, product.shelf_life_days)
    return {"expires_on": expires_on or derived, "derived_for": produced_on}


def _facts(loaded: dict[str, Any]) -> BatchFacts:
    """The facts of a batch's form. An expiry that was only proposed, for another day than the one stated in the end,
    is derived anew: nobody stated it."""
    derived_for = loaded.pop("derived_for")
    facts = BatchFacts(**loaded)
    product = product_queries.get_product(db(), actor().organisation_id, facts.product_id)
    if derived_for is not None and derived_for != facts.produced_on:
        proposed = expiry_of(derived_for, product.expiry_kind, product.shelf_life_days)
        if facts.expires_on == proposed:
            return replace(facts, expires_on=None)
    return facts


def _batch_form(
    form: Form,
    product: Product | None,
    *,
    repeated: Batch | None = None,
    batch: Batch | None = None,
    free_lot_number: str = "",
) -> ResponseReturnValue:
    page = pages.batch_form_page(
        db(),
        actor().organisation,
        product,
        repeated=repeated,
        batch=batch,
        free_lot_number=free_lot_number,
    )
    answer = render_template(
        f"producers/{'change' if batch else 'register'}_batch.html",
        form=form,
        page=page,
        date_kinds=texts.DATE_KINDS,
        expiry_names=texts.EXPIRY_NAMES,
        place_name=pages.place_name,
    )
    return answer, form.status
