"""Reads of scans: of the item with one code, when it was first scanned and how often."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trace.scans.models import ScanCount


@dataclass(frozen=True, slots=True)
class Tally:
    """``first_at`` None: no scan was counted."""

    first_at: datetime | None
    scans: int


def tally_of(session: Session, code: str) -> Tally:
    """When the item with this normalised code was first scanned, and how often."""
    wanted = select(func.min(ScanCount.first_at), func.coalesce(func.sum(ScanCount.scans), 0))
    first_at, scans = session.execute(wanted.where(ScanCount.code == code)).one()
    return Tally(first_at, int(scans))
