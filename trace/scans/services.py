"""Writes scans: many in one transaction, for the recorder; and drops months that are past their time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from trace.core.database import driver_of
from trace.scans.rules import COUNTS_ONCE_IN, Device, counted

_COPY = "copy scans (scanned_at, code, verdict, device) from stdin"
# Another process may have counted a moment ago: what counts is decided on the row, under its lock.
_COUNT = text(
    "insert into scan_counts as known (code, device, first_at, last_at, scans)"
    " select code, device, at, at, 1 from unnest(cast(:codes as text[]), cast(:devices as text[]),"
    " cast(:times as timestamptz[])) as given (code, device, at)"
    " on conflict (code, device) do update set scans = known.scans + 1, last_at = excluded.last_at"
    " where excluded.last_at >= known.last_at + cast(:once_in as interval)"
)


class Scan(NamedTuple):
    """The page of a code was opened. ``is_item``: the code belongs to one item alone, whose scans are counted."""

    scanned_at: datetime
    code: str
    verdict: str
    device: Device
    is_item: bool = False


def write_scans(session: Session, scans: Sequence[Scan]) -> None:
    """Append the scans and count those of items, in the caller's transaction."""
    with driver_of(session, _COPY) as driver, driver.cursor().copy(_COPY) as copy:
        # Codes, verdicts and devices hold nothing that the text form of COPY reads otherwise.
        copy.write(
            "".join(f"{s.scanned_at.isoformat()}\t{s.code}\t{s.verdict}\t{s.device.value}\n" for s in scans)
        )
    for round_ in _rounds(scans):
        session.execute(
            _COUNT,
            {
                "codes": [code for code, _device, _at in round_],
                "devices": [device for _code, device, _at in round_],
                "times": [at for _code, _device, at in round_],
                "once_in": COUNTS_ONCE_IN,
            },
        )


def drop_old_scans(session: Session, days: int) -> int:
    """Drop the months that ended so many days ago; returns how many. What is counted of items stays."""
    return session.scalar(text("select drop_old_scans(:days)"), {"days": days}) or 0


def _rounds(scans: Sequence[Scan]) -> Iterator[list[tuple[str, str, datetime]]]:
    """What may count, no code and device twice in a round; nearly always there is one.

    In one order for every process: two that count the same codes must not wait for each other.
    """
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for scan in scans:
        if scan.is_item:
            times[scan.code, scan.device.value].append(scan.scanned_at)
    rows = ([(code, device, at) for at in counted(times[code, device])] for code, device in sorted(times))
    for column in zip_longest(*rows):
        yield [row for row in column if row is not None]
