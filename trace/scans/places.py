"""Where items were scanned, of those who said it: written once in ten minutes, read as communes and how often.

A place is a commune's code and nothing else; where exactly somebody stood comes here never.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.communes import middle_of
from trace.scans.clones import Sighting, Spot
from trace.scans.models import PlacedScan, ScanPlace
from trace.scans.rules import COUNTS_ONCE_IN, Device

# A score needs no more, and a code under attack must not cost more and more.
MOST_WEIGHED = 300
# Beside another process that places a scan of the same code.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('place of scan ' || :code, 0))")


@dataclass(frozen=True, slots=True)
class CommuneScans:
    """How often an item was scanned in one commune."""

    commune_code: str
    scans: int


def place_scan(
    session: Session, code: str, device: Device, commune_code: str, at: datetime | None = None
) -> bool:
    """Note that this item was scanned in a commune (now); False where its kind of device counted a moment ago.

    Until the caller's transaction ends nobody else notes one of the same code.
    """
    now = at or clock.now()
    session.execute(_LOCK, {"code": code})
    lately = exists().where(
        PlacedScan.code == code,
        PlacedScan.device == str(device),
        PlacedScan.scanned_at > now - COUNTS_ONCE_IN,
        PlacedScan.scanned_at < now + COUNTS_ONCE_IN,
    )
    if session.scalar(select(lately)):
        return False
    session.add(PlacedScan(scanned_at=now, code=code, device=str(device), commune_code=commune_code))
    known = insert(ScanPlace).values(code=code, commune_code=commune_code, last_at=now, scans=1)
    session.execute(
        known.on_conflict_do_update(
            index_elements=["code", "commune_code"],
            set_={"scans": ScanPlace.scans + 1, "last_at": known.excluded.last_at},
        )
    )
    session.flush()
    return True


def list_sightings(session: Session, code: str) -> list[Sighting]:
    """The latest placed scans of an item, with the middles of their communes."""
    wanted = (
        select(PlacedScan.scanned_at, PlacedScan.device, PlacedScan.commune_code)
        .where(PlacedScan.code == code)
        .order_by(PlacedScan.scanned_at.desc())
        .limit(MOST_WEIGHED)
    )
    return [
        Sighting(scanned_at, Device(device), _spot(commune))
        for scanned_at, device, commune in session.execute(wanted)
    ]


def list_communes_of(session: Session, code: str) -> Sequence[CommuneScans]:
    """In which communes an item was scanned, most often first."""
    wanted = select(ScanPlace.commune_code, ScanPlace.scans).where(ScanPlace.code == code)
    rows = session.execute(wanted.order_by(ScanPlace.scans.desc(), ScanPlace.commune_code))
    return [CommuneScans(commune, scans) for commune, scans in rows]


def count_communes_of(session: Session, code: str) -> int:
    """In how many communes an item was scanned, as far as people said it."""
    return session.scalar(select(func.count()).select_from(ScanPlace).where(ScanPlace.code == code)) or 0


def forget_old_places(session: Session, days: int) -> int:
    """Forget where items were scanned over so many days ago; returns how many scans that were."""
    before = clock.now() - timedelta(days=days)
    session.execute(delete(ScanPlace).where(ScanPlace.last_at < before))
    gone = session.execute(delete(PlacedScan).where(PlacedScan.scanned_at < before).returning(PlacedScan.id))
    return len(gone.all())


def _spot(commune_code: str) -> Spot | None:
    middle = middle_of(commune_code)
    return Spot(commune_code, *middle) if middle else None
