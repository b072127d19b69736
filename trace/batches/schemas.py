"""What programs send and get about batches and holdings."""

from typing import Any

import marshmallow as ma

from producers.models import ExpiryKind
from trace.batches import queries
from trace.batches.models import Batch, DateKind, Holding
from trace.batches.rules import BatchState, seal_value, state_of
from trace.core import clock
from trace.core.api import Amount, Answer, Body, ExactNumber, PageAnswer
from trace.core.fields import Choice, Day, Id, Text


class NewBatch(Body):
    """A draft batch, in the product's unit; ``expires_on`` is derived from the product unless given."""

    product_id = Id(required=True)
    location_id = Id(required=True)
    lot_number = Text(required=True, longest=20)
    date_kind = Choice(DateKind, required=True)
    produced_on = Day(required=True)
    quantity = ExactNumber(required=True)
    expires_on = Day()


class BatchAnswer(Answer):
    """A batch your organisation registered. ``missing_items`` are the numbers of the ten items still missing."""

    id = ma.fields.UUID()
    code = ma.fields.String()
    state = ma.fields.String(metadata={"enum": [str(state) for state in BatchState]})
    product_id = ma.fields.UUID()
    product_name = ma.fields.String()
    location_id = ma.fields.UUID()
    lot_number = ma.fields.String()
    date_kind = ma.fields.String(metadata={"enum": [str(kind) for kind in DateKind]})
    produced_on = ma.fields.Date()
    expiry_kind = ma.fields.String(metadata={"enum": [str(kind) for kind in ExpiryKind]})
    expires_on = ma.fields.Date(allow_none=True)
    quantity = Amount()
    uom = ma.fields.String(allow_none=True)
    packaging_word = ma.fields.String(allow_none=True)
    missing_items = ma.fields.List(ma.fields.Integer(metadata={"minimum": 1, "maximum": 10}))
    created_at = ma.fields.AwareDateTime()
    activated_at = ma.fields.AwareDateTime(allow_none=True)


class BatchPage(PageAnswer):
    """50 batches, newest first."""

    items = ma.fields.List(ma.fields.Nested(BatchAnswer))


class BatchBrief(Answer):
    """A batch as everybody may know it who has some of it."""

    id = ma.fields.UUID()
    code = ma.fields.String()
    state = ma.fields.String(metadata={"enum": [str(state) for state in BatchState]})
    product_name = ma.fields.String()
    producer_name = ma.fields.String()
    lot_number = ma.fields.String()
    expiry_kind = ma.fields.String(metadata={"enum": [str(kind) for kind in ExpiryKind]})
    expires_on = ma.fields.Date(allow_none=True)
    uom = ma.fields.String(allow_none=True)
    packaging_word = ma.fields.String(allow_none=True)


class HoldingAnswer(Answer):
    """How much of a batch is in hand, in the batch's unit."""

    batch = ma.fields.Nested(BatchBrief)
    quantity = Amount()


class HoldingPage(PageAnswer):
    """50 holdings, soonest expiry first."""

    items = ma.fields.List(ma.fields.Nested(HoldingAnswer))


def batch_answer(batch: Batch) -> dict[str, Any]:
    """A batch for the organisation that registered it."""
    own = {name: getattr(batch, name) for name in BatchAnswer().fields if hasattr(batch, name)}
    return {
        **own,
        "state": _state(batch),
        "product_name": _product_name(batch),
        "missing_items": [] if batch.is_activated else list(queries.ten_items(batch).missing),
    }


def batch_brief(batch: Batch) -> dict[str, Any]:
    """A batch for whoever holds some: what its label says, nothing of where the rest is."""
    told = {name: getattr(batch, name) for name in BatchBrief().fields if hasattr(batch, name)}
    return {
        **told,
        "state": _state(batch),
        "product_name": _product_name(batch),
        "producer_name": seal_value(batch.seal or {}, "producer_name") or batch.organisation.name,
    }


def holding_answer(holding: Holding) -> dict[str, Any]:
    """One holding."""
    return {"batch": batch_brief(holding.batch), "quantity": holding.quantity}


def _state(batch: Batch) -> BatchState:
    return state_of(
        is_activated=batch.is_activated,
        is_recalled=batch.is_recalled,
        expires_on=batch.expires_on,
        today=clock.today(),
    )


def _product_name(batch: Batch) -> str:
    return seal_value(batch.seal or {}, "product_name") or batch.product.name
