"""Use cases of recalls. A recall, its end and its withdrawal are events with leaves; happens once by state.

The lot number is typed again to confirm, the reason is a code with fixed public wording (never free text: a page
and a log that nobody can take back are no place for an accusation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_officer
from trace.accounts.security_log import Action, record
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import BadInput, NotFound, Refusal
from trace.events import movements
from trace.events.documents import Happening
from trace.events.models import Event, Verb
from trace.events.record import record_event
from trace.recalls import queries, reach
from trace.recalls.graph_queries import reached_batches
from trace.recalls.models import Recall, RecallLot, Relation, ReviewEnd
from trace.recalls.rules import REASONS_OF, RecallClass, RecallReason, WithdrawalReason

RECALLED = "recalled"
OFFICIAL = "official"


class AlreadyRecalled(Refusal):
    """A recall of this batch is in force."""

    code = "already-recalled"


class RecallOver(Refusal):
    """The recall was ended or withdrawn before."""

    code = "recall-over"


class LotsUnderReview(Refusal):
    """What was made of the goods has still to be decided about; ``lots`` says how many."""

    code = "lots-under-review"


class NotUnderReview(Refusal):
    """Nothing is left to decide about this lot."""

    code = "not-under-review"


class LotNumberDiffers(BadInput):
    """The typed lot number is not that of the batch."""

    code = "lot-number-differs"


@dataclass(frozen=True)
class Decision:
    """The decision a recall rests on; None in its place means the producer recalls of its own will."""

    number: str
    decided_on: date


def recall(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    recall_class: RecallClass,
    reason: RecallReason,
    decision: Decision | None,
    *,
    typed_lot_number: str,
) -> Recall:
    """Call a batch back, and with it the same goods under other numbers: public from the commit on.

    What was made of them is under review until an officer decides about each lot.
    Raises ``LotNumberDiffers``, ``AlreadyRecalled``, ``BadInput``, ``GoodsOnTheMove``.
    """
    require_officer(actor)
    reached = reach.lock_reached(session, batch_id)
    batch = lock_activated(session, batch_id)
    confirm_lot_number(batch, typed_lot_number)
    if reason not in REASONS_OF[recall_class]:
        raise BadInput(
            _l("This reason does not belong to the class of recall."),
            code="reason-not-of-class",
            field="reason",
        )
    if decision is not None and decision.decided_on > clock.today():
        raise BadInput(
            _l("The decision cannot be dated in the future."), code="date-in-future", field="decided_on"
        )
    if queries.find_recall_in_force(session, batch_id) is not None:
        raise AlreadyRecalled(_l("A recall of this batch is already in force."))
    started = Recall(
        batch_id=batch.id,
        authority_id=actor.organisation_id,
        recall_class=recall_class,
        reason=reason,
        decision_number=decision.number if decision else None,
        decided_on=decision.decided_on if decision else None,
        started_at=clock.now(),
        started_by=actor.user_id,
    )
    session.add(started)
    session.flush()
    reach.keep_reach(session, started, reached, started.started_at)
    details: dict[str, Any] = {"recall_class": str(recall_class), "reason": str(reason)}
    if decision:
        details["decision"] = {"number": decision.number, "decided_on": decision.decided_on.isoformat()}
    _record(session, actor, Verb.RECALL, started, details, {"set": [RECALLED]}, _same_goods(session, started))
    record(session, Action.RECALL_ISSUED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=batch.id)  # fmt: skip
    return started


def end_recall(session: Session, actor: Actor, recall_id: UUID, *, typed_lot_number: str) -> Recall:
    """The goods were called back and dealt with. The pack still in a fridge stays recalled: the page says so.

    Raises ``LotsUnderReview`` while a lot made of them is not decided about.
    """
    found = _open_recall(session, actor, recall_id, typed_lot_number)
    undecided = reach.list_undecided(session, found.id)
    if undecided:
        raise LotsUnderReview(
            _l("Decide first about the lots made of these goods: they are under review."), lots=len(undecided)
        )
    found.ended_at = clock.now()
    _record(session, actor, Verb.END_RECALL, found, {}, {"set": [RECALLED]}, _same_goods(session, found))
    record(session, Action.RECALL_ENDED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=found.batch_id)  # fmt: skip
    return found


def withdraw_recall(
    session: Session, actor: Actor, recall_id: UUID, reason: WithdrawalReason, *, typed_lot_number: str
) -> Recall:
    """The recall should not have been: the batch may be sold again, and the page says what happened."""
    found = _open_recall(session, actor, recall_id, typed_lot_number)
    found.withdrawn_at = clock.now()
    found.withdrawal_reason = reason
    lots = reach.list_lots(session, found.id)
    reach.mark_batches(session, [lot.batch_id for lot in lots])
    # An earlier recall that was ended, not withdrawn, still holds; so does another that reaches the same lot.
    same = _same_goods(session, found)
    still = queries.list_recalled_among(session, same)
    details = {"withdrawal_reason": str(reason)}
    for disposition, goods in (
        ({"unset": [RECALLED]}, [one for one in same if one not in still]),
        ({"set": [RECALLED]}, [one for one in same if one in still]),
    ):
        if goods:
            _record(session, actor, Verb.WITHDRAW_RECALL, found, details, disposition, goods)
    record(session, Action.RECALL_WITHDRAWN, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=found.batch_id)  # fmt: skip
    return found


def release_lot(
    session: Session, actor: Actor, recall_id: UUID, batch_id: UUID, *, typed_lot_number: str
) -> Event:
    """A lot made of recalled goods is not affected: it may be sold again, and so may what was made of it alone.

    Raises ``NotUnderReview``, ``LotNumberDiffers``, ``NotFound``.
    """
    require_officer(actor)
    found = queries.get_recall(session, recall_id)
    if session.get(RecallLot, (recall_id, batch_id)) is None:
        raise NotFound(_l("The recall does not reach such a lot."), code="batch-not-found")
    reach.lock_again(session, found)
    batch = lock_activated(session, batch_id)
    undecided = set(reach.list_undecided(session, found.id))
    if not found.is_in_force or batch_id not in undecided:
        raise NotUnderReview(_l("This lot is not under review for this recall any more."))
    confirm_lot_number(batch, typed_lot_number)
    # What is reached past this lot and past those cleared before stays under review.
    cleared_before = {
        lot.batch_id for lot in reach.list_lots(session, found.id) if lot.decision == ReviewEnd.NOT_AFFECTED
    }
    cleared = undecided - reached_batches(session, found.batch_id, without=cleared_before | {batch_id}).keys()
    now = clock.now()
    reach.clear_lots(session, found, cleared, now)
    happening = Happening(
        verb=Verb.RELEASE,
        event_time=now,
        goods=reach.name_lots(session, cleared),
        document=found.id,
        extensions={"review": "not_affected"},
        marks=[OFFICIAL],
    )
    event = record_event(session, actor, happening)
    record(session, Action.SALE_RESUMED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=batch.id)  # fmt: skip
    return event


def lock_activated(session: Session, batch_id: UUID) -> Batch:
    """An activated batch of anybody under its lock, or ``NotFound``."""
    batch = session.get(Batch, batch_id)
    if batch is None or movements.lock_batch(session, batch) is None:
        raise NotFound(_l("There is no activated batch like this."), code="batch-not-found")
    return batch


def confirm_lot_number(batch: Batch, typed: str) -> None:
    """Raise ``LotNumberDiffers`` unless the lot number was typed: no recall or hold is a slip of the thumb."""
    if typed.strip() != batch.lot_number:
        raise LotNumberDiffers(
            _l("Type the lot number exactly as on the label: %(lot_number)s.", lot_number=batch.lot_number),
            field="typed_lot_number",
        )


def _open_recall(session: Session, actor: Actor, recall_id: UUID, typed_lot_number: str) -> Recall:
    require_officer(actor)
    found = queries.get_recall(session, recall_id)
    reach.lock_again(session, found)
    batch = lock_activated(session, found.batch_id)
    session.refresh(found)
    if not found.is_in_force:
        raise RecallOver(_l("This recall is already over."))
    confirm_lot_number(batch, typed_lot_number)
    return found


def _same_goods(session: Session, about: Recall) -> list[UUID]:
    """The lots that are recalled by it, in the order of their ids."""
    lots = reach.list_lots(session, about.id)
    return sorted(lot.batch_id for lot in lots if lot.relation != Relation.MADE_FROM)


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    about: Recall,
    details: dict[str, Any],
    disposition: dict[str, Any],
    batch_ids: Sequence[UUID],
) -> None:
    happening = Happening(
        verb=verb,
        event_time=clock.now(),
        goods=reach.name_lots(session, batch_ids),
        document=about.id,
        persistent_disposition=disposition,
        extensions=details,
    )
    record_event(session, actor, happening)
