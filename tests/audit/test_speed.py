"""Which figures of Lighthouse pass."""

from dataclasses import replace

import pytest

from audit.speed import NOINDEX, Look, faults_of, median

GOOD = Look({"performance": 98, "accessibility": 100, "seo": 100}, 1500, 0.0)


def test_a_page_at_the_bounds_passes() -> None:
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    "look",
    [
        replace(GOOD, scores={**GOOD.scores, "performance": 97}),
        replace(GOOD, scores={**GOOD.scores, "accessibility": 99}),
        replace(GOOD, scores={**GOOD.scores, "seo": 92}),
        replace(GOOD, lcp_ms=1501),
        replace(GOOD, shift=0.001),
    ],
)
def test_each_bound_is_held(look: Look) -> None:
    assert len(faults_of(look)) == 1


def test_a_report_is_kept_out_of_search_and_nothing_else_is_forgiven() -> None:
    hidden = replace(GOOD, scores={**GOOD.scores, "seo": 63}, failed=(NOINDEX,))
    assert faults_of(hidden, "report (vi)") == []
    assert faults_of(hidden, "recalled (vi)")
    assert faults_of(replace(hidden, failed=(NOINDEX, "meta-description")), "report (vi)")


def test_of_three_runs_the_middle_one_counts() -> None:
    runs = [replace(GOOD, lcp_ms=lcp) for lcp in (900.0, 3000.0, 1000.0)]
    assert median(runs).lcp_ms == 1000.0
