"""Mapped classes of cases: a label that may have been copied, and who decided what about it.

A case speaks of a label and of communes, never of a person who scanned.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.copies.rules import Decision
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7

_DECISIONS = f"decision in ({', '.join(repr(str(one)) for one in Decision)})"


class CopyCase(Base):
    """One label. ``organisation_id`` is whose label it is, ``batch_id`` the lot it stood for as the case was opened.

    ``decision`` None: open. ``findings`` as ``trace.copies.rules.as_data`` writes them.
    """

    __tablename__ = "copy_cases"
    __table_args__ = (
        UniqueConstraint("code", name="uq_copy_cases_code"),
        CheckConstraint(_DECISIONS, name="decision"),
        CheckConstraint(
            "(decision is null) = (decided_at is null) and (decision is null) = (decided_by_id is null)"
            " and (decision is not null or not is_by_authority)",
            name="decided",
        ),
        CheckConstraint("score between 0 and 100", name="score"),
        Index("ix_copy_cases_organisation", "organisation_id", "opened_at"),
        Index("ix_copy_cases_open", "opened_at", postgresql_where=text("decision is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    score: Mapped[int]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    is_by_authority: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    decided_by: Mapped[Organisation | None] = relationship(foreign_keys=[decided_by_id])
    batch: Mapped[Batch | None] = relationship()
    steps: Mapped[list["CopyStep"]] = relationship(order_by="CopyStep.created_at, CopyStep.id")


class CopyStep(Base):
    """A decision, or (``decision`` None) that it was taken back. ``note`` is read by owner and authority alone."""

    __tablename__ = "copy_case_steps"
    __table_args__ = (
        CheckConstraint(_DECISIONS, name="decision"),
        Index("ix_copy_case_steps_case", "case_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("copy_cases.id"))
    decision: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    is_by_authority: Mapped[bool]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    organisation: Mapped[Organisation] = relationship()
