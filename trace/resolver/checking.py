"""Whose a barcode number is, checked: an officer compares a producer's claim with the certificate of its GTIN.

A checked claim resolves, whoever else states the number. Each check is a revision of the product and stands in the
security log with the certificate's number. Never commits.
"""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import Approval, Organisation
from trace.accounts.permissions import Actor, require_officer
from trace.accounts.security_log import Action, record
from trace.core import clock
from trace.core.errors import NotFound, Refusal
from trace.core.paging import Page, fetch_page
from trace.core.revisions import revise


class GtinChanged(Refusal):
    """What the officer looked at is not what the product states by now."""

    code = "changed-meanwhile"


class GtinCheckedForAnother(Refusal):
    """The number was checked for another organisation: that check has to be withdrawn first."""

    code = "gtin-checked-for-another"


def check_gtin(session: Session, actor: Actor, product_id: UUID, seen: str, certificate: str) -> Product:
    """Note that a product's GTIN is its producer's, by the certificate shown; done twice it is done once.

    ``seen`` is the GTIN the officer compared. Raises ``NotFound``, ``GtinChanged``, ``GtinCheckedForAnother``.
    """
    require_officer(actor)
    product = _lock(session, product_id)
    if product.gtin != seen:
        raise GtinChanged(_l("The producer changed this number meanwhile. Look at it again, then decide."))
    if product.gtin_checked_at is not None:
        return product
    for other in list_claimants(session, product):
        if other.gtin_checked_at is not None and other.organisation_id != product.organisation_id:
            raise GtinCheckedForAnother(
                _l(
                    "This number is checked for %(name)s. Withdraw that check first, if it was wrong.",
                    name=other.organisation.name,
                )
            )
    revise(session, product, {"gtin_checked_at": clock.now()}, actor.user_id)
    _note(session, actor, Action.GTIN_CHECKED, product, certificate=certificate)
    return product


def withdraw_check(session: Session, actor: Actor, product_id: UUID, reason: str) -> Product:
    """Take a check back: the number is a claim again, as any other. Done twice it is done once."""
    require_officer(actor)
    product = _lock(session, product_id)
    if product.gtin_checked_at is not None:
        revise(session, product, {"gtin_checked_at": None}, actor.user_id)
        _note(session, actor, Action.GTIN_CHECK_WITHDRAWN, product, reason=reason)
    return product


def get_stated(session: Session, product_id: UUID) -> Product:
    """A producer's own product that states a GTIN; ``NotFound`` for any other."""
    found = session.get(Product, product_id)
    if found is None or found.gtin is None or found.is_from_outside:
        raise NotFound(_l("There is no such product."), code="product-not-found")
    return found


def list_claimants(session: Session, product: Product) -> list[Product]:
    """Other products in use that state the same GTIN, of whatever organisation."""
    wanted = select(Product).where(
        Product.gtin == product.gtin,
        Product.id != product.id,
        Product.archived_at.is_(None),
        ~Product.is_from_outside,
    )
    return list(session.scalars(wanted.order_by(Product.created_at, Product.id)))


def list_gtins(session: Session, *, is_checked: bool, page: int) -> Page[Product]:
    """Products in use with a GTIN that waits for a check, longest first; or the checked ones, last first."""
    wanted = select(Product).join(Organisation).where(*_stated(is_checked=is_checked))
    order = Product.gtin_checked_at.desc() if is_checked else Product.created_at
    return fetch_page(session, wanted.order_by(order, Product.id), page)


def count_waiting_gtins(session: Session) -> int:
    """How many claims wait for a check."""
    wanted = select(func.count()).select_from(Product).join(Organisation).where(*_stated(is_checked=False))
    return session.scalar(wanted) or 0


def contested(session: Session, products: Iterable[Product]) -> set[str]:
    """Which of these products' GTINs several organisations state."""
    wanted = (
        select(Product.gtin)
        .where(
            Product.gtin.in_({product.gtin for product in products}),
            Product.archived_at.is_(None),
            ~Product.is_from_outside,
        )
        .group_by(Product.gtin)
        .having(func.count(Product.organisation_id.distinct()) > 1)
    )
    return {gtin for gtin in session.scalars(wanted) if gtin is not None}


def _stated(*, is_checked: bool) -> tuple[ColumnElement[bool], ...]:
    checked = Product.gtin_checked_at.is_not(None) if is_checked else Product.gtin_checked_at.is_(None)
    # Who is not let in yet resolves to nothing: its numbers wait with it.
    return (
        Product.gtin.is_not(None),
        checked,
        Product.archived_at.is_(None),
        ~Product.is_from_outside,
        Organisation.approval == Approval.APPROVED,
    )


def _lock(session: Session, product_id: UUID) -> Product:
    """The product with every claimant of its number locked, in one order: two officers decide one after the other."""
    gtin = get_stated(session, product_id).gtin
    claimants = select(Product).where(Product.gtin == gtin).order_by(Product.id)
    session.scalars(claimants.with_for_update(of=Product).execution_options(populate_existing=True)).all()
    return get_stated(session, product_id)


def _note(session: Session, actor: Actor, action: Action, product: Product, **details: str) -> None:
    record(
        session,
        action,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        subject_id=product.id,
        gtin=product.gtin,
        **details,
    )
