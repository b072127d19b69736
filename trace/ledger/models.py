"""The leaves, written in the transaction of what they stand for, and what the sequencer makes of them (append-only)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from trace.core import clock
from trace.core.database import Base


class Leaf(Base):
    """One leaf as published: ``leaf`` is its bytes, ``leaf_hash`` SHA-256(0x00 || leaf) (RFC 9162 2.1.1).

    ``id`` is no log index: ids commit late. The order of the log is given by the sequencer.
    """

    __tablename__ = "leaves"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    leaf: Mapped[bytes]
    leaf_hash: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class LogEntry(Base):
    """Which leaf stands at ``log_index``; written by the sequencer alone, without a gap from 0 on.

    No foreign key: checking one writes a lock into each leaf's row, which doubles what a leaf costs. Both sides are
    append-only, and the index comes from the row itself.
    """

    __tablename__ = "log_entries"
    __table_args__ = (CheckConstraint("log_index >= 0", name="log_index"),)

    log_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    leaf_id: Mapped[int] = mapped_column(BigInteger, unique=True)


class LogTile(Base):
    """A full tile: 256 hashes, and their root, which is a hash of the tile above. Partial tiles are put together."""

    __tablename__ = "log_tiles"
    __table_args__ = (
        CheckConstraint("octet_length(hashes) = 8192", name="hashes"),
        CheckConstraint("octet_length(root_hash) = 32", name="root_hash"),
    )

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tile_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]
    root_hash: Mapped[bytes]


class LogCheckpoint(Base):
    """A checkpoint as published, the latest last: ``note`` is the signed note with its cosignatures.

    One size may come twice: when keys or witnesses change, the same tree is signed again.
    """

    __tablename__ = "log_checkpoints"
    __table_args__ = (Index("ix_log_checkpoints_size", "tree_size", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tree_size: Mapped[int] = mapped_column(BigInteger)
    root_hash: Mapped[bytes]
    note: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
