"""Mapped classes of batches: the lot, its codes, its holdings and its balance.

Quantities are ``Numeric(18, 6)`` in the batch's one unit. The database itself refuses a holding below zero and a
batch whose sums do not balance.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from producers.models import Product
from trace.accounts.models import Location, Organisation
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class DateKind(StrEnum):
    """Which date the batch carries (GS1 AIs 7007 and 11)."""

    HARVEST = "harvest"
    PRODUCTION = "production"


class CodeKind(StrEnum):
    BATCH = "batch"
    SERIAL = "serial"
    ROLL = "roll"
    UNIT = "unit"


class Origin(StrEnum):
    """How a batch came to be: grown or made, made of other batches, or taken in from outside."""

    PRODUCED = "produced"
    TRANSFORMED = "transformed"
    SPLIT = "split"
    MERGED = "merged"
    OUTSIDE = "outside"


_UNIT_WORDS = {"KGM": "kg", "GRM": "g", "LTR": "lít", "MLT": "ml"}


class Batch(Base):
    """A lot. A draft until it is activated; then its ten items are sealed and only events change it."""

    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("product_id", "lot_number", name="uq_batches_product_lot_number"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("date_kind in ('harvest', 'production')", name="date_kind"),
        CheckConstraint("(activated_at is null) = (seal is null)", name="sealed_when_activated"),
        CheckConstraint("(uom is null) = (packaging_word is not null)", name="one_unit"),
        CheckConstraint("expiry_kind = 'none' or expires_on is not null", name="expiry"),
        CheckConstraint("origin in ('produced', 'transformed', 'split', 'merged', 'outside')", name="origin"),
        Index("ix_batches_organisation_created", "organisation_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    code: Mapped[str] = mapped_column(unique=True)
    lot_number: Mapped[str]
    date_kind: Mapped[str]
    produced_on: Mapped[date]
    expiry_kind: Mapped[str]
    expires_on: Mapped[date | None]
    quantity: Mapped[Decimal]
    uom: Mapped[str | None]
    packaging_word: Mapped[str | None]
    # The ten items as they were at activation, mirrored from the first event so that a page needs one row.
    seal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    activated_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(default=Origin.PRODUCED)
    # These follow recalls and holds, so that custody need not know what they are: this batch, or goods in it, is
    # recalled; it was made of recalled goods and nobody has decided yet; its sale is paused by the authority.
    is_recalled: Mapped[bool] = mapped_column(default=False)
    is_under_review: Mapped[bool] = mapped_column(default=False)
    is_held: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    product: Mapped[Product] = relationship(lazy="joined")
    location: Mapped[Location] = relationship(lazy="joined")

    @property
    def is_activated(self) -> bool:
        return self.activated_at is not None

    @property
    def maker_id(self) -> UUID:
        """Whose product it is: the producer, whoever split it or laid it in a heap since.

        Of goods from outside, and of a heap of several producers' goods, whoever noted them: nobody else is known here.
        """
        return self.product.organisation_id

    @property
    def producer_id(self) -> UUID | None:
        """The producer among the organisations here; None where it is none of them, or several."""
        return None if self.product.is_from_outside else self.product.organisation_id

    @property
    def maker_name(self) -> str:
        """Who made it, as far as anybody said; of a heap all of them, empty where it is not known."""
        if self.product.is_from_outside:
            return str((self.seal or {}).get("producer_name", ""))
        return self.product.organisation.name

    @property
    def epc_class(self) -> str:
        """The batch's URI in events; fixed at activation, whatever GTIN comes later."""
        return f"urn:uuid:{self.id}"

    @property
    def unit_word(self) -> str:
        return self.packaging_word or _UNIT_WORDS.get(self.uom or "", "")


class Code(Base):
    """The one namespace of everything scannable: a code exists before what it is bound to.

    A stamp has a run and a number in it; which lot it stands for is said of ranges (``stamp_models``), never here.
    """

    __tablename__ = "codes"
    __table_args__ = (
        CheckConstraint("kind in ('batch', 'serial', 'roll', 'unit')", name="kind"),
        CheckConstraint(
            "(kind in ('serial', 'roll')) = (run_id is not null) and (run_id is null) = (number is null)",
            name="stamp_of_a_run",
        ),
        CheckConstraint(
            "run_id is null or (batch_id is null and unit_id is null)", name="stamp_bound_by_range"
        ),
        # Of a million stamps none leads to a lot or a carton by itself: they stay out of these.
        Index("ix_codes_batch_id", "batch_id", postgresql_where=text("batch_id is not null")),
        Index("ix_codes_unit_id", "unit_id", postgresql_where=text("unit_id is not null")),
        Index(
            "uq_codes_run_number",
            "run_id",
            "number",
            unique=True,
            postgresql_where=text("run_id is not null"),
        ),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("logistic_units.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("stamp_runs.id"))
    number: Mapped[int | None]
    secret_hash: Mapped[bytes | None]  # of the hidden second code, keyed
    secret_opened_at: Mapped[datetime | None]  # when somebody first typed the hidden code
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Holding(Base):
    """What one organisation holds of one batch: ``packed`` of it in cartons, ``elsewhere`` not at its seat."""

    __tablename__ = "holdings"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        CheckConstraint("packed between 0 and quantity", name="packed"),
        CheckConstraint("elsewhere between 0 and quantity", name="elsewhere"),
        Index("ix_holdings_organisation", "organisation_id", "batch_id"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    packed: Mapped[Decimal] = mapped_column(default=Decimal(0))
    elsewhere: Mapped[Decimal] = mapped_column(default=Decimal(0))
    is_set_aside: Mapped[bool] = mapped_column(default=False)  # by its holder: not to be sold or passed on

    batch: Mapped[Batch] = relationship()
    organisation: Mapped[Organisation] = relationship()


class Balance(Base):
    """Where all of one batch is. Locked first by every movement of the batch; the sum is checked by the database.

    ``in_transit``: shipped, not yet received. ``in_question``: a difference outside the tolerance that both sides
    have still to settle. ``outside``: handed to parties without an account. ``used``: became other batches, meals or
    samples.
    """

    __tablename__ = "balances"
    __table_args__ = (
        CheckConstraint(
            "created = held + in_transit + in_question + outside + sold + used + destroyed + lost",
            name="sums_balance",
        ),
        CheckConstraint(
            "least(created, held, in_transit, in_question, outside, sold, used, destroyed, lost) >= 0",
            name="not_negative",
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    created: Mapped[Decimal] = mapped_column(default=Decimal(0))
    held: Mapped[Decimal] = mapped_column(default=Decimal(0))
    in_transit: Mapped[Decimal] = mapped_column(default=Decimal(0))
    in_question: Mapped[Decimal] = mapped_column(default=Decimal(0))
    outside: Mapped[Decimal] = mapped_column(default=Decimal(0))
    sold: Mapped[Decimal] = mapped_column(default=Decimal(0))
    used: Mapped[Decimal] = mapped_column(default=Decimal(0))
    destroyed: Mapped[Decimal] = mapped_column(default=Decimal(0))
    lost: Mapped[Decimal] = mapped_column(default=Decimal(0))
