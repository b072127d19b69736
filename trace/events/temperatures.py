"""Temperature readings: how they stand in an event's sensor elements, and where they leave a product's limits. Pure.

Readings keep the unit in which they were stated; limits are °C. What a captured document says in its own way is read
as far as it is a temperature, and passed over where it is not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput
from trace.gs1.vocabulary import TEMPERATURE_UNITS, to_celsius

CELSIUS: Final = "CEL"
# What a thermometer in a cold room, a truck or a kitchen can show; anything else is a slip of the finger.
LOWEST, HIGHEST = Decimal(-60), Decimal(100)
MOST_READINGS: Final = 500
# Short, CURIE and full form of the standard's type of measurement.
_TYPES: Final = frozenset({"Temperature", "gs1:Temperature", "https://gs1.org/voc/Temperature"})
_DEVICE = "urn:nguongoc:epcis:device:"
LONGEST_DEVICE: Final = 100


class ReadingImplausible(BadInput):
    """No thermometer for food shows this."""

    code = "reading-implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One line of a thermometer: a value at a moment, or what a logger saw between two.

    At least one of the values is given; all are in ``uom`` (CEL, FAH or KEL).
    """

    time: datetime
    until: datetime | None = None
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    mean: Decimal | None = None
    uom: str = CELSIUS

    @property
    def last_moment(self) -> datetime:
        return self.until or self.time

    @property
    def extremes(self) -> tuple[Decimal, Decimal] | None:
        """The lowest and the highest temperature it tells, in °C; None where it tells none."""
        told = [
            to_celsius(figure, self.uom)
            for figure in (self.value, self.low, self.high, self.mean)
            if figure is not None
        ]
        return (min(told), max(told)) if told else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a product bears, in °C; either side may be open."""

    lowest: Decimal | None = None
    highest: Decimal | None = None

    @property
    def are_given(self) -> bool:
        return self.lowest is not None or self.highest is not None


@dataclass(frozen=True, slots=True)
class Breach:
    """The temperature that left the limits farthest, in °C, and when."""

    celsius: Decimal
    time: datetime


def limits_of(seal: Mapping[str, Any] | None) -> Limits:
    """The limits that were sealed with a batch: a product changed later changes nothing."""
    sealed = seal or {}
    lowest, highest = sealed.get("min_temperature"), sealed.get("max_temperature")
    return Limits(Decimal(lowest) if lowest else None, Decimal(highest) if highest else None)


def check_readings(readings: Sequence[Reading]) -> None:
    """Raise ``BadInput`` or ``ReadingImplausible`` for readings nobody can have made; each is named by its number."""
    if not readings or len(readings) > MOST_READINGS:
        raise BadInput(
            _l("Send between 1 and %(most)s readings.", most=MOST_READINGS),
            code="readings-count",
            field="readings",
        )
    for number, reading in enumerate(readings, start=1):
        _check_reading(reading, number)


def _check_reading(reading: Reading, number: int) -> None:
    if reading.uom not in TEMPERATURE_UNITS:
        raise BadInput(
            _l("State temperatures in °C (CEL) or °F (FAH)."), code="temperature-unit-unknown", field="uom"
        )
    extremes = reading.extremes
    if extremes is None:
        raise BadInput(_l("Write the temperature."), code="temperature-missing", field="value", number=number)
    if extremes[0] < LOWEST or extremes[1] > HIGHEST:
        raise ReadingImplausible(
            _l("A temperature is between -60 and 100 °C. Check the figure and its unit."),
            field="value",
            number=number,
            lowest=extremes[0],
            highest=extremes[1],
        )
    is_ordered = reading.low is None or reading.high is None or reading.low <= reading.high
    inner = [figure for figure in (reading.value, reading.mean) if figure is not None]
    if reading.low is not None:
        is_ordered = is_ordered and all(figure >= reading.low for figure in inner)
    if reading.high is not None:
        is_ordered = is_ordered and all(figure <= reading.high for figure in inner)
    if not is_ordered or (reading.until is not None and reading.until < reading.time):
        raise ReadingImplausible(
            _l("The lowest comes before the highest, and the mean lies between them."),
            field="value",
            number=number,
        )


def sensor_elements(readings: Iterable[Reading], device: str = "") -> list[dict[str, Any]]:
    """The readings as sensor elements of EPCIS 2.0, figures as exact text."""
    return [_element(reading, device) for reading in readings]


def _element(reading: Reading, device: str) -> dict[str, Any]:
    metadata: dict[str, Any] = (
        {"time": _text(reading.time)}
        if reading.until is None
        else {"startTime": _text(reading.time), "endTime": _text(reading.until)}
    )
    if device:
        metadata["deviceID"] = device_uri(device)
    figures = {
        "value": reading.value,
        "minValue": reading.low,
        "maxValue": reading.high,
        "meanValue": reading.mean,
    }
    report: dict[str, Any] = {"type": "Temperature"}
    report |= {name: f"{figure.normalize():f}" for name, figure in figures.items() if figure is not None}
    return {"sensorMetadata": metadata, "sensorReport": [report | {"uom": reading.uom}]}


def device_uri(device: str) -> str:
    """A thermometer's name as a URI, which the standard wants; one that is a URI stays as it is."""
    return device if device.startswith(("urn:", "https://", "http://")) else _DEVICE + quote(device, safe="")


def readings_of(elements: Sequence[Mapping[str, Any]] | None, event_time: datetime) -> list[Reading]:
    """The temperatures among an event's sensor elements, in the order of time; other measurements are passed over."""
    found = [
        reading
        for element in elements or ()
        for report in element.get("sensorReport") or ()
        for reading in _read(element.get("sensorMetadata") or {}, report, event_time)
    ]
    return sorted(found, key=lambda reading: reading.time)


def _read(metadata: Mapping[str, Any], report: Mapping[str, Any], event_time: datetime) -> Iterator[Reading]:
    if report.get("type") not in _TYPES or report.get("uom", CELSIUS) not in TEMPERATURE_UNITS:
        return
    stated = report.get("time") or metadata.get("time")
    start = _instant(stated or metadata.get("startTime")) or event_time
    reading = Reading(
        time=start,
        until=None if stated else _instant(metadata.get("endTime")),
        value=_figure(report.get("value")),
        low=_figure(report.get("minValue")),
        high=_figure(report.get("maxValue")),
        mean=_figure(report.get("meanValue")),
        uom=report.get("uom", CELSIUS),
    )
    if reading.extremes is not None:
        yield reading


def farthest_breach(readings: Iterable[Reading], limits: Limits) -> Breach | None:
    """Where the readings left the limits farthest, the earliest of equals; None where they kept within."""
    worst: Breach | None = None
    by_how_much = Decimal(0)
    for reading in readings:
        for celsius in reading.extremes or ():
            over = _over(celsius, limits)
            if over > by_how_much:
                worst, by_how_much = Breach(celsius, reading.time), over
    return worst


def leaves(reading: Reading, limits: Limits) -> bool:
    """Whether this one reading is outside the limits."""
    return farthest_breach([reading], limits) is not None


def _over(celsius: Decimal, limits: Limits) -> Decimal:
    below = limits.lowest - celsius if limits.lowest is not None else Decimal(0)
    above = celsius - limits.highest if limits.highest is not None else Decimal(0)
    return max(below, above, Decimal(0))


def _figure(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    # Far beyond any thermometer: converting it would write out a million digits.
    return figure if figure.is_finite() and abs(figure) < 10**6 else None


def _instant(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"
