"""Products for programs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from producers import queries, services
from producers.models import Product
from producers.schemas import NewProduct, ProductAnswer, ProductList
from producers.services import ProductFacts
from trace.accounts.access import actor
from trace.core.api import PREFIX, ApiBlueprint
from trace.core.http import Audience, audience, db

blueprint = ApiBlueprint("products", __name__, description="What an organisation makes.")


@blueprint.route("/products")
@audience(Audience.PROGRAM)
@blueprint.response(200, ProductList, description="The products in use")
def list_products() -> dict[str, list[Product]]:
    """List the products in use."""
    return {"items": queries.list_products(db(), actor().organisation_id)}


@blueprint.route("/products", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewProduct)
@blueprint.response(201, ProductAnswer, description="The product, registered")
def register_product(stated: Mapping[str, Any]) -> tuple[Product, int, dict[str, str]]:
    """Register a product.

    Allowed before the organisation is approved. A name is taken once: a request that arrives twice is refused
    with `product-name-taken`.
    """
    facts = {"uom": None, "packaging_word": None, **stated}
    if "standards" in facts:
        facts["standards"] = tuple(facts["standards"])
    product = services.register_product(db(), actor(), ProductFacts(**facts), None)
    db().commit()
    return product, 201, {"Location": f"{PREFIX}/products/{product.id}"}


@blueprint.route("/products/<uuid:product_id>")
@audience(Audience.PROGRAM)
@blueprint.response(200, ProductAnswer, description="The product")
def show_product(product_id: UUID) -> Product:
    """Show one product."""
    return queries.get_product(db(), actor().organisation_id, product_id)
