"""Use cases of test results: noting, correcting, taking back. They decide nothing about the lot; never commits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from producers.test_results import queries, rules
from producers.test_results.models import TestResult
from producers.test_results.rules import Line
from trace.accounts.permissions import Actor, require_producer
from trace.batches import queries as batch_queries
from trace.core import clock
from trace.core.chains import append_correction
from trace.core.idempotency import once


@dataclass(frozen=True)
class Report:
    """What a laboratory reported, as it is copied out; ``picture_sha256`` is the photographed paper."""

    laboratory: str
    report_number: str
    reported_on: date
    lines: tuple[Line, ...]
    sampled_on: date | None = None
    picture_sha256: str | None = None
    is_picture_public: bool = False


def note_result(session: Session, actor: Actor, batch_id: UUID, report: Report, *, key: str) -> TestResult:
    """Note a report on an own lot. Raises ``BadInput``, ``NotFound``."""
    require_producer(actor)
    with once(session, actor.organisation_id, key, ["test-result", batch_id, asdict(report)]) as receipt:
        if receipt.answer is not None:
            return session.get_one(TestResult, UUID(receipt.answer["result_id"]))
        batch = batch_queries.get_batch(session, actor.organisation_id, batch_id)
        result = TestResult(
            organisation_id=actor.organisation_id,
            batch_id=batch.id,
            recorded_by=actor.user_id,
            **_columns(report),
        )
        session.add(result)
        session.flush()
        receipt.answer = {"result_id": str(result.id)}
        return result


def correct_result(session: Session, actor: Actor, result_id: UUID, report: Report) -> TestResult:
    """State a report anew; what was stated before is kept. Raises ``AlreadyCorrected``, ``BadInput``, ``NotFound``."""
    require_producer(actor)
    old = queries.get_result(session, actor.organisation_id, result_id)
    return _follow(session, actor, old, _columns(report))


def take_back_result(session: Session, actor: Actor, result_id: UUID) -> TestResult:
    """Say that a report was noted by mistake; the page tells so, and its picture is shown no more."""
    require_producer(actor)
    old = queries.get_result(session, actor.organisation_id, result_id)
    same = ("laboratory", "report_number", "sampled_on", "reported_on", "lines", "picture_sha256")
    return _follow(session, actor, old, {name: getattr(old, name) for name in same}, is_taken_back=True)


def _follow(
    session: Session,
    actor: Actor,
    old: TestResult,
    columns: Mapping[str, Any],
    *,
    is_taken_back: bool = False,
) -> TestResult:
    newer = TestResult(
        organisation_id=old.organisation_id,
        batch_id=old.batch_id,
        corrects_id=old.id,
        is_taken_back=is_taken_back,
        recorded_by=actor.user_id,
        **columns,
    )
    append_correction(session, newer)
    return newer


def _columns(report: Report) -> dict[str, Any]:
    rules.check_report(report.sampled_on, report.reported_on, report.lines, clock.today())
    columns = asdict(report)
    columns["lines"] = [asdict(line) for line in report.lines]
    columns["is_picture_public"] = report.is_picture_public and report.picture_sha256 is not None
    return columns
