"""A model of custody in plain Python: lots, shipments, keys, and the world a run starts from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from tests.factories import PartyFactory, ProductFactory, actor_of_kind, officer_of
from trace.accounts.models import OrganisationKind
from trace.batches.models import Batch
from trace.core.database import new_session
from trace.events.models import Verb

NOTHING = Decimal(0)
PLACES = ("held", "in_transit", "in_question", "outside", "sold", "destroyed", "lost")


@dataclass(frozen=True)
class World:
    """What every run starts from, committed once: three who make or hold, one officer, two products, their parties.

    Only ids: each run loads them in a transaction of its own, which is rolled back.
    """

    engine: Engine
    people: list[tuple[UUID, UUID]]  # user and organisation; the officer last
    products: list[UUID]
    parties: dict[UUID, UUID]


def build_world(engine: Engine) -> World:
    kinds = (
        OrganisationKind.PRODUCER,
        OrganisationKind.CARRIER,
        OrganisationKind.SHOP,
        OrganisationKind.SHOP,
    )
    with new_session(engine) as session:
        actors = [actor_of_kind(session, kind) for kind in kinds]
        weighed = ProductFactory.create(session=session, actor=actors[0], natural_loss_percent=Decimal(3))
        counted = ProductFactory.create(
            session=session, actor=actors[0], uom=None, packaging_word="quả", natural_loss_percent=Decimal(10)
        )
        parties = {a.organisation_id: PartyFactory.create(session=session, actor=a).id for a in actors}
        people = [(a.user_id, a.organisation_id) for a in (*actors, officer_of(session)) if a.user_id]
        session.commit()
        return World(engine, people, [weighed.id, counted.id], parties)


@dataclass
class Lot:
    """The model of one batch."""

    batch: Batch
    tolerance: Decimal
    is_count: bool
    held: dict[UUID, Decimal]
    places: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(("nowhere", *PLACES), NOTHING))
    is_recalled: bool = False
    recall_id: UUID | None = None
    had_ended_recall: bool = False

    @property
    def created(self) -> Decimal:
        return self.batch.quantity


@dataclass
class Sent:
    """The model of one shipment to an organisation."""

    id: UUID
    lot: Lot
    sender: UUID
    receiver: UUID
    quantity: Decimal
    received: Decimal | None = None


@dataclass
class Keyed:
    """A verb that was acted on under a key: ``again(key, quantity)`` calls it once more."""

    key: str
    quantity: Decimal
    answer: UUID
    again: Callable[[str, Decimal], Any]


def replay(rows: Iterable[Any]) -> dict[tuple[UUID, UUID], Decimal]:
    """Who holds how much of each batch, from the events alone, in the order they were recorded."""
    signs = {Verb.ACTIVATE: 1, Verb.RECEIVE: 1, Verb.SHIP: -1, Verb.SELL: -1, Verb.DESTROY: -1}
    held: dict[tuple[UUID, UUID], Decimal] = {}
    for row in rows:
        if row.verb not in signs:
            continue
        place = (row.batch_id, row.organisation_id)
        held[place] = held.get(place, NOTHING) + signs[Verb(row.verb)] * row.quantity
        assert held[place] >= 0, "the events tell of goods nobody had"
    return held
