"""Mapped class of print runs on their way to a label printer: which stamps, how far, why it stopped."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from labels.printer_models import LabelPrinter
from trace.batches.stamp_models import StampRun
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class Stop(StrEnum):
    """Why a print waits for a person. After ``PARTLY`` and ``INTERRUPTED`` nobody here knows what is on paper."""

    NOT_REACHED = "not_reached"
    NOT_APPROVED = "not_approved"
    PARTLY = "partly"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"


class RunPrint(Base):
    """Stamps ``first_number`` to ``last_number`` of a run, sent to one printer portion by portion.

    All before ``next_number`` were handed over. A portion is noted in ``sending_to`` and committed before it is sent:
    whoever finds it there after a crash knows that those stamps may be on paper, and asks a person.
    """

    __tablename__ = "run_prints"
    __table_args__ = (
        CheckConstraint("first_number between 1 and last_number", name="numbers"),
        CheckConstraint("next_number between first_number and last_number + 1", name="next_number"),
        CheckConstraint(
            "sending_to is null or sending_to between next_number and last_number", name="sending_to"
        ),
        CheckConstraint("finished_at is null or next_number = last_number + 1", name="finished_when_sent"),
        CheckConstraint("num_nonnulls(finished_at, cancelled_at, stopped_at) <= 1", name="one_end"),
        CheckConstraint("(stopped_at is null) = (stopped_for is null)", name="stopped_for"),
        Index("ix_run_prints_run", "run_id", "created_at"),
        # One print at a time on a printer: two would mix their labels on one roll.
        Index(
            "uq_run_prints_printer",
            "printer_id",
            unique=True,
            postgresql_where=text("finished_at is null and cancelled_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("stamp_runs.id"))
    printer_id: Mapped[UUID | None] = mapped_column(ForeignKey("label_printers.id", ondelete="SET NULL"))
    printer_name: Mapped[str]
    # What was chosen for the labels, as the page of labels has it: {"form": "gs1", "text": "…"}.
    chosen: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    first_number: Mapped[int]
    last_number: Mapped[int]
    next_number: Mapped[int]
    sending_to: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    # Seconds in which portions were taken, for the speed: waiting for a person does not count.
    busy_s: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_for: Mapped[str | None]

    run: Mapped[StampRun] = relationship()
    printer: Mapped[LabelPrinter | None] = relationship()

    @property
    def size(self) -> int:
        """How many stamps were asked for."""
        return self.last_number - self.first_number + 1

    @property
    def sent(self) -> int:
        """How many were handed over."""
        return self.next_number - self.first_number

    @property
    def is_running(self) -> bool:
        """Whether a job is to send the next portion."""
        return self.finished_at is None and self.cancelled_at is None and self.stopped_at is None

    @property
    def is_stopped(self) -> bool:
        """Whether it waits for a person to say where to go on."""
        return self.stopped_at is not None
