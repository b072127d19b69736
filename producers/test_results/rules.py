"""Pure decisions about test results: what a report must say. A result outside a limit is told, and decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput

MOST_LINES = 10
FURTHEST_BACK = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Line:
    """What was tested, as the report words it; ``meets`` as the laboratory stated it, None where it did not."""

    parameter: str
    result: str
    limit: str = ""
    meets: bool | None = None


def check_report(sampled_on: date | None, reported_on: date, lines: Sequence[Line], today: date) -> None:
    """Raise ``BadInput`` for days of the future, a report before its sample, and a report of nothing."""
    for field, stated in (("sampled_on", sampled_on), ("reported_on", reported_on)):
        if stated is not None and stated > today:
            raise BadInput(_l("This date is in the future."), code="date-in-future", field=field)
        if stated is not None and stated < today - FURTHEST_BACK:
            raise BadInput(_l("This date is more than ten years ago."), code="date-too-old", field=field)
    if sampled_on is not None and sampled_on > reported_on:
        raise BadInput(
            _l("The report cannot be older than the sample."),
            code="report-before-sample",
            field="reported_on",
        )
    if not lines or len(lines) > MOST_LINES:
        raise BadInput(
            _l("Write at least one line of what was tested, at most 10."),
            code="lines-missing",
            field="parameter_1",
        )


def fails_a_limit(lines: Sequence[Line]) -> bool:
    """Whether the laboratory stated of any line that it does not meet its limit."""
    return any(line.meets is False for line in lines)
