"""Mapped classes of what programs leave here: named queries, subscriptions with their keys, and deliveries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class NamedQuery(Base):
    """A question with a name; ``query`` is its definition as it was sent."""

    __tablename__ = "epcis_queries"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Subscription(Base):
    """Where the answers to a named query go. ``cursor`` is the log index up to which every event was looked at and,
    where it belongs, delivered; it moves after the receiver said so."""

    __tablename__ = "epcis_subscriptions"
    __table_args__ = (
        CheckConstraint("is_stream <> (schedule is not null)", name="stream_or_schedule"),
        CheckConstraint("(paused_at is null) = (pause_reason is null)", name="paused"),
        Index("ix_epcis_subscriptions_due", "next_at", postgresql_where=text("paused_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    query_id: Mapped[UUID] = mapped_column(ForeignKey("epcis_queries.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    dest: Mapped[str]
    epc_format: Mapped[str]
    is_stream: Mapped[bool]
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    report_if_empty: Mapped[bool] = mapped_column(default=False)
    initial_record_time: Mapped[datetime]
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)  # the next log index to look at
    most_events: Mapped[int]  # in one document; halved when the receiver finds it too large
    next_at: Mapped[datetime]  # when to look again: the schedule's next time, or after a failure
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    last_run_at: Mapped[datetime | None]
    last_notified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    query: Mapped[NamedQuery] = relationship(lazy="joined")
    keys: Mapped[list["SubscriptionKey"]] = relationship(
        order_by="SubscriptionKey.created_at", passive_deletes="all", lazy="selectin"
    )


class SubscriptionKey(Base):
    """What deliveries are signed with; after a change the old one signs too until ``expires_at``."""

    __tablename__ = "epcis_subscription_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("epcis_subscriptions.id", ondelete="CASCADE"), index=True
    )
    secret: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]


class Delivery(Base):
    """One document on its way: decided before it is sent and repeated unchanged until it arrives.

    It holds the events of the log from ``from_index`` up to, without, ``to_index`` that satisfy the query.
    """

    __tablename__ = "epcis_deliveries"
    __table_args__ = (
        Index(
            "uq_epcis_deliveries_open",
            "subscription_id",
            unique=True,
            postgresql_where=text("delivered_at is null and not is_test and not is_dropped"),
        ),
        Index("ix_epcis_deliveries_subscription", "subscription_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("epcis_subscriptions.id", ondelete="CASCADE"))
    from_index: Mapped[int] = mapped_column(BigInteger)
    to_index: Mapped[int] = mapped_column(BigInteger)
    event_count: Mapped[int]
    is_test: Mapped[bool] = mapped_column(default=False)
    is_dropped: Mapped[bool] = mapped_column(default=False)  # given up for a replay or smaller documents
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    delivered_at: Mapped[datetime | None]
    # Each try: when, the answer's status or the code of what went wrong, how long it took in milliseconds.
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
