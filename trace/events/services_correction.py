"""Correcting an entry: an error declaration, and the event that takes its place, in one transaction.

Nothing is edited or deleted. The quantities follow: what the entry had moved is moved back and moved as it really
was, together, so that only where it ends has to be possible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor, require_approved
from trace.batches.models import Balance, Holding
from trace.core import clock
from trace.core.idempotency import once
from trace.events import desk, movements, queries_handover, rules
from trace.events.corrections import facts_of, told_by
from trace.events.corrective import Corrective, Replacement, build
from trace.events.corrective_rows import undo_rows
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, Named, timestamp
from trace.events.handover_models import Shipment
from trace.events.models import Event, EventPrivate, Role, Verb
from trace.events.postings import Account, Facts, Moved, Posting, postings_of
from trace.events.queries_handover import event_not_found
from trace.events.record import Aside, record_event
from trace.events.rules_correction import (
    AlreadyCorrected,
    CorrectionReason,
    GoodsMovedOn,
    changes_between,
    check_changed,
    check_correctable,
    check_not_stopped,
    check_still_there,
)
from trace.events.rules_handover import HandoverConfirmed
from trace.events.services_handover import lock_shipment

# A declaration repeats its original in every column but these, which say when and by which row it was said.
_OF_THE_ROW = frozenset(
    {
        "id",
        "corrects_id",
        "is_declaration",
        "record_time",
        "error_declaration",
        "event_hash",
        "verb",
        "event_time",
        "device_time",
        "organisation_id",
        "location_id",
        "counterpart_id",
        "shipment_id",
        "marks",
        "extensions",
    }
)


# Harvests are at hand wherever the field is.
_AT_THE_SEAT = (Verb.ACTIVATE, Verb.ADD_DELIVERY)


@dataclass(frozen=True)
class Corrected:
    """The declaration, and what took the place of the entry if anything did."""

    declaration: Event
    corrective: Event | None


def correct(
    session: Session,
    actor: Actor,
    event_id: UUID,
    reason: CorrectionReason,
    replacement: Replacement | None = None,
    *,
    key: str,
    note: str = "",
    around: Around = PLAIN,
) -> Corrected:
    """Declare an own entry wrong; ``replacement`` says what was really so, None that nothing was.

    Each entry once; what took its place may be corrected again. Raises ``NotFound`` for others' entries,
    ``NotCorrectable`` with what to do instead, ``AlreadyCorrected``, ``NothingChanged``, ``GoodsMovedOn`` with its
    numbers where what followed rests on the entry, and what the verb itself would.
    """
    require_approved(actor)
    request = ["correct", event_id, reason, repr(replacement), note]
    with once(session, actor.organisation_id, key, request) as receipt:
        if receipt.answer is not None:
            return _answered(session, receipt.answer)
        original = session.get(Event, event_id)
        if original is None or original.organisation_id != actor.organisation_id or original.is_foreign:
            raise event_not_found()
        check_correctable(
            Verb(original.verb),
            has_replacement=replacement is not None,
            is_declaration=original.is_declaration,
        )
        corrected = _correct(session, actor, original, reason, replacement, note, around)
        receipt.answer = {
            "declaration_id": str(corrected.declaration.id),
            "corrective_id": str(corrected.corrective.id) if corrected.corrective else None,
        }
        return corrected


def _correct(
    session: Session,
    actor: Actor,
    original: Event,
    reason: CorrectionReason,
    replacement: Replacement | None,
    note: str,
    around: Around,
) -> Corrected:
    shipment = lock_shipment(session, original.shipment_id) if original.shipment_id is not None else None
    batch_ids = {one.batch_id for one in original.goods if one.batch_id is not None}
    balances = movements.lock_balances(session, batch_ids)
    batches = [movements.read_batch(session, batch_id) for batch_id in sorted(batch_ids)]
    is_stopped = any(one and (one.is_recalled or one.is_held or one.is_under_review) for one in batches)
    check_not_stopped(Verb(original.verb), is_stopped=is_stopped)
    _check_first(session, original)
    undo_rows(session, original, shipment)
    corrective: Corrective | None = None
    if replacement is not None:
        corrective = build(session, actor, original, shipment, replacement, around)
    undone = postings_of(facts_of(original, is_declaration=True))
    redone = postings_of(_facts(actor, corrective)) if corrective else []
    _move(session, actor, original, [*undone, *redone], balances)
    written = _write(session, actor, original, corrective) if corrective else None
    if written is not None:
        before = told_by(original, session.get(EventPrivate, original.id))
        check_changed(changes_between(before, told_by(written, session.get(EventPrivate, written.id))))
    return Corrected(_declare(session, actor, original, reason, written, shipment, note), written)


def _check_first(session: Session, original: Event) -> None:
    """Under the locks of its goods, so that two corrections at once see each other."""
    wanted = select(Event.id).where(Event.corrects_id == original.id, Event.is_declaration)
    if session.scalar(wanted.limit(1)) is not None:
        raise AlreadyCorrected(
            _l("This entry was corrected before. Look at what took its place; that may be corrected too.")
        )
    if queries_handover.is_confirmed(session, original.id):
        raise HandoverConfirmed(
            _l("The receiver has confirmed this handover. If goods came back, ask them to say so.")
        )


def _facts(actor: Actor, corrective: Corrective) -> Facts:
    happening = corrective.happening
    return Facts(
        verb=happening.verb,
        organisation_id=actor.organisation_id,
        counterpart_id=corrective.counterpart.id if corrective.counterpart else None,
        goods=[
            Moved(named.role, named.batch_id, named.epc, named.quantity)
            for named in happening.goods
            if named.batch_id is not None
        ],
        extensions=happening.extensions,
    )


def _move(
    session: Session,
    actor: Actor,
    original: Event,
    postings: Sequence[Posting],
    balances: Mapping[UUID, Balance],
) -> None:
    """Carry out both moves as one, after looking where they end. Raises ``GoodsMovedOn``."""
    held, elsewhere = _net(postings)
    words = {
        one.batch_id: one.batch.unit_word for one in original.goods if one.batch is not None and one.batch_id
    }
    session.flush()
    with session.no_autoflush:
        holdings = {key: movements.holding_of(session, *key) for key in sorted(held)}
        for (batch_id, _holder), change in sorted(held.items()):
            check_still_there(holdings[batch_id, _holder].quantity, change, words[batch_id])
        for (batch_id, account), change in elsewhere.items():
            there = getattr(balances[batch_id], account)
            if there + change < 0:
                raise GoodsMovedOn(
                    _l("Some of these goods have gone on since. Correct what came after, then this."),
                    field="quantity",
                    left=there,
                    needed=-change,
                )
        mine = {
            batch_id: change for (batch_id, holder), change in held.items() if holder == actor.organisation_id
        }
        places = _at_places(actor, original, mine)
        for batch_id, change in places.items():
            if change < 0:
                _put_down(session, actor, original, holdings[batch_id, actor.organisation_id], change)
        movements.apply(session, postings, holdings.values())
    session.flush()
    for batch_id, change in places.items():
        if change > 0:
            _put_down(session, actor, original, holdings[batch_id, actor.organisation_id], change)


def _net(
    postings: Sequence[Posting],
) -> tuple[dict[tuple[UUID, UUID], Decimal], dict[tuple[UUID, Account], Decimal]]:
    """What is left of moves to and fro: by batch and holder, and by batch and account."""
    held: dict[tuple[UUID, UUID], Decimal] = {}
    elsewhere: dict[tuple[UUID, Account], Decimal] = {}
    for posting in postings:
        for account, holder, sign in (
            (posting.out_of, posting.giver_id, -1),
            (posting.into, posting.taker_id, 1),
        ):
            if account == Account.HELD and holder is not None:
                key = (posting.batch_id, holder)
                held[key] = held.get(key, Decimal(0)) + sign * posting.quantity
            elif account not in (Account.SOURCE, Account.HELD):
                place = (posting.batch_id, account)
                elsewhere[place] = elsewhere.get(place, Decimal(0)) + sign * posting.quantity
    return held, elsewhere


def _at_places(actor: Actor, original: Event, mine: Mapping[UUID, Decimal]) -> dict[UUID, Decimal]:
    """What changes at a place other than the seat: where the goods of the entry left from, or arrived."""
    if original.location_id in (None, actor.organisation.seat.id) or original.verb in _AT_THE_SEAT:
        return {}
    return dict(mine)


def _put_down(session: Session, actor: Actor, original: Event, holding: Holding, change: Decimal) -> None:
    place: Location | None = original.location
    if place is None:
        return
    seat = actor.organisation.seat
    if change < 0:
        here = desk.loose_at(session, holding, place, seat)
        batch = next(one.batch for one in original.goods if one.batch_id == holding.batch_id)
        unit = batch.unit_word if batch is not None else ""
        rules.check_place(-change, here, holding.quantity, unit)
    desk.put_down(session, holding, place, change, seat=seat)


def _write(session: Session, actor: Actor, original: Event, corrective: Corrective) -> Event:
    return record_event(
        session,
        actor,
        corrective.happening,
        location=original.location,
        counterpart=corrective.counterpart,
        shipment=corrective.shipment,
        aside=corrective.aside,
    )


def _declare(
    session: Session,
    actor: Actor,
    original: Event,
    reason: CorrectionReason,
    corrective: Event | None,
    shipment: Shipment | None,
    note: str,
) -> Event:
    """The original again, word for word, with what is declared of it."""
    said: dict[str, Any] = {"declarationTime": timestamp(clock.now()), "reason": str(reason)}
    if corrective is not None:
        said["correctiveEventIDs"] = [corrective.epcis_id]
    columns = [column.name for column in Event.__table__.columns]
    fields = {name: getattr(original, name) for name in columns if name not in _OF_THE_ROW}
    fields |= {
        "is_declaration": True,
        "corrects_id": original.id,
        "error_declaration": said,
        "marks": sorted({*original.marks, "corrected"}),
    }
    private = session.get(EventPrivate, original.id)
    happening = Happening(
        verb=Verb(original.verb),
        event_time=original.event_time,
        device_time=original.device_time,
        goods=[
            Named(
                one.epc,
                Role(one.role),
                one.quantity,
                one.uom,
                lot=one.lot,
                batch_id=one.batch_id,
                unit_id=one.unit_id,
                is_instance=one.unit_id is not None or (one.batch_id is None and one.quantity is None),
            )
            for one in original.goods
        ],
        extensions=original.extensions,
        fields=fields,
    )
    return record_event(
        session,
        actor,
        happening,
        location=original.location,
        counterpart=original.counterpart,
        shipment=shipment,
        aside=Aside(party=private.party if private else None, note=note),
    )


def _answered(session: Session, answer: Mapping[str, Any]) -> Corrected:
    corrective_id = answer["corrective_id"]
    return Corrected(
        session.get_one(Event, UUID(answer["declaration_id"])),
        session.get_one(Event, UUID(corrective_id)) if corrective_id else None,
    )
