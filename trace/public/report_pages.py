"""The public pages of reports as frozen dataclasses: the form, and where a report stands. No telephone, no picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from trace.core.forms import Form
from trace.public.pages import PublicFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedGoods:
    """What a report is about, as the public page of the code names it; ``name`` is None where nothing is known."""

    code: str
    page_url: str
    name: str | None = None
    lot_number: str | None = None
    producer_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormPage:
    """The form. ``kinds`` and ``packs`` are (value, words)."""

    frame: PublicFrame
    goods: ReportedGoods
    form: Form
    kinds: Sequence[tuple[str, Any]]
    packs: Sequence[tuple[str, Any]]
    picture_fields: Sequence[str]
    find_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One thing that was done with a report; ``who`` is the producer, or the authority by name."""

    state: Any
    words: str
    who: str
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """Where a report stands, for whoever has its number."""

    frame: PublicFrame
    number: str
    state: str
    title: Any
    tone: str
    kind: Any
    goods_name: str | None
    lot_number: str | None
    sent_at: datetime
    answers: Sequence[Answer]
    has_phone: bool
    may_producer_call: bool
    is_producer_known: bool
    is_settled: bool
    private_days: int
    private_removed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindReportPage:
    """The field for a report's number; ``error`` is a code: malformed or unknown."""

    frame: PublicFrame
    find_url: str
    typed: str = ""
    error: str | None = None
