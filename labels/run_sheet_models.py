"""Mapped class of the PDF files of print runs: which stamps, what was chosen, how far."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.batches.stamp_models import StampRun
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class RunSheets(Base):
    """Stamps ``first_number`` to ``last_number`` of a run as one PDF; those that were void when it was asked for are
    left out, so that ``labels`` may be fewer.

    ``groups``, ``objects`` and ``length`` are what was written and is durable: whoever goes on after a crash cuts the
    file there. ``stopped_for`` is the stable code of what forbade the labels while they were made.
    """

    __tablename__ = "run_sheets"
    __table_args__ = (
        CheckConstraint("first_number between 1 and last_number", name="numbers"),
        CheckConstraint("labels between 1 and last_number - first_number + 1", name="labels"),
        CheckConstraint("made between 0 and labels", name="made"),
        CheckConstraint("finished_at is null or made = labels", name="finished_when_made"),
        CheckConstraint("finished_at is null or cancelled_at is null", name="one_end"),
        CheckConstraint("stopped_for is null or cancelled_at is not null", name="stopped_is_over"),
        Index("ix_run_sheets_run", "run_id", "created_at"),
        Index(
            "ix_run_sheets_unfinished",
            "id",
            postgresql_where=text("finished_at is null and cancelled_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stamp_runs.id"))
    # What was chosen for the labels, as the page of labels has it: {"size": "a4-40", "start": "7"}.
    chosen: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    first_number: Mapped[int]
    last_number: Mapped[int]
    labels: Mapped[int]
    made: Mapped[int] = mapped_column(default=0)
    groups: Mapped[int] = mapped_column(default=0)
    objects: Mapped[int] = mapped_column(default=0)
    length: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    stopped_for: Mapped[str | None]
    file_removed_at: Mapped[datetime | None]

    run: Mapped[StampRun] = relationship()

    @property
    def is_running(self) -> bool:
        """Whether a job is to go on with it."""
        return self.finished_at is None and self.cancelled_at is None

    @property
    def is_ready(self) -> bool:
        """Whether there is a file to take away."""
        return self.finished_at is not None and self.file_removed_at is None
