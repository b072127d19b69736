"""Crop marks: hairlines at the corners of labels, in millimetres; PDF, dots and preview draw the same ones."""

from collections.abc import Iterator

from labels.spec import SheetSpec

MARK_WIDTH_MM = 0.1
# Hairlines that end on the label's edge; the pages of a roll grow by a margin to carry them.
_MARK_MM, _MARGIN_MM = 1.5, 6.0

Line = tuple[float, float, float, float]


def mark_margin(spec: SheetSpec, *, has_marks: bool) -> float:
    """How much a page grows on each side to carry its marks."""
    return _MARGIN_MM if has_marks and spec.is_roll else 0.0


def crop_marks(spec: SheetSpec, index: int) -> Iterator[Line]:
    """The lines at label ``index``: x, y, x, y from the corner of the paper without that margin.

    They cross the label's corners on a sheet, and lie outside the paper on a roll.
    """
    corner, column = spec.corner(index), index % spec.columns
    low, high = (1.0 - _MARGIN_MM, -1.0) if spec.is_roll else (-_MARK_MM, _MARK_MM)
    for x, away_x, is_outer in (
        (corner.x_mm, 1, column == 0),
        (corner.x_mm + spec.label_width_mm, -1, column == spec.columns - 1),
    ):
        for y, away_y in ((corner.y_mm, 1), (corner.y_mm + spec.label_height_mm, -1)):
            yield x, y + away_y * low, x, y + away_y * high
            if is_outer or not spec.is_roll:
                yield x + away_x * low, y, x + away_x * high, y
