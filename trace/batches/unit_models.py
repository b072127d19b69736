"""Mapped classes of logistic units: cartons and pallets, what lies in them, and where an organisation keeps goods."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Location
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class UnitKind(StrEnum):
    CARTON = "carton"
    PALLET = "pallet"


class LogisticUnit(Base):
    """A carton or pallet with a code of ours, and an SSCC where its owner has one. Empty, it can be packed again."""

    __tablename__ = "logistic_units"
    __table_args__ = (
        CheckConstraint("kind in ('carton', 'pallet')", name="kind"),
        CheckConstraint("parent_id <> id", name="not_in_itself"),
        Index("ix_logistic_units_holder", "holder_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    sscc: Mapped[str | None] = mapped_column(unique=True)  # 18 digits
    packed_by: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    # Who has it now; None while it is on its way.
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistic_units.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    contents: Mapped[list["UnitContent"]] = relationship(
        back_populates="unit", order_by="UnitContent.batch_id"
    )

    @property
    def epc(self) -> str:
        """Its URI in events: the GS1 Digital Link of its SSCC, or our own."""
        return f"https://id.gs1.org/00/{self.sscc}" if self.sscc else f"urn:uuid:{self.id}"


class UnitContent(Base):
    """How much of one batch lies directly in one unit; the goods stay in their holder's holding."""

    __tablename__ = "unit_contents"
    __table_args__ = (CheckConstraint("quantity >= 0", name="not_negative"),)

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("logistic_units.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True, index=True)
    quantity: Mapped[Decimal]

    unit: Mapped[LogisticUnit] = relationship(back_populates="contents")
    batch: Mapped[Batch] = relationship()


class Placement(Base):
    """How much of a holding lies at a place other than the organisation's seat (``Holding.elsewhere`` is the sum)."""

    __tablename__ = "placements"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        ForeignKeyConstraint(
            ["batch_id", "organisation_id"],
            ["holdings.batch_id", "holdings.organisation_id"],
            name="fk_placements_holding",
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), primary_key=True)
    quantity: Mapped[Decimal]

    location: Mapped[Location] = relationship()
