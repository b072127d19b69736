"""Schedules of subscriptions: when they mean, and what is none."""

from datetime import datetime
from typing import Any

import pytest

from trace.epcis.schedule import ZONE, read_schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("given", "since", "expected"),
    [({"hour": "1", "minute": "5"}, "2026-11-22T00:00:00", "2026-11-22T01:05:00"),
     ({"hour": "1", "minute": "5"}, "2026-11-22T01:05:00", "2026-11-23T01:05:00"),
     ({"hour": 1}, "2026-11-22T00:30:00", "2026-11-22T01:00:00"),
     ({"second": "0/30"}, "2026-11-22T10:00:10", "2026-11-22T10:00:30"),
     ({"second": "*/20"}, "2026-11-22T10:00:41", "2026-11-22T10:01:00"),
     ({"second": "0", "hour": "1"}, "2026-11-22T01:05:10", "2026-11-22T01:06:00"),
     ({"minute": "0,15,30,45"}, "2026-11-22T10:16:00", "2026-11-22T10:30:00"),
     ({"minute": "[10-12]"}, "2026-11-22T10:11:30", "2026-11-22T10:12:00"),
     ({"minute": "10-12"}, "2026-11-22T10:13:00", "2026-11-22T11:10:00"),
     ({"dayOfWeek": "1"}, "2026-11-22T10:00:00", "2026-11-23T00:00:00"),
     ({"dayOfWeek": "7", "hour": "6"}, "2026-11-22T10:00:00", "2026-11-29T06:00:00"),
     ({"dayOfMonth": "1", "month": "1"}, "2026-11-22T10:00:00", "2027-01-01T00:00:00"),
     ({"dayOfMonth": "29", "month": "2"}, "2026-11-22T10:00:00", "2028-02-29T00:00:00"),
     ({"minute": "59", "second": "59"}, "2026-12-31T23:59:59", "2027-01-01T00:59:59")],
)  # fmt: skip
def test_the_next_time_that_is_meant(given: dict[str, Any], since: str, expected: str) -> None:
    schedule = read_schedule(given)
    assert schedule is not None
    assert schedule.next_after(at(since)) == at(expected)


def test_a_day_that_never_comes_has_no_next_time() -> None:
    schedule = read_schedule({"dayOfMonth": "30", "month": "2"})
    assert schedule is not None
    assert schedule.next_after(at("2026-11-22T10:00:00")) is None


@pytest.mark.parametrize(
    "given",
    [None, {}, [], "5", {"minute": ""}, {"minute": "60"}, {"hour": "24"}, {"dayOfMonth": "0"}, {"dayOfWeek": "8"}, {"dayOfWeek": "0"},
     {"month": "13"}, {"minute": "5-1"}, {"minute": "x"}, {"minute": "1,"}, {"minute": "0/0"}, {"minute": "1" * 300}, {"minute": True},
     {"minute": None}, {"minute": [1]}, {"minutes": "1"}, {"minute": "-1"}, {"minute": "٣"}],
)  # fmt: skip
def test_what_is_no_schedule_is_none(given: Any) -> None:
    assert read_schedule(given) is None
