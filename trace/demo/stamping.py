"""A roll of stamps in the demo: some on today's lot, one of these sold, one spoiled, the others not used yet."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.models import Batch
from trace.batches.stamp_rules import Typed, VoidReason
from trace.events import services_items, services_stamps

STAMPS = 20
# The demo is never filled behind a public address.
_ADDRESS = "http://localhost:8000"


def tell_stamps(session: Session, actors: Mapping[str, Actor], lot: Batch) -> None:
    """Order a roll, put half of it on ``lot``, sell the first of these and void the last."""
    producer = next(one for one in actors.values() if one.organisation_id == lot.organisation_id)
    run = services_runs.issue_roll(session, producer, services_runs.Order(STAMPS, _ADDRESS), lot.product_id)
    services_runs.make_part(session, run.id)
    first, last = Typed(number=run.first_number), Typed(number=run.first_number + STAMPS // 2 - 1)
    services_stamps.bind_stamps(session, producer, lot.id, first, last)
    services_stamps.void_stamps(session, producer, last, last, VoidReason.SPOILED)
    code = stamp_queries.find_code(session, run.id, run.first_number)
    services_items.sell_item(session, producer, Typed(code=code))
