"""Claims: goods that arrived although nobody declared a shipment. Seen by both sides and the authority, never public.

A claim moves nothing and stands in no lot's public record; confirmed by the named sender it is an ordinary handover.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trace.accounts import queries as account_queries
from trace.accounts import tries
from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Batch, Holding
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.core.idempotency import once
from trace.core.ids import uuid7
from trace.events import desk, movements, queries, queries_handover, rules
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, Named, goods_of
from trace.events.handover_models import Claim, ClaimEnd, Shipment, ShipmentLine
from trace.events.models import Verb
from trace.events.rules_handover import (
    CLAIM_LAPSES_AFTER,
    FREE_GUESSES,
    REFUSALS_COUNT_FOR,
    ClaimExceedsHolding,
    check_claimable,
    check_may_claim,
    check_open,
)


def claim(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    sender_id: UUID,
    quantity: Decimal,
    *,
    key: str,
    event_time: datetime | None = None,
    note: str = "",
    around: Around = PLAIN,
) -> Claim:
    """Say that goods came from ``sender_id``, who declared nothing; they stay the sender's until it confirms.

    Bounded by what the sender holds at this minute and nobody has claimed. Raises ``ClaimExceedsHolding`` (without
    the figure), ``TooManyClaims``, ``ClaimRefusedBefore``, ``BadInput``, ``NotFound``.
    """
    require_approved(actor)
    request = ["claim", batch_id, sender_id, quantity, event_time, note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return session.get_one(Claim, UUID(receipt.answer["claim_id"]))
        batch = session.get(Batch, batch_id)
        if batch is None or not batch.is_activated:
            raise NotFound(_l("There is no such batch."), code="batch-not-found")
        sender = account_queries.find_receiver(session, actor.organisation_id, sender_id)
        if sender is None:
            raise BadInput(_l("Choose a sender from the list."), code="sender-unknown", field="sender_id")
        _check_amount(batch, quantity)
        now = clock.now()
        movements.lock_batch(session, batch)
        _check_limits(session, actor, sender, batch, now)
        _check_bound(session, actor, sender, batch, quantity, now)
        when = desk.when_of(event_time, around, rules.start_of_day(batch.produced_on))
        made = Claim(
            id=uuid7(),
            claimant_id=actor.organisation_id,
            sender_id=sender.id,
            batch_id=batch.id,
            quantity=quantity,
            received_at=when.event_time,
            created_at=now,
            lapses_at=now + CLAIM_LAPSES_AFTER,
        )
        session.add(made)
        session.flush()
        happening = _unlisted(Verb.CLAIM, made, batch, when)
        place = desk.place_of(session, actor, around)
        desk.carry_out(
            session,
            actor,
            replace(happening, location_uri=place.uri),
            location=place,
            counterpart=sender,
            aside=desk.aside_of(session, actor, around, note=note),
        )
        receipt.answer = {"claim_id": str(made.id)}
        return made


def confirm_claim(
    session: Session, actor: Actor, claim_id: UUID, *, note: str = "", around: Around = PLAIN
) -> Claim:
    """The sender says that it was so: the goods go from hand to hand, and pages show an ordinary handover.

    The shipment that stands for it bears the claim's id. Recalled and paused goods too: where they are has to be
    known. Confirming twice is confirming once. Raises ``ClaimOver``, ``QuantityExceedsHolding``.
    """
    require_approved(actor)
    found = _lock_claim(session, claim_id)
    if found.sender_id != actor.organisation_id:
        raise queries_handover.claim_not_found()
    now = clock.now()
    if not check_open(found.closed_at, found.outcome, found.lapses_at, now, ClaimEnd.CONFIRMED):
        return found
    taken = desk.take(session, actor, found.batch_id, found.quantity, around)
    batch = taken.batch
    had_since = queries.find_had_since(session, actor.organisation_id, batch.id)
    # The claimant could not know since when the sender had them: never before.
    event_time = max(found.received_at, had_since or rules.start_of_day(batch.produced_on))
    _close(found, ClaimEnd.CONFIRMED, now)
    shipment = Shipment(
        id=found.id,
        sender_id=found.sender_id,
        receiver=found.claimant,
        shipped_at=event_time,
        received_at=event_time,
    )
    shipment.lines.append(
        ShipmentLine(
            id=uuid7(),
            shipment_id=shipment.id,
            batch_id=batch.id,
            quantity=found.quantity,
            received_quantity=found.quantity,
        )
    )
    session.add(shipment)
    session.flush()
    place = taken.place
    happening = Happening(
        verb=Verb.CONFIRM_CLAIM,
        event_time=event_time,
        goods=goods_of({batch: found.quantity}),
        location_uri=place.uri,
        source=found.sender_id,
        destination=found.claimant_id,
        document=shipment.id,
    )
    desk.carry_out(
        session,
        actor,
        happening,
        location=place,
        counterpart=found.claimant,
        shipment=shipment,
        aside=desk.aside_of(session, actor, around, note=note),
        known=[taken.holding],
    )
    return found


def refuse_claim(
    session: Session, actor: Actor, claim_id: UUID, *, note: str = "", around: Around = PLAIN
) -> Claim:
    """The named sender says that it was not so; nothing moves. Refusing twice is refusing once.

    Raises ``ClaimOver``.
    """
    require_approved(actor)
    found = _lock_claim(session, claim_id)
    if found.sender_id != actor.organisation_id:
        raise queries_handover.claim_not_found()
    now = clock.now()
    if not check_open(found.closed_at, found.outcome, found.lapses_at, now, ClaimEnd.REFUSED):
        return found
    _close(found, ClaimEnd.REFUSED, now)
    session.flush()
    place = desk.place_of(session, actor, around)
    happening = _unlisted(Verb.REFUSE_CLAIM, found, found.batch, desk.When(now))
    desk.carry_out(
        session,
        actor,
        replace(happening, location_uri=place.uri),
        location=place,
        counterpart=found.claimant,
        aside=desk.aside_of(session, actor, around, note=note),
    )
    return found


def withdraw_claim(session: Session, actor: Actor, claim_id: UUID) -> Claim:
    """The claimant takes it back; nothing moves. Twice is once. Raises ``ClaimOver``."""
    require_approved(actor)
    found = _lock_claim(session, claim_id)
    if found.claimant_id != actor.organisation_id:
        raise queries_handover.claim_not_found()
    now = clock.now()
    if check_open(found.closed_at, found.outcome, found.lapses_at, now, ClaimEnd.WITHDRAWN):
        _close(found, ClaimEnd.WITHDRAWN, now)
        session.flush()
    return found


def lapse_claims(session: Session) -> int:
    """Note the end of claims whose time is over; they count for nothing since then, noted or not."""
    ended: Any = session.execute(
        update(Claim)
        .where(Claim.closed_at.is_(None), Claim.lapses_at <= clock.now())
        .values(closed_at=Claim.lapses_at, outcome=str(ClaimEnd.LAPSED))
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)


def _check_amount(batch: Batch, quantity: Decimal) -> None:
    if quantity <= 0:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field="quantity")
    if batch.uom is None and quantity != quantity.to_integral_value():
        raise rules.WholeUnitsOnly(
            _l("%(unit)s are counted in whole numbers.", unit=batch.unit_word), field="quantity"
        )


def _check_limits(session: Session, actor: Actor, sender: Organisation, batch: Batch, now: datetime) -> None:
    counts = queries_handover.count_claims(
        session, actor.organisation_id, sender.id, batch.id, now, now - REFUSALS_COUNT_FOR
    )
    check_may_claim(
        open_claims=counts.open_claims,
        made_today=counts.made_today,
        refused=counts.refused,
        is_same_lot_refused=counts.is_same_lot_refused,
    )


def _check_bound(
    session: Session, actor: Actor, sender: Organisation, batch: Batch, quantity: Decimal, now: datetime
) -> None:
    """Under the lock of the batch's balance, so that claims made at once see each other."""
    holding = session.get(Holding, (batch.id, sender.id), populate_existing=True)
    held = holding.quantity if holding else Decimal(0)
    unclaimed = held - queries_handover.sum_open_claims(session, batch.id, sender.id, now)
    try:
        check_claimable(quantity, unclaimed)
    except ClaimExceedsHolding:
        # Counted in a transaction of its own: halving guesses would else tell what the sender holds.
        guesses = f"claim:{actor.organisation_id}:{sender.id}"
        tries.count_ahead(session, {hashlib.sha256(guesses.encode()).digest(): FREE_GUESSES}, None)
        raise


def _lock_claim(session: Session, claim_id: UUID) -> Claim:
    found = session.scalars(
        select(Claim)
        .where(Claim.id == claim_id)
        .with_for_update(of=Claim)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise queries_handover.claim_not_found()
    return found


def _close(found: Claim, end: ClaimEnd, now: datetime) -> None:
    found.closed_at = now
    found.outcome = str(end)


def _unlisted(verb: Verb, about: Claim, batch: Batch, when: desk.When) -> Happening:
    """An event about a claim: its leaf names neither the lot nor the other side, so that nobody else reads of it."""
    goods: list[Named] = [replace(named, lot=None) for named in goods_of({batch: about.quantity})]
    return Happening(
        verb=verb,
        event_time=when.event_time,
        device_time=when.device_time,
        goods=goods,
        source=about.sender_id,
        destination=about.claimant_id,
        document=about.id if verb == Verb.CLAIM else None,
        fields={"counterpart_kind": None, "counterpart_commune": None},
    )
