"""What a person chose for labels of a batch, read from an address: size, QR, texts, pages. Nothing is drawn here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from flask_babel import lazy_gettext as _l

from labels.bitmaps import for_dots
from labels.designs import (
    DEFAULT_DESIGN,
    OWN_SIZE,
    Design,
    Paper,
    find_design,
    own_size,
)
from labels.pdf_description import Flip, PageOptions
from labels.qr import Correction, MarkNeedsCorrectionH
from labels.spec import SheetSpec
from trace.core.errors import BadInput
from trace.core.numbers import Meaning, parse_quantity

SHORT, GS1 = "short", "gs1"
# How a PDF is drawn.
LINES, DOTS = "lines", "dots"
DPIS = (203, 300, 600)
LEAST_DOTS, MOST_DOTS = 1, 24
MOST_LABELS = 2000
LONGEST_TEXT = 1000
_SMALL_FACE_MM = 0.9

# What the form shows before anything is chosen.
DEFAULTS: Mapping[str, str] = {
    "size": DEFAULT_DESIGN,
    "width": "50",
    "height": "30",
    "form": SHORT,
    "ec": Correction.M,
    "dpi": "203",
    "dots": "",
    "start": "1",
    "count": "",
    "text": "",
    "flip": Flip.LONG_EDGE,
    "drawing": LINES,
}


class ChoiceUnknown(BadInput):
    """A choice that the form does not offer; ``field`` names it."""

    code = "label-choice-unknown"

    def __init__(self, field: str) -> None:
        super().__init__(_l("Choose one of the offered values."), field=field)


class NumberOutOfRange(BadInput):
    """A whole number outside its bounds, which ``numbers`` has."""

    code = "label-number-out-of-range"

    def __init__(self, field: str, least: int, most: int) -> None:
        super().__init__(
            _l("Choose from %(least)s to %(most)s.", least=least, most=most),
            field=field,
            least=least,
            most=most,
        )


class TextTooLong(BadInput):
    """The text of one's own is longer than any label."""

    code = "label-text-too-long"

    def __init__(self) -> None:
        super().__init__(
            _l("At most %(most)s characters.", most=LONGEST_TEXT), field="text", most=LONGEST_TEXT
        )


@dataclass(frozen=True)
class Choices:
    """A valid choice. ``spec`` has the wanted dots a module; ``has_fixed_dots`` where the person chose their number;
    ``is_dotted`` where a PDF is to be a picture of dots."""

    design: Design
    spec: SheetSpec
    has_fixed_dots: bool
    is_gs1: bool
    has_ean: bool
    own_text: str
    start: int
    count: int | None
    pages: PageOptions
    is_dotted: bool = False

    @property
    def labels(self) -> int:
        """How many labels the file holds: as many as asked for, else what is left of one page."""
        return self.count or self.spec.labels_per_page - self.start + 1


def read_choices(values: Mapping[str, str]) -> Choices:
    """The choices in the values of an address; what is not there is as `DEFAULTS` says.

    Raises `BadInput` with the field that is wrong: the bounds of sizes, a number outside its range, a start that is not
    on the page, a mark without correction H.
    """
    typed = {**DEFAULTS, **{name: value.strip() for name, value in values.items() if value.strip()}}
    design = _design(typed)
    has_mark = "mark" in values
    correction = _one_of("ec", typed["ec"], Correction)
    if has_mark and correction != Correction.H:
        raise MarkNeedsCorrectionH
    dots = _number("dots", typed["dots"], LEAST_DOTS, MOST_DOTS) if typed["dots"] else None
    dpi = int(_one_of("dpi", typed["dpi"], [str(dpi) for dpi in DPIS]))
    spec = replace(
        design.spec,
        dpi=dpi,
        # The same size on paper from a finer printer, in whole dots.
        dots_per_module=dots or max(1, round(design.spec.dots_per_module * dpi / design.spec.dpi)),
        error_correction=correction,
        has_mark=has_mark,
        minimum_x_height_mm=_SMALL_FACE_MM if "small" in values else design.spec.minimum_x_height_mm,
    )
    is_dotted = _one_of("drawing", typed["drawing"], (LINES, DOTS)) == DOTS
    if design.paper is Paper.ROLL or is_dotted:
        # Letters as high as the printer's dots make them: a PDF of a roll, its preview and the printer's job agree.
        spec = for_dots(spec, dpi)
    start = _number("start", typed["start"], 0, 10**6)
    spec.check_start(start)
    if len(typed["text"]) > LONGEST_TEXT:
        raise TextTooLong
    on_back = "back" in values and bool(typed["text"])
    return Choices(
        design=design,
        spec=spec,
        has_fixed_dots=dots is not None,
        is_gs1=_one_of("form", typed["form"], (SHORT, GS1)) == GS1,
        has_ean="ean" in values,
        own_text="" if on_back else typed["text"],
        start=start,
        count=_number("count", typed["count"], 1, MOST_LABELS) if typed["count"] else None,
        pages=PageOptions(
            has_marks="marks" in values,
            back_text=typed["text"] if on_back else "",
            flip=Flip(_one_of("flip", typed["flip"], Flip)),
            is_last_first="last_first" in values and design.paper is Paper.ROLL,
        ),
        is_dotted=is_dotted,
    )


def _design(typed: Mapping[str, str]) -> Design:
    if typed["size"] == OWN_SIZE:
        return own_size(_millimetres("width", typed["width"]), _millimetres("height", typed["height"]))
    design = find_design(typed["size"])
    if design is None:
        raise ChoiceUnknown("size")
    return design


def _millimetres(field: str, text: str) -> Decimal:
    return round(parse_quantity(text, field, Meaning.DECIMALS), 1)


def _number(field: str, text: str, least: int, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1
    # A start outside the page is told by the page itself, which knows its positions.
    if not least <= number <= most and field != "start":
        raise NumberOutOfRange(field, least, most)
    return number


def _one_of(field: str, text: str, allowed: Iterable[str]) -> str:
    if text not in [str(value) for value in allowed]:
        raise ChoiceUnknown(field)
    return text
