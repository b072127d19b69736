"""The mapped class of test results."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.batches.models import Batch
from trace.core.chains import Appended
from trace.core.database import Base


class TestResult(Appended, Base):
    """One laboratory report on a lot (append-only). A correction is a new row that names the one it replaces.

    ``lines``: what was tested, each ``{"parameter", "result", "limit", "meets"}`` as text and, as the laboratory stated
    it, true, false or null. ``picture_sha256`` is the photographed report, public only if ``is_picture_public``.
    """

    __tablename__ = "test_results"
    __test__ = False  # its name begins like a test's
    __table_args__ = (
        CheckConstraint("sampled_on <= reported_on", name="dates"),
        CheckConstraint("not is_taken_back or corrects_id is not null", name="taken_back"),
        Index("ix_test_results_batch", "batch_id", "recorded_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    laboratory: Mapped[str]
    report_number: Mapped[str]
    sampled_on: Mapped[date | None]
    reported_on: Mapped[date]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    picture_sha256: Mapped[str | None]
    is_picture_public: Mapped[bool] = mapped_column(default=False)

    batch: Mapped[Batch] = relationship()
