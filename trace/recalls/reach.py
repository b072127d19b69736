"""What a recall reaches, kept with it: the lots of the same goods are recalled, those made of them under review.

Written in the recall's own transaction, under the locks of every lot it reaches: nothing can be made of them
meanwhile, and nothing afterwards, as custody refuses it. Who may decide, and what is told, is ``services``'.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from trace.batches.models import Batch
from trace.core.errors import Refusal
from trace.events import movements
from trace.events.documents import Named
from trace.recalls.graph import Nearness
from trace.recalls.graph_queries import reached_batches
from trace.recalls.models import Recall, RecallLot, Relation, ReviewEnd

_RELATIONS = {
    Nearness.START: Relation.NAMED,
    Nearness.SAME_GOODS: Relation.SAME_GOODS,
    Nearness.MADE_FROM: Relation.MADE_FROM,
}
# New lots appear only while the locks are not all held; who outruns this makes lots faster than they are read.
_MOST_ROUNDS = 20


class GoodsOnTheMove(Refusal):
    """New lots came of the goods faster than they could be stopped; the next try stands as good a chance."""

    code = "goods-on-the-move"


def lock_reached(session: Session, batch_id: UUID) -> dict[UUID, Relation]:
    """Lock every lot a recall of the batch reaches, and say how each is related to it.

    The locks are taken lowest id first, as everywhere. When a lot came to be before the last of them was had, all
    are let go of and taken anew, so that nobody is waited for out of order. Raises ``GoodsOnTheMove``.
    """
    for _round in range(_MOST_ROUNDS):
        wanted = reached_batches(session, batch_id).keys() | {batch_id}
        attempt = session.begin_nested()
        movements.lock_balances(session, wanted)
        reached = reached_batches(session, batch_id)
        if reached.keys() <= wanted:
            attempt.commit()
            return {one: _RELATIONS[nearness] for one, nearness in reached.items()}
        attempt.rollback()
    raise GoodsOnTheMove(_l("New lots are being made of these goods at this moment. Try again."))


def lock_again(session: Session, recall: Recall) -> None:
    """Lock every lot the recall reached when it was issued."""
    movements.lock_balances(session, [lot.batch_id for lot in list_lots(session, recall.id)])


def keep_reach(session: Session, recall: Recall, reached: Mapping[UUID, Relation], now: datetime) -> None:
    """Note what the recall reaches, and mark the batches.

    A lot that was under review for another recall and is recalled now has been decided about.
    """
    reached = {**reached, recall.batch_id: Relation.NAMED}
    session.execute(
        insert(RecallLot),
        [
            {"recall_id": recall.id, "batch_id": one, "relation": str(relation)}
            for one, relation in sorted(reached.items())
        ],
    )
    recalled = [one for one, relation in reached.items() if relation != Relation.MADE_FROM]
    session.execute(
        update(RecallLot)
        .where(
            RecallLot.batch_id.in_(recalled),
            RecallLot.relation == Relation.MADE_FROM,
            RecallLot.decision.is_(None),
        )
        .values(decision=ReviewEnd.RECALLED, decided_at=now)
    )
    mark_batches(session, reached)


def clear_lots(session: Session, recall: Recall, batch_ids: Collection[UUID], now: datetime) -> None:
    """Note that these lots under review are not affected by the recall, and mark the batches."""
    session.execute(
        update(RecallLot)
        .where(
            RecallLot.recall_id == recall.id,
            RecallLot.batch_id.in_(batch_ids),
            RecallLot.decision.is_(None),
            RecallLot.relation == Relation.MADE_FROM,
        )
        .values(decision=ReviewEnd.NOT_AFFECTED, decided_at=now)
    )
    mark_batches(session, batch_ids)


def mark_batches(session: Session, batch_ids: Collection[UUID]) -> None:
    """Let batches follow the recalls that reach them: one that was ended still holds, one withdrawn does not."""
    session.flush()
    reaching = (
        select(RecallLot.recall_id)
        .join(Recall, Recall.id == RecallLot.recall_id)
        .where(RecallLot.batch_id == Batch.id, Recall.withdrawn_at.is_(None))
    )
    session.execute(
        update(Batch)
        .where(Batch.id.in_(batch_ids))
        .values(
            is_recalled=exists(reaching.where(RecallLot.relation != Relation.MADE_FROM)),
            is_under_review=exists(
                reaching.where(RecallLot.relation == Relation.MADE_FROM, RecallLot.decision.is_(None))
            ),
        )
        .execution_options(synchronize_session=False)
    )
    for batch in session.identity_map.values():
        if isinstance(batch, Batch) and batch.id in batch_ids:
            session.expire(batch, ["is_recalled", "is_under_review"])


def list_lots(session: Session, recall_id: UUID) -> list[RecallLot]:
    """What a recall reaches: the named lot, the same goods, then what was made of them."""
    order = [Relation.NAMED, Relation.SAME_GOODS, Relation.MADE_FROM]
    found = session.scalars(
        select(RecallLot).where(RecallLot.recall_id == recall_id).execution_options(populate_existing=True)
    )
    return sorted(found, key=lambda lot: (order.index(Relation(lot.relation)), lot.batch_id))


def list_undecided(session: Session, recall_id: UUID) -> list[UUID]:
    """The lots of a recall that are under review."""
    wanted = select(RecallLot.batch_id).where(
        RecallLot.recall_id == recall_id,
        RecallLot.relation == Relation.MADE_FROM,
        RecallLot.decision.is_(None),
    )
    return sorted(session.scalars(wanted))


def name_lots(session: Session, batch_ids: Collection[UUID]) -> Sequence[Named]:
    """Batches as an event names them, without a quantity, in the order of their ids."""
    wanted = select(Batch.id, Batch.code, Batch.uom).where(Batch.id.in_(batch_ids)).order_by(Batch.id)
    return [
        Named(f"urn:uuid:{row.id}", uom=row.uom, lot=row.code, batch_id=row.id)
        for row in session.execute(wanted)
    ]
