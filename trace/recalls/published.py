"""Which recalls the public list shows, and in which order. Rows only: their words are ``trace.public.recall_list``'s.

What is shown of each is public by nature; who holds how much, and lots nobody has decided about, are never read here.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from producers.models import Product
from trace.batches.models import Batch
from trace.core import clock
from trace.core.paging import Page, fetch_page
from trace.core.short_codes import normalise
from trace.core.text import fold
from trace.recalls.models import Recall, RecallLot, Relation
from trace.recalls.rules import DAYS_A_WITHDRAWAL_IS_TOLD

ROWS = 20
FEED_ROWS = 50
LONGEST_SEARCH = 80
_IS_IN_FORCE = Recall.ended_at.is_(None) & Recall.withdrawn_at.is_(None)
_CHANGED_AT = func.greatest(Recall.started_at, Recall.ended_at, Recall.withdrawn_at)


class Standing(StrEnum):
    """Which part of the list is asked for; no part is all of it."""

    CURRENT = "current"
    PAST = "past"


def changed_at(recall: Recall) -> datetime:
    """When it last became something else: was issued, ended or withdrawn."""
    return max(at for at in (recall.started_at, recall.ended_at, recall.withdrawn_at) if at is not None)


def list_published(
    session: Session, page: int = 1, *, standing: Standing | None = None, search: str = ""
) -> Page[Recall]:
    """In force first, then ended, then withdrawn ones while they are told; the newest of each first.

    ``search`` is part of a product's name, a lot number or a code; up to 20 a page.
    """
    wanted = _published().order_by(
        case((_IS_IN_FORCE, 0), (Recall.ended_at.is_not(None), 1), else_=2),
        Recall.started_at.desc(),
        Recall.id.desc(),
    )
    if standing is not None:
        wanted = wanted.where(_IS_IN_FORCE if standing is Standing.CURRENT else ~_IS_IN_FORCE)
    typed = search.strip()[:LONGEST_SEARCH]
    return fetch_page(session, wanted.where(_is_about(typed)) if typed else wanted, page, rows=ROWS)


def list_changed(session: Session, page: int = 1) -> Page[Recall]:
    """The same recalls, those that changed last first; up to 50 a page."""
    wanted = _published().order_by(_CHANGED_AT.desc(), Recall.id.desc())
    return fetch_page(session, wanted, page, rows=FEED_ROWS)


def find_last_change(session: Session) -> datetime | None:
    """When a recall last changed, those that are not told any more among them; None where there never was one."""
    found: datetime | None = session.scalar(select(func.max(_CHANGED_AT)))
    return found


def list_recalled_lots(session: Session, recalls: Sequence[Recall]) -> dict[UUID, list[Batch]]:
    """The lots each of these recalls names: its own first, then the same goods under other numbers."""
    found: defaultdict[UUID, list[Batch]] = defaultdict(list)
    wanted = (
        select(RecallLot.recall_id, Batch)
        .join(Batch, Batch.id == RecallLot.batch_id)
        .where(
            RecallLot.recall_id.in_([one.id for one in recalls]),
            RecallLot.relation != Relation.MADE_FROM,
            Batch.activated_at.is_not(None),
        )
        .order_by(RecallLot.relation != Relation.NAMED, Batch.lot_number, Batch.id)
    )
    for recall_id, lot in session.execute(wanted):
        found[recall_id].append(lot)
    return found


def _published() -> Select[Recall]:
    first_day = clock.today() - timedelta(days=DAYS_A_WITHDRAWAL_IS_TOLD)
    told_since = clock.from_local(datetime.combine(first_day, time()))
    return (
        select(Recall)
        .join(Recall.batch)
        .options(contains_eager(Recall.batch))
        .where(or_(Recall.withdrawn_at.is_(None), Recall.withdrawn_at >= told_since))
    )


def _is_about(typed: str) -> ColumnElement[bool]:
    """Whether one of the lots a recall names is meant by what was typed."""
    return exists(
        select(RecallLot.batch_id)
        .join(Batch, Batch.id == RecallLot.batch_id)
        .join(Product, Product.id == Batch.product_id)
        .where(
            RecallLot.recall_id == Recall.id,
            RecallLot.relation != Relation.MADE_FROM,
            or_(
                Product.name_folded.contains(fold(typed), autoescape=True),
                # What the label says, where the product was named anew since.
                func.lower(Batch.seal["product_name"].astext).contains(typed.lower(), autoescape=True),
                func.lower(Batch.lot_number).contains(typed.lower(), autoescape=True),
                Batch.code == normalise(typed),
            ),
        )
    )
