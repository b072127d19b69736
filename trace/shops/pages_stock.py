"""One frozen dataclass for each page of goods at rest, built from queries. Nothing is decided or changed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy.orm import Session

from trace.accounts.models import Location
from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.events import desk, queries_stock
from trace.events.rules_stock import MOST_AT_ONCE
from trace.events.temperatures import Breach, Limits, Reading, farthest_breach, limits_of, readings_of
from trace.events.texts_stock import breach_sentence, degrees, temperature_limits
from trace.gs1.vocabulary import to_celsius
from trace.shops.charts import Chart, draw_temperatures
from trace.shops.pages import Goods, goods_of

MOST_READINGS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    """One lot at one place: ``here`` with what is in cartons, ``loose`` without."""

    goods: Goods
    here: Decimal
    loose: Decimal

    @property
    def batch(self) -> Batch:
        return self.goods.batch


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPage:
    """The stock of one place, soonest expiry first. ``is_cut``: there is more than one form can take."""

    place: Location
    places: Sequence[Location]
    lines: Sequence[StockLine]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One reading as a table shows it."""

    time: datetime
    until: datetime | None
    figures: str
    device: str
    is_breach: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperaturesPage:
    """The organisation's readings of one lot, newest first, the limits that were sealed, and a picture of both."""

    batch: Batch
    is_limited: bool
    limits: str
    breach: str | None
    rows: Sequence[ReadingRow]
    chart: Chart | None


def find_place(
    actor: Actor, place_id: UUID | None, *, lot: UUID | None = None, session: Session | None = None
) -> Location:
    """The own place that was named, or the seat; for one lot the place where most of it lies."""
    seat = actor.organisation.seat
    if place_id is None and lot is not None and session is not None:
        holding = batch_queries.find_holding(session, lot, actor.organisation_id)
        if holding is not None and holding.elsewhere:
            placed = desk.list_placements(session, holding)
            at_seat = holding.quantity - holding.elsewhere
            if placed and placed[0].quantity > at_seat:
                return placed[0].location
    return next((one for one in actor.organisation.locations if one.id == place_id), seat)


def stock_page(session: Session, actor: Actor, place: Location) -> StockPage:
    """What lies at one own place."""
    holdings = queries_stock.list_all_holdings(session, actor.organisation_id, MOST_AT_ONCE + 1)
    placements = queries_stock.list_placements(
        session, actor.organisation_id, [holding.batch_id for holding in holdings]
    )
    placed = {one.batch_id: one.quantity for one in placements if one.location_id == place.id}
    is_seat = place.id == actor.organisation.seat.id
    lines = []
    for holding in holdings[:MOST_AT_ONCE]:
        here = holding.quantity - holding.elsewhere if is_seat else placed.get(holding.batch_id, Decimal(0))
        if here <= 0:
            continue
        goods = goods_of(
            holding.batch, holding.quantity, actor.organisation_id, is_set_aside=holding.is_set_aside
        )
        lines.append(StockLine(goods=goods, here=here, loose=here - holding.packed if is_seat else here))
    return StockPage(
        place=place,
        places=[one for one in actor.organisation.locations if one.closed_at is None or one.id == place.id],
        lines=lines,
        is_cut=len(holdings) > MOST_AT_ONCE,
    )


def temperatures_page(session: Session, actor: Actor, batch_id: UUID) -> TemperaturesPage:
    """The readings this organisation recorded of a batch it has or had; ``NotFound`` for any other."""
    batch = desk.find_goods(session, actor, batch_id)
    limits = limits_of(batch.seal)
    told: list[tuple[Reading, str]] = []
    for event in queries_stock.list_measurements(session, batch_id, actor.organisation_id):
        elements = event.sensor_element_list or []
        device = _device(elements[0].get("sensorMetadata") or {}) if elements else ""
        told += [(reading, device) for reading in readings_of(elements, event.event_time)]
    told.sort(key=lambda pair: pair[0].time)
    readings = [reading for reading, _device_name in told]
    breach: Breach | None = farthest_breach(readings, limits)
    shown = told[-MOST_READINGS_SHOWN:]
    return TemperaturesPage(
        batch=batch,
        is_limited=limits.are_given,
        limits=temperature_limits(limits.lowest, limits.highest),
        breach=breach_sentence(breach, limits) if breach else None,
        rows=[_row(reading, device, limits) for reading, device in reversed(shown)],
        chart=draw_temperatures([reading for reading, _name in shown], limits) if len(shown) > 1 else None,
    )


def _row(reading: Reading, device: str, limits: Limits) -> ReadingRow:
    parts = []
    if reading.value is not None:
        parts.append(degrees(to_celsius(reading.value, reading.uom)))
    if reading.mean is not None:
        parts.append(f"⌀ {degrees(to_celsius(reading.mean, reading.uom))}")
    if reading.low is not None and reading.high is not None:
        low, high = (to_celsius(figure, reading.uom) for figure in (reading.low, reading.high))
        parts.append(f"{degrees(low)} … {degrees(high)}")
    else:
        parts += [
            degrees(to_celsius(figure, reading.uom))
            for figure in (reading.low, reading.high)
            if figure is not None
        ]
    return ReadingRow(
        time=reading.time,
        until=reading.until,
        figures=" · ".join(parts),
        device=device,
        is_breach=farthest_breach([reading], limits) is not None,
    )


def _device(metadata: dict[str, str]) -> str:
    return unquote(metadata.get("deviceID", "").removeprefix("urn:nguongoc:epcis:device:"))
