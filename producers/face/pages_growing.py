"""The pages of the diary and of test results as frozen dataclasses, built from queries. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from producers import queries as product_queries
from producers.diary import queries as diary_queries
from producers.diary.models import DiaryEntry, WorkKind
from producers.diary.rules import Wait, shortest
from producers.face import pages
from producers.face.texts import _
from producers.face.texts_growing import WORK_NAMES
from producers.models import Product
from producers.test_results import queries as result_queries
from producers.test_results.models import TestResult
from producers.test_results.rules import Line, fails_a_limit
from trace.accounts import queries as account_queries
from trace.accounts.models import Location, Organisation, Party
from trace.batches.models import Batch, Origin
from trace.core.paging import Page


@dataclass(frozen=True)
class DiaryRow:
    """One entry that stands: what was done, and with what."""

    entry: DiaryEntry
    title: str
    text: str
    place: str
    waiting: str


@dataclass(frozen=True)
class DiaryPage:
    """An organisation's diary, the last done first."""

    rows: tuple[DiaryRow, ...]
    page: Page[DiaryEntry]
    has_products: bool


@dataclass(frozen=True)
class ResultRow:
    """One report of a lot that stands."""

    result: TestResult
    lines: tuple[Line, ...]
    fails: bool


@dataclass(frozen=True)
class EntryFormPage:
    """The form of an entry; ``entry`` is the one being corrected, ``batch`` the lot it is of alone."""

    products: tuple[Product, ...]
    locations: tuple[Location, ...]
    parties: tuple[Party, ...]
    batch: Batch | None = None
    entry: DiaryEntry | None = None


@dataclass(frozen=True)
class Growing:
    """What the page of a lot tells its producer; ``early`` is the wait that the harvest did not keep, with its days."""

    is_grown: bool
    rows: tuple[DiaryRow, ...]
    results: tuple[ResultRow, ...]
    last_spray: Wait | None
    early: Wait | None

    @property
    def fails(self) -> bool:
        return any(row.fails for row in self.results)


def diary_page(session: Session, organisation: Organisation, number: int) -> DiaryPage:
    """The diary of an organisation."""
    page = diary_queries.list_entries(session, organisation.id, number)
    has_products = bool(product_queries.list_products(session, organisation.id))
    return DiaryPage(tuple(_row(entry) for entry in page.rows), page, has_products)


def entry_form_page(
    session: Session,
    organisation: Organisation,
    batch: Batch | None = None,
    entry: DiaryEntry | None = None,
) -> EntryFormPage:
    """What the form of an entry offers."""
    return EntryFormPage(
        products=tuple(product_queries.list_products(session, organisation.id)),
        locations=tuple(place for place in organisation.locations if place.closed_at is None),
        parties=tuple(account_queries.list_parties(session, organisation.id)),
        batch=batch,
        entry=entry,
    )


def growing_of(session: Session, batch: Batch) -> Growing:
    """The diary and the test results of one lot, as they stand now."""
    found = diary_queries.list_of_lot(session, batch)
    standing = [chain.last for chain in found if not chain.is_taken_back]
    waits = diary_queries.waits_of(found, batch.produced_on)
    results = [chain.last for chain in result_queries.list_results(session, batch.id)]
    return Growing(
        is_grown=batch.origin == Origin.PRODUCED,
        rows=tuple(_row(entry) for entry in reversed(standing)),
        results=tuple(_result_row(result) for result in results if not result.is_taken_back),
        last_spray=_last_spray(standing, batch.produced_on),
        early=shortest(waits),
    )


def _last_spray(standing: Sequence[DiaryEntry], produced_on: date) -> Wait | None:
    waits = [
        Wait(entry.done_on, produced_on, entry.waiting_days)
        for entry in standing
        if entry.kind == WorkKind.SPRAY and entry.done_on <= produced_on
    ]
    return max(waits, key=lambda wait: (wait.done_on, wait.label_days or 0), default=None)


def _row(entry: DiaryEntry) -> DiaryRow:
    days = entry.waiting_days
    return DiaryRow(
        entry=entry,
        title=str(WORK_NAMES[WorkKind(entry.kind)]),
        text=" · ".join(part for part in (entry.used, entry.active_ingredient, entry.purpose) if part),
        place=pages.place_name(entry.location),
        waiting="" if days is None else _("Days to wait, by the pack: %(days)d", days=days),
    )


def _result_row(result: TestResult) -> ResultRow:
    lines = result_queries.lines_of(result)
    return ResultRow(result, lines, fails_a_limit(lines))
