"""Recalls of batches. The row is where a recall stands; what was decided when is in its events."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.batches.models import Batch
from trace.core.database import Base
from trace.core.ids import uuid7


class Recall(Base):
    """One recall of one batch, in force until it is ended or withdrawn.

    A decision has number and date; without them the recall is the producer's own ("voluntary").
    """

    __tablename__ = "recalls"
    __table_args__ = (
        CheckConstraint("recall_class in ('health', 'quality', 'labelling')", name="recall_class"),
        CheckConstraint("(decision_number is null) = (decided_on is null)", name="decision"),
        CheckConstraint("ended_at is null or withdrawn_at is null", name="one_end"),
        CheckConstraint("(withdrawn_at is null) = (withdrawal_reason is null)", name="withdrawal_reason"),
        Index(
            "uq_recalls_batch_in_force",
            "batch_id",
            unique=True,
            postgresql_where=text("ended_at is null and withdrawn_at is null"),
        ),
        Index("ix_recalls_batch", "batch_id", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    authority_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    recall_class: Mapped[str]
    reason: Mapped[str]
    decision_number: Mapped[str | None]
    decided_on: Mapped[date | None]
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None]

    batch: Mapped[Batch] = relationship()

    @property
    def is_in_force(self) -> bool:
        return self.ended_at is None and self.withdrawn_at is None

    @property
    def is_voluntary(self) -> bool:
        return self.decision_number is None


class Relation(StrEnum):
    """How a lot is reached by a recall: named by it, the same goods under another number, or made of them."""

    NAMED = "named"
    SAME_GOODS = "same_goods"
    MADE_FROM = "made_from"


class ReviewEnd(StrEnum):
    """What an officer decided about a lot made of recalled goods."""

    NOT_AFFECTED = "not_affected"
    RECALLED = "recalled"  # by a recall of its own


class RecallLot(Base):
    """One lot a recall reaches, as the graph stood when it was issued.

    A lot that is ``made_from`` recalled goods is under review until it is decided about.
    """

    __tablename__ = "recall_lots"
    __table_args__ = (
        CheckConstraint("relation in ('named', 'same_goods', 'made_from')", name="relation"),
        CheckConstraint("decision in ('not_affected', 'recalled')", name="decision"),
        CheckConstraint("(decision is null) = (decided_at is null)", name="decided"),
        CheckConstraint("decision is null or relation = 'made_from'", name="reviewed"),
        Index("ix_recall_lots_batch", "batch_id"),
    )

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recalls.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    relation: Mapped[str]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    recall: Mapped[Recall] = relationship()
    batch: Mapped[Batch] = relationship()
