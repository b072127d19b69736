"""Where a batch is, as its balance says."""

from sqlalchemy.orm import Session

from trace.batches import queries
from trace.batches.models import Batch

PLACES = ("held", "in_transit", "in_question", "outside", "sold", "destroyed", "lost")


def balance_of(session: Session, batch: Batch) -> dict[str, object]:
    """How much of the batch is in each place; places that have nothing are left out."""
    balance = queries.find_balance(session, batch.id)
    assert balance is not None
    return {place: getattr(balance, place) for place in PLACES if getattr(balance, place)}
