"""Records that are appended and corrected by a newer one: which of them stands, and what stood at an instant.

A record names the one it corrects (``corrects_id``), each is corrected once at most: the database holds to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from trace.core import clock
from trace.core.errors import Refusal
from trace.core.ids import uuid7


class AlreadyCorrected(Refusal):
    """Somebody has corrected this record, or taken it back, in the meantime."""

    code = "already-corrected"


class Appended:
    """The columns of such a table, for its mapped class to inherit."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    is_taken_back: Mapped[bool] = mapped_column(default=False)  # what it corrects was noted by mistake
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_by: Mapped[UUID | None]

    @declared_attr
    @classmethod
    def corrects_id(cls) -> Mapped[UUID | None]:
        """The one it takes the place of, None for the first of a chain."""
        table: str = cls.__tablename__  # type: ignore[attr-defined]  # of the class that inherits
        return mapped_column(ForeignKey(f"{table}.id"), unique=True)


Record = TypeVar("Record", bound=Appended)


@dataclass(frozen=True, slots=True)
class Chain(Generic[Record]):
    """One record with its corrections, oldest first."""

    versions: tuple[Record, ...]

    @property
    def first(self) -> Record:
        return self.versions[0]

    @property
    def last(self) -> Record:
        """What stands, or the row that took it back."""
        return self.versions[-1]

    @property
    def is_taken_back(self) -> bool:
        return self.last.is_taken_back

    def at(self, instant: datetime | None) -> Record | None:
        """What had been recorded by then; None where nothing had, or it had been taken back. Always None for None."""
        if instant is None:
            return None
        known = [version for version in self.versions if version.recorded_at <= instant]
        return known[-1] if known and not known[-1].is_taken_back else None

    def is_told(self, sealed_at: datetime | None) -> bool:
        """Whether readers are told: it stands, or it stood when the lot was sealed and was taken back since."""
        return not self.is_taken_back or self.at(sealed_at) is not None


def chains(records: Iterable[Record]) -> list[Chain[Record]]:
    """The records by what they correct; those whose beginning is not among them begin a chain themselves."""
    by_id = {record.id: record for record in records}
    following = {record.corrects_id: record for record in by_id.values() if record.corrects_id is not None}
    found = []
    for record in by_id.values():
        if record.corrects_id in by_id:
            continue
        versions = [record]
        while versions[-1].id in following:
            versions.append(following[versions[-1].id])
        found.append(Chain(tuple(versions)))
    return found


def append_correction(session: Session, newer: Appended) -> None:
    """Add a row that corrects another. Raises ``AlreadyCorrected`` where that has a newer one."""
    try:
        with session.begin_nested():
            session.add(newer)
    except IntegrityError as error:
        raise AlreadyCorrected(
            _l("This entry was corrected or taken back meanwhile. Go back and look at it again.")
        ) from error
