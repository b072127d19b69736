"""The page of one batch for the organisation that registered it: the ten items, its own goods, its own events.

Nothing here shows where goods went after the next hand: one step back, one step forward (docs/domain.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labels.mending import Mending, mend_item
from producers.face import pages, texts
from producers.face.pages_growing import Growing, growing_of
from producers.face.pages_harvest import Delivered, delivered
from producers.face.texts import _
from producers.models import ExpiryKind
from trace.accounts.models import Organisation
from trace.batches import queries as batch_queries
from trace.batches.gate import sealed_items
from trace.batches.models import Batch, DateKind, Origin
from trace.batches.rules import BatchState, TenItems
from trace.batches.texts import ITEM_LABELS
from trace.core.short_codes import pretty
from trace.events import queries as event_queries
from trace.events import queries_making
from trace.events.corrections import standing
from trace.events.handover_models import Shipment
from trace.events.histories import Told, tell_all
from trace.events.models import Event, Role, Verb
from trace.recalls import queries as recall_queries
from trace.recalls.models import Recall
from trace.recalls.texts import recalled_sources

_MADE = (Origin.TRANSFORMED, Origin.SPLIT, Origin.MERGED)


@dataclass(frozen=True)
class Item:
    """One of the ten items: what stands there, or what is missing and the step that adds it."""

    number: int
    label: str
    value: str
    is_missing: bool
    step: Mending | None = None
    picture_sha256: str = ""


@dataclass(frozen=True)
class Amount:
    """One line of where the organisation's own goods are."""

    label: str
    quantity: str
    hint: str = ""


@dataclass(frozen=True)
class Step:
    """One thing that happened, as far as this organisation may see."""

    happened_at: datetime
    title: str
    text: str = ""
    who: str = ""
    state: str = "done"
    marks: tuple[str, ...] = ()
    event_id: UUID | None = None


@dataclass(frozen=True)
class BatchPage:
    """One batch. ``amounts``, ``steps`` and ``held`` are empty for a draft."""

    batch: Batch
    organisation: Organisation
    name: str
    state: BatchState
    chip_text: str
    chip_tone: str
    quantity: str
    quantity_words: str
    items: tuple[Item, ...]
    place: str
    held: Decimal = Decimal(0)
    amounts: tuple[Amount, ...] = ()
    steps: tuple[Step, ...] = ()
    recall: Recall | None = None
    recalled_sources: str = ""  # while it is under review: the recalled lots it was made of
    changes: tuple[pages.Change, ...] = ()
    households: tuple[Delivered, ...] = ()  # who brought how much; personal, for this organisation alone
    made_of: tuple[Batch, ...] = ()
    made_into: tuple[Batch, ...] = ()
    growing: Growing | None = None  # the diary and the test results

    @property
    def can_grow(self) -> bool:
        return self.batch.origin == Origin.PRODUCED and self.can_label

    @property
    def is_repeatable(self) -> bool:
        """A part, a heap or goods from outside are not registered again."""
        return self.batch.origin in (Origin.PRODUCED, Origin.TRANSFORMED)

    @property
    def missing(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.is_missing)

    @property
    def can_activate(self) -> bool:
        return not self.missing and self.organisation.is_approved

    @property
    def can_label(self) -> bool:
        return self.batch.is_activated and not self.batch.is_recalled and self.organisation.is_approved


def batch_page(session: Session, organisation: Organisation, batch: Batch) -> BatchPage:
    """Everything the page of this batch shows; the caller has checked whose it is."""
    state = pages.state_of_batch(batch)
    chip_text, chip_tone = texts.state_chip(batch, state)
    common: dict[str, Any] = {
        "batch": batch,
        "organisation": organisation,
        "name": pages.sealed_name(batch),
        "state": state,
        "chip_text": chip_text,
        "chip_tone": chip_tone,
        "quantity": texts.amount(batch.quantity, batch.unit_word),
        "quantity_words": texts.quantity_words(batch.quantity, batch.uom, batch.packaging_word),
        "items": _items(batch),
        "place": pages.place_name(batch.location),
        "growing": growing_of(session, batch),
    }
    if not batch.is_activated:
        return BatchPage(**common)
    held = batch_queries.held_quantity(session, batch.id, organisation.id)
    events = event_queries.list_batch_events(session, batch.id, organisation.id)
    own_shipments = [
        shipment
        for shipment in event_queries.list_batch_shipments(session, batch.id)
        if shipment.sender_id == organisation.id
    ]
    return BatchPage(
        **common,
        held=held,
        amounts=_amounts(batch, events, own_shipments, organisation),
        steps=_steps(session, batch, events, organisation),
        recall=recall_queries.find_recall_in_force(session, batch.id),
        recalled_sources=recalled_sources(recall_queries.list_reviews(session, batch.id))
        if batch.is_under_review
        else "",
        changes=pages.changes_of(session, batch.product_id, since=batch.activated_at),
        households=tuple(delivered(session, organisation, batch)),
        made_of=tuple(queries_making.list_inputs(session, batch.id)) if batch.origin in _MADE else (),
        made_into=tuple(queries_making.list_outputs(session, batch.id, organisation.id)),
    )


