"""Use cases of batches that move nothing: registering and changing a draft. Activation is an event."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from producers import queries as producer_queries
from producers.models import ExpiryKind, Product
from producers.rules import expiry_of
from trace.accounts import queries as account_queries
from trace.accounts.permissions import Actor, require_producer
from trace.batches import queries
from trace.batches.models import Batch, Code, CodeKind, DateKind
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.core.ids import uuid7
from trace.core.numbers import check_storable
from trace.core.short_codes import BATCH_LENGTH, new_code
from trace.gs1.keys import is_valid_lot_number

# Nobody registers a harvest years ahead, or one older than anything that keeps.
FURTHEST_AHEAD = timedelta(days=0)
FURTHEST_BACK = timedelta(days=3650)


class LotNumberTaken(Refusal):
    """The product has a batch with this lot number."""

    code = "lot-number-taken"


class BatchSealed(Refusal):
    """The batch is activated: its ten items changed for the last time."""

    code = "batch-sealed"


@dataclass(frozen=True)
class BatchFacts:
    """What a producer states about a batch; ``expires_on`` None means: derive it from the product."""

    product_id: UUID
    location_id: UUID
    lot_number: str
    date_kind: DateKind
    produced_on: date
    quantity: Decimal
    expires_on: date | None = None


def register_batch(session: Session, actor: Actor, facts: BatchFacts) -> Batch:
    """Register a draft batch and issue its code. Allowed before approval. Raises ``LotNumberTaken``, ``BadInput``."""
    require_producer(actor)
    product = producer_queries.get_product(session, actor.organisation_id, facts.product_id)
    batch = Batch(
        id=uuid7(),
        organisation_id=actor.organisation_id,
        code=new_code(BATCH_LENGTH),
        created_by=actor.user_id,
        **_columns(session, actor, product, facts),
    )
    _flush(session, batch)
    session.add(
        Code(code=batch.code, kind=CodeKind.BATCH, organisation_id=actor.organisation_id, batch_id=batch.id)
    )
    session.flush()
    return batch


def change_batch(session: Session, actor: Actor, batch_id: UUID, facts: BatchFacts) -> Batch:
    """Change a draft. Raises ``BatchSealed`` after activation: from then on there are only events."""
    require_producer(actor)
    batch = queries.get_batch(session, actor.organisation_id, batch_id)
    session.refresh(batch, with_for_update={"of": Batch})
    if batch.is_activated:
        raise BatchSealed(
            _l("This batch is activated. Its lot number, dates and quantity cannot be edited any more.")
        )
    product = producer_queries.get_product(session, actor.organisation_id, facts.product_id)
    values = _columns(session, actor, product, facts)
    try:
        with session.begin_nested():
            for name, value in values.items():
                setattr(batch, name, value)
    except IntegrityError as error:
        raise _lot_number_taken(facts.lot_number) from error
    session.refresh(batch)
    return batch


def repeated_facts(session: Session, batch: Batch, produced_on: date) -> BatchFacts:
    """The same again for another day: everything as in ``batch``, with the next lot number."""
    return BatchFacts(
        product_id=batch.product_id,
        location_id=batch.location_id,
        lot_number=queries.next_lot_number(session, batch.product_id, produced_on),
        date_kind=DateKind(batch.date_kind),
        produced_on=produced_on,
        quantity=batch.quantity,
    )


def _flush(session: Session, batch: Batch) -> None:
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError as error:
        raise _lot_number_taken(batch.lot_number) from error


def _columns(session: Session, actor: Actor, product: Product, facts: BatchFacts) -> dict[str, object]:
    location = account_queries.get_location(session, actor.organisation_id, facts.location_id)
    if not is_valid_lot_number(facts.lot_number):
        raise BadInput(
            _l("A lot number has 1 to 20 letters, digits or signs, without accents and spaces."),
            code="lot-number-malformed",
            field="lot_number",
        )
    check_storable(facts.quantity)
    if product.uom is None and facts.quantity != facts.quantity.to_integral_value():
        raise BadInput(
            _l("%(unit)s are counted in whole numbers.", unit=product.unit_word),
            code="whole-units-only",
            field="quantity",
        )
    today = clock.today()
    if facts.produced_on > today + FURTHEST_AHEAD:
        raise BadInput(_l("This date is in the future."), code="date-in-future", field="produced_on")
    if facts.produced_on < today - FURTHEST_BACK:
        raise BadInput(_l("This date is more than ten years ago."), code="date-too-old", field="produced_on")
    expires_on = facts.expires_on or expiry_of(
        facts.produced_on, product.expiry_kind, product.shelf_life_days
    )
    if product.expiry_kind == ExpiryKind.NONE:
        expires_on = None
    elif expires_on is None or expires_on < facts.produced_on:
        raise BadInput(
            _l("The expiry date cannot be before the production date."),
            code="expiry-before-production",
            field="expires_on",
        )
    return {
        "product_id": product.id,
        "location_id": location.id,
        "lot_number": facts.lot_number,
        "date_kind": facts.date_kind,
        "produced_on": facts.produced_on,
        "expiry_kind": product.expiry_kind,
        "expires_on": expires_on,
        "quantity": facts.quantity,
        "uom": product.uom,
        "packaging_word": product.packaging_word,
    }


def _lot_number_taken(lot_number: str) -> LotNumberTaken:
    return LotNumberTaken(
        _l("This product already has a batch with lot number %(lot_number)s.", lot_number=lot_number),
        field="lot_number",
        lot_number=lot_number,
    )
