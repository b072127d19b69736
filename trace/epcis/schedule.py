"""When a scheduled subscription runs: the query schedule of EPCIS 2.0 (8.2.5.3), like cron. Pure.

Times of day are those of Vietnam (UTC+7, no summer time).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

ZONE = timezone(timedelta(hours=7))
# In the order of a clock, finest first: the range of each. Monday is 1.
RANGES: Mapping[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
_CLOCK = ("second", "minute", "hour")
LONGEST_FIELD = 200
# The 29th of February on one day of the week comes again within 28 years, or 40 over a century's end.
_DAYS_AHEAD = 366 * 41

_ELEMENT = re.compile(
    r"(?:(?P<any>\*)|\[?(?P<low>\d{1,2})(?:-(?P<high>\d{1,2})\]?|\]?))(?:/(?P<step>\d{1,2}))?", re.ASCII
)


@dataclass(frozen=True)
class Schedule:
    """The values each field may have at a time that is meant."""

    fields: Mapping[str, frozenset[int]]

    def next_after(self, instant: datetime) -> datetime | None:
        """The first time after ``instant`` that is meant; None where there is none, like the 30th of February."""
        start = instant.astimezone(ZONE).replace(microsecond=0) + timedelta(seconds=1)
        for ahead in range(_DAYS_AHEAD):
            day = start + timedelta(days=ahead)
            if not self._means_day(day):
                continue
            found = self._first_time(start if ahead == 0 else day.replace(hour=0, minute=0, second=0))
            if found is not None:
                return found
        return None

    def _means_day(self, day: datetime) -> bool:
        return (
            day.day in self.fields["dayOfMonth"]
            and day.month in self.fields["month"]
            and day.isoweekday() in self.fields["dayOfWeek"]
        )

    def _first_time(self, since: datetime) -> datetime | None:
        """The first time of ``since``'s day from then on."""
        for hour in sorted(self.fields["hour"]):
            for minute in sorted(self.fields["minute"]):
                if (hour, minute) < (since.hour, since.minute):
                    continue
                for second in sorted(self.fields["second"]):
                    if (hour, minute, second) >= (since.hour, since.minute, since.second):
                        return since.replace(hour=hour, minute=minute, second=second)
        return None


def read_schedule(given: Any) -> Schedule | None:
    """The schedule of a subscription, or None for anything that is none.

    Each field is a list of numbers and ranges: "5", "1,15", "[1-5]", "0/30". A field that is not given means any
    value; one finer than all given means the first, so that hour 1 and minute 5 is once a day.
    """
    if not isinstance(given, Mapping) or not given or not given.keys() <= RANGES.keys():
        return None
    fields: dict[str, frozenset[int]] = {}
    is_finer = True
    for name, (low, high) in RANGES.items():
        if name in given:
            values = _read_field(given[name], low, high)
            if values is None:
                return None
            fields[name] = values
            is_finer = False
        else:
            fields[name] = (
                frozenset({low}) if is_finer and name in _CLOCK else frozenset(range(low, high + 1))
            )
    return Schedule(fields)


def _read_field(given: Any, low: int, high: int) -> frozenset[int] | None:
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(text, str) or not text or len(text) > LONGEST_FIELD:
        return None
    values: set[int] = set()
    for part in text.split(","):
        found = _ELEMENT.fullmatch(part.strip())
        if found is None:
            return None
        first = low if found["any"] else int(found["low"])
        step = int(found["step"] or 1)
        last = high if found["any"] or (found["step"] and not found["high"]) else int(found["high"] or first)
        if not (low <= first <= last <= high) or step < 1:
            return None
        values |= set(range(first, last + 1, step))
    return frozenset(values)
