"""Writes scans: many in one transaction, for the recorder; and drops months that are past their time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from trace.core.database import driver_of
from trace.scans.rules import COUNTS_ONCE_IN, Device, rounds

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
    rows = [(scan.code, scan.device.value, scan.scanned_at) for scan in scans]
    # Codes, verdicts and devices hold nothing that PostgreSQL's text forms of rows and arrays read otherwise.
    lines = [
        f"{at.isoformat()}\t{code}\t{scan.verdict}\t{device}\n"
        for (code, device, at), scan in zip(rows, scans, strict=True)
    ]
    with driver_of(session, _COPY) as driver, driver.cursor().copy(_COPY) as copy:
        copy.write("".join(lines))
    for round_ in rounds([row for row, scan in zip(rows, scans, strict=True) if scan.is_item]):
        codes, devices, times = zip(*round_, strict=True)
        session.execute(
            _COUNT,
            {
                "codes": _array(codes),
                "devices": _array(devices),
                "times": _array(at.isoformat() for at in times),
                "once_in": COUNTS_ONCE_IN,
            },
        )


def drop_old_scans(session: Session, days: int) -> int:
    """Drop the months that ended so many days ago; returns how many. What is counted of items stays."""
    return session.scalar(text("select drop_old_scans(:days)"), {"days": days}) or 0


def _array(words: Iterable[str]) -> str:
    """As PostgreSQL reads an array. The driver takes its time over each word, and answers wait meanwhile."""
    return f"{{{','.join(words)}}}"
