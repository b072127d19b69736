"""The completeness gate: whether a label may name this lot, or stamps be bound to it, and what stands in the way.

An empty label cannot be made (design, section 6). What is asked of is the seal; of a draft, the draft as it stands.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from trace.batches import queries
from trace.batches.models import Batch
from trace.batches.rules import TenItems, seal_value
from trace.core.errors import Refusal


class Obstacle(StrEnum):
    """Why a batch has no label now."""

    NOT_APPROVED = "organisation-not-approved"
    NOT_ACTIVATED = "batch-not-activated"
    RECALLED = "batch-recalled"
    HELD = "batch-held"
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


def check_may_be_labelled(batch: Batch) -> None:
    """Raise ``LabelRefused``."""
    in_the_way = obstacles(batch)
    if in_the_way:
        raise LabelRefused(in_the_way, missing_items(batch))


def missing_items(batch: Batch) -> tuple[int, ...]:
    """The numbers of the ten items that are missing: of the seal, or of the draft as it stands."""
    items = queries.ten_items(batch) if batch.seal is None else sealed_items(batch.seal)
    return items.missing


def obstacles(batch: Batch) -> tuple[Obstacle, ...]:
    """Everything that stands between this batch and a label, in the order in which to mend it."""
    found = {
        Obstacle.RECALLED: batch.is_recalled,
        Obstacle.HELD: (batch.is_held or batch.is_under_review) and not batch.is_recalled,
        Obstacle.ITEMS_MISSING: bool(missing_items(batch)),
        Obstacle.NOT_APPROVED: not batch.organisation.is_approved,
        Obstacle.NOT_ACTIVATED: not batch.is_activated,
    }
    return tuple(obstacle for obstacle, is_there in found.items() if is_there)


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
        production_time=sealed_day(seal, "production_time"),
        trace_code=seal_value(seal, "trace_code"),
        brand=seal_value(seal, "brand"),
        expiry=sealed_day(seal, "expiry"),
        expiry_kind=seal_value(seal, "expiry_kind"),
        standards=tuple(str(name) for name in standards) if isinstance(standards, list) else (),
        has_food_safety_commitment=seal.get("has_food_safety_commitment") is True,
    )


def sealed_day(seal: Mapping[str, Any], name: str) -> date | None:
    """A sealed date; None where none was stated."""
    text = seal_value(seal, name)
    return date.fromisoformat(text) if text else None
