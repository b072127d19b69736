"""A batch begins to move: its ten items are sealed, and the goods are in the producer's hands.

Households and plots of a harvest stand here too, for they are named when the batch is activated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor, require_approved, require_producer
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import BadInput, Refusal
from trace.events import desk, rules, seals
from trace.events.desk import PLAIN, Around
from trace.events.documents import Happening, goods_of
from trace.events.models import Event, Verb


class AlreadyActivated(Refusal):
    """The batch was activated before."""

    code = "already-activated"


class ItemsMissing(Refusal):
    """Some of the ten items are missing; ``missing`` has their numbers."""

    code = "ten-items-missing"
    http_status = 422


class SourcesDiffer(BadInput):
    """The quantities of the households do not add up to the batch's."""

    code = "sources-differ"


@dataclass(frozen=True)
class Source:
    """One household's part of a harvest: a party of the own address book, its plot (thửa), its quantity."""

    quantity: Decimal
    party_id: UUID | None = None
    plot: str = ""


def activate(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    sources: Sequence[Source] = (),
    extensions: Mapping[str, Any] | None = None,
    event_time: datetime | None = None,
    around: Around = PLAIN,
    note: str = "",
) -> Event:
    """Seal the ten items and let the batch move: the goods are now in the producer's hands.

    ``sources`` are the households and plots of a harvest, whose quantities add up to the batch's. The seal is of now,
    even where the goods were there before (``event_time``).
    Raises ``NotApprovedYet``, ``ItemsMissing``, ``AlreadyActivated``, ``SourcesDiffer``, ``TimeOutOfRange``.
    """
    batch = ready_draft(session, actor, batch_id)
    check_sources(sources, batch.quantity)
    when = desk.when_of(event_time, around, rules.start_of_day(batch.produced_on)) if event_time else None
    now = clock.now()
    seal = seals.make_seal(session, batch)
    happening = Happening(
        verb=Verb.ACTIVATE,
        event_time=when.event_time if when else now,
        device_time=when.device_time if when else None,
        goods=goods_of({batch: batch.quantity}),
        location_uri=batch.location.uri,
        sealed_items={batch.epc_class: seal},
        extensions=extensions or {},
    )
    batch.seal = seal
    batch.activated_at = now
    session.flush()
    aside = desk.aside_of(session, actor, around, note=note)
    aside = replace(aside, people=people_of(session, actor, sources))
    return desk.carry_out(session, actor, happening, location=batch.location, aside=aside)


def ready_draft(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    """An own draft that may be activated now, locked, with all that will be sealed held still.

    Raises ``NotApprovedYet``, ``AlreadyActivated``, ``ItemsMissing``, ``NotFound``.
    """
    require_producer(actor)
    batch = batch_queries.get_batch(session, actor.organisation_id, batch_id)
    require_approved(actor)
    session.refresh(batch, with_for_update={"of": Batch})
    if batch.is_activated:
        raise AlreadyActivated(_l("This batch is already activated."))
    _hold_still(session, batch)
    missing = batch_queries.ten_items(batch).missing
    if missing:
        raise ItemsMissing(
            _l("Some of the ten items are missing. Add them, then activate the batch."), missing=list(missing)
        )
    return batch


def _hold_still(session: Session, batch: Batch) -> None:
    """Read anew what is about to be sealed, and keep it from changing until the seal is committed.

    A change under way is waited for and sealed; one that comes later waits, and the page shows it as a change.
    """
    for record in (batch.organisation, batch.product, batch.location):
        # Their own columns only: what else was loaded through them stays.
        columns = record.__mapper__.column_attrs.keys()
        session.refresh(record, columns, with_for_update={"read": True, "of": type(record)})
    session.expire(batch.location, ["commune"])


def check_sources(sources: Sequence[Source], total: Decimal) -> None:
    """Raise ``SourcesDiffer`` where households and plots are named and their quantities are not the whole."""
    named = sum((source.quantity for source in sources), Decimal(0))
    if sources and (named != total or any(source.quantity <= 0 for source in sources)):
        raise SourcesDiffer(
            _l("The households together have %(named)s; the batch has %(total)s.", named=named, total=total),
            field="sources",
            named=named,
            total=total,
        )


def people_of(session: Session, actor: Actor, sources: Sequence[Source]) -> list[dict[str, str]]:
    """Households and plots as they are kept, apart from the event: personal, and erasable."""
    people = []
    for source in sources:
        household = desk.party_of(session, actor, source.party_id, "sources")
        people.append(
            {
                "party": str(household.id) if household else "",
                "plot": source.plot,
                "quantity": f"{source.quantity.normalize():f}",
            }
        )
    return people
