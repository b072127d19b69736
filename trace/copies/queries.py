"""Reads of cases. Whose they are is part of each read: a producer's never meet another's."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from trace.accounts.models import Organisation
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.copies.models import CopyCase
from trace.copies.rules import PUBLIC, CopyFacts, Decision, from_data, most_telling
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page


def find_decided(session: Session, code: str) -> CopyFacts | None:
    """What was decided in public about the label with this normalised code: one look-up by the code."""
    wanted = (
        select(
            CopyCase.decision,
            CopyCase.decided_at,
            CopyCase.is_by_authority,
            CopyCase.findings,
            Organisation.name,
        )
        .join(Organisation, Organisation.id == CopyCase.decided_by_id)
        .where(CopyCase.code == code, CopyCase.decision.in_(PUBLIC))
    )
    found = session.execute(wanted).first()
    if found is None or found.decision is None or found.decided_at is None:
        return None
    return CopyFacts(
        decision=Decision(found.decision),
        decided_at=clock.local(found.decided_at),
        # A household that does not wish to be named stays unnamed here too.
        authority=found.name if found.is_by_authority else None,
        finding=most_telling(from_data(found.findings)),
    )


def get_case(session: Session, actor: Actor, case_id: UUID) -> CopyCase:
    """A case the acting organisation may read: the authority any, a producer one of its own labels."""
    found = session.scalar(_readable(actor).where(CopyCase.id == case_id))
    if found is None:
        raise NotFound(_l("There is no such case."), code="copy-case-not-found")
    return found


def list_cases(session: Session, actor: Actor, page: int, *, decided: bool) -> Page[CopyCase]:
    """Cases that wait, those with most to tell first, or those that were decided, the latest first."""
    wanted = _readable(actor).options(
        selectinload(CopyCase.batch).selectinload(Batch.product), selectinload(CopyCase.organisation)
    )
    if decided:
        shown = wanted.where(CopyCase.decision.is_not(None)).order_by(CopyCase.decided_at.desc(), CopyCase.id)
    else:
        shown = wanted.where(CopyCase.decision.is_(None)).order_by(
            CopyCase.score.desc(), CopyCase.opened_at, CopyCase.id
        )
    return fetch_page(session, shown, page)


def count_open(session: Session, actor: Actor) -> int:
    """How many cases the acting organisation may read that nobody has decided."""
    waiting = _readable(actor).where(CopyCase.decision.is_(None)).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


def _readable(actor: Actor) -> Select[CopyCase]:
    wanted = select(CopyCase)
    return wanted if actor.is_officer else wanted.where(CopyCase.organisation_id == actor.organisation_id)
