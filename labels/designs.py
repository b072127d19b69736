"""The ready sizes: sheets and rolls that shops buy, by the names on their boxes; and sizes of one's own.

Geometry only. Avery's pitches are those of its published templates, the margins are what centres the grid. Tomy prints
the size of a label and their number on the box and publishes no margins: the grid is centred with the gaps that remain,
so a first page belongs on plain paper, held against the sheet. The paper of a roll is measured with its backing:
two labels of 35 mm are sold as 72 mm (2 mm between them) and 74 mm (1 mm of backing at each edge as well).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from labels.spec import A4_40, SheetSpec
from trace.core.errors import BadInput

# Millimetres that a label of one's own may have. Below, no QR of 3 dots a module stands with its code and a name.
LEAST_WIDTH_MM, MOST_WIDTH_MM = 20, 210
LEAST_HEIGHT_MM, MOST_HEIGHT_MM = 18, 297

OWN_SIZE = "own"
DEFAULT_DESIGN = "a4-40"


class Paper(StrEnum):
    """What goes into the printer."""

    SHEET = "sheet"
    ROLL = "roll"


class SizeOutOfBounds(BadInput):
    """A side of a label of one's own is too short or too long; ``numbers`` has the bounds in mm."""

    code = "label-size-out-of-bounds"

    def __init__(self, field: str, least: int, most: int) -> None:
        super().__init__(
            _l("Choose from %(least)s to %(most)s mm.", least=least, most=most),
            field=field,
            least=least,
            most=most,
        )


@dataclass(frozen=True)
class Design:
    """One ready size: ``key`` is stable (addresses and printer settings hold it), ``name`` is what the box says."""

    key: str
    name: str
    spec: SheetSpec

    @property
    def paper(self) -> Paper:
        """Whether it comes as sheets or on a roll."""
        return Paper.ROLL if self.spec.is_roll else Paper.SHEET


def find_design(key: str) -> Design | None:
    """The ready size of this key; None where there is none."""
    return _BY_KEY.get(key)


def own_size(width_mm: Decimal, height_mm: Decimal) -> Design:
    """A label of one's own on a roll, in millimetres. Raises `SizeOutOfBounds` with the side at fault."""
    if not LEAST_WIDTH_MM <= width_mm <= MOST_WIDTH_MM:
        raise SizeOutOfBounds("width", LEAST_WIDTH_MM, MOST_WIDTH_MM)
    if not LEAST_HEIGHT_MM <= height_mm <= MOST_HEIGHT_MM:
        raise SizeOutOfBounds("height", LEAST_HEIGHT_MM, MOST_HEIGHT_MM)
    width, height = float(width_mm), float(height_mm)
    spec = _roll(width, height, dots=4 if min(width, height) >= 29 else 3)
    if width * height < _SMALL_MM2:
        spec = replace(spec, required=_ON_SMALL)
    return Design(OWN_SIZE, "", spec)


# What even a small label holds beside the QR, the code and the name. The site to type is in the QR as well.
_ON_SMALL = ("lot_number", "dates")
_ON_SMALLEST = ("lot_number",)
_SMALL_MM2 = 1000.0


def _sheet(
    columns: int,
    rows: int,
    width: float,
    height: float,
    *,
    column_gap: float = 0.0,
    row_gap: float = 0.0,
    page: tuple[float, float] = (210.0, 297.0),
    margin: float = 2.0,
    dots: int = 4,
    required: tuple[str, ...] = A4_40.required,
) -> SheetSpec:
    """A sheet whose grid stands in its middle."""
    return SheetSpec(
        page_width_mm=page[0],
        page_height_mm=page[1],
        columns=columns,
        rows=rows,
        label_width_mm=width,
        label_height_mm=height,
        left_mm=(page[0] - columns * width - (columns - 1) * column_gap) / 2,
        top_mm=(page[1] - rows * height - (rows - 1) * row_gap) / 2,
        label_margin_mm=margin,
        dots_per_module=dots,
        column_gap_mm=column_gap,
        row_gap_mm=row_gap,
        required=required,
    )


def _roll(
    width: float,
    height: float,
    *,
    across: int = 1,
    gap: float = 0.0,
    edge: float = 0.0,
    dots: int = 4,
    required: tuple[str, ...] = A4_40.required,
    is_round: bool = False,
) -> SheetSpec:
    """A row of labels on a roll; thermal printers reach the edge, the paper wanders by less than a millimetre."""
    return SheetSpec(
        page_width_mm=across * width + (across - 1) * gap + 2 * edge,
        page_height_mm=height,
        columns=across,
        rows=1,
        label_width_mm=width,
        label_height_mm=height,
        left_mm=edge,
        unprintable_mm=0.0,
        label_margin_mm=1.5 if is_round else 1.0,
        dots_per_module=dots,
        column_gap_mm=gap,
        is_roll=True,
        is_round=is_round,
        required=required,
    )


DESIGNS: tuple[Design, ...] = (
    Design(DEFAULT_DESIGN, "A4", A4_40),
    Design("a4-24", "A4", _sheet(3, 8, 70.0, 37.125, margin=2.5)),
    Design(
        "tomy-145",
        "Tomy 145",
        _sheet(5, 13, 38.0, 21.0, column_gap=2.5, margin=1.5, dots=3, required=_ON_SMALL),
    ),
    Design(
        "tomy-103",
        "Tomy 103",
        _sheet(3, 4, 62.0, 36.0, column_gap=2.0, row_gap=2.0, page=(202.0, 162.0)),
    ),
    Design(
        "avery-l7651",
        "Avery L7651",
        _sheet(5, 13, 38.1, 21.2, column_gap=2.5, margin=1.5, dots=3, required=_ON_SMALL),
    ),
    Design("avery-l7654", "Avery L7654", _sheet(4, 10, 45.7, 25.4, column_gap=2.6, margin=1.5, dots=3)),
    Design("avery-l7159", "Avery L7159", _sheet(3, 8, 63.5, 33.9, column_gap=2.54)),
    Design("avery-l7160", "Avery L7160", _sheet(3, 7, 63.5, 38.1, column_gap=2.54)),
    Design("avery-l7161", "Avery L7161", _sheet(3, 6, 63.5, 46.6, column_gap=2.54, dots=5)),
    Design("avery-l7162", "Avery L7162", _sheet(2, 8, 99.1, 33.9, column_gap=2.54)),
    Design("avery-l7163", "Avery L7163", _sheet(2, 7, 99.1, 38.1, column_gap=2.54, dots=5)),
    Design("avery-l7165", "Avery L7165", _sheet(2, 4, 99.1, 67.7, column_gap=2.54, dots=6)),
    Design("roll-50x30", "", _roll(50.0, 30.0)),
    Design("roll-40x30", "", _roll(40.0, 30.0)),
    Design("roll-35x22-2", "", _roll(35.0, 22.0, across=2, gap=2.0, edge=1.0, dots=3, required=_ON_SMALL)),
    Design("roll-35x22-3", "", _roll(35.0, 22.0, across=3, gap=2.0, edge=0.5, dots=3, required=_ON_SMALL)),
    Design("roll-72x22-2", "", _roll(35.0, 22.0, across=2, gap=2.0, dots=3, required=_ON_SMALL)),
    Design("roll-100x150", "", _roll(100.0, 150.0, dots=8)),
    Design("round-30", "", _roll(30.0, 30.0, dots=3, required=_ON_SMALLEST, is_round=True)),
)
_BY_KEY = {design.key: design for design in DESIGNS}
