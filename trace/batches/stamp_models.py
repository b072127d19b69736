"""Mapped classes of printed codes: runs of numbered stamps, and what happened to ranges of them.

A stamp is a row of ``codes`` and nothing more: its run and its number. That it was bound to a lot, voided or printed
again is said of ranges of numbers, so a roll of a million stamps is bound by one row.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from producers.models import Product
from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7

# Numbers of all runs on one line, so that the database can compare ranges: the run above, the number below.
_SPAN = "int8range((run_id << 32) + first_number, (run_id << 32) + last_number, '[]')"


class RunKind(StrEnum):
    """A roll is printed before any lot exists; the labels of a serial run are printed for one lot."""

    ROLL = "roll"
    SERIAL = "serial"


class RangeKind(StrEnum):
    BOUND = "bound"
    VOIDED = "voided"
    REPRINTED = "reprinted"
    SOLD = "sold"


class StampRun(Base):
    """Stamps that are printed together, numbered on from the organisation's last one.

    Codes are made by a job: ``made`` of them are there, from ``first_number`` on. ``address`` is what their QR begins
    with, printed for ever.
    """

    __tablename__ = "stamp_runs"
    __table_args__ = (
        UniqueConstraint("organisation_id", "first_number", name="uq_stamp_runs_first_number"),
        CheckConstraint("kind in ('roll', 'serial')", name="kind"),
        CheckConstraint("(kind = 'serial') = (batch_id is not null)", name="serials_of_a_lot"),
        CheckConstraint("first_number between 1 and last_number", name="numbers"),
        CheckConstraint("made between 0 and last_number - first_number + 1", name="made"),
        CheckConstraint(
            "finished_at is null or made = last_number - first_number + 1", name="finished_when_made"
        ),
        CheckConstraint("finished_at is null or cancelled_at is null", name="one_end"),
        CheckConstraint("has_secrets = (secret_key_id is not null)", name="secret_key"),
        Index("ix_stamp_runs_unfinished", "id", postgresql_where=text("finished_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"), index=True)
    kind: Mapped[str]
    first_number: Mapped[int]
    last_number: Mapped[int]
    address: Mapped[str]
    # A second code under a scratch layer: stored as a keyed hash alone, told once in the file for the printer.
    has_secrets: Mapped[bool] = mapped_column(default=False)
    secret_key_id: Mapped[str | None]
    made: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    file_removed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    product: Mapped[Product | None] = relationship()
    batch: Mapped[Batch | None] = relationship()

    @property
    def size(self) -> int:
        """How many stamps were asked for."""
        return self.last_number - self.first_number + 1

    @property
    def is_finished(self) -> bool:
        """Whether every code is there; only then are its stamps used."""
        return self.finished_at is not None

    @property
    def is_running(self) -> bool:
        return self.finished_at is None and self.cancelled_at is None


class StampRange(Base):
    """What happened to the stamps ``first_number`` to ``last_number`` of a run.

    No stamp stands for two lots at once, and none is voided or sold twice: the database refuses ranges that overlap. A
    binding or sale that was undone keeps its row. ``organisation_id`` is who sold the item; nobody else reads it.
    """

    __tablename__ = "stamp_ranges"
    __table_args__ = (
        CheckConstraint("kind in ('bound', 'voided', 'reprinted', 'sold')", name="kind"),
        CheckConstraint("(kind = 'bound') = (batch_id is not null)", name="bound_to_a_lot"),
        CheckConstraint(
            "kind in ('bound', 'sold') or undone_at is null", name="only_bindings_and_sales_are_undone"
        ),
        CheckConstraint("(kind = 'sold') = (organisation_id is not null)", name="sold_by_somebody"),
        CheckConstraint("kind <> 'sold' or first_number = last_number", name="sold_one_by_one"),
        CheckConstraint("(kind = 'voided') = (reason is not null)", name="voided_for_a_reason"),
        CheckConstraint("first_number between 1 and last_number", name="numbers"),
        ExcludeConstraint(
            (text(_SPAN), "&&"),
            name="ex_stamp_ranges_bound_once",
            where=text("kind = 'bound' and undone_at is null"),
        ),
        ExcludeConstraint(
            (text(_SPAN), "&&"), name="ex_stamp_ranges_voided_once", where=text("kind = 'voided'")
        ),
        ExcludeConstraint(
            (text(_SPAN), "&&"),
            name="ex_stamp_ranges_sold_once",
            where=text("kind = 'sold' and undone_at is null"),
        ),
        # All that stands of a stamp by one look, for the read that every scan waits for.
        Index(
            "ix_stamp_ranges_standing",
            text(f"({_SPAN})"),
            postgresql_using="gist",
            postgresql_where=text("kind <> 'reprinted' and undone_at is null"),
        ),
        Index("ix_stamp_ranges_run", "run_id", "made_at"),
        Index(
            "ix_stamp_ranges_organisation",
            "organisation_id",
            "made_at",
            postgresql_where=text("organisation_id is not null"),
        ),
        Index("ix_stamp_ranges_batch", "batch_id", postgresql_where=text("batch_id is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    run_id: Mapped[int] = mapped_column(ForeignKey("stamp_runs.id"))
    kind: Mapped[str]
    first_number: Mapped[int]
    last_number: Mapped[int]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    made_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]

    run: Mapped[StampRun] = relationship()
    batch: Mapped[Batch | None] = relationship()

    @property
    def size(self) -> int:
        """How many stamps it speaks of."""
        return self.last_number - self.first_number + 1
