"""Reads of products and certificates; always within one organisation."""

from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from producers.models import Certificate, Product
from trace.core.errors import NotFound


def get_product(session: Session, organisation_id: UUID, product_id: UUID) -> Product:
    """A product of this organisation, or ``NotFound``."""
    found = session.get(Product, product_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such product."), code="product-not-found")
    return found


def list_products(session: Session, organisation_id: UUID) -> list[Product]:
    """The organisation's own products in use, by name; not what it took in from outside."""
    wanted = select(Product).where(
        Product.organisation_id == organisation_id, Product.archived_at.is_(None), ~Product.is_from_outside
    )
    return list(session.scalars(wanted.order_by(Product.name_folded)))


def list_certificates(session: Session, product_id: UUID) -> list[Certificate]:
    """A product's OCOP certificates, newest decision first."""
    wanted = select(Certificate).where(Certificate.product_id == product_id, Certificate.removed_at.is_(None))
    return list(session.scalars(wanted.order_by(Certificate.decided_on.desc(), Certificate.id.desc())))


def find_valid_certificate(session: Session, product_id: UUID, today: date) -> Certificate | None:
    """The newest certificate whose 36 months have begun and not passed."""
    return session.scalars(
        select(Certificate)
        .where(
            Certificate.product_id == product_id,
            Certificate.removed_at.is_(None),
            Certificate.decided_on <= today,
            Certificate.expires_on >= today,
        )
        .order_by(Certificate.decided_on.desc())
        .limit(1)
    ).one_or_none()
