"""One frozen dataclass for each page of custody, built from queries. Nothing is decided or changed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import flask_babel
from sqlalchemy.orm import Session

from producers.models import ExpiryKind
from trace.accounts.models import Location, Organisation
from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch, Holding
from trace.batches.unit_models import LogisticUnit
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.core.paging import Page
from trace.events import queries as event_queries
from trace.events import queries_stock, rules, seals
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.histories import Told, tell_all
from trace.events.texts import quantity_in_words
from trace.recalls.queries import list_reviews
from trace.recalls.texts import recalled_sources

SOON_DAYS = 3


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


@dataclass(frozen=True, slots=True)
class Chip:
    """A state in words, with the tone whose colour and shape go with it."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Lying:
    """How much of a holding lies at one own place."""

    place: Location
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One holding: which batch, how much, and what may be done with it now.

    ``lying`` says where, if any of it is not at the seat; ``recalled_sources`` of which recalled lots it was made,
    while it is under review for that.
    """

    batch: Batch
    quantity: Decimal
    words: str
    chips: Sequence[Chip]
    is_sellable: bool
    is_own: bool
    is_set_aside: bool = False
    lying: Sequence[Lying] = ()
    recalled_sources: str = ""

    @property
    def has_any(self) -> bool:
        return self.quantity > 0

    @property
    def is_paused(self) -> bool:
        """Whether the authority wants nobody to sell it or pass it on for now."""
        return self.batch.is_held or self.batch.is_under_review

    @property
    def may_go(self) -> bool:
        """Whether it may be passed on: neither recalled nor paused nor set aside by its holder."""
        return not (self.batch.is_recalled or self.is_paused or self.is_set_aside)

    @property
    def may_be_sold(self) -> bool:
        return self.is_sellable and self.may_go

    @property
    def is_returnable(self) -> bool:
        """Whether recalled or paused goods can go back to who made them."""
        return (self.batch.is_recalled or self.is_paused) and not self.is_own


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    """A shipment as one side sees it."""

    shipment: Shipment
    lines: Sequence[ShipmentLine]
    other_side: str
    chip: Chip
    is_inbound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsPage:
    """The first page of everybody who handles goods: what comes, what is here, what does not add up."""

    arriving: Sequence[ShipmentRow]
    goods: Page[Goods]
    differences: Sequence[ShipmentLine]
    my_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a holding's history, as this organisation may see it."""

    title: str
    happened_at: datetime
    recorded_at: datetime
    quantity: Decimal | None
    event_id: UUID
    note: str = ""
    marks: Sequence[str] = ()
    is_replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingPage:
    goods: Goods
    history: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One batch in a shipment: what was declared, what arrived, how the difference stands."""

    batch: Batch
    shipped: Decimal
    shipped_words: str
    received: Decimal | None
    received_words: str
    lost: Decimal
    open: Decimal
    tolerance_percent: Decimal
    unit: LogisticUnit | None = None  # the carton it lies in


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentPage:
    row: ShipmentRow
    lines: Sequence[Line]
    sent_late_on: datetime | None
    note: str
    is_mine_to_receive: bool
    other_organisation: Organisation | None

    @property
    def loose_lines(self) -> Sequence[Line]:
        """What came loose: it is weighed; a carton comes or does not."""
        return [line for line in self.lines if line.unit is None]

    @property
    def cartons(self) -> Sequence[tuple[LogisticUnit, Sequence[Line]]]:
        """The cartons of the shipment with what left in each."""
        found: dict[UUID, tuple[LogisticUnit, list[Line]]] = {}
        for line in self.lines:
            if line.unit is not None:
                found.setdefault(line.unit.id, (line.unit, []))[1].append(line)
        return list(found.values())


def figures(quantity: Decimal) -> str:
    """A quantity in the figures of the page's language."""
    return format_quantity(quantity, language())


