"""Correcting an entry in a test, and where a batch is afterwards: by its balance, and by its events alone."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import a_key
from tests.trace.events.conftest import Chain
from trace.accounts.permissions import Actor
from trace.batches import queries as batches
from trace.batches.models import Batch
from trace.events import queries, services_leaving
from trace.events.corrections import facts_of
from trace.events.corrective import Replacement
from trace.events.models import Event, Verb
from trace.events.postings import Account, postings_of
from trace.events.rules_correction import CorrectionReason
from trace.events.services_correction import Corrected, correct

WRONG = CorrectionReason.INCORRECT_DATA
NEVER = CorrectionReason.DID_NOT_OCCUR


def fix(session: Session, chain: Chain, event: Event, who: Actor | None = None, **said: Any) -> Corrected:
    if "quantity" in said:
        said["quantities"] = {chain.batch.id: Decimal(said.pop("quantity"))}
    return correct(session, who or chain.producer, event.id, WRONG, Replacement(**said), key=a_key())


def never(session: Session, chain: Chain, event: Event, who: Actor | None = None) -> Corrected:
    return correct(session, who or chain.producer, event.id, NEVER, key=a_key())


def sold(session: Session, chain: Chain, quantity: str = "10", **more: Any) -> Event:
    return services_leaving.sell(
        session, chain.producer, chain.batch.id, Decimal(quantity), key=a_key(), **more
    )


def last(session: Session, verb: Verb) -> Event:
    wanted = select(Event).where(Event.verb == verb).order_by(Event.record_time.desc(), Event.id.desc())
    return session.scalars(wanted).first()  # type: ignore[return-value]  # there is one


def whole_balance(session: Session, batch: Batch) -> dict[str, Decimal]:
    balance = batches.find_balance(session, batch.id)
    assert balance is not None
    names = (account.value for account in Account)
    return {name: getattr(balance, name) for name in names if getattr(balance, name)}


def replayed(session: Session, batch_id: UUID) -> dict[str, Decimal]:
    """Where a batch is, from its event table alone."""
    found: dict[str, Decimal] = {}
    for event in queries.list_batch_events(session, batch_id):
        for posting in postings_of(facts_of(event)):
            for account, sign in ((posting.out_of, -1), (posting.into, 1)):
                change = posting.quantity * (-sign if account == Account.SOURCE else sign)
                if posting.batch_id == batch_id:
                    found[account] = found.get(account, Decimal(0)) + change
    return {name: quantity for name, quantity in found.items() if quantity}
