"""Mapped classes of the resolver: the links a producer chose for a product.

A target is an address somebody gave: people are sent there, this service never goes there itself.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from producers.models import Product
from trace.batches.models import Batch
from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class MediaType(StrEnum):
    """What a target may be; a browser opens each of them itself."""

    PAGE = "text/html"
    PDF = "application/pdf"
    VIDEO = "video/mp4"
    PICTURE = "image/jpeg"
    JSON = "application/json"


class ProductLink(Base):
    """One target of one type for a product; of a type one for each language and media type."""

    __tablename__ = "product_links"
    __table_args__ = (
        CheckConstraint("href like 'https://%'", name="https"),
        CheckConstraint("language ~ '^[a-z]{2}$'", name="language"),
        Index(
            "uq_product_links_product_type",
            "product_id",
            "link_type",
            "language",
            "media_type",
            unique=True,
            postgresql_where=text("removed_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    link_type: Mapped[str]  # the name in the GS1 Web Vocabulary: "pip"
    href: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    media_type: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None]
    removed_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship()


# Labels outlive a change of mind: a lot is found by the GTIN it was sealed with. Most lots have none.
Index("ix_batches_sealed_gtin", Batch.seal["gtin"].astext, postgresql_where=text("seal ->> 'gtin' <> ''"))
