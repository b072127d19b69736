"""May this label be printed, and what does it say: from the batch's seal to what the drawers take.

A label is made of what activation sealed, never of today's product: what is stuck on a pack must agree with the page
that its QR opens. No drawing here and no request.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labels.qr import digital_link_address, element_string, printed_address, readable_site
from labels.spec import DateLine, LabelContent
from producers.models import ExpiryKind
from producers.rules import is_certificate_valid
from trace.batches import queries as batch_queries
from trace.batches.gate import check_may_be_labelled, sealed_day
from trace.batches.models import Batch, DateKind
from trace.batches.rules import seal_value
from trace.core import clock
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
        net_quantity=seal_value(seal, "net_content"),
        ocop=_ocop(batch, seal, clock.today()),
        label_rules=_label_rules(batch, seal),
    )


def with_gs1_address(content: LabelContent, batch: Batch, public_url: str) -> LabelContent:
    """The same label with a GS1 Digital Link in its QR and the element string beside it.

    Raises ``NoSuchElement`` where the sealed product has no GTIN, or the lot number is none of GS1's.
    """
    seal = batch.seal or {}
    gtin, lot = seal_value(seal, "gtin"), seal_value(seal, "lot_number")
    return replace(
        content, address=digital_link_address(public_url, gtin, lot), hri=element_string(gtin, lot)
    )


def sealed_gtin(batch: Batch) -> str:
    """The GTIN that activation sealed, 14 digits; empty where there was none."""
    return seal_value(batch.seal or {}, "gtin")


def till_number(batch: Batch) -> str:
    """The sealed GTIN as the 13 digits a till reads; empty where there is none, or only a carton's or a short one's."""
    gtin = sealed_gtin(batch)
    return gtin[1:] if len(gtin) == 14 and gtin.startswith("0") and not gtin.startswith("000000") else ""


def printed_name(batch: Batch) -> str:
    """The product's name as it was sealed; as it is now for a draft."""
    return seal_value(batch.seal or {}, "product_name") or batch.product.name


def _ocop(batch: Batch, seal: Mapping[str, Any], today: date) -> str:
    """The line about stars: of the certificate that activation sealed, while it is valid and not taken back."""
    stated = seal.get("ocop")
    if not isinstance(stated, Mapping):
        return ""
    is_valid = any(
        paper.decision_number == stated.get("decision_number")
        and paper.decided_on.isoformat() == stated.get("decided_on")
        and paper.removed_at is None
        and is_certificate_valid(paper.decided_on, paper.expires_on, today)
        for paper in batch.product.certificates
    )
    return f"Đạt OCOP {stated.get('stars')} sao" if is_valid else ""


def _label_rules(batch: Batch, seal: Mapping[str, Any]) -> tuple[str, ...]:
    """Who answers for the goods, with the address, and where they are from: as the label rules ask."""
    named = (seal_value(seal, name) for name in ("producer_name", "producer_address", "commune", "province"))
    maker = ", ".join(part for part in named if part)
    if not maker:
        return ()
    # Of goods from outside nobody here knows the country; of others, every place that we hold is in Vietnam.
    origin = "" if batch.product.is_from_outside else " Xuất xứ: Việt Nam."
    return (f"Sản xuất: {maker}.{origin}",)


def _dates(seal: Mapping[str, Any]) -> tuple[DateLine, ...]:
    lines = []
    produced_on, expires_on = sealed_day(seal, "production_time"), sealed_day(seal, "expiry")
    if produced_on is not None:
        lines.append(DateLine(_PRODUCED_WORDS[DateKind(seal_value(seal, "date_kind"))], produced_on))
    if expires_on is not None:
        lines.append(DateLine(_EXPIRY_WORDS[ExpiryKind(seal_value(seal, "expiry_kind"))], expires_on))
    return tuple(lines)
