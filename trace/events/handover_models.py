"""Mapped classes of what is between two parties: shipments, differences to settle, claims, holds, links to confirm.

These rows say where a matter stands now; what was done when is in the events.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    and_,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Organisation, Party
from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class Outcome(StrEnum):
    """What became of goods that were shipped and not received, as both sides settle it."""

    NATURAL_LOSS = "natural_loss"
    SPOILED = "spoiled"
    RETURNED = "returned"
    MISCOUNTED_BY_SENDER = "miscounted_by_sender"
    MISCOUNTED_BY_RECEIVER = "miscounted_by_receiver"
    LOST = "lost"


class Shipment(Base):
    """Goods on their way: out of the sender's holding, not yet in the receiver's."""

    __tablename__ = "shipments"
    __table_args__ = (
        CheckConstraint("(receiver_id is null) <> (party_id is null)", name="one_receiver"),
        CheckConstraint("receiver_id is null or receiver_id <> sender_id", name="takes_two"),
        CheckConstraint("num_nonnulls(received_at, cancelled_at, refused_at) <= 1", name="one_end"),
        Index("ix_shipments_receiver_open", "receiver_id", "received_at"),
        Index("ix_shipments_sender", "sender_id", "shipped_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[int] = mapped_column(BigInteger, Identity(start=1001), unique=True)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    receiver_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    shipped_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=func.now())
    received_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    is_return: Mapped[bool] = mapped_column(default=False)

    sender: Mapped[Organisation] = relationship(foreign_keys=[sender_id])
    receiver: Mapped[Organisation | None] = relationship(foreign_keys=[receiver_id])
    party: Mapped[Party | None] = relationship()
    lines: Mapped[list["ShipmentLine"]] = relationship(
        back_populates="shipment", order_by="ShipmentLine.batch_id, ShipmentLine.id"
    )
    units: Mapped[list["ShipmentUnit"]] = relationship(order_by="ShipmentUnit.unit_id")

    @property
    def is_over(self) -> bool:
        """Cancelled by its sender or refused by its receiver: the goods never changed hands."""
        return self.cancelled_at is not None or self.refused_at is not None

    @hybrid_property
    def is_open(self) -> bool:
        """Whether it waits for its receiver; what goes to a party without an account never waits."""
        return self.receiver_id is not None and self.received_at is None and not self.is_over

    @is_open.inplace.expression
    @classmethod
    def _is_open_in_sql(cls) -> ColumnElement[bool]:
        return and_(
            cls.receiver_id.is_not(None),
            cls.received_at.is_(None),
            cls.cancelled_at.is_(None),
            cls.refused_at.is_(None),
        )


class ShipmentLine(Base):
    """How much of one batch a shipment carries, loose or in one carton, and how much of it arrived."""

    __tablename__ = "shipment_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received_quantity between 0 and quantity", name="received_quantity"),
        CheckConstraint(
            "received_quantity is null or"
            " quantity = received_quantity + lost_quantity + open_quantity + settled_quantity",
            name="sums_balance",
        ),
        CheckConstraint(
            "lost_quantity >= 0 and open_quantity >= 0 and settled_quantity >= 0", name="not_negative"
        ),
        UniqueConstraint(
            "shipment_id",
            "batch_id",
            "unit_id",
            name="uq_shipment_lines_goods",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_shipment_lines_batch", "batch_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistic_units.id"))  # the carton it lies in
    quantity: Mapped[Decimal]
    received_quantity: Mapped[Decimal | None]
    lost_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    open_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    settled_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))

    shipment: Mapped[Shipment] = relationship(back_populates="lines")
    batch: Mapped[Batch] = relationship()
    unit: Mapped[LogisticUnit | None] = relationship()


class ShipmentUnit(Base):
    """A carton or pallet of a shipment as it stood when it left, and whether it arrived."""

    __tablename__ = "shipment_units"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("logistic_units.id"), primary_key=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistic_units.id"))
    has_arrived: Mapped[bool | None]

    unit: Mapped[LogisticUnit] = relationship(foreign_keys=[unit_id])


class Settlement(Base):
    """One side's word on what became of a difference; it counts once the other side agrees."""

    __tablename__ = "settlements"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("agreed_at is null or declined_at is null", name="one_end"),
        Index(
            "uq_settlements_line_open",
            "line_id",
            unique=True,
            postgresql_where=text("agreed_at is null and declined_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("shipment_lines.id"), index=True)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    outcome: Mapped[str]
    quantity: Mapped[Decimal]
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    agreed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]

    line: Mapped[ShipmentLine] = relationship()


class ClaimEnd(StrEnum):
    """How a claim ended."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Claim(Base):
    """Goods somebody says to have received although nobody declared a shipment; moves nothing until confirmed."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("claimant_id <> sender_id", name="takes_two"),
        CheckConstraint("(closed_at is null) = (outcome is null)", name="closed"),
        Index("ix_claims_sender_open", "sender_id", postgresql_where=text("closed_at is null")),
        Index("ix_claims_claimant", "claimant_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    claimant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), index=True)
    quantity: Mapped[Decimal]
    received_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    lapses_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    claimant: Mapped[Organisation] = relationship(foreign_keys=[claimant_id])
    sender: Mapped[Organisation] = relationship(foreign_keys=[sender_id])
    batch: Mapped[Batch] = relationship()


class Hold(Base):
    """Goods set aside: one organisation's own, or, when official, the whole batch wherever it is."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(
            "uq_holds_in_force",
            "batch_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))  # who set it
    is_official: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    batch: Mapped[Batch] = relationship()
    organisation: Mapped[Organisation] = relationship()


class Confirmation(Base):
    """A link by which a party without an account may say whether a handover was so; its secret is kept hashed."""

    __tablename__ = "confirmations"
    __table_args__ = (CheckConstraint("(answered_at is null) = (answer is null)", name="answered"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]  # "yes" or "no"

    party: Mapped[Party] = relationship()
