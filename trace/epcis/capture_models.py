"""Mapped class of capture jobs: a document that was sent, how far it is, and what was wrong with its events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class CaptureJob(Base):
    """One document of one organisation. ``body`` is the document, compressed, until it has been worked on."""

    __tablename__ = "capture_jobs"
    __table_args__ = (
        CheckConstraint("behaviour in ('rollback', 'proceed')", name="behaviour"),
        Index("ix_capture_jobs_organisation", "organisation_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    behaviour: Mapped[str]
    event_count: Mapped[int]
    captured_count: Mapped[int] = mapped_column(default=0)
    is_success: Mapped[bool] = mapped_column(default=True)  # no error so far
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]

    @property
    def is_running(self) -> bool:
        return self.finished_at is None
