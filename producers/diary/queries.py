"""Reads of the diary; an organisation's own, or what is a lot's."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from producers.diary.models import DiaryEntry, WorkKind
from producers.diary.rules import Wait, is_in_season
from trace.batches.models import Batch, Origin
from trace.core.chains import Chain, chains
from trace.core.errors import NotFound
from trace.core.paging import Page, fetch_page


def list_entries(session: Session, organisation_id: UUID, page: int = 1) -> Page[DiaryEntry]:
    """The organisation's entries that stand, the last done first."""
    newer = aliased(DiaryEntry)
    wanted = select(DiaryEntry).where(
        DiaryEntry.organisation_id == organisation_id,
        ~DiaryEntry.is_taken_back,
        ~select(newer.id).where(newer.corrects_id == DiaryEntry.id).exists(),
    )
    return fetch_page(session, wanted.order_by(DiaryEntry.done_on.desc(), DiaryEntry.id.desc()), page)


def get_entry(session: Session, organisation_id: UUID, entry_id: UUID) -> DiaryEntry:
    """An entry of this organisation, or ``NotFound``."""
    found = session.get(DiaryEntry, entry_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such entry in the diary."), code="diary-entry-not-found")
    return found


def list_growing(
    session: Session, product_id: UUID, location_id: UUID, produced_on: date, batch_id: UUID | None = None
) -> list[Chain[DiaryEntry]]:
    """What was done for a harvest of this day, with its corrections: of the place within the season, or of the lot."""
    # All of the place, not those of the season: a correction may have moved a day out of it.
    wanted = select(DiaryEntry).where(
        DiaryEntry.product_id == product_id,
        DiaryEntry.location_id == location_id,
        or_(DiaryEntry.batch_id.is_(None), DiaryEntry.batch_id == batch_id),
    )
    found = chains(session.scalars(wanted.order_by(DiaryEntry.recorded_at, DiaryEntry.id)))
    return [chain for chain in found if any(_counts(entry, produced_on) for entry in chain.versions)]


def list_of_lot(session: Session, batch: Batch) -> list[Chain[DiaryEntry]]:
    """What readers of a lot's page are told of the diary, the first done first; of what was not grown here, nothing."""
    if batch.origin != Origin.PRODUCED:
        return []
    found = [
        chain
        for chain in list_growing(session, batch.product_id, batch.location_id, batch.produced_on, batch.id)
        if chain.is_told(batch.activated_at)
        and any(
            entry is not None and _counts(entry, batch.produced_on)
            for entry in (chain.last, chain.at(batch.activated_at))
        )
    ]
    return sorted(found, key=lambda chain: (chain.last.done_on, chain.first.recorded_at))


def waits_of(found: Iterable[Chain[DiaryEntry]], produced_on: date) -> list[Wait]:
    """How long was waited after each thing that stands and was done up to the harvest."""
    entries = (chain.last for chain in found if not chain.is_taken_back)
    return [
        Wait(entry.done_on, produced_on, entry.waiting_days)
        for entry in entries
        if entry.done_on <= produced_on and entry.kind != WorkKind.OTHER
    ]


def _counts(entry: DiaryEntry, produced_on: date) -> bool:
    return entry.batch_id is not None or is_in_season(entry.done_on, produced_on)
