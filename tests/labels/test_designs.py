from decimal import Decimal

import pytest

from labels.designs import DESIGNS, Design, Paper, SizeOutOfBounds, find_design, own_size

ALL = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.key)


@ALL
def test_every_label_lies_on_its_page(design: Design) -> None:
    spec = design.spec
    for index in range(spec.labels_per_page):
        corner = spec.corner(index)
        assert corner.x_mm >= -1e-9
        assert corner.y_mm >= -1e-9
        assert corner.x_mm + spec.label_width_mm <= spec.page_width_mm + 1e-9
        assert corner.y_mm + spec.label_height_mm <= spec.page_height_mm + 1e-9


@ALL
def test_what_is_printed_lies_on_its_label(design: Design) -> None:
    spec = design.spec
    for index in range(spec.labels_per_page):
        corner, place = spec.corner(index), spec.place(index)
        assert place.x_mm >= corner.x_mm + spec.label_margin_mm - 1e-9
        assert place.y_mm >= corner.y_mm + spec.label_margin_mm - 1e-9
        assert place.x_mm + spec.content_width_mm <= corner.x_mm + spec.label_width_mm + 1e-9
        assert place.y_mm + spec.content_height_mm <= corner.y_mm + spec.label_height_mm + 1e-9


@ALL
def test_the_grid_stands_in_the_middle_of_its_page(design: Design) -> None:
    spec = design.spec
    first, last = spec.corner(0), spec.corner(spec.labels_per_page - 1)
    assert first.x_mm == pytest.approx(spec.page_width_mm - last.x_mm - spec.label_width_mm)
    assert first.y_mm == pytest.approx(spec.page_height_mm - last.y_mm - spec.label_height_mm)


@ALL
def test_the_page_of_a_roll_is_one_row_of_labels(design: Design) -> None:
    if design.paper is Paper.ROLL:
        assert design.spec.rows == 1
        assert design.spec.page_height_mm == design.spec.label_height_mm


def test_keys_are_unique() -> None:
    assert len({design.key for design in DESIGNS}) == len(DESIGNS)


@pytest.mark.parametrize(
    ("key", "columns", "rows", "left", "top", "pitch"),
    [
        # The published templates: number of labels, side and top margin, distance between left edges.
        ("avery-l7651", 5, 13, 4.75, 10.7, 40.6),
        ("avery-l7654", 4, 10, 9.7, 21.5, 48.3),
        ("avery-l7159", 3, 8, 7.21, 12.9, 66.04),
        ("avery-l7160", 3, 7, 7.21, 15.15, 66.04),
        ("avery-l7161", 3, 6, 7.21, 8.7, 66.04),
        ("avery-l7162", 2, 8, 4.63, 12.9, 101.64),
        ("avery-l7163", 2, 7, 4.63, 15.15, 101.64),
        ("avery-l7165", 2, 4, 4.63, 13.1, 101.64),
    ],
)
def test_avery_grids_are_those_of_their_templates(
    key: str, columns: int, rows: int, left: float, top: float, pitch: float
) -> None:
    design = find_design(key)
    assert design
    spec = design.spec
    assert (spec.columns, spec.rows) == (columns, rows)
    assert spec.left_mm == pytest.approx(left, abs=0.01)
    assert spec.top_mm == pytest.approx(top, abs=0.01)
    assert spec.label_width_mm + spec.column_gap_mm == pytest.approx(pitch, abs=0.01)


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("roll-50x30", (50, 30)),
        ("roll-40x30", (40, 30)),
        ("roll-35x22-2", (74, 22)),
        ("roll-35x22-3", (110, 22)),
        ("roll-72x22-2", (72, 22)),
        ("roll-100x150", (100, 150)),
        ("round-30", (30, 30)),
    ],
)
def test_paper_of_rolls_is_as_sold(key: str, page: tuple[float, float]) -> None:
    design = find_design(key)
    assert design
    assert (design.spec.page_width_mm, design.spec.page_height_mm) == page


def test_a_size_of_ones_own_is_one_label_on_a_roll() -> None:
    spec = own_size(Decimal("58.5"), Decimal(40)).spec
    assert (spec.page_width_mm, spec.page_height_mm, spec.labels_per_page) == (58.5, 40.0, 1)


@pytest.mark.parametrize(
    ("width", "height", "field"),
    [("19.9", "40", "width"), ("211", "40", "width"), ("40", "17", "height"), ("40", "300", "height")],
)
def test_a_size_out_of_bounds_is_refused_by_its_side(width: str, height: str, field: str) -> None:
    with pytest.raises(SizeOutOfBounds) as refused:
        own_size(Decimal(width), Decimal(height))
    assert refused.value.field == field


def test_an_unknown_key_is_no_design() -> None:
    assert find_design("tomy-0") is None
