"""Mapped classes of scans: one row a scan, by the month; and for items with a code of their own how often and where.

No address, no cookie, no name of a browser: a row cannot lead to anybody. A place is a commune, and only of those who
said it themselves; it stands apart from the scans.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from trace.core.database import Base


class ScanRecord(Base):
    """The page of ``code`` was opened and said ``verdict``. Appended only; dropped by the month."""

    __tablename__ = "scans"
    __table_args__ = (
        CheckConstraint("device in ('phone', 'tablet', 'computer', 'unknown')", name="device"),
        Index("ix_scans_code", "code", "scanned_at"),
        {"postgresql_partition_by": "RANGE (scanned_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scanned_at: Mapped[datetime] = mapped_column(primary_key=True)
    code: Mapped[str]
    verdict: Mapped[str]
    device: Mapped[str]


class ScanCount(Base):
    """How often the code of one item was scanned by one kind of device: once in ten minutes, whoever it was.

    ``last_at`` is the last scan that counted. It outlives the scans themselves: when an item was first scanned is told
    for as long as its code is answered.
    """

    __tablename__ = "scan_counts"
    __table_args__ = (
        CheckConstraint("scans >= 1", name="scans"),
        CheckConstraint("first_at <= last_at", name="times"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    scans: Mapped[int]


class PlacedScan(Base):
    """Somebody said in which commune an item was scanned. Kept for as long as scans are."""

    __tablename__ = "placed_scans"
    __table_args__ = (
        CheckConstraint("device in ('phone', 'tablet', 'computer', 'unknown')", name="device"),
        Index("ix_placed_scans_code", "code", "scanned_at"),
        Index("ix_placed_scans_scanned_at", "scanned_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scanned_at: Mapped[datetime]
    code: Mapped[str]
    device: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("communes.code"))


class ScanPlace(Base):
    """How often an item was scanned in one commune; kept until so long after the last time."""

    __tablename__ = "scan_places"
    __table_args__ = (
        CheckConstraint("scans >= 1", name="scans"),
        Index("ix_scan_places_last_at", "last_at"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    commune_code: Mapped[str] = mapped_column(ForeignKey("communes.code"), primary_key=True)
    last_at: Mapped[datetime]
    scans: Mapped[int]
