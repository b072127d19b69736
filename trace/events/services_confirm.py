"""Links by which a party without an account says whether a handover was so. Answered once, by nobody's account."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trace.accounts.models import Party, Role
from trace.accounts.permissions import Actor, require_approved
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.events import desk, queries_handover
from trace.events.documents import Happening, Named
from trace.events.handover_models import Confirmation, Shipment
from trace.events.models import Event, EventPrivate, Verb
from trace.events.models import Role as GoodsRole
from trace.events.rules_handover import (
    CONFIRMATION_EXPIRES_AFTER,
    MOST_CONFIRMATIONS,
    ConfirmationOver,
    TooManyConfirmations,
)
from trace.events.services_handover import lock_shipment

YES, NO = "yes", "no"
_CONFIRMABLE = (Verb.SHIP, Verb.SELL, Verb.TAKE_IN)
_TOKEN_BYTES = 16


@dataclass(frozen=True)
class Offered:
    """A new link; ``token`` is shown this once and kept nowhere."""

    confirmation: Confirmation
    token: str


def offer_confirmation(session: Session, actor: Actor, event_id: UUID) -> Offered:
    """Make a link for the party of an own handover; links made before for it end.

    Raises ``NotFound``, ``BadInput`` for an event without a party, ``ConfirmationOver`` where it was answered,
    ``TooManyConfirmations``.
    """
    require_approved(actor)
    event = queries_handover.get_event(session, actor.organisation_id, event_id)
    if event.organisation_id != actor.organisation_id:
        raise queries_handover.event_not_found()
    private = session.get(EventPrivate, event.id)
    if event.verb not in _CONFIRMABLE or event.is_declaration or private is None or private.party_id is None:
        raise BadInput(
            _l("Only a handover to or from somebody of the address book can be confirmed by a link."),
            code="nobody-to-confirm",
        )
    shipment = lock_shipment(session, event.shipment_id) if event.shipment_id is not None else None
    _check_stands(session, event, shipment)
    # Links of one party are made one after the other; events themselves are locked by nobody.
    session.execute(select(Party.id).where(Party.id == private.party_id).with_for_update())
    before = queries_handover.list_confirmations(session, [event.id]).get(event.id, [])
    if any(one.answered_at for one in before):
        raise ConfirmationOver(_l("This handover was answered before."))
    if len(before) >= MOST_CONFIRMATIONS:
        raise TooManyConfirmations(
            _l("Enough links were made for this handover. Call instead."), made=len(before)
        )
    now = clock.now()
    session.execute(
        update(Confirmation)
        .where(Confirmation.event_id == event.id, Confirmation.expires_at > now)
        .values(expires_at=now)
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = Confirmation(
        token_hash=digest(token),
        event_id=event.id,
        party_id=private.party_id,
        expires_at=now + CONFIRMATION_EXPIRES_AFTER,
    )
    session.add(made)
    session.flush()
    return Offered(made, token)


def answer_confirmation(session: Session, token: str, answer: str) -> Confirmation:
    """Whoever holds the link says yes or no, once; the same answer again changes nothing.

    Recorded as an event of whoever had sent the link. Raises ``NotFound``, ``ConfirmationOver``, ``BadInput``.
    """
    if answer not in (YES, NO):
        raise BadInput(_l("Choose one."), code="answer-missing", field="answer")
    found = queries_handover.find_confirmation(session, digest(token))
    if found is None:
        raise NotFound(_l("There is nothing at this address."), code="confirmation-not-found")
    event = session.get_one(Event, found.event_id)
    shipment = lock_shipment(session, event.shipment_id) if event.shipment_id is not None else None
    session.refresh(found, with_for_update={"of": Confirmation})
    if found.answered_at is not None:
        if found.answer == answer:
            return found
        raise ConfirmationOver(_l("This handover was answered before."), answer=found.answer)
    now = clock.now()
    if found.expires_at <= now:
        raise ConfirmationOver(_l("This link has expired. Ask the sender for a new one."))
    _check_stands(session, event, shipment)
    found.answered_at = now
    found.answer = answer
    session.flush()
    _record(session, event, shipment, is_right=answer == YES)
    return found


def digest(token: str) -> bytes:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _check_stands(session: Session, event: Event, shipment: Shipment | None) -> None:
    is_over = shipment is not None and shipment.is_over
    if is_over or queries_handover.is_declared_wrong(session, event.id):
        raise ConfirmationOver(_l("The sender has cancelled this handover. Nothing is needed from you."))


def _record(session: Session, event: Event, shipment: Shipment | None, *, is_right: bool) -> None:
    """Written in the sender's name with the mark of who spoke: the party has no account, and its name is private."""
    goods = [
        Named(
            named.epc,
            GoodsRole(named.role),
            named.quantity,
            named.uom,
            lot=named.lot,
            batch_id=named.batch_id,
            unit_id=named.unit_id,
            is_instance=named.batch_id is None and named.quantity is None,
        )
        for named in event.goods
    ]
    happening = Happening(
        verb=Verb.CONFIRM,
        event_time=clock.now(),
        goods=goods,
        location_uri=event.read_point,
        document=event.id,
        marks=("party_confirmed" if is_right else "party_denied",),
    )
    happening = replace(
        happening,
        fields={
            "counterpart_kind": event.counterpart_kind,
            "counterpart_commune": event.counterpart_commune,
        },
    )
    nobody = Actor(user_id=None, organisation=event.organisation, role=Role.STAFF)
    desk.carry_out(session, nobody, happening, location=event.location, shipment=shipment)
