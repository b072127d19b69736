"""The leaves, written in the transaction of what they stand for (append-only)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity
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
