"""Where everything stands on one label; nothing is drawn here, so that a preview, a bitmap and a PDF agree.

Positions are in millimetres from the top left corner of the label's content box (`SheetSpec.place`), y down. Usually
the QR stands left, the text beside it, and the code to type under the QR with the site on the same baseline; round and
narrow high labels stack them (`labels.stacking`).
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from labels import bars
from labels.column import Column, Frame, demo_tag, fill_column
from labels.fonts import CAP_HEIGHT, REGULAR, SEMIBOLD, ink, missing_characters, size_for_x_height, width_mm
from labels.placed import LabelLayout, PlacedTag, PlacedText
from labels.qr import QUIET_ZONE_MODULES, QrSymbol, qr_matrix
from labels.qr_size import LEAST_DOTS, LEAST_MODULE_MM
from labels.spec import (
    CODE_WORD,
    MM_PER_INCH,
    CharacterNotPrintable,
    DateLine,
    LabelContent,
    SheetSpec,
    TextDoesNotFit,
)
from labels.stacking import is_stacked, stack_label
from trace.core.short_codes import ALPHABET, pretty
from trace.core.text import tidy

__all__ = ["LabelLayout", "PlacedTag", "PlacedText", "fit_modules", "lay_out"]

# Type sizes of the code in millimetres on a small label, tried from the largest; larger labels scale them.
_CODE_SIZES = (2.9, 2.75, 2.6, 2.45)
_GAP_ABOVE_CODE_LINE = 0.35
_GAP_BEFORE_SITE = 1.6
# The text box of the first label that we had (52.5 × 29.7 mm): the measure of "small".
_SMALL_WIDTH, _SMALL_HEIGHT = 45.7, 22.9
_MOST_SCALE = 2.4
# Heights of an EAN-13's bars to try, as parts of the nominal height; lower ones are harder for a till.
_EAN_HEIGHTS = (1.0, 0.8, 0.6, 0.45)

_TEXTS = (
    "product_name",
    "lot_number",
    "code",
    "readable_site",
    "producer_name",
    "commune",
    "net_quantity",
    "ocop",
    "own_text",
    "hri",
)


@dataclass(frozen=True)
class _Foot:
    """The line with the code to type, the height of its ink, and what must stand in the column instead."""

    texts: tuple[PlacedText, ...]
    top: float
    moved: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Room:
    """The box for QR and text: what an EAN-13 leaves of the content box, and the QR's own place in it."""

    width: float
    height: float
    inset: float
    side: float
    quiet: float
    scale: float

    @property
    def beside(self) -> float:
        """Where the symbol's quiet zone ends, to the right and downwards."""
        return self.inset + self.side + self.quiet


@lru_cache(maxsize=256)
def lay_out(content: LabelContent, spec: SheetSpec) -> LabelLayout:
    """Place everything on one label.

    Text is normalised to NFC first. Raises `CharacterNotPrintable` or `TextDoesNotFit` with the field, and what
    `qr_matrix` raises; never cuts, never overlaps.
    """
    content = _checked(content)
    qr = qr_matrix(content.address, spec.error_correction, has_mark=spec.has_mark)
    try:
        return _around(content, qr, spec)
    except TextDoesNotFit:
        smallest = qr_matrix(content.address, spec.error_correction, has_mark=spec.has_mark, is_tight=True)
        if smallest.version == qr.version:
            raise
    return _around(content, smallest, spec)


def _around(content: LabelContent, qr: QrSymbol, spec: SheetSpec) -> LabelLayout:
    if is_stacked(spec):
        return stack_label(content, qr, spec)
    if content.ean:
        return _with_ean(content, qr, spec)
    return _beside(content, qr, spec, _room(qr, spec), 0.0)[0]


def fit_modules(contents: Iterable[LabelContent], spec: SheetSpec) -> SheetSpec:
    """``spec`` with the most dots a module, from its own down, at which all of ``contents`` can be laid out.

    Never less than three dots or 0.33 mm. Raises what `lay_out` does at its own where none fits.
    """
    wanted = list(contents)
    refusal: TextDoesNotFit | None = None
    least = max(LEAST_DOTS, math.ceil(LEAST_MODULE_MM * spec.dpi / MM_PER_INCH))
    for dots in range(spec.dots_per_module, min(least, spec.dots_per_module) - 1, -1):
        smaller = replace(spec, dots_per_module=dots)
        try:
            for content in wanted:
                lay_out(content, smaller)
        except TextDoesNotFit as too_long:
            refusal = refusal or too_long
        else:
            return smaller
    raise refusal or TextDoesNotFit("address")


