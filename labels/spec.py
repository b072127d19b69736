"""What stands on a label and where labels stand on a sheet, in millimetres; and how a label is refused.

No drawing and no reading of records here. The words that are printed (``Số lô``, ``Mã tra cứu``) are Vietnamese
whatever language the person at the screen reads: the label is for the shopper, and the label rules ask for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput

MM_PER_INCH = 25.4

LOT_NUMBER_WORD = "Số lô"
CODE_WORD = "Mã tra cứu"
NET_QUANTITY_WORD = "Định lượng"
NUMBER_WORD = "Số tem"
DEMO_WORD = "DEMO"
DEMO_SENTENCE = "Dữ liệu minh họa"


class TextDoesNotFit(BadInput):
    """A text is too long for the label even at its smallest permitted letters; ``field`` names it."""

    code = "text-does-not-fit"

    def __init__(self, field: str) -> None:
        super().__init__(
            _l("This text does not fit on the label at the smallest permitted letters. Shorten it."),
            field=field,
        )


class CharacterNotPrintable(BadInput):
    """A text holds characters that the label's typeface cannot draw; ``numbers["characters"]`` lists them once each."""

    code = "character-not-printable"

    def __init__(self, field: str, characters: Iterable[str]) -> None:
        shown = " ".join(_shown(character) for character in sorted(set(characters)))
        super().__init__(
            _l("The label cannot print: %(characters)s. Remove these characters.", characters=shown),
            field=field,
            characters=shown,
        )


class StartOutsideSheet(BadInput):
    """The position of the first label is not on the sheet; ``numbers["positions"]`` is the last one there is."""

    code = "start-outside-sheet"

    def __init__(self, positions: int) -> None:
        super().__init__(
            _l("Choose a first label from 1 to %(positions)s.", positions=positions),
            field="start",
            positions=positions,
        )


def _shown(character: str) -> str:
    # Invisible and right-to-left characters would hide in, or turn round, the very sentence that reports them.
    return f"U+{ord(character):04X}"


@dataclass(frozen=True)
class DateLine:
    """One dated line, printed ``label dd/mm/yyyy``: ``DateLine("HSD", date(2026, 11, 24))``."""

    label: str
    on: date


@dataclass(frozen=True)
class LabelContent:
    """Everything that one label says.

    ``code`` is the bare short code (printed in groups of four), ``address`` the whole address in the QR as
    :func:`labels.qr.printed_address` makes it, ``readable_site`` what a person types (``check.example.vn``).
    ``ocop`` is the line about stars, given only while the certificate is valid; ``label_rules`` are paragraphs that
    the label rules ask for; ``own_text`` is what the person printing adds to them; ``hri`` the GS1 element string in
    brackets; ``ean`` 13 digits for the till; ``number`` is the number of a stamp, by which ranges of a roll are named.
    A stamp that was printed before its lot exists has neither lot nor dates.

    What a size must hold (`SheetSpec.required`), ``own_text``, ``hri`` and ``ean`` are printed whole or the label is
    refused. Whatever else is empty or finds no room is left out whole.
    """

    product_name: str
    lot_number: str
    dates: tuple[DateLine, ...]
    code: str
    address: str
    readable_site: str
    producer_name: str = ""
    commune: str = ""
    is_demo: bool = False
    number: str = ""
    net_quantity: str = ""
    ocop: str = ""
    label_rules: tuple[str, ...] = ()
    own_text: str = ""
    hri: str = ""
    ean: str = ""


