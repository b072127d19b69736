"""What activation seals: the ten items and what else a page needs, as they were at that moment (all text)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from producers import queries as producer_queries
from trace.batches.models import Batch
from trace.core import clock
from trace.events.documents import quantity_text


def make_seal(session: Session, batch: Batch) -> dict[str, Any]:
    """The sealed facts of a batch whose ten items are all there. Public by intent: no quantity, no person."""
    product, location = batch.product, batch.location
    certificate = producer_queries.find_valid_certificate(session, product.id, clock.today())
    seal: dict[str, Any] = {
        "product_name": product.name,
        "product_image": product.picture_sha256 or "",
        "producer_name": batch.organisation.name,
        "producer_address": location.address_as_written,
        "commune": location.commune.name,
        "commune_code": location.commune_code,
        "province": location.commune.province.name,
        "place_code": location.code,
        "date_kind": batch.date_kind,
        "production_time": batch.produced_on.isoformat(),
        "trace_code": batch.code,
        "lot_number": batch.lot_number,
        "brand": product.brand,
        "net_content": product.net_content,
        "expiry_kind": batch.expiry_kind,
        "expiry": batch.expires_on.isoformat() if batch.expires_on else "",
        "standards": list(product.standards),
        "has_food_safety_commitment": product.has_food_safety_commitment,
        "ocop_set": str(product.ocop_set),
        "gtin": product.gtin or "",
        "natural_loss_percent": quantity_text(Decimal(product.natural_loss_percent)),
    }
    limits = {"min_temperature": product.min_temperature, "max_temperature": product.max_temperature}
    seal |= {name: quantity_text(Decimal(limit)) for name, limit in limits.items() if limit is not None}
    if certificate is not None:
        seal["ocop"] = {
            "stars": str(certificate.stars),
            "decision_number": certificate.decision_number,
            "decided_on": certificate.decided_on.isoformat(),
            "issuer": certificate.issuer,
        }
    return seal


def natural_loss_percent(seal: Mapping[str, Any] | None) -> Decimal:
    """The sealed tolerance: raising it later must not make an open difference disappear."""
    return Decimal((seal or {}).get("natural_loss_percent", "0"))