def _room(qr: QrSymbol, spec: SheetSpec, width: float = 0.0) -> _Room:
    quiet = QUIET_ZONE_MODULES * spec.module_mm
    width, height = width or spec.content_width_mm, spec.content_height_mm
    return _Room(
        width=width,
        height=height,
        # The quiet zone may lie in the label's margin, and nowhere beyond its edge.
        inset=max(0.0, quiet - spec.label_margin_mm),
        side=qr.modules * spec.module_mm,
        quiet=quiet,
        scale=min(max(min(width / _SMALL_WIDTH, height / _SMALL_HEIGHT), 1.0), _MOST_SCALE),
    )


def _beside(
    content: LabelContent, qr: QrSymbol, spec: SheetSpec, room: _Room, below: float
) -> tuple[LabelLayout, float]:
    """The QR left and the column beside it, and how far down the column could reach; ``below`` is what something else
    takes at its lower end."""
    smallest = size_for_x_height(spec.minimum_x_height_mm)
    second = size_for_x_height(spec.minimum_second_x_height_mm)
    refusal: TextDoesNotFit | None = None
    for foot in _feet(content, spec, room):
        floor = foot.top - (_GAP_ABOVE_CODE_LINE if foot.texts else 0.0)
        frame = Frame(room.beside, room.width - room.beside, floor - below, smallest, second, room.scale)
        try:
            column = fill_column(content, spec, frame, foot.moved)
            break
        except TextDoesNotFit as too_long:
            if not foot.texts and too_long.field == "readable_site":
                too_long = TextDoesNotFit("address")  # the symbol is what leaves no room for its code
            refusal = refusal or too_long  # the best line's own culprit, not what a makeshift lacks
    else:
        raise refusal or TextDoesNotFit("address")
    return _assembled(qr, room, foot, column, second), floor


def _assembled(qr: QrSymbol, room: _Room, foot: _Foot, column: Column, second: float) -> LabelLayout:
    tags = tuple(demo_tag(text) for text in column.texts if text.light)
    # The top of the symbol on the top of the first line's capitals or tag, as far as the code line below leaves room.
    first = column.texts[0]
    top = tags[0].y_mm if tags else first.baseline_mm - CAP_HEIGHT * first.size_mm
    qr_y = max(room.inset, min(top, foot.top - room.quiet - room.side))
    texts = [*column.texts, *foot.texts]
    if foot.texts:
        above, below = ink(CODE_WORD, REGULAR)
        baseline = foot.top - _GAP_ABOVE_CODE_LINE - below * second
        if baseline - above * second >= qr_y + room.side + room.quiet:
            texts.append(PlacedText(CODE_WORD, 0.0, baseline, second, REGULAR))
    return LabelLayout(qr, room.inset, qr_y, tuple(texts), tags, (*column.left_out, *foot.left_out))


def _with_ean(content: LabelContent, qr: QrSymbol, spec: SheetSpec) -> LabelLayout:
    """An EAN-13 at the right edge or under the column: where it leaves out least; then as high as it goes."""
    refusal: TextDoesNotFit | None = None
    best: LabelLayout | None = None
    is_high = spec.label_height_mm > spec.label_width_mm
    for module, part, is_under in product(_ean_modules(spec), _EAN_HEIGHTS, (is_high, not is_high)):
        height = part * bars.NOMINAL_HEIGHT_MM * module / bars.NOMINAL_MODULE_MM
        try:
            layout = _with_bars(content, qr, spec, module, height, is_under=is_under)
        except TextDoesNotFit as too_long:
            refusal = refusal or too_long
            continue
        if best is None or len(layout.left_out) < len(best.left_out):
            best = layout
        if not best.left_out:
            break
    if best is None:
        raise TextDoesNotFit("ean") from refusal
    return best


def _with_bars(
    content: LabelContent, qr: QrSymbol, spec: SheetSpec, module: float, height: float, *, is_under: bool
) -> LabelLayout:
    whole = (bars.EAN_QUIET_LEFT + bars.EAN_MODULES + bars.EAN_QUIET_RIGHT) * module
    total = height + bars.ean13_height_below(module)
    room = _room(qr, spec, spec.content_width_mm - (0.0 if is_under else whole))
    if room.beside > spec.content_width_mm - whole or total > spec.content_height_mm:
        raise TextDoesNotFit("ean")
    below = total + _GAP_ABOVE_CODE_LINE if is_under else 0.0
    layout, floor = _beside(content, qr, spec, room, below)
    x = spec.content_width_mm - (bars.EAN_MODULES + bars.EAN_QUIET_RIGHT) * module
    y = floor - total if is_under else 0.0
    placed = bars.place_bars(bars.ean13_bars(content.ean), x, y, module, height)
    digits = bars.ean13_digits(content.ean, x, y + height, module)
    return replace(layout, texts=(*layout.texts, *digits), tags=(*layout.tags, *placed))


