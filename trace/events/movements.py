"""Moving quantities: locks in one order, holdings and balance together. Called by the verbs, never by a view.

The balance of a batch is locked first and batches in the order of their ids, so that two verbs on the same goods
wait for each other and never for each other's second lock.
"""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.batches.models import Balance, Batch, Holding


def lock_balances(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """Lock the balances of batches, lowest id first; batches never activated have none."""
    wanted = select(Balance).where(Balance.batch_id.in_(list(batch_ids))).order_by(Balance.batch_id)
    locked = session.scalars(wanted.with_for_update().execution_options(populate_existing=True))
    return {balance.batch_id: balance for balance in locked}


def lock_batch(session: Session, batch: Batch) -> Balance | None:
    """Lock one batch's balance and read the batch anew, so that a recall that just committed is seen."""
    balance = lock_balances(session, [batch.id]).get(batch.id)
    session.refresh(batch)
    return balance


def holding_of(session: Session, batch: Batch, organisation_id: UUID) -> Holding:
    """The organisation's holding of a batch whose balance is locked; made at zero where there was none."""
    found = session.get(Holding, (batch.id, organisation_id), populate_existing=True)
    if found is None:
        found = Holding(batch_id=batch.id, organisation_id=organisation_id, quantity=Decimal(0))
        session.add(found)
    return found
