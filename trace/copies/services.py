"""Use cases of copies: note where an item was scanned, decide about a case, take that back. None commits.

Scans open a case and make its score rise; they decide nothing, and no public verdict reads them.
"""

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved
from trace.accounts.security_log import Action, record
from trace.batches.stamp_queries import Stamp
from trace.copies import queries
from trace.copies.models import CopyCase, CopyStep
from trace.copies.rules import (
    CodeDiffers,
    DecidedByAuthority,
    Decision,
    NothingDecided,
    as_data,
    is_confirmed,
    may_decide,
)
from trace.core import clock
from trace.core.config import Settings
from trace.core.ids import uuid7
from trace.scans.clones import Label, Suspicion, Thresholds, suspect
from trace.scans.places import list_sightings, place_scan
from trace.scans.rules import NOBODY, Device


def thresholds_of(settings: Settings) -> Thresholds:
    """From where on something is worth a look, as the operator set it."""
    return Thresholds(
        places=settings.copy_places,
        places_within=timedelta(hours=settings.copy_places_hours),
        kilometres_an_hour=float(settings.copy_kilometres_an_hour),
        least_kilometres=float(settings.copy_kilometres),
        places_after_sale=settings.copy_places_after_sale,
        case=settings.copy_case_score,
    )


def note_place(
    session: Session,
    stamp: Stamp,
    device: Device,
    commune_code: str,
    thresholds: Thresholds,
    at: datetime | None = None,
) -> bool:
    """Note that this item was scanned in a commune (now), and open a case where that is one.

    False where nothing was noted: a program, or its kind of device counted less than ten minutes ago.
    """
    if device in NOBODY or not place_scan(session, stamp.code.code, device, commune_code, at):
        return False
    label = Label(
        is_void=stamp.voided is not None,
        is_active=stamp.batch is not None and stamp.batch.is_activated,
        sold_at=stamp.sold.made_at if stamp.sold else None,
    )
    found = suspect(label, list_sightings(session, stamp.code.code), thresholds)
    if found.is_case:
        _open_or_raise(session, stamp, found)
    return True


def _open_or_raise(session: Session, stamp: Stamp, found: Suspicion) -> None:
    """Open the label's case, or have an open one say more. One found to be no copy opens again if more speaks for one.

    A score never falls: what is forgotten in time was seen all the same.
    """
    batch = stamp.batch
    new = insert(CopyCase).values(
        id=uuid7(),
        code=stamp.code.code,
        organisation_id=stamp.run.organisation_id,
        batch_id=batch.id if batch else None,
        opened_at=clock.now(),
        score=found.score,
        findings=as_data(found.findings),
        is_by_authority=False,
    )
    is_no_copy = CopyCase.decision == Decision.NO_COPY
    session.execute(
        new.on_conflict_do_update(
            index_elements=["code"],
            set_={
                "score": func.greatest(CopyCase.score, new.excluded.score),
                "findings": new.excluded.findings,
                "decision": None,
                "decided_at": None,
                "decided_by_id": None,
                "is_by_authority": False,
                "opened_at": case((is_no_copy, new.excluded.opened_at), else_=CopyCase.opened_at),
            },
            where=or_(
                CopyCase.decision.is_(None) & (new.excluded.score >= CopyCase.score),
                is_no_copy & (new.excluded.score > CopyCase.score),
            ),
        )
    )


def decide(
    session: Session, actor: Actor, case_id: UUID, decision: Decision, note: str, *, typed_code: str
) -> CopyCase:
    """Say what a label is found to be. Saying the same again is saying it once.

    A confirmed copy wants the end of the code typed. Raises ``NotFound``, ``DecidedByAuthority``, ``CodeDiffers``.
    """
    found = _locked(session, actor, case_id)
    if (found.decision, found.decided_by_id) == (decision, actor.organisation_id):
        return found
    if decision is Decision.CONFIRMED_COPY and not is_confirmed(found.code, typed_code):
        raise CodeDiffers(
            _l("These are not the last four characters of this label's code."), field="typed_code"
        )
    return _note(session, actor, found, decision, note)


def take_back(session: Session, actor: Actor, case_id: UUID, note: str) -> CopyCase:
    """Take a decision back: the case is open again, and the public page says nothing of it.

    Raises ``NotFound``, ``DecidedByAuthority``, ``NothingDecided``.
    """
    found = _locked(session, actor, case_id)
    if found.decision is None:
        raise NothingDecided(_l("This case is open: there is no decision to take back."))
    return _note(session, actor, found, None, note)


def _locked(session: Session, actor: Actor, case_id: UUID) -> CopyCase:
    queries.get_case(session, actor, case_id)
    require_approved(actor)
    wanted = select(CopyCase).where(CopyCase.id == case_id).with_for_update()
    found = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if not may_decide(is_officer=actor.is_officer, is_by_authority=found.is_by_authority):
        raise DecidedByAuthority(_l("The authority has decided about this label. Call it if that is wrong."))
    return found


def _note(session: Session, actor: Actor, found: CopyCase, decision: Decision | None, note: str) -> CopyCase:
    found.decision = decision
    found.decided_at = clock.now() if decision else None
    found.decided_by_id = actor.organisation_id if decision else None
    found.is_by_authority = actor.is_officer and decision is not None
    session.add(
        CopyStep(
            case_id=found.id,
            decision=decision,
            note=note,
            is_by_authority=actor.is_officer,
            organisation_id=actor.organisation_id,
            user_id=actor.user_id,
        )
    )
    record(
        session,
        Action.COPY_DECIDED if decision else Action.COPY_DECISION_WITHDRAWN,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        subject_id=found.id,
        decision=str(decision) if decision else None,
        code=found.code,
    )
    session.flush()
    session.refresh(found, ["steps", "decided_by"])
    return found