@dataclass(frozen=True)
class Place:
    """Where one label's content starts on its page, in millimetres from the page's top left corner."""

    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class SheetSpec:
    """A sheet of equal labels, and how they are printed; the default is A4 with 4 × 10 of 52.5 × 29.7 mm, edge to edge.

    A roll (``is_roll``) is a sheet of one row as high as its labels. ``required`` are the fields that every label of
    this size must hold; the others are left out whole, last first, where there is no room.

    Most office printers leave ``unprintable_mm`` of the paper's edge white, and die-cut labels sit up to
    ``label_margin_mm`` off; ink keeps clear of both, while the white quiet zone of the QR may lie in either. Every
    label has the same content box; at the paper's edges it is moved inwards, so that all forty look alike.

    ``minimum_x_height_mm`` is the least height of small letters in what must be readable (1.2 mm on food; the rules
    allow 0.9 mm on a face under 80 cm², so ``minimum_second_x_height_mm`` for what merely accompanies it: producer,
    commune, site, and the mark of the demo).
    """

    page_width_mm: float = 210.0
    page_height_mm: float = 297.0
    columns: int = 4
    rows: int = 10
    label_width_mm: float = 52.5
    label_height_mm: float = 29.7
    left_mm: float = 0.0
    top_mm: float = 0.0
    unprintable_mm: float = 4.3
    label_margin_mm: float = 2.5
    dots_per_module: int = 4
    dpi: int = 203
    minimum_x_height_mm: float = 1.2
    minimum_second_x_height_mm: float = 0.9
    column_gap_mm: float = 0.0
    row_gap_mm: float = 0.0
    is_roll: bool = False
    is_round: bool = False
    required: tuple[str, ...] = ("lot_number", "dates", "readable_site")
    error_correction: str = "M"
    has_mark: bool = False

    @property
    def labels_per_page(self) -> int:
        """How many labels one page holds."""
        return self.columns * self.rows

    @property
    def module_mm(self) -> float:
        """The side of one QR module in millimetres: whole printer dots (4 at 203 dpi are 0.5005 mm)."""
        return self.dots_per_module * MM_PER_INCH / self.dpi

    @property
    def content_width_mm(self) -> float:
        """The width that ink may take on every label, wherever it stands."""
        return min(
            self._room(
                self.left_mm, self.label_width_mm, self.column_gap_mm, self.columns, self.page_width_mm
            )
        )

    @property
    def content_height_mm(self) -> float:
        """The height that ink may take on every label, wherever it stands."""
        return min(
            self._room(self.top_mm, self.label_height_mm, self.row_gap_mm, self.rows, self.page_height_mm)
        )

    def check_start(self, start: int) -> None:
        """Refuse a first position that is not on the sheet (:class:`StartOutsideSheet`)."""
        if not 1 <= start <= self.labels_per_page:
            raise StartOutsideSheet(self.labels_per_page)

    def place(self, index: int) -> Place:
        """Where the content box of label ``index`` (0 is the first, rows before columns) starts on its page."""
        row, column = divmod(index % self.labels_per_page, self.columns)
        across = self._bounds(
            self.left_mm, self.label_width_mm, self.column_gap_mm, column, self.page_width_mm
        )
        down = self._bounds(self.top_mm, self.label_height_mm, self.row_gap_mm, row, self.page_height_mm)
        return Place(
            x_mm=across[0] + (across[1] - across[0] - self.content_width_mm) / 2,
            y_mm=down[0] + (down[1] - down[0] - self.content_height_mm) / 2,
        )

    def corner(self, index: int) -> Place:
        """Where label ``index`` itself starts on its page, edge and all."""
        row, column = divmod(index % self.labels_per_page, self.columns)
        return Place(
            x_mm=self.left_mm + column * (self.label_width_mm + self.column_gap_mm),
            y_mm=self.top_mm + row * (self.label_height_mm + self.row_gap_mm),
        )

    def _bounds(
        self, offset: float, side: float, gap: float, number: int, page: float
    ) -> tuple[float, float]:
        start = offset + number * (side + gap)
        low = max(start + self.label_margin_mm, self.unprintable_mm)
        high = min(start + side - self.label_margin_mm, page - self.unprintable_mm)
        return low, high

    def _room(self, offset: float, side: float, gap: float, count: int, page: float) -> list[float]:
        bounds = [self._bounds(offset, side, gap, number, page) for number in range(count)]
        return [high - low for low, high in bounds]


A4_40 = SheetSpec()
