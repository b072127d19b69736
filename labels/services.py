"""May this label be printed, and what does it say: from the batch's seal to what the drawers take.

A label is made of what activation sealed, never of today's product: what is stuck on a pack must agree with the page
that its QR opens. No drawing here and no request.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from labels.qr import printed_address, readable_site
from labels.spec import DateLine, LabelContent
from producers.models import ExpiryKind
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, DateKind
from trace.batches.rules import TenItems, seal_value
from trace.core.errors import Refusal
from trace.core.installation import is_demo

# Printed words are Vietnamese whoever prints: a pack is read by shoppers.
_PRODUCED_WORDS = {DateKind.HARVEST: "Thu hoạch", DateKind.PRODUCTION: "NSX"}
_EXPIRY_WORDS = {ExpiryKind.USE_BY: "HSD", ExpiryKind.BEST_BEFORE: "Tốt nhất đến"}


class Obstacle(StrEnum):
    """Why a batch has no label now."""

    NOT_APPROVED = "organisation-not-approved"
    NOT_ACTIVATED = "batch-not-activated"
    RECALLED = "batch-recalled"
    ITEMS_MISSING = "ten-items-missing"


class LabelRefused(Refusal):
    """The batch may have no label; ``obstacles`` says why, ``missing`` has the numbers of missing items."""

    code = "label-refused"

    def __init__(self, obstacles: Sequence[Obstacle], missing: Sequence[int]) -> None:
        super().__init__(
            _l("This batch cannot have labels yet. Below is what is missing."),
            obstacles=[str(obstacle) for obstacle in obstacles],
            missing=list(missing),
        )
        self.obstacles = tuple(obstacles)
        self.missing = tuple(missing)


def get_batch(session: Session, organisation_id: UUID, batch_id: UUID) -> Batch:
    """The batch whose labels are wanted; ``NotFound`` for anybody but the organisation that registered it."""
    return batch_queries.get_batch(session, organisation_id, batch_id)


def missing_items(batch: Batch) -> tuple[int, ...]:
    """The numbers of the ten items that are missing: of the seal, or of the draft as it stands."""
    items = batch_queries.ten_items(batch) if batch.seal is None else sealed_items(batch.seal)
    return items.missing


def obstacles(batch: Batch) -> tuple[Obstacle, ...]:
    """Everything that stands between this batch and a label, in the order in which to mend it."""
    found = {
        Obstacle.RECALLED: batch.is_recalled,
        Obstacle.ITEMS_MISSING: bool(missing_items(batch)),
        Obstacle.NOT_APPROVED: not batch.organisation.is_approved,
        Obstacle.NOT_ACTIVATED: not batch.is_activated,
    }
    return tuple(obstacle for obstacle, is_there in found.items() if is_there)


def label_content(session: Session, batch: Batch, public_url: str) -> LabelContent:
    """What a label of this batch says. Raises ``LabelRefused``, or the refusal of an address that cannot be printed."""
    in_the_way = obstacles(batch)
    if in_the_way or batch.seal is None:
        raise LabelRefused(in_the_way, missing_items(batch))
    seal = batch.seal
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


def sealed_items(seal: Mapping[str, Any]) -> TenItems:
    """The ten items as they were sealed; what an older or damaged seal lacks is missing, never guessed."""
    standards = seal.get("standards")
    parts = (seal_value(seal, name) for name in ("producer_address", "commune", "province"))
    return TenItems(
        product_name=seal_value(seal, "product_name"),
        product_image=seal_value(seal, "product_image"),
        producer_name=seal_value(seal, "producer_name"),
        producer_address=", ".join(part for part in parts if part),
        place_code=seal_value(seal, "place_code"),
        production_time=_day(seal, "production_time"),
        trace_code=seal_value(seal, "trace_code"),
        brand=seal_value(seal, "brand"),
        expiry=_day(seal, "expiry"),
        expiry_kind=seal_value(seal, "expiry_kind"),
        standards=tuple(str(name) for name in standards) if isinstance(standards, list) else (),
        has_food_safety_commitment=seal.get("has_food_safety_commitment") is True,
    )


def _dates(seal: Mapping[str, Any]) -> tuple[DateLine, ...]:
    lines = []
    produced_on, expires_on = _day(seal, "production_time"), _day(seal, "expiry")
    if produced_on is not None:
        lines.append(DateLine(_PRODUCED_WORDS[DateKind(seal_value(seal, "date_kind"))], produced_on))
    if expires_on is not None:
        lines.append(DateLine(_EXPIRY_WORDS[ExpiryKind(seal_value(seal, "expiry_kind"))], expires_on))
    return tuple(lines)


def _day(seal: Mapping[str, Any], name: str) -> date | None:
    text = seal_value(seal, name)
    return date.fromisoformat(text) if text else None
