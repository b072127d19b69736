"""What programs send and get about making and packing. Quantities are in the one unit of each lot."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from trace.batches.models import DateKind
from trace.batches.schemas import BatchBrief, batch_brief
from trace.batches.unit_models import LogisticUnit, UnitKind
from trace.core.api import Amount, Answer, Body, ExactNumber
from trace.core.fields import Choice, Day, Id, Name, Text, Whole
from trace.events.models import Event, Verb
from trace.events.rules_making import MOST_INPUTS, MOST_PARTS, GoodsNamedTwice, YieldReason
from trace.events.rules_packing import MOST_PACKED_AT_ONCE
from trace.events.schemas import LONGEST_NOTE, Noted, PartyBody
from trace.events.seals_made import OutsideFacts
from trace.events.services_activation import Source
from trace.events.services_harvest import LONGEST_UNIT, SecondCount

LONGEST_PLOT = 80
NOT_A_LIST = {"invalid": _l("Send a list.")}


class PortionBody(Body):
    """How much of one lot."""

    batch_id = Id(required=True)
    quantity = ExactNumber(required=True)


def _portions(most: int, **more: Any) -> Any:
    return ma.fields.List(
        ma.fields.Nested(PortionBody),
        error_messages=NOT_A_LIST,
        validate=ma.validate.Length(max=most, error=_l("The list is too long.")),
        **more,
    )


def _ids(most: int, **more: Any) -> Any:
    return ma.fields.List(
        Id(),
        error_messages=NOT_A_LIST,
        validate=ma.validate.Length(max=most, error=_l("The list is too long.")),
        **more,
    )


class SourceBody(Body):
    """One household's part of a harvest: a party of your address book, its plot, its quantity."""

    quantity = ExactNumber(required=True)
    party_id = Id(load_default=None)
    plot = Name(longest=LONGEST_PLOT, load_default="")


def _sources() -> Any:
    return ma.fields.List(
        ma.fields.Nested(SourceBody),
        error_messages=NOT_A_LIST,
        load_default=list,
        validate=ma.validate.Length(max=MOST_PACKED_AT_ONCE, error=_l("The list is too long.")),
    )


class NewDelivery(Noted):
    """More of a lot that is activated; the quantities of ``sources``, where given, add up to ``quantity``."""

    quantity = ExactNumber(required=True)
    sources = _sources()


class CountBody(Body):
    """The same goods in a second unit, as both sides counted them."""

    quantity = ExactNumber(required=True)
    unit = Name(required=True, longest=LONGEST_UNIT)


