"""May this label be printed, and what does it say: from the batch's seal to what the drawers take.

A label is made of what activation sealed, never of today's product: what is stuck on a pack must agree with the page
that its QR opens. No drawing here and no request.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labels.qr import printed_address, readable_site
from labels.spec import DateLine, LabelContent
from producers.models import ExpiryKind
from trace.batches import queries as batch_queries
from trace.batches.gate import check_may_be_labelled, sealed_day
from trace.batches.models import Batch, DateKind
from trace.batches.rules import seal_value
from trace.core.installation import is_demo

# Printed words are Vietnamese whoever prints: a pack is read by shoppers.
_PRODUCED_WORDS = {DateKind.HARVEST: "Thu hoạch", DateKind.PRODUCTION: "NSX"}
_EXPIRY_WORDS = {ExpiryKind.USE_BY: "HSD", ExpiryKind.BEST_BEFORE: "Tốt nhất đến"}


def get_batch(session: Session, organisation_id: UUID, batch_id: UUID) -> Batch:
    """The batch whose labels are wanted; ``NotFound`` for anybody but the organisation that registered it."""
    return batch_queries.get_batch(session, organisation_id, batch_id)


def label_content(session: Session, batch: Batch, public_url: str) -> LabelContent:
    """What a label of this batch says. Raises ``LabelRefused``, or the refusal of an address that cannot be printed."""
    check_may_be_labelled(batch)
    seal = batch.seal or {}
    return LabelContent(
        product_name=seal_value(seal, "product_name"),
        lot_number=seal_value(seal, "lot_number"),
        dates=_dates(seal),
        code=batch.code,
        address=printed_address(public_url, batch.code),
        readable_site=readable_site(public_url),
        producer_name=seal_value(seal, "producer_name"),
        commune=seal_value(seal, "commune"),
        is_demo=is_demo(session),
    )


def printed_name(batch: Batch) -> str:
    """The product's name as it was sealed; as it is now for a draft."""
    return seal_value(batch.seal or {}, "product_name") or batch.product.name


def _dates(seal: Mapping[str, Any]) -> tuple[DateLine, ...]:
    lines = []
    produced_on, expires_on = sealed_day(seal, "production_time"), sealed_day(seal, "expiry")
    if produced_on is not None:
        lines.append(DateLine(_PRODUCED_WORDS[DateKind(seal_value(seal, "date_kind"))], produced_on))
    if expires_on is not None:
        lines.append(DateLine(_EXPIRY_WORDS[ExpiryKind(seal_value(seal, "expiry_kind"))], expires_on))
    return tuple(lines)
