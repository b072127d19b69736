"""The mapped class of the production diary. Nobody's name stands in it: whoever did the work is a party, by id."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from producers.models import Product
from trace.accounts.models import Location, Party
from trace.core.chains import Appended
from trace.core.database import Base


class WorkKind(StrEnum):
    """What was done."""

    SPRAY = "spray"
    FERTILISE = "fertilise"
    OTHER = "other"


class DiaryEntry(Appended, Base):
    """One thing done for a product at a place (append-only). A correction is a new row that names the one it replaces.

    ``waiting_days`` as the pack says; ``is_taken_back``: the entry it corrects was noted by mistake. With ``batch_id``
    it is of that lot alone, else of all that is harvested there within the season.
    """

    __tablename__ = "diary_entries"
    __table_args__ = (
        CheckConstraint("kind in ('spray', 'fertilise', 'other')", name="kind"),
        CheckConstraint("waiting_days between 0 and 365", name="waiting_days"),
        CheckConstraint("waiting_days is null or kind <> 'other'", name="waiting_of_what"),
        CheckConstraint("not is_taken_back or corrects_id is not null", name="taken_back"),
        Index("ix_diary_entries_growing", "product_id", "location_id", "done_on"),
        Index("ix_diary_entries_organisation", "organisation_id", "done_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))  # done by them, noted for them
    kind: Mapped[str]
    done_on: Mapped[date]
    used: Mapped[str] = mapped_column(default="")  # the name on the pack
    active_ingredient: Mapped[str] = mapped_column(default="")
    purpose: Mapped[str] = mapped_column(default="")
    waiting_days: Mapped[int | None]

    product: Mapped[Product] = relationship(lazy="joined")
    location: Mapped[Location] = relationship(lazy="joined")
    party: Mapped[Party | None] = relationship(lazy="joined")
