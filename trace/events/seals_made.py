"""The seals of lots that are made of other lots, or taken in from outside: what may be said of them, and from whom.

A part of a lot says what the lot said, a heap what is true of every lot in it. All text, and public by intent: no
quantity, no person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from producers.models import ExpiryKind
from trace.accounts.models import Location
from trace.batches.models import Batch
from trace.batches.rules import seal_value
from trace.events.documents import quantity_text

Seal = Mapping[str, Any]
# What every lot of a heap must say alike, or the heap does not say it.
_SAID_ALIKE = ("brand", "net_content", "gtin")
_KEPT_OF_EACH = (
    "product_name",
    "producer_name",
    "commune",
    "province",
    "production_time",
    "expiry_kind",
    "expiry",
)


@dataclass(frozen=True)
class Shelf:
    """Until when goods keep, and which promise that is."""

    kind: str
    on: date | None


@dataclass(frozen=True)
class OutsideFacts:
    """What a trader states of goods from outside, all of it declared by that side only; empty where nobody knows.

    ``country`` is ISO 3166 alpha-2; province, commune and producer are as people wrote them.
    """

    product_name: str
    country: str = "VN"
    province: str = ""
    commune: str = ""
    producer_name: str = ""
    producer_address: str = ""
    brand: str = ""
    net_content: str = ""
    standards: tuple[str, ...] = ()


def part_seal(parent: Batch, *, code: str, lot_number: str) -> dict[str, Any]:
    """What a part of a lot says: all that the lot said, under a code and a number of its own."""
    return {
        **(parent.seal or {}),
        "trace_code": code,
        "lot_number": lot_number,
        "split_from": {"code": parent.code, "lot_number": parent.lot_number},
    }


def soonest(batches: Sequence[Batch]) -> Shelf:
    """The earliest expiry of several lots; on the same day the stricter promise, to use by."""
    dated = [batch for batch in batches if batch.expires_on is not None]
    if not dated:
        return Shelf(ExpiryKind.NONE, None)
    first = min(dated, key=lambda b: (b.expires_on or date.max, b.expiry_kind != ExpiryKind.USE_BY))
    # A heap with anything in it that has a use-by date has one itself, though a best-before may pass first.
    kinds = {batch.expiry_kind for batch in dated}
    kind = ExpiryKind.USE_BY if ExpiryKind.USE_BY in kinds else first.expiry_kind
    return Shelf(kind, first.expires_on)


def heap_seal(
    batches: Sequence[Batch], place: Location, *, code: str, lot_number: str, shelf: Shelf
) -> dict[str, Any]:
    """What a heap says: one of these lots, each with its number, producer, commune and dates."""
    seals = [batch.seal or {} for batch in batches]
    producers = _in_order(seal_value(seal, "producer_name") for seal in seals)
    communes = _in_order(seal_value(seal, "commune") for seal in seals)
    provinces = _in_order(seal_value(seal, "province") for seal in seals)
    addresses = _in_order(seal_value(seal, "producer_address") for seal in seals)
    made = sorted(filter(None, (seal_value(seal, "production_time") for seal in seals)))
    pictures = _in_order(seal_value(seal, "product_image") for seal in seals)
    tolerances = [Decimal(seal_value(seal, "natural_loss_percent") or "0") for seal in seals]
    standards = [s for s in _list(seals[0], "standards") if all(s in _list(o, "standards") for o in seals)]
    return {
        "product_name": " / ".join(_in_order(seal_value(seal, "product_name") for seal in seals)),
        "product_image": pictures[0] if pictures else "",
        "producer_name": ", ".join(producers),
        "producer_address": addresses[0] if len(addresses) == 1 and len(communes) == 1 else "",
        "commune": ", ".join(communes),
        "commune_code": _alike(seals, "commune_code"),
        "province": ", ".join(provinces),
        "place_code": place.code,
        "date_kind": seal_value(seals[0], "date_kind"),
        "production_time": made[0] if len(made) == len(seals) else "",
        "trace_code": code,
        "lot_number": lot_number,
        **{name: _alike(seals, name) for name in _SAID_ALIKE},
        "expiry_kind": str(shelf.kind),
        "expiry": shelf.on.isoformat() if shelf.on else "",
        "standards": standards,
        "has_food_safety_commitment": all(s.get("has_food_safety_commitment") is True for s in seals),
        "ocop_set": seal_value(seals[0], "ocop_set"),
        "natural_loss_percent": quantity_text(min(tolerances)),
        **_limits(seals),
        "one_of": _one_of(batches),
    }


def outside_seal(
    facts: OutsideFacts,
    place: Location,
    batch: Batch,
    *,
    taken_in_on: date,
    produced_on: date | None,
) -> dict[str, Any]:
    """What is known of goods from outside: what the trader stated, and that nobody else did."""
    product = batch.product
    return {
        "product_name": facts.product_name,
        "product_image": product.picture_sha256 or "",
        "producer_name": facts.producer_name,
        "producer_address": facts.producer_address,
        "commune": facts.commune,
        "commune_code": "",
        "province": facts.province,
        "country": facts.country,
        "place_code": place.code,
        "date_kind": batch.date_kind,
        "production_time": produced_on.isoformat() if produced_on else "",
        "trace_code": batch.code,
        "lot_number": batch.lot_number,
        "brand": facts.brand,
        "net_content": facts.net_content,
        "expiry_kind": batch.expiry_kind,
        "expiry": batch.expires_on.isoformat() if batch.expires_on else "",
        "standards": list(facts.standards),
        "has_food_safety_commitment": False,
        "ocop_set": str(product.ocop_set),
        "gtin": "",
        "natural_loss_percent": "0",
        "from_outside": {"taken_in_on": taken_in_on.isoformat()},
    }


def _one_of(batches: Sequence[Batch]) -> list[dict[str, str]]:
    """The lots that may be met in a heap; a heap that went in stands for the lots in it."""
    found: dict[str, dict[str, str]] = {}
    for batch in batches:
        seal = batch.seal or {}
        for lot in seal.get("one_of") or [lot_of(batch)]:
            found.setdefault(lot["code"], lot)
    return list(found.values())


def lot_of(batch: Batch) -> dict[str, str]:
    """What is said of one lot beside others: its code and number, product, producer, place and dates."""
    seal = batch.seal or {}
    return {
        "code": batch.code,
        "lot_number": batch.lot_number,
        **{name: seal_value(seal, name) for name in _KEPT_OF_EACH},
    }


def _limits(seals: Sequence[Seal]) -> dict[str, str]:
    """The temperatures all of a heap bears: the highest of the lower limits, the lowest of the upper ones."""
    lows = [Decimal(low) for seal in seals if (low := seal_value(seal, "min_temperature"))]
    highs = [Decimal(high) for seal in seals if (high := seal_value(seal, "max_temperature"))]
    found = {"min_temperature": max(lows, default=None), "max_temperature": min(highs, default=None)}
    return {name: quantity_text(limit) for name, limit in found.items() if limit is not None}


def _in_order(texts: Any) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _alike(seals: Sequence[Seal], name: str) -> str:
    first = seal_value(seals[0], name)
    return first if all(seal_value(seal, name) == first for seal in seals) else ""


def _list(seal: Seal, name: str) -> list[str]:
    value = seal.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []
