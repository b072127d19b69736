"""A picture of temperatures over time as points of an SVG; the table beside it says the same. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trace.events.temperatures import Limits, Reading, leaves

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 80, 16, 16, 32
STEPS = (1, 2, 5, 10, 20, 50)
MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Dot:
    """One reading: where it stands, and how far up and down a logger's highest and lowest reach."""

    x: float
    y: float
    top: float
    bottom: float
    is_breach: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A level line with its label."""

    y: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything the template draws; coordinates in a box of 640 by 240."""

    dots: Sequence[Dot]
    path: str
    levels: Sequence[Line]
    band_top: float | None
    band_height: float
    first: datetime
    last: datetime


def draw_temperatures(readings: Sequence[Reading], limits: Limits) -> Chart | None:
    """The readings from left to right, the limits as a band; None where there is nothing to draw."""
    seen = [(reading, reading.extremes) for reading in readings]
    told = [(reading, extremes) for reading, extremes in seen if extremes is not None]
    if not told:
        return None
    first, last = told[0][0].time, max(reading.time for reading, _extremes in told)
    low, high = _range(told, limits)
    step = next((one for one in STEPS if (high - low) / one <= MOST_LINES), STEPS[-1])
    low = Decimal(math.floor(low / step) * step)
    high = Decimal(math.ceil(high / step) * step)
    if low == high:
        high = low + step
    span = (last - first).total_seconds() or 1.0

    def up(celsius: Decimal) -> float:
        share = float((celsius - low) / (high - low))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def across(moment: datetime) -> float:
        share = (moment - first).total_seconds() / span
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    dots = [
        Dot(
            across(reading.time),
            up(sum(extremes, Decimal(0)) / 2),
            up(extremes[1]),
            up(extremes[0]),
            leaves(reading, limits),
        )
        for reading, extremes in told
    ]
    ceiling = up(min(limits.highest, high) if limits.highest is not None else high)
    floor = up(max(limits.lowest, low) if limits.lowest is not None else low)
    return Chart(
        dots=dots,
        path="M" + "L".join(f"{dot.x},{dot.y}" for dot in dots),
        levels=[Line(up(Decimal(level)), f"{level} °C") for level in range(int(low), int(high) + 1, step)],
        band_top=ceiling if limits.are_given else None,
        band_height=round(max(floor - ceiling, 0.0), 1),
        first=first,
        last=last,
    )


def _range(
    told: Sequence[tuple[Reading, tuple[Decimal, Decimal]]], limits: Limits
) -> tuple[Decimal, Decimal]:
    lows = [extremes[0] for _reading, extremes in told]
    highs = [extremes[1] for _reading, extremes in told]
    marks = [mark for mark in (limits.lowest, limits.highest) if mark is not None]
    return min(lows + marks), max(highs + marks)
