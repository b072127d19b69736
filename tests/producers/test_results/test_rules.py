"""What a report must say, and that a result outside a limit is seen as the laboratory stated it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.test_results.rules import MOST_LINES, Line, check_report, fails_a_limit
from producers.test_results.schemas import read_lines, typed_lines
from trace.core.errors import BadInput

TODAY = date(2026, 11, 22)
LINE = Line("Chlorpyrifos", "0,02 mg/kg", "0,01 mg/kg", meets=False)
WORDS = st.text("abcđ 0123456789,.", min_size=1, max_size=20).filter(
    lambda word: word == " ".join(word.split()) != ""
)
LINES = st.lists(
    st.builds(Line, WORDS, WORDS, st.just("") | WORDS, st.sampled_from((True, False, None))),
    max_size=MOST_LINES,
)


@pytest.mark.parametrize(
    ("sampled_on", "reported_on", "field"),
    [
        (None, TODAY + timedelta(days=1), "reported_on"),
        (TODAY + timedelta(days=1), TODAY, "sampled_on"),
        (TODAY, TODAY - timedelta(days=1), "reported_on"),
        (None, TODAY - timedelta(days=4000), "reported_on"),
    ],
)
def test_days_that_cannot_be_are_refused_on_their_field(
    sampled_on: date | None, reported_on: date, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_report(sampled_on, reported_on, [LINE], TODAY)
    assert refused.value.field == field


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(BadInput):
        check_report(None, TODAY, [], TODAY)


def test_a_limit_that_is_not_met_is_seen() -> None:
    assert fails_a_limit([Line("E. coli", "không phát hiện", meets=True), LINE])


@given(lines=LINES)
def test_only_what_the_laboratory_stated_fails_a_limit(lines: list[Line]) -> None:
    assert fails_a_limit(lines) == any(line.meets is False for line in lines)


@given(lines=LINES)
def test_lines_come_back_from_the_form_that_shows_them(lines: list[Line]) -> None:
    assert read_lines(typed_lines(tuple(lines))) == tuple(lines)


def test_a_line_without_its_result_is_refused_on_its_field() -> None:
    with pytest.raises(BadInput) as refused:
        read_lines({"parameter_3": "Chì"})
    assert set(refused.value.errors) == {"result_3"}
