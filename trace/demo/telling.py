"""Telling a story by the verbs of custody and recall: each step is one call of the service a person would call."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import singledispatchmethod
from typing import Any

from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import Refusal
from trace.demo.catalogue import AUTHORITY, DemoProduct
from trace.demo.factories import ActiveBatchFactory, BatchFactory, PartyFactory, ShipmentFactory
from trace.demo.stories import Destroy, EndRecall, Receive, Sell, Ship, StartRecall, Story, WithdrawRecall
from trace.events import services_leaving, services_receiving
from trace.events.handover_models import Shipment
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.services import Decision

# Younger than what the public page calls added later, older than now.
EARLIEST, LATEST = timedelta(hours=18), timedelta(hours=1)
# From the activation to the first that happens to the goods.
BEFORE = timedelta(minutes=30)
_PARTY = "party:"


class Teller:
    """Tells stories one after the other; ``actors`` and ``products`` by their keys."""

    def __init__(
        self,
        session: Session,
        today: date,
        actors: Mapping[str, Actor],
        products: Mapping[str, tuple[DemoProduct, Product]],
    ) -> None:
        self.session = session
        self.today = today
        self.actors = actors
        self.products = products
        self._by_organisation = {actor.organisation_id: actor for actor in actors.values()}
        self._decisions = 0
        self._keys = 0

    def tell(self, story: Story) -> Batch:
        """Register the batch and let everything happen to it that the story says."""
        stated, product = self.products[story.product]
        times = list(self._times(story))
        facts = {
            "session": self.session,
            "actor": self._by_organisation[product.organisation_id],
            "product": product,
            "produced_on": self.today - timedelta(days=story.days_ago),
            "date_kind": stated.date_kind,
            "quantity": story.quantity,
        }
        if story.is_draft:
            batch: Batch = BatchFactory.create(**facts)
        else:
            first = min((when for when in times if when is not None), default=None)
            activated = first - BEFORE if first is not None else None
            batch = ActiveBatchFactory.create(**facts, event_time=activated)
        told = _Told(self, batch, self._by_organisation[product.organisation_id])
        for step, when in zip(story.steps, times, strict=True):
            try:
                told.happen(step, when)
            except Refusal as refusal:
                refusal.add_note(f"{story.product} of {story.days_ago} days ago, {step}")
                raise
        return batch

    def _times(self, story: Story) -> Iterator[datetime | None]:
        """When each step happened; None is now, for goods made today."""
        now = clock.now()
        for place, step in enumerate(story.steps):
            hours = getattr(step, "hours_ago", None)
            if hours is not None:
                yield now - timedelta(hours=hours)
            elif story.days_ago == 0:
                yield None
            else:
                yield now - EARLIEST + (EARLIEST - LATEST) * place / len(story.steps)

    def next_key(self) -> str:
        self._keys += 1
        return f"demo-{self._keys}"

    def next_decision(self) -> Decision:
        self._decisions += 1
        return Decision(f"{self._decisions:02d}/QĐ-VD", self.today)


class _Told:
    """One batch while its story is told: its last shipment and its recall."""

    def __init__(self, teller: Teller, batch: Batch, producer: Actor) -> None:
        self.teller = teller
        self.batch = batch
        self.producer = producer
        self.shipment: Shipment | None = None
        self.recall: Recall | None = None

    @singledispatchmethod
    def happen(self, step: Any, when: datetime | None) -> None:
        raise TypeError(f"no such step: {step}")

    @happen.register
    def _ship(self, step: Ship, when: datetime | None) -> None:
        sender = self.teller.actors[step.by] if step.by else self.producer
        is_party = step.to.startswith(_PARTY)
        party = (
            PartyFactory.create(
                session=self.teller.session,
                actor=sender,
                kind=PartyKind.TRADER,
                name=step.to.removeprefix(_PARTY),
            )
            if is_party
            else None
        )
        self.shipment = ShipmentFactory.create(
            session=self.teller.session,
            actor=sender,
            batch=self.batch,
            to=None if is_party else self.teller.actors[step.to].organisation,
            party=party,
            quantity=step.quantity,
            key=self.teller.next_key(),
            event_time=when,
        )

    @happen.register
    def _receive(self, step: Receive, when: datetime | None) -> None:
        shipment = self.shipment
        if shipment is None or shipment.receiver_id is None:
            raise ValueError("nothing was shipped that could be received")
        receiver = self.teller._by_organisation[shipment.receiver_id]
        received = {line.batch_id: line.quantity - step.missing for line in shipment.lines}
        services_receiving.receive(self.teller.session, receiver, shipment.id, received, event_time=when)

    @happen.register
    def _sell(self, step: Sell, when: datetime | None) -> None:
        seller = self.teller.actors[step.by]
        key = self.teller.next_key()
        services_leaving.sell(
            self.teller.session, seller, self.batch.id, step.quantity, key=key, event_time=when
        )

    @happen.register
    def _destroy(self, step: Destroy, when: datetime | None) -> None:
        services_leaving.destroy(
            self.teller.session,
            self.teller.actors[step.by],
            self.batch.id,
            step.quantity,
            step.reason,
            key=self.teller.next_key(),
            event_time=when,
        )

    @happen.register
    def _start_recall(self, step: StartRecall, when: datetime | None) -> None:
        self.recall = recalls.recall(
            self.teller.session,
            self.teller.actors[AUTHORITY.key],
            self.batch.id,
            step.recall_class,
            step.reason,
            None if step.is_voluntary else self.teller.next_decision(),
            typed_lot_number=self.batch.lot_number,
        )

    @happen.register
    def _end_recall(self, step: EndRecall, when: datetime | None) -> None:
        recalls.end_recall(*self._recalled(), typed_lot_number=self.batch.lot_number)

    @happen.register
    def _withdraw_recall(self, step: WithdrawRecall, when: datetime | None) -> None:
        recalls.withdraw_recall(*self._recalled(), step.reason, typed_lot_number=self.batch.lot_number)

    def _recalled(self) -> tuple[Session, Actor, Any]:
        if self.recall is None:
            raise ValueError("there is no recall to end")
        return self.teller.session, self.teller.actors[AUTHORITY.key], self.recall.id
