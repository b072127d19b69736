"""The authority pauses the sale of a batch and lets it be sold again; both are public from the commit on.

A pause is no finding: it says what is waited for, never what is suspected (``hold_rules``). It happens once by state,
and stacks with recalls: whatever is still in force goes on blocking.
"""

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_officer
from trace.accounts.security_log import Action, record
from trace.core import clock
from trace.core.errors import NotFound, Refusal
from trace.core.paging import Page, fetch_page
from trace.events import queries_stock
from trace.events.documents import Happening, goods_of
from trace.events.handover_models import Hold
from trace.events.models import Event, EventGoods, Verb
from trace.events.record import record_event
from trace.recalls.hold_rules import HoldFacts, HoldReason, ReleaseReason
from trace.recalls.services import confirm_lot_number, lock_activated

OFFICIAL = "official"
# The standard's word for goods nobody may have now; set with the pause and unset with its end.
_UNAVAILABLE = "unavailable"


class AlreadyPaused(Refusal):
    """The sale of this batch is paused by this authority."""

    code = "already-paused"


class HoldOver(Refusal):
    """The pause was lifted before."""

    code = "hold-over"


def pause_sale(
    session: Session, actor: Actor, batch_id: UUID, reason: HoldReason, *, typed_lot_number: str
) -> Hold:
    """Pause the sale of a batch wherever it is. Raises ``LotNumberDiffers``, ``AlreadyPaused``, ``NotFound``.

    Goods may still be received, returned to their producer, moved between own places, sampled and destroyed.
    """
    require_officer(actor)
    batch = lock_activated(session, batch_id)
    confirm_lot_number(batch, typed_lot_number)
    if queries_stock.find_hold(session, batch_id, actor.organisation_id, is_official=True) is not None:
        raise AlreadyPaused(_l("The sale of this batch is already paused."))
    started = Hold(
        batch_id=batch.id,
        organisation_id=actor.organisation_id,
        is_official=True,
        reason=str(reason),
        started_at=clock.now(),
    )
    session.add(started)
    session.flush()
    batch.is_held = True
    _record(session, actor, Verb.HOLD, started, {"reason": str(reason)}, {"set": [_UNAVAILABLE]})
    record(session, Action.SALE_PAUSED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=batch.id)  # fmt: skip
    return started


def resume_sale(
    session: Session, actor: Actor, hold_id: UUID, reason: ReleaseReason, *, typed_lot_number: str
) -> Hold:
    """Lift a pause: the batch may be sold again, unless something else still stands against it.

    Raises ``LotNumberDiffers``, ``HoldOver``, ``NotFound``.
    """
    require_officer(actor)
    found = get_hold(session, hold_id)
    batch = lock_activated(session, found.batch_id)
    session.refresh(found)
    if found.ended_at is not None:
        raise HoldOver(_l("This pause is already lifted."))
    confirm_lot_number(batch, typed_lot_number)
    found.ended_at = clock.now()
    session.flush()
    standing = [one for one in queries_stock.list_official_holds(session, batch.id) if one.ended_at is None]
    batch.is_held = bool(standing)
    disposition = {"set": [_UNAVAILABLE]} if standing else {"unset": [_UNAVAILABLE]}
    _record(session, actor, Verb.RELEASE, found, {"release_reason": str(reason)}, disposition)
    record(session, Action.SALE_RESUMED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=batch.id)  # fmt: skip
    return found


def get_hold(session: Session, hold_id: UUID) -> Hold:
    """One pause of the authority, or ``NotFound``; only officers ask by id."""
    found = session.get(Hold, hold_id)
    if found is None or not found.is_official:
        raise NotFound(_l("There is no such pause of a sale."), code="hold-not-found")
    return found


def list_holds(session: Session, page: int = 1, *, in_force: bool | None = None) -> Page[Hold]:
    """The authority's pauses, newest first; with ``in_force`` only those that are, or only those that are over."""
    wanted = select(Hold).where(Hold.is_official).order_by(Hold.started_at.desc(), Hold.id.desc())
    if in_force is not None:
        wanted = wanted.where(Hold.ended_at.is_(None) if in_force else Hold.ended_at.is_not(None))
    return fetch_page(session, wanted, page)


def hold_facts(session: Session, batch_id: UUID) -> tuple[HoldFacts, ...]:
    """Every pause a batch ever had, newest first, as the verdict and the public wording need them."""
    holds = queries_stock.list_official_holds(session, batch_id)
    reasons = _release_reasons(session, batch_id) if any(one.ended_at for one in holds) else {}
    return tuple(
        HoldFacts(
            reason=HoldReason(one.reason),
            started_at=clock.local(one.started_at),
            released_on=clock.local(one.ended_at).date() if one.ended_at else None,
            release_reason=reasons.get(one.id),
        )
        for one in holds
    )


def release_reason_of(session: Session, hold: Hold) -> ReleaseReason | None:
    """What came of a pause; None while it is in force."""
    return _release_reasons(session, hold.batch_id).get(hold.id)


def _release_reasons(session: Session, batch_id: UUID) -> dict[UUID, ReleaseReason]:
    """What the events of release say, by the pause they ended: the decision stands in the record, not in the row."""
    rows = session.execute(
        select(Event.biz_transaction_list, Event.extensions)
        .join(EventGoods)
        .where(EventGoods.batch_id == batch_id, Event.verb == Verb.RELEASE)
    )
    return {
        UUID(documents[0]["bizTransaction"].removeprefix("urn:uuid:")): ReleaseReason(
            extensions["release_reason"]
        )
        for documents, extensions in rows
        if documents and extensions.get("release_reason") in set(ReleaseReason)
    }


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    about: Hold,
    details: dict[str, Any],
    disposition: dict[str, Any],
) -> None:
    happening = Happening(
        verb=verb,
        event_time=clock.now(),
        goods=goods_of({about.batch: None}),
        document=about.id,
        persistent_disposition=disposition,
        extensions=details,
        marks=[OFFICIAL],
    )
    record_event(session, actor, happening)