class NewTreeSale(Body):
    """A draft's whole crop, harvested by its buyer: an organisation (``receiver_id``) or a ``party``.

    It is activated and handed over at once, so the time is now. ``on_behalf_of`` is a party of your address book whose
    statement this is.
    """

    sources = _sources()
    on_behalf_of = Id(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")
    receiver_id = Id()
    party = ma.fields.Nested(PartyBody)
    counted = ma.fields.Nested(CountBody)

    @ma.validates_schema
    def _one_receiver(self, data: dict[str, Any], **_more: Any) -> None:
        if ("receiver_id" in data) == ("party" in data):
            raise ma.ValidationError(_l("Give receiver_id or party; one of the two."), "receiver_id")


class NewTransformation(Noted):
    """Lots that go in, own drafts that come out. ``loss`` is in the common unit of what goes in."""

    inputs = _portions(MOST_INPUTS, required=True)
    outputs = _ids(MOST_PARTS, required=True)
    loss = ExactNumber(load_default=None, zero=True)
    reason = Choice(YieldReason, load_default=None)


class NewSplit(Noted):
    """The quantities of the new lots; the rest stays in the lot."""

    parts = ma.fields.List(
        ExactNumber(),
        required=True,
        error_messages=NOT_A_LIST,
        validate=ma.validate.Length(max=MOST_PARTS, error=_l("The list is too long.")),
    )


class NewMerge(Noted):
    """How much of each lot goes into the heap."""

    inputs = _portions(MOST_INPUTS, required=True)


class NewOutsideGoods(Noted):
    """Goods from outside. Counts have a ``packaging_word``, other goods a ``uom``; what is not known is left out."""

    supplier = ma.fields.Nested(PartyBody, required=True)
    product_name = Name(required=True, longest=120)
    quantity = ExactNumber(required=True)
    uom = Text(longest=3)
    packaging_word = Name(longest=20)
    ocop_set = Whole(low=1, high=26, load_default=1)
    country = Text(longest=2, load_default="VN")
    province = Name(longest=80, load_default="")
    commune = Name(longest=80, load_default="")
    producer_name = Name(longest=120, load_default="")
    producer_address = Name(longest=160, load_default="")
    standards = ma.fields.List(
        Name(longest=120),
        error_messages=NOT_A_LIST,
        load_default=list,
        validate=ma.validate.Length(max=12, error=_l("The list is too long.")),
    )
    lot_number = Text(longest=20, load_default="")
    date_kind = Choice(DateKind, load_default=DateKind.HARVEST)
    produced_on = Day(load_default=None)
    expiry_kind = Choice(ExpiryKind, load_default=ExpiryKind.NONE)
    expires_on = Day(load_default=None)


class NewPacking(Noted):
    """What goes into a unit: one in your hands (``unit_id``), or a new one of a kind."""

    unit_id = Id(load_default=None)
    kind = Choice(UnitKind, load_default=UnitKind.CARTON)
    sscc = Text(longest=30, load_default="")
    goods = _portions(MOST_PACKED_AT_ONCE, load_default=list)
    units = _ids(MOST_PACKED_AT_ONCE, load_default=list)


class NewUnpacking(Noted):
    """What comes out; without ``goods`` and ``units`` all of it."""

    goods = _portions(MOST_PACKED_AT_ONCE)
    units = _ids(MOST_PACKED_AT_ONCE)


class NewUnitShipment(Noted):
    """Units that leave, with all that is in them."""

    units = _ids(MOST_PACKED_AT_ONCE, required=True)
    receiver_id = Id()
    party = ma.fields.Nested(PartyBody)

    @ma.validates_schema
    def _one_receiver(self, data: dict[str, Any], **_more: Any) -> None:
        if ("receiver_id" in data) == ("party" in data):
            raise ma.ValidationError(_l("Give receiver_id or party; one of the two."), "receiver_id")


class MadeAnswer(Answer):
    """An event of making, and the lots that came to be by it. ``id`` is the event's EPCIS eventID."""

    id = ma.fields.String(attribute="event_id")
    verb = ma.fields.String(metadata={"enum": [str(verb) for verb in Verb]})
    event_time = ma.fields.AwareDateTime()
    record_time = ma.fields.AwareDateTime()
    batches = ma.fields.List(ma.fields.Nested(BatchBrief))
    loss = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    ratio = ma.fields.String(attribute="ratio", data_key="yield", allow_none=True)


class ContentAnswer(Answer):
    """How much of one lot lies directly in a unit."""

    batch = ma.fields.Nested(BatchBrief)
    quantity = Amount()


class UnitAnswer(Answer):
    """A carton or pallet. ``is_held`` says whether it is in your hands now."""

    id = ma.fields.UUID()
    kind = ma.fields.String(metadata={"enum": [str(kind) for kind in UnitKind]})
    code = ma.fields.String()
    sscc = ma.fields.String(allow_none=True)
    epc = ma.fields.String()
    parent_id = ma.fields.UUID(allow_none=True)
    is_held = ma.fields.Boolean()
    contents = ma.fields.List(ma.fields.Nested(ContentAnswer))


def portions(stated: Sequence[Mapping[str, Any]], field: str) -> dict[UUID, Decimal]:
    """Quantities by lot. Raises ``GoodsNamedTwice``."""
    found = {one["batch_id"]: one["quantity"] for one in stated}
    if len(found) < len(stated):
        raise GoodsNamedTwice(_l("Name each batch once."), field=field)
    return found


def sources(stated: Sequence[Mapping[str, Any]]) -> list[Source]:
    """Households and plots."""
    return [Source(one["quantity"], one["party_id"], one["plot"]) for one in stated]


def second_count(stated: Mapping[str, Any]) -> SecondCount | None:
    """What was counted in a second unit, if anything."""
    counted = stated.get("counted")
    return SecondCount(counted["quantity"], counted["unit"]) if counted else None


def outside_facts(stated: Mapping[str, Any]) -> OutsideFacts:
    """What is said of goods from outside."""
    names = ("product_name", "country", "province", "commune", "producer_name", "producer_address")
    return OutsideFacts(**{name: stated[name] for name in names}, standards=tuple(stated["standards"]))


def made_answer(event: Event, batches: Sequence[Any]) -> dict[str, Any]:
    """An event of making for whoever recorded it."""
    return {
        "event_id": event.event_id,
        "verb": event.verb,
        "event_time": event.event_time,
        "record_time": event.record_time,
        "batches": [batch_brief(batch) for batch in batches],
        "loss": event.extensions.get("loss", {}),
        "ratio": event.extensions.get("yield"),
    }


def unit_answer(unit: LogisticUnit, reader_id: UUID) -> dict[str, Any]:
    """A unit for who packed or holds it; what is in it only for who holds it."""
    is_held = unit.holder_id == reader_id
    return {
        "id": unit.id,
        "kind": unit.kind,
        "code": unit.code,
        "sscc": unit.sscc,
        "epc": unit.epc,
        "parent_id": unit.parent_id if is_held else None,
        "is_held": is_held,
        "contents": [
            {"batch": batch_brief(content.batch), "quantity": content.quantity}
            for content in unit.contents
            if content.quantity
        ]
        if is_held
        else [],
    }
