"""What an event does to quantities: double entries between accounts. Pure; the same for acting, undoing, replaying.

Replaying every event's postings in the order they were recorded rebuilds every holding and balance exactly
(``tests/trace/events``): the event table is the truth, holdings and balances are its running sums.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from trace.events.models import Role, Verb


class Account(StrEnum):
    """Where goods of a batch can be; the columns of its balance, and where they come from."""

    SOURCE = "created"
    HELD = "held"
    IN_TRANSIT = "in_transit"
    IN_QUESTION = "in_question"
    OUTSIDE = "outside"
    SOLD = "sold"
    USED = "used"
    DESTROYED = "destroyed"
    LOST = "lost"


@dataclass(frozen=True)
class Posting:
    """A quantity of one batch out of one account and into another; a holder belongs to ``HELD`` alone."""

    batch_id: UUID
    quantity: Decimal
    out_of: Account
    into: Account
    giver_id: UUID | None = None
    taker_id: UUID | None = None

    def reversed(self) -> "Posting":
        """The entry that undoes this one."""
        return Posting(
            self.batch_id,
            self.quantity,
            self.into,
            self.out_of,
            giver_id=self.taker_id,
            taker_id=self.giver_id,
        )


@dataclass(frozen=True)
class Moved:
    """One batch an event names, with its role."""

    role: Role
    batch_id: UUID
    epc: str
    quantity: Decimal | None


@dataclass(frozen=True)
class Facts:
    """What postings follow from: an event's own columns and the batches it names."""

    verb: Verb
    organisation_id: UUID
    counterpart_id: UUID | None
    goods: Sequence[Moved]
    extensions: Mapping[str, Any]
    is_declaration: bool = False


_GAINED = (Verb.ACTIVATE, Verb.ADD_DELIVERY, Verb.TAKE_IN)
_MADE_ANEW = (Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE)
_GONE = {
    Verb.SELL: Account.SOLD,
    Verb.USE_UP: Account.USED,
    Verb.DESTROY: Account.DESTROYED,
}
# Where a settled difference goes; what returned or was never sent goes to the hand named in ``goes_to``.
_SETTLED = {"natural_loss": Account.LOST, "lost": Account.LOST, "spoiled": Account.DESTROYED}


def postings_of(facts: Facts) -> list[Posting]:
    """The entries of one event, in a fixed order; empty for what only observes.

    An error declaration undoes the entries of the event it repeats.
    """
    postings = [p for moved in facts.goods if moved.quantity is not None for p in _entries(facts, moved)]
    postings = [posting for posting in postings if posting.quantity]
    if facts.is_declaration:
        return [posting.reversed() for posting in reversed(postings)]
    return postings


def _entries(facts: Facts, moved: Moved) -> Iterable[Posting]:
    verb, mine, other = facts.verb, facts.organisation_id, facts.counterpart_id
    batch_id, quantity = moved.batch_id, moved.quantity or Decimal(0)
    on_its_way = Account.IN_TRANSIT if other else Account.OUTSIDE
    if verb in _GAINED or (verb in _MADE_ANEW and moved.role == Role.OUTPUT):
        yield Posting(batch_id, quantity, Account.SOURCE, Account.HELD, taker_id=mine)
    elif verb in _MADE_ANEW and moved.role == Role.INPUT:
        yield Posting(batch_id, quantity, Account.HELD, Account.USED, giver_id=mine)
    elif verb in (Verb.SHIP, Verb.RETURN):
        yield Posting(batch_id, quantity, Account.HELD, on_its_way, giver_id=mine)
    elif verb == Verb.CANCEL:
        yield Posting(batch_id, quantity, on_its_way, Account.HELD, taker_id=mine)
    elif verb == Verb.REFUSE:
        yield Posting(batch_id, quantity, Account.IN_TRANSIT, Account.HELD, taker_id=other)
    elif verb == Verb.RECEIVE:
        yield Posting(batch_id, quantity, Account.IN_TRANSIT, Account.HELD, taker_id=mine)
        missing = facts.extensions.get("difference", {}).get(moved.epc, {})
        yield Posting(batch_id, Decimal(missing.get("lost", 0)), Account.IN_TRANSIT, Account.LOST)
        yield Posting(batch_id, Decimal(missing.get("open", 0)), Account.IN_TRANSIT, Account.IN_QUESTION)
    elif verb == Verb.CONFIRM_CLAIM:
        yield Posting(batch_id, quantity, Account.HELD, Account.HELD, giver_id=mine, taker_id=other)
    elif verb == Verb.SETTLE:
        gone = _SETTLED.get(facts.extensions["outcome"])
        taker = None if gone else UUID(facts.extensions["goes_to"])
        yield Posting(batch_id, quantity, Account.IN_QUESTION, gone or Account.HELD, taker_id=taker)
    elif verb == Verb.COUNT:
        found = facts.extensions.get("difference", {}).get(moved.epc, {})
        yield Posting(batch_id, Decimal(found.get("lost", 0)), Account.HELD, Account.LOST, giver_id=mine)
        yield Posting(batch_id, Decimal(found.get("found", 0)), Account.LOST, Account.HELD, taker_id=mine)
    elif verb == Verb.SAMPLE:
        # The authority takes its samples out of somebody else's goods.
        yield Posting(batch_id, quantity, Account.HELD, Account.USED, giver_id=other or mine)
    elif verb in _GONE:
        yield Posting(batch_id, quantity, Account.HELD, _GONE[verb], giver_id=mine)
