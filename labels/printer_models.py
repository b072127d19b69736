"""Mapped class of an organisation's label printers: language, paper, stored offsets."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class Language(StrEnum):
    """What a printer is sent."""

    PDF = "pdf"
    ZPL = "zpl"
    TSPL = "tspl"


class LabelPrinter(Base):
    """One printer as one organisation has set it up; ``address`` is one the operator approved, or None."""

    __tablename__ = "label_printers"
    __table_args__ = (
        CheckConstraint("language in ('pdf', 'zpl', 'tspl')", name="language"),
        CheckConstraint("dpi in (203, 300, 600)", name="dpi"),
        CheckConstraint("(width_mm is null) = (height_mm is null)", name="own_size"),
        UniqueConstraint("organisation_id", "name", name="uq_label_printers_name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    language: Mapped[str]
    dpi: Mapped[int]
    design: Mapped[str]  # the key of a ready size, or "own"
    width_mm: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    height_mm: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    gap_mm: Mapped[Decimal] = mapped_column(Numeric(3, 1))
    offset_x_mm: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    offset_y_mm: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    is_turned: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