def goods_of(
    batch: Batch,
    quantity: Decimal,
    organisation_id: UUID,
    *,
    is_set_aside: bool = False,
    lying: Sequence[Lying] = (),
    sources: str = "",
) -> Goods:
    """One holding with its states as of today."""
    today = clock.today()
    chips = (*_standing_chips(batch, is_set_aside=is_set_aside), *_chips(batch, today))
    is_past_use_by = batch.expiry_kind == ExpiryKind.USE_BY and _is_past(batch, today)
    return Goods(
        batch=batch,
        quantity=quantity,
        words=quantity_in_words(quantity, batch),
        chips=chips,
        is_sellable=not batch.is_recalled and not is_past_use_by,
        is_own=batch.maker_id == organisation_id,
        is_set_aside=is_set_aside,
        lying=lying,
        recalled_sources=sources,
    )


def goods_page(session: Session, actor: Actor, number: int) -> GoodsPage:
    """What is coming, what is in hand (soonest expiry first), and the open differences."""
    mine = actor.organisation_id
    held = batch_queries.list_holdings(session, mine, number)
    return GoodsPage(
        arriving=[shipment_row(s, mine) for s in event_queries.list_incoming(session, mine)],
        goods=Page([_goods_in(h) for h in held.rows], held.number, held.has_more),
        differences=event_queries.list_open_differences(session, mine),
        my_id=mine,
    )


def get_goods(session: Session, actor: Actor, batch_id: UUID) -> Goods:
    """A holding of the actor's organisation, at zero too once it had any; ``NotFound`` for everything else."""
    holding: Holding | None = batch_queries.find_holding(session, batch_id, actor.organisation_id)
    if holding is None:
        raise NotFound(_("There is no such batch among your goods."), code="batch-not-found")
    lying = _lying(session, actor.organisation, holding) if holding.elsewhere else ()
    reviews = list_reviews(session, batch_id) if holding.batch.is_under_review else ()
    return _goods_in(holding, lying, recalled_sources(reviews))


def _goods_in(holding: Holding, lying: Sequence[Lying] = (), sources: str = "") -> Goods:
    return goods_of(
        holding.batch,
        holding.quantity,
        holding.organisation_id,
        is_set_aside=holding.is_set_aside,
        lying=lying,
        sources=sources,
    )


def _lying(session: Session, organisation: Organisation, holding: Holding) -> tuple[Lying, ...]:
    """Where a holding lies, the seat first."""
    placed = queries_stock.list_placements(session, organisation.id, [holding.batch_id])
    at_seat = holding.quantity - holding.elsewhere
    seat = (Lying(organisation.seat, at_seat),) if at_seat else ()
    return (*seat, *(Lying(one.location, one.quantity) for one in placed))


def holding_page(session: Session, actor: Actor, batch_id: UUID) -> HoldingPage:
    """One batch in the organisation's hands, with its own events and handovers, newest first."""
    mine = actor.organisation_id
    goods = get_goods(session, actor, batch_id)
    quantities = event_queries.event_quantities(session, batch_id)
    privates = event_queries.list_batch_privates(session, batch_id, mine)
    events = event_queries.list_batch_events(session, batch_id, mine)
    history = [_step(one, quantities.get(one.event.id)) for one in reversed(tell_all(events, privates, mine))]
    return HoldingPage(goods=goods, history=history)


def shipment_row(shipment: Shipment, mine: UUID) -> ShipmentRow:
    """A shipment with its other side and its state."""
    is_inbound = shipment.receiver_id == mine
    if is_inbound:
        other = shipment.sender.name
    elif shipment.receiver is not None:
        other = shipment.receiver.name
    else:
        other = shipment.party.name if shipment.party else ""
    return ShipmentRow(
        shipment=shipment,
        lines=shipment.lines,
        other_side=other,
        chip=_shipment_chip(shipment, is_inbound=is_inbound),
        is_inbound=is_inbound,
    )


