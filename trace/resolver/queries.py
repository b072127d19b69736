"""Reads of the resolver: whose a GTIN is, which lot or carton an address means, which links a product has.

A GTIN is a claim until it is checked. One producer's claim resolves; of two nobody can say who is right, so neither
does, until one of them is checked.
"""

from collections.abc import Sequence
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import Approval, Organisation
from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.core.errors import NotFound
from trace.resolver.models import ProductLink

MOST_LOTS_TOLD = 50


def list_links(session: Session, product_id: UUID) -> list[ProductLink]:
    """The links of a product in use, in the order they were added."""
    wanted = select(ProductLink).where(ProductLink.product_id == product_id, ProductLink.removed_at.is_(None))
    return list(session.scalars(wanted.order_by(ProductLink.created_at, ProductLink.id)))


def get_link(session: Session, organisation_id: UUID, link_id: UUID) -> ProductLink:
    """A link in use of this organisation's product, or ``NotFound``."""
    found = session.get(ProductLink, link_id)
    if found is None or found.removed_at is not None or found.product.organisation_id != organisation_id:
        raise NotFound(_l("There is no such link."), code="link-not-found")
    return found


def list_claims(session: Session, gtin: str) -> list[Product]:
    """Products that carry this GTIN now, or whose sealed lots do: labels outlive a change of mind.

    Only of approved organisations: a claim by anybody who signs up would silence another's labels.
    """
    on_labels = Batch.seal["gtin"].astext
    claimed = select(Product.id).where(Product.gtin == gtin)
    # "Not empty" is what the index holds, so it has to be said.
    sealed = select(Batch.product_id).where(on_labels == gtin, on_labels != "")
    wanted = (
        select(Product)
        .join(Organisation, Organisation.id == Product.organisation_id)
        .where(
            # Two indexes, one look into each: an "or" would read every product.
            Product.id.in_(union(claimed, sealed)),
            Organisation.approval == Approval.APPROVED,
            ~Product.is_from_outside,
        )
    )
    # The one in use before one that is archived, the newest first.
    order = (
        Product.archived_at.is_not(None),
        Product.gtin != gtin,
        Product.created_at.desc(),
        Product.id.desc(),
    )
    return list(session.scalars(wanted.order_by(*order)))


def list_lots(session: Session, products: Sequence[Product], gtin: str, lot_number: str) -> list[Batch]:
    """The lots of this number among these products, as far as each carried the GTIN when it was sealed or does now."""
    wanted = select(Batch).where(
        Batch.product_id.in_([product.id for product in products]), Batch.lot_number == lot_number
    )
    return [
        lot
        for lot in session.scalars(wanted.order_by(Batch.created_at.desc(), Batch.id.desc()))
        if gtin in (lot.product.gtin, (lot.seal or {}).get("gtin"))
    ]


def list_warned_lots(session: Session, product_ids: Sequence[UUID]) -> list[Batch]:
    """The lots of these products that are recalled, paused or under review now, newest first."""
    wanted = select(Batch).where(
        Batch.product_id.in_(product_ids),
        or_(Batch.is_recalled, Batch.is_held, Batch.is_under_review),
    )
    return list(
        session.scalars(wanted.order_by(Batch.created_at.desc(), Batch.id.desc()).limit(MOST_LOTS_TOLD))
    )


def find_unit(session: Session, sscc: str) -> LogisticUnit | None:
    """The carton or pallet with this SSCC."""
    return session.scalars(select(LogisticUnit).where(LogisticUnit.sscc == sscc)).one_or_none()
