"""Reads of batches, codes, holdings and balances."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, contains_eager, joinedload

from trace.batches.models import Balance, Batch, Code, Holding, Origin
from trace.batches.rules import BatchState, TenItems, propose_lot_number
from trace.batches.stamp_queries import find_stamp
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page


def get_batch(session: Session, organisation_id: UUID, batch_id: UUID) -> Batch:
    """A batch this organisation registered, or ``NotFound``."""
    found = session.get(Batch, batch_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such batch."), code="batch-not-found")
    return found


def find_batch_by_code(session: Session, code: str) -> Batch | None:
    """The batch a normalised code is bound to: its own, or that of a stamp which is not void."""
    found = session.scalars(
        select(Batch).join(Code, Code.batch_id == Batch.id).where(Code.code == code)
    ).one_or_none()
    if found is not None:
        return found
    stamp = find_stamp(session, code)
    return stamp.batch if stamp is not None and stamp.voided is None else None


def find_code(session: Session, code: str) -> Code | None:
    """The issued code, bound or not."""
    return session.get(Code, code)


def list_batches_with_lot_number(session: Session, typed: str, limit: int = 20) -> list[Batch]:
    """Activated batches of anybody whose lot number begins with what was typed, newest first; for the authority."""
    wanted = select(Batch).where(
        Batch.activated_at.is_not(None), Batch.lot_number.istartswith(typed, autoescape=True)
    )
    return list(session.scalars(wanted.order_by(Batch.activated_at.desc(), Batch.id.desc()).limit(limit)))


def list_batches(
    session: Session, organisation_id: UUID, page: int = 1, *, state: BatchState | None = None
) -> Page[Batch]:
    """The organisation's own batches, newest first; only those in ``state`` today if given."""
    wanted = select(Batch).where(Batch.organisation_id == organisation_id)
    if state is not None:
        wanted = wanted.where(_in_state(state, clock.today()))
    return fetch_page(session, wanted.order_by(Batch.created_at.desc(), Batch.id.desc()), page)


def latest_batches(session: Session, organisation_id: UUID) -> dict[UUID, Batch]:
    """The newest batch of each of the organisation's products, by product: what a new one may repeat."""
    wanted = (
        select(Batch)
        .where(
            Batch.organisation_id == organisation_id,
            Batch.origin.in_((Origin.PRODUCED, Origin.TRANSFORMED)),
        )
        .ext(distinct_on(Batch.product_id))
        .order_by(Batch.product_id, Batch.created_at.desc(), Batch.id.desc())
    )
    return {batch.product_id: batch for batch in session.scalars(wanted)}


def next_lot_number(session: Session, product_id: UUID, produced_on: date) -> str:
    """The lot number to propose for a new batch of this product and day."""
    taken = session.scalars(
        select(Batch.lot_number).where(
            Batch.product_id == product_id, Batch.lot_number.startswith(f"{produced_on:%d%m%y}-")
        )
    )
    return propose_lot_number(produced_on, set(taken))


def ten_items(batch: Batch) -> TenItems:
    """The ten items as they stand now; what was sealed at activation is ``batch.seal``."""
    product, location = batch.product, batch.location
    return TenItems(
        product_name=product.name,
        product_image=product.picture_sha256 or "",
        producer_name=batch.organisation.name,
        producer_address=f"{location.address_as_written}, {location.commune.full_name}".strip(", "),
        place_code=location.code,
        production_time=batch.produced_on,
        trace_code=batch.code,
        brand=product.brand,
        expiry=batch.expires_on,
        expiry_kind=batch.expiry_kind,
        standards=tuple(product.standards),
        has_food_safety_commitment=product.has_food_safety_commitment,
    )


def find_holding(session: Session, batch_id: UUID, organisation_id: UUID) -> Holding | None:
    """The organisation's holding of a batch, at zero too once it had any; None where it never had."""
    return session.get(Holding, (batch_id, organisation_id))


def held_quantity(session: Session, batch_id: UUID, organisation_id: UUID) -> Decimal:
    """What the organisation holds of the batch, in the batch's unit; 0 where it never had any."""
    held = session.scalar(
        select(Holding.quantity).where(
            Holding.batch_id == batch_id, Holding.organisation_id == organisation_id
        )
    )
    return held if held is not None else Decimal(0)


def list_holdings(session: Session, organisation_id: UUID, page: int = 1) -> Page[Holding]:
    """What the organisation has in hand, soonest expiry first."""
    wanted = (
        select(Holding)
        .join(Batch)
        .where(Holding.organisation_id == organisation_id, Holding.quantity > 0)
        .options(contains_eager(Holding.batch))
        .order_by(Batch.expires_on.asc().nulls_last(), Batch.id)
    )
    return fetch_page(session, wanted, page)


def list_holders(session: Session, batch_id: UUID) -> list[Holding]:
    """Who has any of a batch in hand, largest first; for the authority."""
    wanted = (
        select(Holding)
        .where(Holding.batch_id == batch_id, Holding.quantity > 0)
        .options(joinedload(Holding.organisation))
    )
    return list(session.scalars(wanted.order_by(Holding.quantity.desc(), Holding.organisation_id)))


def find_balance(session: Session, batch_id: UUID) -> Balance | None:
    """Where all of the batch is; None before activation."""
    return session.get(Balance, batch_id)


def _in_state(state: BatchState, today: date) -> ColumnElement[bool]:
    """``trace.batches.rules.state_of`` as a condition."""
    is_activated = Batch.activated_at.is_not(None)
    is_fresh = or_(Batch.expires_on.is_(None), Batch.expires_on >= today)
    return {
        BatchState.DRAFT: ~is_activated,
        BatchState.RECALLED: and_(is_activated, Batch.is_recalled),
        BatchState.EXPIRED: and_(is_activated, ~Batch.is_recalled, ~is_fresh),
        BatchState.ACTIVE: and_(is_activated, ~Batch.is_recalled, is_fresh),
    }[state]
