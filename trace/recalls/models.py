"""Recalls of batches. The row is where a recall stands; what was decided when is in its events."""

from datetime import date, datetime
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
