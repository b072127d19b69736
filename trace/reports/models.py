"""Mapped classes of reports: what somebody told, the pictures, and what was answered.

Nobody's network address is here, and no account: who reports is only known by the telephone, if one was given.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from producers.models import Product
from trace.accounts.models import Organisation
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7
from trace.reports.rules import SETTLED, Kind, Pack, State


def _one_of(column: str, kinds: type[Kind] | type[Pack] | type[State]) -> str:
    return f"{column} in ({', '.join(repr(str(kind)) for kind in kinds)})"


class Report(Base):
    """One report. ``number`` is the secret by which its state is followed, ``form_key`` makes sending twice harmless.

    ``organisation_id`` is who registered the lot or the product, None where nobody here did. ``settled_at`` is when it
    was last answered or closed; ``private_removed_at`` when telephone and pictures were removed after that.
    """

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("number", name="uq_reports_number"),
        UniqueConstraint("form_key", name="uq_reports_form_key"),
        CheckConstraint(_one_of("kind", Kind), name="kind"),
        CheckConstraint(_one_of("pack", Pack), name="pack"),
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint("(settled_at is not null) = (state in ('answered', 'closed'))", name="settled"),
        CheckConstraint("private_removed_at is null or phone is null", name="phone_removed"),
        Index("ix_reports_organisation", "organisation_id", "created_at"),
        Index("ix_reports_state", "state", "created_at"),
        Index("ix_reports_batch", "batch_id"),
        Index("ix_reports_private", "settled_at", postgresql_where=text("private_removed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str]
    form_key: Mapped[str]
    request_hash: Mapped[str]
    kind: Mapped[str]
    words: Mapped[str]
    # As it was scanned or typed, or the product's barcode number.
    code: Mapped[str]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    phone: Mapped[str | None]  # E.164
    may_producer_call: Mapped[bool] = mapped_column(default=False)
    bought_at: Mapped[str] = mapped_column(default="")
    bought_on: Mapped[date | None]
    pack: Mapped[str]
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.RECEIVED)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    private_removed_at: Mapped[datetime | None]

    batch: Mapped[Batch | None] = relationship()
    product: Mapped[Product | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    pictures: Mapped[list["ReportPicture"]] = relationship(order_by="ReportPicture.place")
    steps: Mapped[list["ReportStep"]] = relationship(order_by="ReportStep.created_at, ReportStep.id")

    @property
    def is_settled(self) -> bool:
        """Whether it was answered or closed."""
        return self.state in SETTLED

    @property
    def product_name(self) -> str | None:
        """What the goods are called, where they are known here."""
        product = self.batch.product if self.batch else self.product
        return product.name if product else None


class ReportPicture(Base):
    """A picture of a report. ``name`` is random, not a hash: two equal pictures are two files, each removed alone."""

    __tablename__ = "report_pictures"
    __table_args__ = (UniqueConstraint("report_id", "place", name="uq_report_pictures_place"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"))
    place: Mapped[int]
    name: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]


class ReportStep(Base):
    """What producer or authority did with a report, and the words for whoever sent it."""

    __tablename__ = "report_steps"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint("state not in ('answered', 'closed') or words <> ''", name="answer_has_words"),
        Index("ix_report_steps_report", "report_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"))
    state: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    is_by_authority: Mapped[bool]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    organisation: Mapped[Organisation] = relationship()
