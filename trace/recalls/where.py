"""Where the goods of many lots are now: what nobody knows first, then who can be called. For officers only.

Every figure is a sum of balances and holdings, the running sums of the event table.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from trace.accounts.models import Organisation, Party
from trace.batches.models import Balance, Batch, Holding
from trace.events.handover_models import Shipment, ShipmentLine
from trace.events.models import Event, EventGoods, EventPrivate, Verb

# Where goods can be, the least known first; the names are the balance's columns.
ACCOUNTS = ("in_question", "outside", "in_transit", "held", "sold", "used", "destroyed", "lost")


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot as these pages name it."""

    batch_id: UUID
    product: str
    lot_number: str
    unit: str


@dataclass(frozen=True, slots=True)
class Somewhere:
    """So much of one lot: with ``holder``, or last seen going from ``giver`` to ``holder``."""

    lot: Lot
    quantity: Decimal
    holder: str
    phone: str | None = None
    kind: str | None = None
    organisation_id: UUID | None = None
    giver: str | None = None
    giver_phone: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``totals`` by account and unit; the lists longest known last."""

    totals: Mapping[str, Mapping[str, Decimal]]
    unknown: Sequence[Somewhere] = ()
    outside: Sequence[Somewhere] = ()
    in_transit: Sequence[Somewhere] = ()
    held: Sequence[Somewhere] = ()
    buyers: Sequence[Somewhere] = ()
    lots: Mapping[UUID, Lot] = field(default_factory=dict)


def find_whereabouts(session: Session, batch_ids: Collection[UUID]) -> Whereabouts:
    """Who has how much of each of these lots, and how much of them nobody can be called about."""
    lots = name_lots(session, batch_ids)
    totals: dict[str, defaultdict[str, Decimal]] = {account: defaultdict(Decimal) for account in ACCOUNTS}
    for balance in session.scalars(select(Balance).where(Balance.batch_id.in_(batch_ids))):
        for account in ACCOUNTS:
            totals[account][lots[balance.batch_id].unit] += getattr(balance, account)
    return Whereabouts(
        totals={account: {unit: sum_ for unit, sum_ in by.items() if sum_} for account, by in totals.items()},
        unknown=_on_lines(session, lots, ShipmentLine.open_quantity, ShipmentLine.open_quantity > 0),
        outside=_outside(session, lots),
        in_transit=_on_lines(session, lots, ShipmentLine.quantity, Shipment.is_open),
        held=_held(session, lots),
        buyers=_buyers(session, lots),
        lots=lots,
    )


def name_lots(session: Session, batch_ids: Collection[UUID]) -> dict[UUID, Lot]:
    """The lots by their batches' ids."""
    found = session.scalars(select(Batch).where(Batch.id.in_(batch_ids))).unique()
    return {
        batch.id: Lot(batch.id, batch.product.name, batch.lot_number, batch.unit_word)
        for batch in sorted(found, key=lambda batch: batch.id)
    }


def _on_lines(session: Session, lots: Mapping[UUID, Lot], quantity: Any, where: Any) -> list[Somewhere]:
    """Goods between two organisations: on their way, or not settled yet."""
    sender, receiver = aliased(Organisation), aliased(Organisation)
    wanted = (
        select(ShipmentLine.batch_id, quantity, sender, receiver, Shipment.shipped_at)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(sender, sender.id == Shipment.sender_id)
        .join(receiver, receiver.id == Shipment.receiver_id)
        .where(ShipmentLine.batch_id.in_(lots), where)
        .order_by(Shipment.shipped_at, ShipmentLine.id)
    )
    return [
        Somewhere(
            lots[batch_id],
            amount,
            to.name,
            to.phone,
            to.kind,
            to.id,
            giver=by.name,
            giver_phone=by.phone,
            at=at,
        )
        for batch_id, amount, by, to, at in session.execute(wanted)
    ]


def _outside(session: Session, lots: Mapping[UUID, Lot]) -> list[Somewhere]:
    wanted = (
        select(ShipmentLine.batch_id, ShipmentLine.quantity, Party, Organisation, Shipment.shipped_at)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(Party, Party.id == Shipment.party_id)
        .join(Organisation, Organisation.id == Shipment.sender_id)
        .where(ShipmentLine.batch_id.in_(lots), Shipment.cancelled_at.is_(None))
        .order_by(Shipment.shipped_at, ShipmentLine.id)
    )
    return _with_parties(session, wanted, lots)


def _buyers(session: Session, lots: Mapping[UUID, Lot]) -> list[Somewhere]:
    """Sales to somebody known by name, those declared wrong left out; walk-in buyers are a number in the totals."""
    wrong = aliased(Event)
    wanted = (
        select(EventGoods.batch_id, EventGoods.quantity, Party, Organisation, Event.event_time)
        .join(Event, Event.id == EventGoods.event_id)
        .join(EventPrivate, EventPrivate.event_id == Event.id)
        .join(Party, Party.id == EventPrivate.party_id)
        .join(Organisation, Organisation.id == Event.organisation_id)
        .where(
            EventGoods.batch_id.in_(lots),
            Event.verb == Verb.SELL,
            ~Event.is_declaration,
            ~select(wrong.id).where(wrong.corrects_id == Event.id, wrong.is_declaration).exists(),
        )
        .order_by(Event.event_time, Event.id)
    )
    return _with_parties(session, wanted, lots)


def _with_parties(session: Session, wanted: Any, lots: Mapping[UUID, Lot]) -> list[Somewhere]:
    return [
        Somewhere(
            lots[batch_id], amount, to.name, to.phone, to.kind, giver=by.name, giver_phone=by.phone, at=at
        )
        for batch_id, amount, to, by, at in session.execute(wanted)
    ]


def _held(session: Session, lots: Mapping[UUID, Lot]) -> list[Somewhere]:
    wanted = (
        select(Holding.batch_id, Holding.quantity, Organisation)
        .join(Organisation, Organisation.id == Holding.organisation_id)
        .where(Holding.batch_id.in_(lots), Holding.quantity > 0)
        .order_by(Organisation.name_folded, Organisation.id, Holding.batch_id)
    )
    return [
        Somewhere(lots[batch_id], amount, holder.name, holder.phone, holder.kind, holder.id)
        for batch_id, amount, holder in session.execute(wanted)
    ]
