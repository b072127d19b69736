"""Readings in and out of sensor elements, and where they leave the limits. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.core.errors import BadInput
from trace.events.temperatures import (
    Limits,
    Reading,
    ReadingImplausible,
    check_readings,
    farthest_breach,
    limits_of,
    readings_of,
    sensor_elements,
)
from trace.gs1.vocabulary import to_celsius

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
COLD = Limits(Decimal(2), Decimal(8))


def _at(minutes: int, value: str) -> Reading:
    return Reading(time=NOON + timedelta(minutes=minutes), value=Decimal(value))


def test_fahrenheit_and_kelvin_become_celsius() -> None:
    assert to_celsius(Decimal(212), "FAH") == 100
    assert to_celsius(Decimal("46.4"), "FAH") == 8
    assert to_celsius(Decimal("273.15"), "KEL") == 0


def test_a_unit_that_is_none_of_temperature_is_refused() -> None:
    with pytest.raises(ValueError, match="KGM"):
        to_celsius(Decimal(1), "KGM")


@given(
    st.lists(
        st.decimals(min_value=-60, max_value=100, places=2).map(lambda v: _at(0, str(v))),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read_back(readings: list[Reading]) -> None:
    assert readings_of(sensor_elements(readings, "Kho 1"), NOON) == readings


def test_a_logger_between_two_moments_is_read_back() -> None:
    reading = Reading(
        time=NOON,
        until=NOON + timedelta(hours=1),
        low=Decimal(1),
        high=Decimal(9),
        mean=Decimal(4),
    )
    assert readings_of(sensor_elements([reading]), NOON) == [reading]


def test_the_farthest_reading_is_the_breach() -> None:
    breach = farthest_breach([_at(0, "9"), _at(10, "9.5"), _at(20, "1")], COLD)
    assert breach is not None
    assert (breach.celsius, breach.time) == (Decimal("9.5"), NOON + timedelta(minutes=10))


def test_the_limits_themselves_are_kept() -> None:
    assert farthest_breach([_at(0, "2"), _at(1, "8")], COLD) is None


def test_an_open_side_is_never_left() -> None:
    assert farthest_breach([_at(0, "-40")], Limits(highest=Decimal(-18))) is None
    assert farthest_breach([_at(0, "-17")], Limits(highest=Decimal(-18))) is not None


def test_a_loggers_highest_counts_even_where_its_mean_is_fine() -> None:
    reading = Reading(time=NOON, mean=Decimal(5), high=Decimal("8.1"), low=Decimal(3))
    assert farthest_breach([reading], COLD) is not None


def test_other_measurements_and_nonsense_are_passed_over() -> None:
    elements: list[dict[str, Any]] = [
        {"sensorReport": [{"type": "RelativeHumidity", "value": 80, "uom": "P1"}]},
        {"sensorReport": [{"type": "Temperature", "value": "1e999999", "uom": "CEL"}]},
        {"sensorReport": [{"type": "Temperature", "stringValue": "warm"}]},
        {"sensorMetadata": {"time": "not a time"}, "sensorReport": [{"type": "gs1:Temperature", "value": 4}]},
    ]
    assert [reading.value for reading in readings_of(elements, NOON)] == [Decimal(4)]


def test_a_batch_sealed_without_limits_has_none() -> None:
    assert not limits_of(None).are_given
    assert limits_of({"max_temperature": "0"}) == Limits(None, Decimal(0))


@pytest.mark.parametrize(
    "reading",
    [
        _at(0, "100.5"),
        _at(0, "-60.1"),
        Reading(time=NOON, value=Decimal(300), uom="FAH"),
        Reading(time=NOON, low=Decimal(5), high=Decimal(4)),
        Reading(time=NOON, low=Decimal(5), mean=Decimal(4)),
        Reading(time=NOON, until=NOON - timedelta(minutes=1), value=Decimal(4)),
    ],
)
def test_what_cannot_have_been_read_is_refused(reading: Reading) -> None:
    with pytest.raises(ReadingImplausible):
        check_readings([reading])


@pytest.mark.parametrize(
    "readings", [[], [Reading(time=NOON)], [Reading(time=NOON, value=Decimal(4), uom="KGM")]]
)
def test_what_says_nothing_is_refused(readings: list[Reading]) -> None:
    with pytest.raises(BadInput):
        check_readings(readings)
