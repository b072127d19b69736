"""Mapped classes of custody: events (append-only, named as in EPCIS 2.0), shipments, and what is private.

``events`` holds what the parties of an event may read; personal values, free text and the salts of the leaf's
commitments live in ``event_private``, where only erasure deletes.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Location, Organisation, Party
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class Verb(StrEnum):
    """Our verbs of custody; each is one kind of EPCIS event (docs/domain.md)."""

    ACTIVATE = "activate"
    SHIP = "ship"
    RECEIVE = "receive"
    SELL = "sell"
    DESTROY = "destroy"
    RECALL = "recall"
    END_RECALL = "end_recall"
    WITHDRAW_RECALL = "withdraw_recall"


class Event(Base):
    """One EPCIS event as first accepted; never changed (the app role cannot)."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_organisation_record", "organisation_id", "record_time"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    verb: Mapped[str]
    event_type: Mapped[str]
    action: Mapped[str | None]
    biz_step: Mapped[str | None]
    disposition: Mapped[str | None]
    event_time: Mapped[datetime]
    event_time_zone_offset: Mapped[str]
    record_time: Mapped[datetime]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))  # who recorded it
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    shipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipments.id"), index=True)
    read_point: Mapped[str | None]
    biz_location: Mapped[str | None]
    quantity_list: Mapped[list[dict[str, Any]]]
    source_list: Mapped[list[dict[str, Any]]]
    destination_list: Mapped[list[dict[str, Any]]]
    biz_transaction_list: Mapped[list[dict[str, Any]]]
    persistent_disposition: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    ilmd: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # Ours, beside the standard's: reason codes, loss, the public wording of a recall.
    extensions: Mapped[dict[str, Any]]
    event_hash: Mapped[str] = mapped_column(index=True)  # not unique: equal sales hash the same

    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    counterpart: Mapped[Organisation | None] = relationship(foreign_keys=[counterpart_id])
    location: Mapped[Location | None] = relationship()
    batches: Mapped[list["EventBatch"]] = relationship(back_populates="event", order_by="EventBatch.batch_id")

    @property
    def event_id(self) -> str:
        return f"urn:uuid:{self.id}"


class EventBatch(Base):
    """Which batches an event concerns, and how much of each (append-only)."""

    __tablename__ = "event_batches"
    __table_args__ = (Index("ix_event_batches_batch", "batch_id", "event_id"),)

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    quantity: Mapped[Decimal | None]

    event: Mapped[Event] = relationship(back_populates="batches")
    batch: Mapped[Batch] = relationship()


class EventPrivate(Base):
    """Personal values of an event and the salts of its leaf; the erasure service alone deletes here."""

    __tablename__ = "event_private"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    note: Mapped[str] = mapped_column(default="")
    salts: Mapped[bytes]  # 16 bytes a field, in the order of ``trace.ledger.leaves.FIELDS``

    party: Mapped[Party | None] = relationship()


class Shipment(Base):
    """Goods on their way: out of the sender's holding, not yet in the receiver's."""

    __tablename__ = "shipments"
    __table_args__ = (
        CheckConstraint("(receiver_id is null) <> (party_id is null)", name="one_receiver"),
        CheckConstraint("receiver_id is null or receiver_id <> sender_id", name="takes_two"),
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

    sender: Mapped[Organisation] = relationship(foreign_keys=[sender_id])
    receiver: Mapped[Organisation | None] = relationship(foreign_keys=[receiver_id])
    party: Mapped[Party | None] = relationship()
    lines: Mapped[list["ShipmentLine"]] = relationship(
        back_populates="shipment", order_by="ShipmentLine.batch_id"
    )

    @property
    def is_open(self) -> bool:
        """Whether it waits for its receiver; what goes to a party without an account never waits."""
        return self.receiver_id is not None and self.received_at is None


class ShipmentLine(Base):
    """How much of one batch a shipment carries, and how much of it arrived."""

    __tablename__ = "shipment_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("received_quantity between 0 and quantity", name="received_quantity"),
        CheckConstraint(
            "received_quantity is null or quantity = received_quantity + lost_quantity + open_quantity",
            name="sums_balance",
        ),
        CheckConstraint("lost_quantity >= 0 and open_quantity >= 0", name="not_negative"),
        Index("ix_shipment_lines_batch", "batch_id"),
    )

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    quantity: Mapped[Decimal]
    received_quantity: Mapped[Decimal | None]
    lost_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    open_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))

    shipment: Mapped[Shipment] = relationship(back_populates="lines")
    batch: Mapped[Batch] = relationship()
