"""Reads of test results: an organisation's own, or a lot's."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from producers.test_results.models import TestResult
from producers.test_results.rules import Line
from trace.core.chains import Chain, chains
from trace.core.errors import NotFound


def get_result(session: Session, organisation_id: UUID, result_id: UUID) -> TestResult:
    """A test result of this organisation, or ``NotFound``."""
    found = session.get(TestResult, result_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(_l("There is no such test result."), code="test-result-not-found")
    return found


def list_results(session: Session, batch_id: UUID) -> list[Chain[TestResult]]:
    """A lot's test results with their corrections, the newest report first."""
    wanted = select(TestResult).where(TestResult.batch_id == batch_id)
    found = chains(session.scalars(wanted.order_by(TestResult.recorded_at, TestResult.id)))
    return sorted(found, key=lambda chain: (chain.last.reported_on, chain.first.recorded_at), reverse=True)


def lines_of(result: TestResult) -> tuple[Line, ...]:
    """What was tested."""
    return tuple(Line(**line) for line in result.lines)
