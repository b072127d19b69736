"""The parts of a public page that tell of growing and testing: frozen, with nothing in them that a reader may not see.

No queries and no decisions. What people gave (names on packs, laboratories, results) stays as given.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryLine:
    """One thing done. ``wait`` has plain numbers; ``marks`` say what was added or corrected after sealing."""

    done_on: date
    title: str
    used: str
    active_ingredient: str
    purpose: str
    wait: str | None
    recorded: str
    on_behalf: str | None = None
    marks: tuple[str, ...] = ()
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryBlock:
    """The diary of a lot in summary: ``summary`` first, then what was done, the last first."""

    summary: tuple[str, ...]
    lines: tuple[DiaryLine, ...]
    who_says: str
    vouch: str  # trace.public.pages.Vouch


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLine:
    """What was tested, as the report has it; ``stated`` is what the laboratory said of the limit."""

    __test__ = False  # its name begins like a test's

    parameter: str
    result: str
    limit: str
    stated: str | None
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """One laboratory report. Of one that was taken back no lines and no picture are shown."""

    __test__ = False  # its name begins like a test's

    laboratory: str
    number: str
    sampled_on: date | None
    reported_on: date
    lines: tuple[TestLine, ...]
    picture_url: str | None
    recorded: str
    who_says: str
    vouch: str  # trace.public.pages.Vouch
    marks: tuple[str, ...] = ()
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialCheck:
    """What the authority itself looked at; ``result`` in its words, None while there is none."""

    title: str
    checked_on: date
    result: str | None
    who_says: str
    vouch: str  # trace.public.pages.Vouch
