"""Views of products and their OCOP certificates."""

from contextlib import closing
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers import queries, rules, services
from producers.face import pages, texts
from producers.face.blueprint import blueprint
from producers.face.schemas import CertificateForm, ProductForm
from producers.models import Product
from producers.services import ProductFacts
from trace.accounts.access import actor
from trace.core.blobs import store_picture
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid
from trace.events.texts_stock import temperature_limits


@blueprint.get("/products")
@audience(Audience.PRODUCER)
def list_products() -> ResponseReturnValue:
    """The organisation's products, each one tap from a batch."""
    products = queries.list_products(db(), actor().organisation_id)
    return render_template("producers/list_products.html", products=products, ocop_sets=rules.OCOP_SETS)


@blueprint.route("/products/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def register_product() -> ResponseReturnValue:
    """State a new product; the picture may follow later."""
    form = Form.opened({"measure": "KGM"})
    if request.method == "POST":
        picture, facts = _load(form)
        if not form.errors:
            with form.guard():
                product = services.register_product(db(), actor(), _facts(facts), picture)
                db().commit()
                flash(_("The product is saved."), "ok")
                return redirect(url_for("producers.show_product", product_id=product.id), 303)
    return _product_form("producers/register_product.html", form)


@blueprint.get("/products/<uuid:product_id>")
@audience(Audience.PRODUCER)
def show_product(product_id: UUID) -> ResponseReturnValue:
    """One product: what is stated of it, its certificates, what was changed and when."""
    page = pages.product_page(db(), actor().organisation_id, product_id)
    return render_template(
        "producers/show_product.html",
        page=page,
        ocop_sets=rules.OCOP_SETS,
        shelf_life=texts.shelf_life,
        temperature_limits=temperature_limits,
    )


@blueprint.route("/products/<uuid:product_id>/change", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def change_product(product_id: UUID) -> ResponseReturnValue:
    """Change a product; what activated batches sealed stays as it was."""
    product = queries.get_product(db(), actor().organisation_id, product_id)
    form = Form.opened(_values(product))
    # Somebody sent here by a draft's missing item goes back to the draft.
    batch_id = parse_uuid(request.args.get("batch", ""))
    if request.method == "POST":
        picture, facts = _load(form)
        if not form.errors:
            with form.guard():
                services.change_product(db(), actor(), product_id, _facts(facts), picture)
                db().commit()
                flash(_("The product is saved."), "ok")
                if batch_id is not None:
                    return redirect(url_for("producers.show_batch", batch_id=batch_id), 303)
                return redirect(url_for("producers.show_product", product_id=product_id), 303)
    return _product_form("producers/change_product.html", form, product=product, batch_id=batch_id)


@blueprint.post("/products/<uuid:product_id>/archive")
@audience(Audience.PRODUCER)
def archive_product(product_id: UUID) -> ResponseReturnValue:
    """Take a product out of the lists; its batches and labels stay."""
    services.archive_product(db(), actor(), product_id)
    db().commit()
    flash(_("The product is out of the list. Its batches and labels stay."), "ok")
    return redirect(url_for("producers.list_products"), 303)


@blueprint.route("/products/<uuid:product_id>/certificates/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def add_certificate(product_id: UUID) -> ResponseReturnValue:
    """Note an OCOP decision."""
    product = queries.get_product(db(), actor().organisation_id, product_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            certificate = services.add_certificate(db(), actor(), product_id, **form.load(CertificateForm()))
            db().commit()
            flash(
                _(
                    "The certificate is noted. It is valid until %(date)s.",
                    date=f"{certificate.expires_on:%d/%m/%Y}",
                ),
                "ok",
            )
            return redirect(url_for("producers.show_product", product_id=product_id), 303)
    return render_template("producers/add_certificate.html", form=form, product=product), form.status


@blueprint.post("/certificates/<uuid:certificate_id>/remove")
@audience(Audience.PRODUCER)
def remove_certificate(certificate_id: UUID) -> ResponseReturnValue:
    """Take a wrongly noted certificate away; batches already activated keep what they sealed."""
    certificate = services.remove_certificate(db(), actor(), certificate_id)
    db().commit()
    flash(_("The certificate is taken away."), "ok")
    return redirect(url_for("producers.show_product", product_id=certificate.product_id), 303)


def _load(form: Form) -> tuple[str | None, dict[str, Any]]:
    """Picture and facts of a product's form; both are looked at, so that one answer tells all that is wrong."""
    facts: dict[str, Any] = {}
    picture: str | None = None
    with form.guard():
        facts = form.load(ProductForm())
        facts["unit"] = rules.parse_unit(facts.pop("measure"), facts.pop("packaging_word"))
    upload = request.files.get("picture")
    if upload is not None and upload.filename:
        with closing(upload), form.guard():
            picture = store_picture(db(), current_app.extensions["blobs"], upload.stream, "picture")  # type: ignore[arg-type]  # werkzeug says IO[bytes]
    return picture, facts


def _facts(loaded: dict[str, Any]) -> ProductFacts:
    unit: rules.Unit = loaded.pop("unit")
    return ProductFacts(uom=unit.uom, packaging_word=unit.packaging_word, **loaded)


def _values(product: Product) -> dict[str, Any]:
    """The form of a product as it stands, numbers as people of this language write them."""
    return {
        "name": product.name,
        "ocop_set": product.ocop_set,
        "measure": product.uom or "count",
        "packaging_word": product.packaging_word,
        "second_unit": product.second_unit,
        "usual_weight_kg": texts.typed(product.usual_weight_kg),
        "natural_loss_percent": texts.typed(product.natural_loss_percent),
        "min_temperature": texts.typed(product.min_temperature),
        "max_temperature": texts.typed(product.max_temperature),
        "expiry_kind": product.expiry_kind,
        "shelf_life_days": product.shelf_life_days,
        "gtin": product.gtin,
        "brand": product.brand,
        "net_content": product.net_content,
        "standards": "\n".join(product.standards),
        "has_food_safety_commitment": "true" if product.has_food_safety_commitment else "",
        "description": product.description,
    }


def _product_form(template: str, form: Form, **more: Any) -> ResponseReturnValue:
    upload = request.files.get("picture")
    if form.errors and upload is not None and upload.filename:
        # A browser never fills a file in again; everything else that was typed is still there.
        form.errors.setdefault("picture", _("Choose the picture again. The rest is kept as typed."))
    page = render_template(
        template,
        form=form,
        ocop_sets=rules.OCOP_SETS,
        measures=texts.MEASURES,
        packaging_words=rules.PACKAGING_WORDS,
        expiry_kinds=texts.EXPIRY_KINDS,
        **more,
    )
    return page, form.status
