"""The middles of communes: every one of the list has one, and the nearest is found."""

import csv
from pathlib import Path

import pytest

from trace.core.communes import kilometres_between, middle_of, nearest_to

LISTED = Path(__file__).parents[3] / "migrations" / "data" / "communes_2025.csv"
HOAN_KIEM = "00070"


def test_every_commune_of_the_list_has_a_middle_in_the_country() -> None:
    with LISTED.open(encoding="utf-8", newline="") as lines:
        middles = [middle_of(row["commune_code"]) for row in csv.DictReader(lines)]
    assert len(middles) == 3321
    assert all(middle and 8 < middle[0] < 24 and 102 < middle[1] < 115 for middle in middles)


def test_a_code_that_is_none_has_no_middle() -> None:
    assert middle_of("99999") is None


def test_every_middle_is_nearest_to_itself() -> None:
    middle = middle_of(HOAN_KIEM)
    assert middle is not None
    assert nearest_to(*middle) == HOAN_KIEM


def test_the_lake_is_nearest_to_the_ward_named_after_it() -> None:
    assert nearest_to(21.0287, 105.8524) == HOAN_KIEM


@pytest.mark.parametrize("point", [(48.85, 2.35), (0.0, 0.0), (-90.0, 180.0), (16.0, 112.9)])
def test_far_from_every_commune_there_is_none(point: tuple[float, float]) -> None:
    assert nearest_to(*point) is None


def test_hanoi_to_ho_chi_minh_city_is_some_1140_kilometres() -> None:
    assert kilometres_between((21.0278, 105.8342), (10.7769, 106.7009)) == pytest.approx(1144, abs=6)
