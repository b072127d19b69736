"""The page behind a link by which somebody without an account says whether a handover was so. No cookie, no script.

The link itself is the secret: whoever holds it may answer, once. It names goods, sender and day, and no person.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from trace.accounts import tries
from trace.accounts.rules import FREE_TRIES_OF_AN_ADDRESS
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import Refusal
from trace.events import queries_handover as handovers
from trace.events import services_confirm
from trace.events.handover_models import Confirmation, Shipment
from trace.events.models import Event, Verb
from trace.events.services_confirm import NO, YES
from trace.events.texts import quantity_in_words
from trace.public import build
from trace.public.pages import PublicFrame

LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedLine:
    """One batch that was handed over."""

    product_name: str
    lot_number: str
    quantity: Decimal
    unit: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationPage:
    """A handover as its link tells it. ``state``: open, yes, no, expired, over or unknown; then there are no lines."""

    frame: PublicFrame
    state: str
    sender_name: str = ""
    is_delivery: bool = False
    happened_at: datetime | None = None
    answered_at: datetime | None = None
    lines: tuple[HandedLine, ...] = ()
    yes: str = YES
    no: str = NO


STATUS = {"unknown": 404, "expired": 410, "over": 410}


def take_answer(session: Session, token: str, answer: str) -> None:
    """Record what the holder of the link says, and commit.

    Whatever stands in the way is told by the page itself: answered before, expired, cancelled, unknown.
    """
    try:
        services_confirm.answer_confirmation(session, token[:LONGEST_TOKEN], answer)
        session.commit()
    except Refusal:
        session.rollback()


def count_miss(session: Session, address: str, key: bytes) -> None:
    """Count a link that is none on the address that asked; raises ``TooManyTries``.

    Counted after looking: links that are there are never slowed down.
    """
    session.rollback()  # nothing was written; the count stands on its own
    tries.count_ahead(session, {tries.keyed(key, "confirmation", address): FREE_TRIES_OF_AN_ADDRESS}, None)


def confirmation_page(session: Session, token: str) -> ConfirmationPage:
    """The page of a link, whatever became of it."""
    frame = build.frame(session)
    found = handovers.find_confirmation(session, services_confirm.digest(token[:LONGEST_TOKEN]))
    if found is None:
        return ConfirmationPage(frame=frame, state="unknown")
    event = session.get_one(Event, found.event_id)
    return ConfirmationPage(
        frame=frame,
        state=_state(session, found, event),
        sender_name=event.organisation.name,
        is_delivery=event.verb == Verb.TAKE_IN,
        happened_at=clock.local(event.event_time),
        answered_at=clock.local(found.answered_at) if found.answered_at else None,
        lines=tuple(
            _line(one.batch, one.quantity)
            for one in event.goods
            if one.batch is not None and one.quantity is not None
        ),
    )


def _state(session: Session, found: Confirmation, event: Event) -> str:
    if found.answer is not None:
        return found.answer
    shipment = session.get(Shipment, event.shipment_id) if event.shipment_id else None
    if (shipment is not None and shipment.is_over) or handovers.is_declared_wrong(session, event.id):
        return "over"
    return "open" if found.expires_at > clock.now() else "expired"


def _line(batch: Batch, quantity: Decimal) -> HandedLine:
    seal = batch.seal or {}
    return HandedLine(
        product_name=seal.get("product_name") or batch.product.name,
        lot_number=batch.lot_number,
        quantity=quantity,
        unit=batch.unit_word,
        words=quantity_in_words(quantity, batch),
    )