def shipment_page(session: Session, actor: Actor, shipment_id: UUID) -> ShipmentPage:
    """A shipment this organisation sent or is to receive; ``NotFound`` for everybody else's."""
    mine = actor.organisation_id
    shipment = event_queries.get_shipment(session, mine, shipment_id)
    row = shipment_row(shipment, mine)
    note = ""
    if not row.is_inbound:
        # A note is free text: only who wrote it reads it.
        note = event_queries.find_shipment_note(session, shipment.id, mine)
    is_late = rules.is_late(shipment.shipped_at, shipment.created_at)
    return ShipmentPage(
        row=row,
        lines=[line_of(line) for line in shipment.lines],
        sent_late_on=shipment.created_at if is_late else None,
        note=note,
        is_mine_to_receive=row.is_inbound and shipment.is_open,
        other_organisation=shipment.sender if row.is_inbound else shipment.receiver,
    )


def line_of(line: ShipmentLine) -> Line:
    """One batch of a shipment with its figures in words."""
    batch = line.batch
    received = line.received_quantity
    return Line(
        batch=batch,
        shipped=line.quantity,
        shipped_words=quantity_in_words(line.quantity, batch),
        received=received,
        received_words=quantity_in_words(received, batch) if received is not None else "",
        lost=line.lost_quantity,
        open=line.open_quantity,
        tolerance_percent=seals.natural_loss_percent(batch.seal),
        unit=line.unit,
    )


def _shipment_chip(shipment: Shipment, *, is_inbound: bool) -> Chip:
    if shipment.cancelled_at is not None:
        return Chip(_("Cancelled"), "unknown")
    if shipment.refused_at is not None:
        return Chip(_("Not taken"), "unknown")
    if shipment.receiver_id is None:
        return Chip(_("Declared by one side"), "unknown")
    if shipment.is_open and shipment.is_return:
        return Chip(_("Coming back to you") if is_inbound else _("On its way back"), "note")
    if shipment.is_open:
        return Chip(_("Waiting to be received") if is_inbound else _("On the way"), "note")
    if any(line.open_quantity for line in shipment.lines):
        return Chip(_("Difference not settled"), "copy")
    return Chip(_("Received"), "ok")


def _is_past(batch: Batch, today: date) -> bool:
    return batch.expires_on is not None and batch.expires_on < today


def _standing_chips(batch: Batch, *, is_set_aside: bool) -> list[Chip]:
    """What stands against selling it, gravest first."""
    chips = [Chip(_("Being recalled"), "recall")] if batch.is_recalled else []
    if batch.is_held:
        chips.append(Chip(_("Sale paused"), "held"))
    if batch.is_under_review:
        chips.append(Chip(_("Under review"), "held"))
    if is_set_aside:
        chips.append(Chip(_("Set aside, not for sale yet"), "held"))
    return chips


def _chips(batch: Batch, today: date) -> list[Chip]:
    chips: list[Chip] = []
    if batch.expires_on is None:
        return chips
    days = (batch.expires_on - today).days
    if _is_past(batch, today):
        if batch.expiry_kind == ExpiryKind.USE_BY:
            chips.append(Chip(_("Past its use-by date"), "expired"))
        else:
            chips.append(Chip(_("Past its best-before date"), "copy"))
    elif days == 0:
        chips.append(Chip(_("Last day today"), "copy"))
    elif days == 1:
        chips.append(Chip(_("Last day tomorrow"), "note"))
    elif days <= SOON_DAYS:
        chips.append(Chip(_("%(days)d days left", days=days), "note"))
    return chips


def _step(told: Told, quantity: Decimal | None) -> Step:
    return Step(
        title=told.title,
        happened_at=told.happened_at,
        recorded_at=told.event.record_time,
        quantity=quantity,
        event_id=told.event.id,
        note=told.note,
        marks=told.marks,
        is_replaced=told.is_replaced,
    )
