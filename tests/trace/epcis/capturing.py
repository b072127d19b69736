"""What is captured in tests: events about our own batches, and what came of them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tests.trace.epcis.documents import an_event
from trace.accounts.permissions import Actor
from trace.batches import queries as batches
from trace.batches.models import Batch
from trace.core import clock
from trace.epcis.capture import Outcome

SITE = "https://nguongoc.example"
Capture = Callable[..., Outcome]


def now_text() -> str:
    return clock.now().isoformat()


def about(batch: Batch, quantity: Any, **fields: Any) -> dict[str, Any]:
    """An event about some of one batch, now."""
    element = {"epcClass": fields.pop("as_", batch.epc_class), "quantity": quantity, "uom": batch.uom}
    quantities = [{name: value for name, value in element.items() if value is not None}]
    return an_event(**{"eventTime": now_text(), "epcList": None, "quantityList": quantities, **fields})


def shipping(batch: Batch, quantity: Any, receiver: Actor, **fields: Any) -> dict[str, Any]:
    to = {"type": "possessing_party", "destination": f"urn:uuid:{receiver.organisation_id}"}
    return about(
        batch, quantity, bizStep="shipping", disposition="in_transit", destinationList=[to], **fields
    )


def receiving(batch: Batch, quantity: Any, **fields: Any) -> dict[str, Any]:
    return about(batch, quantity, bizStep="receiving", disposition="in_progress", **fields)


def selling(batch: Batch, quantity: Any, **fields: Any) -> dict[str, Any]:
    return about(batch, quantity, bizStep="retail_selling", disposition="retail_sold", **fields)


def held(session: Session, batch: Batch, actor: Actor) -> Decimal:
    found = batches.find_holding(session, batch.id, actor.organisation_id)
    return found.quantity if found else Decimal(0)


def codes(outcome: Outcome) -> list[str]:
    return [failure.refusal.code for failure in outcome.failures]
