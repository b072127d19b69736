"""Use cases of recalls. A recall, its end and its withdrawal are events with leaves; happens once by state.

The lot number is typed again to confirm, the reason is a code with fixed public wording (never free text: a page
and a log that nobody can take back are no place for an accusation).
"""

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
from trace.events.documents import Happening, goods_of
from trace.events.models import Verb
from trace.events.record import record_event
from trace.recalls import queries
from trace.recalls.models import Recall
from trace.recalls.rules import REASONS_OF, RecallClass, RecallReason, WithdrawalReason

RECALLED = "recalled"


class AlreadyRecalled(Refusal):
    """A recall of this batch is in force."""

    code = "already-recalled"


class RecallOver(Refusal):
    """The recall was ended or withdrawn before."""

    code = "recall-over"


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
    """Call a batch back: public from the commit on. Raises ``LotNumberDiffers``, ``AlreadyRecalled``, ``BadInput``."""
    require_officer(actor)
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
    batch.is_recalled = True
    details: dict[str, Any] = {"recall_class": str(recall_class), "reason": str(reason)}
    if decision:
        details["decision"] = {"number": decision.number, "decided_on": decision.decided_on.isoformat()}
    _record(session, actor, Verb.RECALL, started, details, {"set": [RECALLED]})
    record(session, Action.RECALL_ISSUED, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=batch.id)  # fmt: skip
    return started


def end_recall(session: Session, actor: Actor, recall_id: UUID, *, typed_lot_number: str) -> Recall:
    """The goods were called back and dealt with. The pack still in a fridge stays recalled: the page says so."""
    found = _open_recall(session, actor, recall_id, typed_lot_number)
    found.ended_at = clock.now()
    _record(session, actor, Verb.END_RECALL, found, {}, {"set": [RECALLED]})
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
    # An earlier recall that was ended, not withdrawn, still holds.
    earlier = queries.list_batch_recalls(session, found.batch_id)
    found.batch.is_recalled = any(other.ended_at is not None for other in earlier)
    disposition = {"set": [RECALLED]} if found.batch.is_recalled else {"unset": [RECALLED]}
    _record(session, actor, Verb.WITHDRAW_RECALL, found, {"withdrawal_reason": str(reason)}, disposition)
    record(session, Action.RECALL_WITHDRAWN, user_id=actor.user_id, organisation_id=actor.organisation_id,
           subject_id=found.batch_id)  # fmt: skip
    return found


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
    batch = lock_activated(session, found.batch_id)
    session.refresh(found)
    if not found.is_in_force:
        raise RecallOver(_l("This recall is already over."))
    confirm_lot_number(batch, typed_lot_number)
    return found


def _record(
    session: Session,
    actor: Actor,
    verb: Verb,
    about: Recall,
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
    )
    record_event(session, actor, happening)
