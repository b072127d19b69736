"""Reads of recalls."""

from collections.abc import Collection
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page
from trace.recalls.models import Recall, RecallLot, Relation
from trace.recalls.rules import RecallClass, RecallFacts, RecallReason, WithdrawalReason


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
    """All recalls a batch ever had, newest first: of itself, and of lots that are the same goods."""
    wanted = (
        select(Recall)
        .join(RecallLot, RecallLot.recall_id == Recall.id)
        .where(RecallLot.batch_id == batch_id, RecallLot.relation != Relation.MADE_FROM)
    )
    return list(session.scalars(wanted.order_by(Recall.started_at.desc(), Recall.id.desc())))


def list_recall_facts(session: Session, batch_id: UUID) -> tuple[RecallFacts, ...]:
    """All recalls a batch ever had, newest first, as the verdict and the public wording need them."""
    return tuple(facts_of(recall, batch_id) for recall in list_batch_recalls(session, batch_id))


def list_reviews(session: Session, batch_id: UUID) -> list[RecallLot]:
    """The recalls in force for which a batch is under review, newest first: it was made of recalled goods."""
    wanted = (
        select(RecallLot)
        .join(Recall)
        .where(
            RecallLot.batch_id == batch_id,
            RecallLot.relation == Relation.MADE_FROM,
            RecallLot.decision.is_(None),
            Recall.withdrawn_at.is_(None),
        )
        .options(joinedload(RecallLot.recall))
        .order_by(Recall.started_at.desc(), Recall.id.desc())
    )
    return list(session.scalars(wanted))


def list_recalled_among(session: Session, batch_ids: Collection[UUID]) -> set[UUID]:
    """Those of these batches that are recalled."""
    return set(session.scalars(select(Batch.id).where(Batch.id.in_(batch_ids), Batch.is_recalled)))


def facts_of(recall: Recall, batch_id: UUID) -> RecallFacts:
    """One recall as it stands for a batch that it names, itself or through another lot."""
    return RecallFacts(
        recall_class=RecallClass(recall.recall_class),
        reason=RecallReason(recall.reason),
        started_at=clock.local(recall.started_at),
        decision_number=recall.decision_number,
        decided_on=recall.decided_on,
        ended_on=clock.local(recall.ended_at).date() if recall.ended_at else None,
        withdrawn_on=clock.local(recall.withdrawn_at).date() if recall.withdrawn_at else None,
        withdrawal_reason=WithdrawalReason(recall.withdrawal_reason) if recall.withdrawal_reason else None,
        through_lot=recall.batch.lot_number if recall.batch_id != batch_id else None,
    )


def list_recalls(session: Session, page: int = 1, *, in_force: bool | None = None) -> Page[Recall]:
    """Recalls, newest first; with ``in_force`` only those that are, or only those that are over."""
    wanted = select(Recall).join(Batch).order_by(Recall.started_at.desc(), Recall.id.desc())
    is_open = Recall.ended_at.is_(None) & Recall.withdrawn_at.is_(None)
    if in_force is not None:
        wanted = wanted.where(is_open if in_force else ~is_open)
    return fetch_page(session, wanted, page)