def _ean_modules(spec: SheetSpec) -> tuple[float, ...]:
    """Sides of a module to try: whole dots of a thermal printer at 80 % or more; a page printer takes any."""
    if not spec.is_roll:
        return bars.NOMINAL_MODULE_MM, bars.LEAST_MODULE_MM
    dot = MM_PER_INCH / spec.dpi
    return (math.ceil(bars.LEAST_MODULE_MM / dot - 1e-9) * dot,)


def _checked(content: LabelContent) -> LabelContent:
    tidied = replace(
        content,
        product_name=tidy(content.product_name),
        lot_number=tidy(content.lot_number),
        dates=tuple(DateLine(tidy(line.label), line.on) for line in content.dates),
        code=tidy(content.code),
        readable_site=tidy(content.readable_site),
        producer_name=tidy(content.producer_name),
        commune=tidy(content.commune),
        net_quantity=tidy(content.net_quantity),
        ocop=tidy(content.ocop),
        label_rules=tuple(tidy(text) for text in content.label_rules),
        own_text=tidy(content.own_text),
        hri=tidy(content.hri),
    )
    texts = {name: getattr(tidied, name) for name in _TEXTS}
    texts["dates"] = "".join(line.label for line in tidied.dates)
    texts["label_rules"] = "".join(tidied.label_rules)
    for field, text in texts.items():
        missing = missing_characters(text)
        if missing:
            raise CharacterNotPrintable(field, missing)
    return tidied


def _feet(content: LabelContent, spec: SheetSpec, room: _Room) -> Iterator[_Foot]:
    """Code lines to try, best first: the site on the same baseline; in the text column; nowhere, where a small size may
    lack it; and the code in the column as well, where the label is too low for a line under the QR."""
    smallest = size_for_x_height(spec.minimum_x_height_mm)
    second = size_for_x_height(spec.minimum_second_x_height_mm)
    site_sizes = (smallest, (smallest + second) / 2, second)
    if room.beside + 4 * smallest > room.width:
        return  # no column is left beside the QR
    code, site = pretty(content.code), content.readable_site
    code_above, code_below = ink(ALPHABET, SEMIBOLD)  # of any code, so that labels of one run all look alike
    site_above, site_below = ink(site, REGULAR)
    # Room for nearly any code of this length, not just for this one, for the same reason.
    usual = 1.06 * len(code) / len(ALPHABET) * width_mm(ALPHABET, 1.0, SEMIBOLD)
    code_width = max(width_mm(code, 1.0, SEMIBOLD), usual)
    code_sizes = [*(size * room.scale for size in _CODE_SIZES), smallest]
    for code_size, site_size in product(code_sizes, site_sizes):
        site_x = room.width - width_mm(site, site_size, REGULAR)
        baseline = room.height - max(code_below * code_size, site_below * site_size)
        top = baseline - max(code_above * code_size, site_above * site_size)
        if code_width * code_size + _GAP_BEFORE_SITE <= site_x and top >= room.beside:
            placed_code = PlacedText(code, 0.0, baseline, code_size, SEMIBOLD)
            yield _Foot((placed_code, PlacedText(site, site_x, baseline, site_size, REGULAR)), top)
    alone: list[tuple[tuple[PlacedText, ...], float]] = []
    for code_size in code_sizes:
        baseline = room.height - code_below * code_size
        top = baseline - code_above * code_size
        if code_width * code_size <= room.width and top >= room.beside:
            alone.append(((PlacedText(code, 0.0, baseline, code_size, SEMIBOLD),), top))
    for texts, top in alone:
        yield _Foot(texts, top, (site,))
    may_lack_site = "readable_site" not in spec.required
    if may_lack_site:
        for texts, top in alone:
            yield _Foot(texts, top, (), ("readable_site",))
    if not alone and room.inset + room.side <= room.height:
        yield _Foot((), room.height, (code, site))
        if may_lack_site:
            yield _Foot((), room.height, (code,), ("readable_site",))