def _items(batch: Batch) -> tuple[Item, ...]:
    items = batch_queries.ten_items(batch) if batch.seal is None else sealed_items(batch.seal)
    missing = set(items.missing)
    values = _values(batch, items)
    return tuple(
        Item(
            number,
            str(label),
            values[number],
            number in missing,
            None if batch.is_activated or (number not in missing) else mend_item(number, batch),
            items.product_image if number == 2 else "",
        )
        for number, label in ITEM_LABELS.items()
    )


def _values(batch: Batch, items: TenItems) -> dict[int, str]:
    produced = f"{items.production_time:%d/%m/%Y}" if items.production_time else ""
    expiry = f"{items.expiry:%d/%m/%Y}" if items.expiry else ""
    standards = [
        *items.standards,
        *([_("Food-safety commitment")] if items.has_food_safety_commitment else []),
    ]
    return {
        1: items.product_name,
        2: "",
        3: items.producer_name,
        4: items.producer_address,
        5: _(
            "The stages join by themselves at each handover. First stage: lot %(code)s at place %(place)s.",
            code=pretty(items.trace_code),
            place=items.place_code,
        ),
        6: f"{texts.DATE_NAMES[DateKind(batch.date_kind)]}: {produced}" if produced else "",
        7: pretty(items.trace_code),
        8: items.brand or _("None"),
        9: f"{texts.EXPIRY_NAMES[ExpiryKind(items.expiry_kind)]}: {expiry}" if expiry else _("None"),
        10: " · ".join(standards),
    }


def _amounts(
    batch: Batch, events: Iterable[Event], shipments: Iterable[Shipment], organisation: Organisation
) -> tuple[Amount, ...]:
    """Where the organisation's own goods of this batch went: handed over, sold, destroyed; only what there is."""
    zero = Decimal(0)
    lines = [
        (shipment, line) for shipment in shipments for line in shipment.lines if line.batch_id == batch.id
    ]
    on_the_way = sum((line.quantity for shipment, line in lines if shipment.is_open), zero)
    outside = sum(
        (line.quantity for shipment, line in lines if shipment.receiver_id is None and not shipment.is_over),
        zero,
    )
    received = sum((line.received_quantity or zero for _shipment, line in lines), zero)
    lost = sum((line.lost_quantity for _shipment, line in lines), zero)
    unsettled = sum((line.open_quantity for _shipment, line in lines), zero)
    own: dict[str, Decimal] = {}
    for event in standing(events):
        part = next((part for part in event.goods if part.batch_id == batch.id), None)
        moved = part.quantity if part is not None and part.role != Role.OUTPUT else None
        is_ours = event.organisation_id == organisation.id
        if moved is not None and is_ours:
            own[event.verb] = own.get(event.verb, zero) + moved
    made_into = sum((own.get(verb, zero) for verb in (Verb.TRANSFORM, Verb.SPLIT, Verb.MERGE)), zero)
    rows = (
        (_("Added by later deliveries"), own.get(Verb.ADD_DELIVERY, zero)),
        (_("Became other lots"), made_into),
        (_("On the way, waiting for the receiver"), on_the_way),
        (_("Received by the next hand"), received),
        (_("Handed to parties without an account"), outside),
        (_("Came back"), own.get(Verb.RECEIVE, zero)),
        (_("Sold"), own.get(Verb.SELL, zero)),
        (_("Used up or taken as samples"), own.get(Verb.USE_UP, zero) + own.get(Verb.SAMPLE, zero)),
        (_("Thrown away or destroyed"), own.get(Verb.DESTROY, zero)),
        (_("Natural loss on the way"), lost),
        (_("Difference to settle"), unsettled),
    )
    return tuple(
        Amount(label, texts.amount(quantity, batch.unit_word)) for label, quantity in rows if quantity
    )


def _steps(
    session: Session, batch: Batch, events: Iterable[Event], organisation: Organisation
) -> tuple[Step, ...]:
    privates = event_queries.list_batch_privates(session, batch.id, organisation.id)
    steps = [_step(batch, told) for told in tell_all(events, privates, organisation.id)]
    for recall in recall_queries.list_batch_recalls(session, batch.id):
        steps.extend(_recall_steps(recall))
    return tuple(sorted(steps, key=lambda step: step.happened_at))


def _step(batch: Batch, told: Told) -> Step:
    event = told.event
    moved = next((part.quantity for part in event.goods if part.batch_id == batch.id), None)
    return Step(
        event.event_time,
        told.title,
        texts.amount(moved, batch.unit_word) if moved is not None else "",
        _("Recorded by %(name)s", name=event.organisation.name),
        state="replaced" if told.is_replaced else "done",
        marks=tuple(told.marks),
        event_id=event.id,
    )


def _recall_steps(recall: Recall) -> list[Step]:
    text = (
        _("The producer's own recall")
        if recall.is_voluntary
        else _(
            "Decision %(number)s of %(date)s",
            number=recall.decision_number,
            date=f"{recall.decided_on:%d/%m/%Y}",
        )
    )
    found = [Step(recall.started_at, _("Recalled"), text, state="wrong")]
    if recall.ended_at is not None:
        found.append(Step(recall.ended_at, _("Recall completed")))
    if recall.withdrawn_at is not None:
        found.append(Step(recall.withdrawn_at, _("Recall withdrawn")))
    return found
