"""What programs send and get about custody. Quantities are in the one unit of the batch."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.models import PartyKind
from trace.batches.schemas import BatchBrief, batch_brief
from trace.core.api import Amount, Answer, Body, ExactNumber, PageAnswer, Pages
from trace.core.fields import Choice, Id, Instant, Text
from trace.events.desk import Around
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, Verb
from trace.events.rules import DisposalReason

LONGEST_NOTE = 500
MOST_LINES = 100


class Direction(StrEnum):
    """From where the asking organisation stands."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class ShipmentState(StrEnum):
    """``handed_over`` went to somebody without an account, declared by one side."""

    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class ShipmentQuery(Pages):
    """Which shipments."""

    direction = Choice(Direction, required=True)


class PartyBody(Body):
    """Somebody without an account; noted in your address book once by name and number."""

    kind = Choice(PartyKind, required=True)
    name = Text(required=True, longest=120)
    phone = Text(longest=30, load_default="")
    commune_code = Text(longest=5)


class Noted(Body):
    """``event_time`` is now unless given; without an offset it is Hanoi's wall clock.

    ``device_time`` is the device's clock as it sends: a wrong one is set right by how far it is off, both times are
    kept. ``on_behalf_of`` is a party of your address book whose statement this is.
    """

    event_time = Instant(load_default=None)
    device_time = Instant(load_default=None)
    on_behalf_of = Id(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class Movement(Noted):
    """How much of a batch."""

    batch_id = Id(required=True)
    quantity = ExactNumber(required=True)


def around_of(stated: Mapping[str, Any]) -> Around:
    """How it was said, beside what: the device's clock, for whom, at which own place."""
    return Around(
        device_now=stated.get("device_time"),
        on_behalf_of=stated.get("on_behalf_of"),
        location_id=stated.get("location_id"),
    )


class NewShipment(Movement):
    """Goods sent to an organisation (``receiver_id``) or to a party without an account (``party``)."""

    receiver_id = Id()
    party = ma.fields.Nested(PartyBody)

    @ma.validates_schema
    def _one_receiver(self, data: dict[str, Any], **_more: Any) -> None:
        if ("receiver_id" in data) == ("party" in data):
            raise ma.ValidationError(_l("Give receiver_id or party; one of the two."), "receiver_id")


class NewSale(Movement):
    """Goods sold; without ``party`` to walk-in buyers."""

    party = ma.fields.Nested(PartyBody)


class NewDisposal(Movement):
    """Goods destroyed."""

    reason = Choice(DisposalReason, required=True)


class ReceivedLine(Body):
    """How much of one batch arrived."""

    batch_id = Id(required=True)
    quantity = ExactNumber(required=True)


class NewReceipt(Body):
    """What arrived; batches without a line arrived in full."""

    lines = ma.fields.List(
        ma.fields.Nested(ReceivedLine),
        error_messages={"invalid": _l("Send a list.")},
        validate=ma.validate.Length(max=MOST_LINES, error=_l("Send at most 100 lines.")),
    )
    # Cartons that left and did not come; the others came as they were packed.
    missing_units = ma.fields.List(
        Id(),
        error_messages={"invalid": _l("Send a list.")},
        load_default=list,
        validate=ma.validate.Length(max=MOST_LINES, error=_l("Send at most 100 lines.")),
    )
    event_time = Instant(load_default=None)
    device_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")

    @ma.validates_schema
    def _each_batch_once(self, data: dict[str, Any], **_more: Any) -> None:
        named = [line["batch_id"] for line in data.get("lines", [])]
        if len(set(named)) < len(named):
            raise ma.ValidationError(_l("Name each batch once."), "lines")


class PartnerAnswer(Answer):
    """One side of a handover. ``id`` is null for a party without an account."""

    id = ma.fields.UUID(allow_none=True)
    name = ma.fields.String()


class LineAnswer(Answer):
    """``received_quantity`` is null until received; ``open_quantity`` waits for both sides to settle it."""

    batch = ma.fields.Nested(BatchBrief)
    unit_id = ma.fields.UUID(allow_none=True)  # the carton it lay in
    quantity = Amount()
    received_quantity = Amount(allow_none=True)
    lost_quantity = Amount()
    open_quantity = Amount()


class ShipmentAnswer(Answer):
    """A handover your organisation is a side of."""

    id = ma.fields.UUID()
    number = ma.fields.Integer()
    direction = ma.fields.String(metadata={"enum": [str(way) for way in Direction]})
    state = ma.fields.String(metadata={"enum": [str(state) for state in ShipmentState]})
    is_return = ma.fields.Boolean()
    sender = ma.fields.Nested(PartnerAnswer)
    receiver = ma.fields.Nested(PartnerAnswer)
    shipped_at = ma.fields.AwareDateTime()
    received_at = ma.fields.AwareDateTime(allow_none=True)
    lines = ma.fields.List(ma.fields.Nested(LineAnswer))


class ShipmentPage(PageAnswer):
    """50 shipments, newest first."""

    items = ma.fields.List(ma.fields.Nested(ShipmentAnswer))


class EventAnswer(Answer):
    """What was recorded; ``id`` is the event's EPCIS eventID."""

    id = ma.fields.String(attribute="event_id")
    verb = ma.fields.String(metadata={"enum": [str(verb) for verb in Verb]})
    batch = ma.fields.Nested(BatchBrief)
    quantity = Amount()
    reason = ma.fields.String(
        allow_none=True, metadata={"enum": [*(str(reason) for reason in DisposalReason), None]}
    )
    event_time = ma.fields.AwareDateTime()
    record_time = ma.fields.AwareDateTime()


def shipment_answer(shipment: Shipment, reader_id: UUID) -> dict[str, Any]:
    """A shipment for one of its two sides."""
    receiver = shipment.receiver or shipment.party
    state = ShipmentState.IN_TRANSIT if shipment.is_open else ShipmentState.RECEIVED
    return {
        "id": shipment.id,
        "number": shipment.number,
        "direction": Direction.OUTGOING if shipment.sender_id == reader_id else Direction.INCOMING,
        "state": _ended(shipment) or (state if shipment.receiver_id else ShipmentState.HANDED_OVER),
        "is_return": shipment.is_return,
        "sender": {"id": shipment.sender_id, "name": shipment.sender.name},
        "receiver": {"id": shipment.receiver_id, "name": receiver.name if receiver else ""},
        "shipped_at": shipment.shipped_at,
        "received_at": shipment.received_at,
        "lines": [_line_answer(line) for line in shipment.lines],
    }


def _ended(shipment: Shipment) -> ShipmentState | None:
    if shipment.cancelled_at is not None:
        return ShipmentState.CANCELLED
    return ShipmentState.REFUSED if shipment.refused_at is not None else None


def event_answer(event: Event) -> dict[str, Any]:
    """An event of one batch, for whoever recorded it."""
    moved = next(named for named in event.goods if named.batch is not None)
    return {
        "event_id": event.event_id,
        "verb": event.verb,
        "batch": batch_brief(moved.batch) if moved.batch else None,
        "quantity": moved.quantity,
        "reason": event.extensions.get("disposal_reason"),
        "event_time": event.event_time,
        "record_time": event.record_time,
    }


def _line_answer(line: ShipmentLine) -> dict[str, Any]:
    return {
        "batch": batch_brief(line.batch),
        "unit_id": line.unit_id,
        "quantity": line.quantity,
        "received_quantity": line.received_quantity,
        "lost_quantity": line.lost_quantity,
        "open_quantity": line.open_quantity,
    }
