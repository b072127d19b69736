"""Rows of lots that come to be by an event: a part of a lot, a heap, goods from outside. Only the verbs use it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import Location
from trace.accounts.permissions import Actor
from trace.batches.models import Batch, Code, CodeKind, Origin
from trace.batches.services import LotNumberTaken
from trace.core.ids import uuid7
from trace.core.numbers import check_storable
from trace.core.short_codes import BATCH_LENGTH, new_code
from trace.events.seals_made import Shelf

# Somebody may take the number between the look and the insert; not three times in a row.
_TRIES = 3


@dataclass(frozen=True)
class NewLot:
    """What a lot made by an event is, before it has a code and a number."""

    origin: Origin
    product: Product
    location: Location
    date_kind: str
    produced_on: date
    shelf: Shelf
    quantity: Decimal
    uom: str | None
    packaging_word: str | None


def add_lot(
    session: Session,
    actor: Actor,
    lot: NewLot,
    when: datetime,
    prefix: str,
    number_of: Callable[[Collection[str]], str],
    seal_of: Callable[[Batch], dict[str, Any]],
) -> Batch:
    """Add an activated lot of the actor's with a code of its own.

    ``number_of`` gives a lot number with ``prefix`` that is not among those taken, ``seal_of`` the seal of the batch
    once it has code and number. Raises ``LotNumberTaken`` where it gives one that is, ``BadInput`` for more than a lot
    can hold.
    """
    check_storable(lot.quantity)
    for _attempt in range(_TRIES):
        number = number_of(_numbers_taken(session, actor, lot.product, prefix))
        batch = Batch(
            id=uuid7(),
            organisation_id=actor.organisation_id,
            organisation=actor.organisation,
            product_id=lot.product.id,
            product=lot.product,
            location_id=lot.location.id,
            location=lot.location,
            code=new_code(BATCH_LENGTH),
            lot_number=number,
            date_kind=lot.date_kind,
            produced_on=lot.produced_on,
            expiry_kind=lot.shelf.kind,
            expires_on=lot.shelf.on,
            quantity=lot.quantity,
            uom=lot.uom,
            packaging_word=lot.packaging_word,
            origin=lot.origin,
            activated_at=when,
            created_by=actor.user_id,
            is_recalled=False,
            is_under_review=False,
            is_held=False,
        )
        batch.seal = seal_of(batch)
        try:
            with session.begin_nested():
                session.add(batch)
        except IntegrityError:
            continue
        session.add(
            Code(
                code=batch.code,
                kind=CodeKind.BATCH,
                organisation_id=actor.organisation_id,
                batch_id=batch.id,
            )
        )
        return batch
    raise LotNumberTaken(
        _l("This product already has a batch with lot number %(lot_number)s.", lot_number=number),
        field="lot_number",
        lot_number=number,
    )


def _numbers_taken(session: Session, actor: Actor, product: Product, prefix: str) -> set[str]:
    """Lot numbers with a prefix: of the product, whoever gave them, and of the actor's own lots."""
    wanted = select(Batch.lot_number).where(
        or_(Batch.product_id == product.id, Batch.organisation_id == actor.organisation_id),
        Batch.lot_number.startswith(prefix, autoescape=True),
    )
    return set(session.scalars(wanted))
