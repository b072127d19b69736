"""What a lot's page tells of growing and testing: the diary in summary, test results, what the authority looked at.

What was recorded before the lot was sealed stands as it was; what came later is marked with its day, and a correction
says what stood there before. Rows are only added, so nothing can change without its mark.
"""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from producers.diary import queries as diary_queries
from producers.diary.models import DiaryEntry, WorkKind
from producers.diary.rules import Wait, shortest
from producers.test_results import queries as result_queries
from producers.test_results.models import TestResult
from trace.batches.models import Batch
from trace.core import clock
from trace.core.chains import Chain, Record
from trace.events.models import Event, Verb
from trace.events.rules_stock import InspectionResult
from trace.events.services_observation import OFFICIAL, result_of
from trace.events.texts_stock import RESULTS
from trace.public import speech, wording, wording_growing
from trace.public.pages import Vouch
from trace.public.pages_growing import DiaryBlock, DiaryLine, OfficialCheck, TestLine, TestReport
from trace.public.told import Told, given, joined, words
from trace.recalls.hold_rules import ReleaseReason
from trace.recalls.hold_texts import RELEASES


def diary_block(session: Session, batch: Batch, producer_name: str) -> DiaryBlock | None:
    """The diary of a lot in summary; None where nothing was noted."""
    found = diary_queries.list_of_lot(session, batch)
    if not found:
        return None
    return DiaryBlock(
        summary=_summary(found, batch),
        lines=tuple(_line(chain, batch) for chain in reversed(found)),
        who_says=wording.declared_by_producer(producer_name),
        vouch=Vouch.DECLARED,
    )


def _summary(found: Sequence[Chain[DiaryEntry]], batch: Batch) -> tuple[str, ...]:
    sprayed = [chain for chain in found if chain.last.kind == WorkKind.SPRAY]
    sprays = diary_queries.waits_of(sprayed, batch.produced_on)
    if not sprays:
        return (wording_growing.no_spray(),)
    # Of two on one day the one whose label asks for more days is told.
    last = max(sprays, key=lambda wait: (wait.done_on, wait.label_days or 0))
    gravest = shortest(diary_queries.waits_of(found, batch.produced_on))
    told = [wording_growing.last_spray(last, batch.date_kind)]
    if gravest is not None and gravest != last:
        told.append(wording_growing.also_waited(gravest))
    return tuple(told)


def _line(chain: Chain[DiaryEntry], batch: Batch) -> DiaryLine:
    entry = chain.last
    # Of what was spread the days matter where a pack says some; of what was sprayed always.
    is_waited_for = entry.kind == WorkKind.SPRAY or entry.waiting_days is not None
    has_waited = is_waited_for and entry.done_on <= batch.produced_on and not entry.is_taken_back
    wait = Wait(entry.done_on, batch.produced_on, entry.waiting_days)
    before = chain.at(batch.activated_at)
    return DiaryLine(
        done_on=entry.done_on,
        title=str(wording_growing.WORKS[WorkKind(entry.kind)]),
        used=entry.used,
        active_ingredient=entry.active_ingredient,
        purpose=entry.purpose,
        wait=wording_growing.waited(wait) if has_waited else None,
        recorded=wording_growing.recorded(clock.local(chain.first.recorded_at).date()),
        on_behalf=wording_growing.done_by(entry.party.kind) if entry.party else None,
        marks=_marks(chain, batch.activated_at, _in_short(before) if before else None),
        is_taken_back=entry.is_taken_back,
    )


def _in_short(entry: DiaryEntry) -> Told:
    days = "" if entry.waiting_days is None else wording_growing.label_days(entry.waiting_days)
    parts = [
        words(speech.day(entry.done_on)),
        words(str(wording_growing.WORKS[WorkKind(entry.kind)])),
        *(given(name) for name in (entry.used, entry.active_ingredient, entry.purpose)),
        words(days),
    ]
    return joined(", ", [part for part in parts if part])


