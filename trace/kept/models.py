"""Mapped classes of kept pages: the bytes, what they were made of, and every change since."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from trace.core.database import Base


class PageChange(Base):
    """Something that pages show was changed by a transaction. Written by triggers alone (migrations 0022 and 0028).

    A run of stamps, whose number is no id, stands there with its number as one.
    """

    __tablename__ = "page_changes"
    __table_args__ = (Index("ix_page_changes_transaction", "transaction_id"),)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, server_default=text("(pg_current_xact_id()::text::bigint)")
    )


class KeptPage(Base):
    """The page of a lot in one language, whichever code leads to it.

    ``snapshot`` is what the database held when it was made, ``subjects`` everything it speaks of: a change of any of
    them that the snapshot does not hold makes the page out of date. ``build`` names the code and texts that made it,
    ``name`` these bytes. Most pages are small enough to lie in their row (migration 0027).
    """

    __tablename__ = "kept_pages"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    build: Mapped[str]
    snapshot: Mapped[str]
    subjects: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    valid_until: Mapped[datetime]
    verdict: Mapped[str]
    name: Mapped[str]
    content: Mapped[bytes]
