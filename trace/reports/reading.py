"""A report as those it went to read it. The telephone is left out here, not in a template, where it is not for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from trace.accounts.permissions import Actor
from trace.accounts.rules import readable_phone
from trace.reports.models import Report, ReportStep
from trace.reports.rules import State, open_moves
from trace.reports.texts import KINDS, MOVES, PACKS, STATES, TONES


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSheet:
    """One report. ``phone`` is None where none was given or it is not for this reader; ``moves`` are (value, words)."""

    id: Any
    kind: Any
    title: Any
    tone: str
    words: str
    code: str
    product_name: str | None
    lot_number: str | None
    batch_id: Any
    producer_name: str | None
    bought_at: str
    bought_on: date | None
    pack: Any
    language: str
    sent_at: datetime
    phone: str | None
    has_phone: bool
    may_producer_call: bool
    pictures: Sequence[int]
    steps: Sequence[ReportStep]
    moves: Sequence[tuple[str, Any]]
    private_removed_at: datetime | None


def report_sheet(report: Report, reader: Actor) -> ReportSheet:
    """What this reader may see of a report it may read (``queries.get_report``)."""
    may_see_phone = reader.is_officer or report.may_producer_call
    state = State(report.state)
    return ReportSheet(
        id=report.id,
        kind=KINDS[report.kind],
        title=STATES[state],
        tone=TONES[state],
        words=report.words,
        code=report.code,
        product_name=report.product_name,
        lot_number=report.batch.lot_number if report.batch else None,
        batch_id=report.batch_id,
        producer_name=report.organisation.name if report.organisation else None,
        bought_at=report.bought_at,
        bought_on=report.bought_on,
        pack=PACKS[report.pack],
        language=report.language,
        sent_at=report.created_at,
        phone=readable_phone(report.phone) if report.phone and may_see_phone else None,
        has_phone=report.phone is not None,
        may_producer_call=report.may_producer_call,
        pictures=[picture.place for picture in report.pictures],
        steps=report.steps,
        moves=[(str(one), MOVES[one]) for one in open_moves(state, is_officer=reader.is_officer)],
        private_removed_at=report.private_removed_at,
    )
