"""Reads of recalls."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.batches.models import Batch
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page
from trace.recalls.models import Recall


def get_recall(session: Session, recall_id: UUID) -> Recall:
    """The recall, or ``NotFound``; only officers ask by id."""
    found = session.get(Recall, recall_id)
    if found is None:
        raise NotFound(_l("There is no such recall."), code="recall-not-found")
    return found


def find_recall_in_force(session: Session, batch_id: UUID) -> Recall | None:
    """The recall that is in force for a batch."""
    return session.scalars(
        select(Recall).where(
            Recall.batch_id == batch_id, Recall.ended_at.is_(None), Recall.withdrawn_at.is_(None)
        )
    ).one_or_none()


def list_batch_recalls(session: Session, batch_id: UUID) -> list[Recall]:
    """All recalls a batch ever had, newest first."""
    wanted = select(Recall).where(Recall.batch_id == batch_id)
    return list(session.scalars(wanted.order_by(Recall.started_at.desc(), Recall.id.desc())))


def list_recalls(session: Session, page: int = 1, *, in_force: bool | None = None) -> Page[Recall]:
    """Recalls, newest first; with ``in_force`` only those that are, or only those that are over."""
    wanted = select(Recall).join(Batch).order_by(Recall.started_at.desc(), Recall.id.desc())
    is_open = Recall.ended_at.is_(None) & Recall.withdrawn_at.is_(None)
    if in_force is not None:
        wanted = wanted.where(is_open if in_force else ~is_open)
    return fetch_page(session, wanted, page)
