"""Mapped classes of custody: events (append-only, named as in EPCIS 2.0), shipments, and what is private.

``events`` holds what the parties of an event may read; personal values, free text and the salts of the leaf's
commitments live in ``event_private``, where only erasure deletes.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Location, Organisation, Party
from trace.batches.models import Batch
from trace.core.database import Base
from trace.core.ids import uuid7

NULLABLE_JSON = JSONB(none_as_null=True)


class Verb(StrEnum):
    """Our verbs of custody; each is one kind of EPCIS event (docs/domain.md)."""

    ACTIVATE = "activate"
    ADD_DELIVERY = "add_delivery"
    TAKE_IN = "take_in"
    TRANSFORM = "transform"
    SPLIT = "split"
    MERGE = "merge"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    CANCEL = "cancel"
    RECEIVE = "receive"
    REFUSE = "refuse"
    RETURN = "return"
    CLAIM = "claim"
    CONFIRM_CLAIM = "confirm_claim"
    REFUSE_CLAIM = "refuse_claim"
    SETTLE = "settle"
    CONFIRM = "confirm"
    MOVE = "move"
    STORE = "store"
    COUNT = "count"
    INSPECT = "inspect"
    SAMPLE = "sample"
    MEASURE = "measure"
    HOLD = "hold"
    RELEASE = "release"
    SELL = "sell"
    USE_UP = "use_up"
    DESTROY = "destroy"
    BIND_STAMPS = "bind_stamps"
    UNBIND_STAMPS = "unbind_stamps"
    VOID_STAMPS = "void_stamps"
    REPRINT_STAMPS = "reprint_stamps"
    SELL_ITEM = "sell_item"
    UNSELL_ITEM = "unsell_item"
    OBSERVE = "observe"
    FOREIGN = "foreign"
    RECALL = "recall"
    END_RECALL = "end_recall"
    WITHDRAW_RECALL = "withdraw_recall"


class Role(StrEnum):
    """In which list of the standard an event names goods."""

    OBJECT = "object"
    PARENT = "parent"
    CHILD = "child"
    INPUT = "input"
    OUTPUT = "output"


class Event(Base):
    """One EPCIS event as first accepted; never changed (the app role cannot).

    Everything its leaf commits to stands in this row, in ``event_goods`` or in ``event_private``, so that the leaf can
    be opened, and checked against the record, at any later time (``leaf_values``).
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_organisation_record", "organisation_id", "record_time"),
        # An error declaration carries the id of the event it declares wrong: each id once with and once without.
        Index(
            "uq_events_epcis_id",
            "organisation_id",
            "epcis_id",
            unique=True,
            postgresql_where=text("not is_declaration"),
        ),
        Index(
            "uq_events_epcis_id_declaration",
            "organisation_id",
            "epcis_id",
            unique=True,
            postgresql_where=text("is_declaration"),
        ),
        Index("ix_events_corrects_id", "corrects_id", postgresql_where=text("corrects_id is not null")),
        Index(
            "ix_events_transformation_id",
            "transformation_id",
            postgresql_where=text("transformation_id is not null"),
        ),
        CheckConstraint("not is_declaration or error_declaration is not null", name="declaration"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    epcis_id: Mapped[
        str
    ]  # the eventID the world knows: ours is ``urn:uuid:`` and the id, a captured one stays
    is_declaration: Mapped[bool] = mapped_column(default=False)
    is_foreign: Mapped[bool] = mapped_column(default=False)  # about goods unknown here; moves nothing
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("events.id"))  # the event declared wrong
    verb: Mapped[str]
    event_type: Mapped[str]
    action: Mapped[str | None]
    biz_step: Mapped[str | None]
    disposition: Mapped[str | None]
    event_time: Mapped[datetime]
    event_time_zone_offset: Mapped[str]
    record_time: Mapped[datetime]
    device_time: Mapped[datetime | None]  # what a clock that went wrong had said
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))  # who recorded it
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    shipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipments.id"), index=True)
    # As they were on that day: a shop that moves later does not move its past.
    organisation_kind: Mapped[str]
    commune: Mapped[str | None]
    counterpart_kind: Mapped[str | None]
    counterpart_commune: Mapped[str | None]
    marks: Mapped[list[str]]
    read_point: Mapped[str | None]
    biz_location: Mapped[str | None]
    parent_id: Mapped[str | None]
    epc_list: Mapped[list[str] | None] = mapped_column(NULLABLE_JSON)
    child_epcs: Mapped[list[str] | None] = mapped_column(NULLABLE_JSON)
    input_epc_list: Mapped[list[str] | None] = mapped_column(NULLABLE_JSON)
    output_epc_list: Mapped[list[str] | None] = mapped_column(NULLABLE_JSON)
    quantity_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    child_quantity_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    input_quantity_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    output_quantity_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    transformation_id: Mapped[str | None]
    source_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    destination_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    biz_transaction_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    sensor_element_list: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    persistent_disposition: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON)
    certification_info: Mapped[list[Any] | None] = mapped_column(NULLABLE_JSON)
    error_declaration: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON)
    ilmd: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON)
    # The ten items of each lot this event activated, by its URI: public from then on.
    sealed_items: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON)
    # Ours and others', beside the standard's: reason codes, loss, the public wording of a recall.
    extensions: Mapped[dict[str, Any]]
    # What a captured document called its extension names: prefix to namespace.
    context: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON)
    event_hash: Mapped[str] = mapped_column(index=True)  # not unique: equal sales hash the same

    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    counterpart: Mapped[Organisation | None] = relationship(foreign_keys=[counterpart_id])
    location: Mapped[Location | None] = relationship()
    goods: Mapped[list["EventGoods"]] = relationship(back_populates="event", order_by="EventGoods.position")

    @property
    def event_id(self) -> str:
        return self.epcis_id


class EventGoods(Base):
    """One EPC or EPC class an event names, ours or foreign (append-only).

    ``epc`` is the canonical form of the URI in the event, ``lot`` the name under which the leaf tags it: the batch's
    code, the URI of foreign goods, None for what is no lot (a carton).
    """

    __tablename__ = "event_goods"
    __table_args__ = (
        CheckConstraint("role in ('object', 'parent', 'child', 'input', 'output')", name="role"),
        Index("ix_event_goods_epc", "epc", "role"),
        Index("ix_event_goods_batch", "batch_id", "event_id", postgresql_where=text("batch_id is not null")),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    role: Mapped[str]
    epc: Mapped[str]
    lot: Mapped[str | None]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistic_units.id"))
    quantity: Mapped[Decimal | None]
    uom: Mapped[str | None]

    event: Mapped[Event] = relationship(back_populates="goods")
    batch: Mapped[Batch | None] = relationship()


class EventPrivate(Base):
    """Personal values of an event and the salts of its leaf; the erasure service alone deletes here."""

    __tablename__ = "event_private"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    on_behalf_of: Mapped[UUID | None] = mapped_column(
        ForeignKey("parties.id")
    )  # ghi hộ: whose statement it is
    # Households and plots of a harvest: party, plot and quantity of each.
    people: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON)
    attachments: Mapped[list[str] | None] = mapped_column(NULLABLE_JSON)  # SHA-256 of papers and photos
    note: Mapped[str] = mapped_column(default="")
    salts: Mapped[bytes]  # 16 bytes a field, in the order of ``trace.ledger.leaves.FIELDS``

    party: Mapped[Party | None] = relationship(foreign_keys=[party_id])
    behalf: Mapped[Party | None] = relationship(foreign_keys=[on_behalf_of])
