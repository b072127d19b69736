"""Round and narrow high labels: the QR on top, the text under it in centred lines as wide as the label is there."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from labels.column import can_leave_out, demo_tag
from labels.fonts import REGULAR, SEMIBOLD, ink, size_for_x_height, width_mm
from labels.placed import LabelLayout, PlacedText
from labels.qr import QUIET_ZONE_MODULES, QrSymbol
from labels.spec import (
    DEMO_WORD,
    LOT_NUMBER_WORD,
    NET_QUANTITY_WORD,
    NUMBER_WORD,
    LabelContent,
    SheetSpec,
    TextDoesNotFit,
)
from labels.wrapping import broken
from trace.core.short_codes import pretty

_NARROW_MM = 45.0
_HIGH = 1.2
_AIR = 0.25
# Letters as parts of the least legal size: as large as they go.
_GROWTH = (1.5, 1.3, 1.15, 1.0)


@dataclass(frozen=True)
class _Piece:
    """Words that belong to one field; ``is_value`` may be broken after a separator."""

    field: str
    text: str
    font: str
    is_value: bool = False
    is_small: bool = False
    light: bool = False


@dataclass(frozen=True)
class Shape:
    """The content box or disc, in millimetres from the box's top left corner."""

    width: float
    height: float
    is_round: bool

    def room(self, top: float, bottom: float) -> float:
        """How wide a line between these heights may be."""
        if not self.is_round:
            return self.width
        radius = self.width / 2
        reach = max(abs(top - radius), abs(bottom - radius))
        return 2 * math.sqrt(radius**2 - reach**2) if reach < radius else 0.0


def shape_of(spec: SheetSpec) -> Shape:
    """The room that a label of this size has."""
    return Shape(spec.content_width_mm, spec.content_height_mm, spec.is_round)


def is_stacked(spec: SheetSpec) -> bool:
    """Whether a label of this size has its text under the QR: round ones, and narrow ones higher than wide."""
    is_narrow = spec.label_width_mm < _NARROW_MM and spec.label_height_mm > _HIGH * spec.label_width_mm
    return spec.is_round or is_narrow


def stack_label(content: LabelContent, qr: QrSymbol, spec: SheetSpec) -> LabelLayout:
    """Place everything; what `lay_out` promises holds. The text must be normalised and printable."""
    if content.ean:
        raise TextDoesNotFit("ean")
    shape = shape_of(spec)
    side, quiet = qr.modules * spec.module_mm, QUIET_ZONE_MODULES * spec.module_mm
    inset = _top_of_symbol(side, quiet, spec)
    if side + 2 * max(0.0, quiet - spec.label_margin_mm) > shape.width or inset + side > shape.height:
        raise TextDoesNotFit("address")
    optional = (
        *can_leave_out(content, spec),
        *(() if "readable_site" in spec.required else ("readable_site",)),
    )
    culprit = "product_name"
    for count in range(len(optional), -1, -1):
        kept = optional[:count]
        for growth in _GROWTH:
            pieces = list(_pieces(content, spec, kept))
            found = _placed(pieces, shape, inset + side + quiet, spec, growth)
            if isinstance(found, str):
                culprit = found
                continue
            left_out = tuple(name for name in optional if name not in kept)
            tags = tuple(demo_tag(text) for text in found if text.light)
            return LabelLayout(qr, (shape.width - side) / 2, inset, tuple(found), tags, left_out)
    raise TextDoesNotFit(culprit)


def _top_of_symbol(side: float, quiet: float, spec: SheetSpec) -> float:
    """As high as the quiet zone's corners stay on the label and the symbol's in the box."""
    if not spec.is_round:
        return max(0.0, quiet - spec.label_margin_mm)
    label, box = spec.label_width_mm / 2, spec.content_width_mm / 2
    half = side / 2 + quiet
    if half >= label:
        raise TextDoesNotFit("address")
    by_label = box - math.sqrt(label**2 - half**2) + quiet
    by_box = box - math.sqrt(max(box**2 - (side / 2) ** 2, 0.0))
    return max(by_label, by_box, 0.0)


def _pieces(content: LabelContent, spec: SheetSpec, kept: tuple[str, ...]) -> Iterator[_Piece]:
    wanted = {*spec.required, *kept}
    yield _Piece("code", pretty(content.code), SEMIBOLD, is_value=True)
    demo = [_Piece("is_demo", DEMO_WORD, SEMIBOLD, is_small=True, light=True)] if content.is_demo else []
    if not spec.is_round:
        yield from demo
    name = _Piece("product_name", content.product_name, SEMIBOLD)
    yield _named("number", NUMBER_WORD, content.number)
    lot = _named("lot_number", LOT_NUMBER_WORD, content.lot_number)
    # In a disc each line is shorter than the one before; names can be cut at spaces, lot numbers had better not.
    pieces = (lot, name) if spec.is_round else (name, lot)
    yield from (piece for piece in pieces if piece.field in {"product_name", *wanted})
    if "dates" in wanted:
        for line in content.dates:
            yield _Piece("dates", f"{line.label} {line.on:%d/%m/%Y}", REGULAR)
    if "net_quantity" in wanted:
        yield replace(_named("net_quantity", NET_QUANTITY_WORD, content.net_quantity), is_value=False)
    for field in ("producer_name", "commune", "ocop"):
        if field in kept:
            yield _Piece(field, getattr(content, field), REGULAR, is_small=field != "ocop")
    for text in (*(content.label_rules if "label_rules" in kept else ()), content.own_text):
        if text:
            yield _Piece("own_text", text, REGULAR)
    if content.hri:
        yield _Piece("hri", content.hri, REGULAR, is_value=True, is_small=True)
    if "readable_site" in wanted:
        yield _Piece("readable_site", content.readable_site, REGULAR, is_value=True, is_small=True)
    if spec.is_round:
        yield from demo


def _named(field: str, word: str, value: str) -> _Piece:
    """A value behind its word; nothing where there is no value."""
    return _Piece(field, f"{word} {value}" if value else "", REGULAR, is_value=True)


def _placed(
    pieces: list[_Piece], shape: Shape, top: float, spec: SheetSpec, growth: float
) -> list[PlacedText] | str:
    """Every line, or the field that found no room."""
    least, second = spec.minimum_x_height_mm, spec.minimum_second_x_height_mm
    placed: list[PlacedText] = []
    for piece in pieces:
        size = size_for_x_height(second) if piece.is_small else size_for_x_height(least) * growth
        rest = piece.text
        while rest:
            above, below = ink(rest, piece.font)
            pad = 0.3 if piece.light else 0.0
            bottom = top + (above + below) * size + 2 * pad
            room = shape.room(top, bottom) - 4 * pad
            taken = _first_line(rest, size, piece, room) if bottom <= shape.height else ""
            if not taken:
                return piece.field
            x = (shape.width - width_mm(taken, size, piece.font)) / 2
            placed.append(PlacedText(taken, x, top + above * size + pad, size, piece.font, light=piece.light))
            rest = rest[len(taken) :].lstrip(" ")
            top = bottom + _AIR
    return placed


def _first_line(text: str, size: float, piece: _Piece, room: float) -> str:
    """The words that fit on the next line; of a value that is one word, a part that ends after a separator."""
    words = text.split(" ")
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if width_mm(longer, size, piece.font) > room:
            break
        line = longer
    if not line and piece.is_value and room > 0:
        parts = broken(words[0], size, piece.font, room)
        line = parts[0] if parts else ""
    return line
