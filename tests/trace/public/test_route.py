"""The drawn route: which stops, what joins them, and that no line of it is too long."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.public.ways import COMMUNES, spot, way
from trace.public.distances import kilometres
from trace.public.pages import Spot
from trace.public.route import LONGEST_LINE, Sign, Speech, draw, stops_of
from trace.public.told import given as as_given

PLAIN = Speech(
    of_sign=str,
    distance=lambda km: f"about {km} km",
    came_from=lambda number: f"from {number}",
    breach=lambda: "outside the limits",
    left_out=lambda stops: f"{stops} more",
)
HOUSEHOLD = Spot("một hộ")


@given(st.integers(0, 70), st.sets(st.integers(1, 69)), st.sets(st.integers(1, 69)))
def test_stops_are_numbered_in_the_order_of_the_stages(
    stages: int, missing: set[int], breached: set[int]
) -> None:
    stops = stops_of(way(stages, missing=sorted(missing), breached=sorted(breached)))
    assert [stop.number for stop in stops] == list(range(1, len(stops) + 1))
    assert all(stop.came_from is None or stop.came_from < stop.number for stop in stops)


@given(st.integers(2, 70), st.sets(st.integers(1, 69)))
def test_a_drawing_of_any_way_has_no_line_too_long_and_none_on_another(
    stages: int, missing: set[int]
) -> None:
    drawing = draw(way(stages, missing=sorted(missing)), PLAIN)
    assert drawing is not None
    lines = [line for row in drawing.rows for line in row.lines]
    assert all(len(line.text) <= LONGEST_LINE for line in lines)
    assert all(after.y - line.y >= 1.3 for line, after in pairwise(lines))
    assert lines[-1].y < drawing.height


@given(st.sets(st.integers(4, 55), max_size=4))
def test_waiting_stops_are_never_left_out(missing: set[int]) -> None:
    drawing = draw(way(60, missing=sorted(missing)), PLAIN)
    assert drawing is not None
    assert sum(row.sign == Sign.WAITING for row in drawing.rows) == len(missing)


def test_sixty_stages_are_a_short_drawing_that_says_how_many_stops_it_leaves_out() -> None:
    drawing = draw(way(60), PLAIN)
    assert drawing is not None
    assert [row.number for row in drawing.rows] == [1, 2, 3, None, 58, 59, 60]
    assert drawing.rows[3].lines[0].text == "54 more"


def test_a_way_in_one_place_is_not_drawn() -> None:
    assert draw(way(1), PLAIN) is None
    assert draw([replace(step, spot=spot(0)) for step in way(3)], PLAIN) is None
    assert draw((), PLAIN) is None


def test_stages_that_move_nothing_are_no_stops() -> None:
    steps = [step if place != 1 else replace(step, spot=None) for place, step in enumerate(way(3))]
    assert [stop.spot for stop in stops_of(steps)] == [spot(0), spot(2)]


def test_a_handover_within_one_commune_is_the_same_stop() -> None:
    start, first, second = way(3)
    stops = stops_of([start, first, replace(second, spot=spot(1), sent_from=spot(1))])
    assert len(stops) == 2
    assert stops[1].sign is Sign.CONFIRMED


def test_of_several_stages_in_one_commune_the_least_confirmed_counts() -> None:
    start, first, second = way(3, missing=[2])
    stops = stops_of([start, first, replace(second, spot=spot(1), sent_from=spot(1))])
    assert stops[1].sign is Sign.WAITING


def test_what_branches_off_is_joined_to_no_wrong_stop_and_says_where_it_came_from() -> None:
    start, first, second = way(3)
    drawing = draw([start, first, replace(second, sent_from=spot(0))], PLAIN)
    assert drawing is not None
    assert drawing.rows[1].leg_from is not None
    assert drawing.rows[2].leg_from is None
    assert "from 1" in [line.text for line in drawing.rows[2].lines]


def test_a_breach_marks_the_stop_where_it_was_measured() -> None:
    start, first, second = way(3)
    measured = replace(second, spot=spot(0), sent_from=None, is_breach=True)
    assert [stop.has_breach for stop in stops_of([start, first, measured])] == [True, False]


def test_a_breach_where_the_route_does_not_lead_is_a_stop_of_its_own() -> None:
    start, first, second = way(3)
    stops = stops_of([start, first, replace(second, sent_from=None, is_breach=True)])
    assert stops[-1].sign is Sign.MEASURED
    assert stops[-1].came_from is None


def test_shapes_tell_who_confirmed() -> None:
    drawing = draw(way(4, missing=[2], breached=[3]), PLAIN)
    assert drawing is not None
    assert [row.sign for row in drawing.rows] == [Sign.START, Sign.CONFIRMED, Sign.WAITING, "breach"]


def test_a_kind_of_place_is_not_marked_as_a_name() -> None:
    start, first = way(2)
    drawing = draw([start, replace(first, spot=HOUSEHOLD, place=as_given("một hộ"))], PLAIN)
    assert drawing is not None
    assert [row.lines[0].is_given for row in drawing.rows] == [True, False]


@pytest.mark.parametrize(
    "one", [*(Spot(*commune) for commune in COMMUNES), HOUSEHOLD, Spot("Xã Lạ", "99999"), None]
)
@pytest.mark.parametrize("other", [HOUSEHOLD, Spot("Xã Lạ", "99999"), None])
def test_there_is_no_distance_to_what_is_not_known(one: Spot | None, other: Spot | None) -> None:
    assert kilometres(one, other) is None
    assert kilometres(other, one) is None


@pytest.mark.parametrize("one", range(len(COMMUNES)))
@pytest.mark.parametrize("other", range(len(COMMUNES)))
def test_distances_are_the_same_both_ways_and_rounded(one: int, other: int) -> None:
    there, back = kilometres(spot(one), spot(other)), kilometres(spot(other), spot(one))
    assert there == back
    assert there is None or 3 <= there < 10 or there % 5 == 0


def test_within_a_commune_there_is_no_distance() -> None:
    assert kilometres(spot(0), spot(0)) is None
