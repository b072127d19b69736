"""Mapped classes of master data: products and their OCOP certificates."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.accounts.models import Organisation
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class ExpiryKind(StrEnum):
    """Use-by and best-before are different promises (GS1 AI 17 and 15) and different verdicts."""

    USE_BY = "use_by"
    BEST_BEFORE = "best_before"
    NONE = "none"


class Product(Base):
    """One product of one producer; a batch copies unit and shelf life from it when registered."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("ocop_set between 1 and 26", name="ocop_set"),
        CheckConstraint("expiry_kind in ('use_by', 'best_before', 'none')", name="expiry_kind"),
        CheckConstraint("(uom is null) = (packaging_word is not null)", name="one_unit"),
        CheckConstraint("natural_loss_percent between 0 and 30", name="natural_loss_percent"),
        CheckConstraint("(second_unit is null) = (usual_weight_kg is null)", name="second_unit"),
        CheckConstraint("min_temperature <= max_temperature", name="temperature"),
        Index(
            "uq_products_organisation_name",
            "organisation_id",
            "name_folded",
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    name_folded: Mapped[str]
    ocop_set: Mapped[int]
    brand: Mapped[str] = mapped_column(default="")  # empty: "không có"
    net_content: Mapped[str] = mapped_column(default="")  # as on the pack: "500 g"
    description: Mapped[str] = mapped_column(default="")
    picture_sha256: Mapped[str | None]
    uom: Mapped[str | None]  # UN/ECE Rec 20, mass and volume only
    packaging_word: Mapped[str | None]  # counts: "quả", "bó", "túi"
    second_unit: Mapped[str | None]  # a packaging word, one of which weighs about …
    usual_weight_kg: Mapped[Decimal | None]
    natural_loss_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    # The cold chain's limits in °C, either may be missing; sealed into each batch.
    min_temperature: Mapped[Decimal | None]
    max_temperature: Mapped[Decimal | None]
    # Somebody else's goods, noted by who took them in; no product of the organisation's own.
    is_from_outside: Mapped[bool] = mapped_column(default=False)
    expiry_kind: Mapped[str]
    shelf_life_days: Mapped[int | None]
    gtin: Mapped[str | None] = mapped_column(index=True)  # 14 digits; a claim until checked
    gtin_checked_at: Mapped[datetime | None]
    standards: Mapped[list[str]]
    has_food_safety_commitment: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    archived_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    certificates: Mapped[list["Certificate"]] = relationship(
        back_populates="product", order_by="Certificate.decided_on.desc()"
    )

    @property
    def is_food(self) -> bool:
        """Sets 1 to 18 are eaten or drunk (QĐ 26/2026/QĐ-TTg); the rest are not."""
        return self.ocop_set <= 18

    @property
    def unit_word(self) -> str:
        """The unit as people read it: ``kg``, ``quả``."""
        return self.packaging_word or {"KGM": "kg", "GRM": "g", "LTR": "lít", "MLT": "ml"}.get(
            self.uom or "", ""
        )


class Certificate(Base):
    """An OCOP decision; valid 36 months from its date."""

    __tablename__ = "certificates"
    __table_args__ = (CheckConstraint("stars between 3 and 5", name="stars"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    decision_number: Mapped[str]
    decided_on: Mapped[date]
    issuer: Mapped[str]
    stars: Mapped[int]
    expires_on: Mapped[date] = mapped_column(
        Computed("(decided_on + interval '36 months')::date", persisted=True)
    )
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship(back_populates="certificates")