def test_reports(session: Session, batch: Batch, producer_name: str) -> tuple[TestReport, ...]:
    """What laboratories reported of a lot, as its producer copied it out, the newest first."""
    return tuple(
        _report(chain, batch, producer_name)
        for chain in result_queries.list_results(session, batch.id)
        if chain.is_told(batch.activated_at)
    )


def _report(chain: Chain[TestResult], batch: Batch, producer_name: str) -> TestReport:
    result = chain.last
    before = chain.at(batch.activated_at)
    is_shown = result.is_picture_public and not result.is_taken_back
    return TestReport(
        laboratory=result.laboratory,
        number=result.report_number,
        sampled_on=result.sampled_on,
        reported_on=result.reported_on,
        lines=() if result.is_taken_back else _test_lines(result),
        picture_url=url_for("public.show_picture", sha256=result.picture_sha256, size="large")
        if is_shown
        else None,
        recorded=wording_growing.recorded(clock.local(chain.first.recorded_at).date()),
        who_says=wording.declared_by_producer(producer_name),
        vouch=Vouch.DECLARED,
        marks=_marks(chain, batch.activated_at, _result_in_short(before) if before else None),
        is_taken_back=result.is_taken_back,
    )


def _test_lines(result: TestResult) -> tuple[TestLine, ...]:
    return tuple(
        TestLine(
            parameter=line.parameter,
            result=line.result,
            limit=line.limit,
            stated=wording_growing.stated(meets=line.meets),
            is_outside=line.meets is False,
        )
        for line in result_queries.lines_of(result)
    )


def _result_in_short(result: TestResult) -> Told:
    parts = [given(f"{result.laboratory}, {result.report_number}"), words(speech.day(result.reported_on))]
    for line in _test_lines(result):
        said = [given(line.parameter), given(line.result), words(line.stated or "")]
        parts.append(joined(" ", [piece for piece in said if piece]))
    return joined("; ", parts)


def _marks(chain: Chain[Record], sealed_at: datetime | None, before: Told | None) -> tuple[str, ...]:
    marks: list[str] = []
    last_on = clock.local(chain.last.recorded_at).date()
    if sealed_at is not None and chain.first.recorded_at > sealed_at:
        marks.append(wording.added_later(clock.local(chain.first.recorded_at).date()))
    if chain.is_taken_back:
        marks.append(wording_growing.taken_back(last_on))
    elif before and chain.at(sealed_at) is not chain.last:
        marks.append(wording_growing.corrected(last_on, before))
    elif len(chain.versions) > 1 and not before:
        marks.append(wording_growing.corrected_plainly(last_on))
    return tuple(marks)


def official_checks(stands: Sequence[Event]) -> tuple[OfficialCheck, ...]:
    """Samples, inspections and what came of a pause for a test, as the authority recorded them, the newest first.

    ``stands``: the events of a lot that hold, oldest first.
    """
    told = [_check(event) for event in stands if OFFICIAL in event.marks]
    return tuple(reversed([check for check in told if check is not None]))


def _check(event: Event) -> OfficialCheck | None:
    match event.verb:
        case Verb.SAMPLE:
            title, result = wording_growing.officially_sampled(), None
        case Verb.INSPECT:
            found = result_of(event)
            title = wording_growing.officially_inspected()
            result = None if found is InspectionResult.PENDING else str(RESULTS[found])
        case Verb.RELEASE if event.extensions.get("release_reason") == ReleaseReason.TEST_PASSED:
            why = str(RELEASES[ReleaseReason.TEST_PASSED])
            title, result = wording_growing.officially_released(), f"{why[:1].upper()}{why[1:]}"
        case _:
            return None
    return OfficialCheck(
        title=title,
        checked_on=clock.local(event.event_time).date(),
        result=result,
        who_says=wording.decided_by(event.organisation.name),
        vouch=Vouch.CHECKED,
    )
