"""The logistic label of a carton or pallet: who sends it, what is in it, our QR, and the SSCC as GS1-128.

After the GS1 Logistic Label Guideline: free text on top, the bar code lowest, its text under it. Nothing is drawn here.
"""

from dataclasses import dataclass

from labels import bars
from labels.fonts import CAP_HEIGHT, REGULAR, SEMIBOLD, ink, missing_characters, width_mm
from labels.placed import LabelLayout, PlacedTag, PlacedText
from labels.qr import QUIET_ZONE_MODULES, qr_matrix
from labels.spec import (
    CODE_WORD,
    DEMO_SENTENCE,
    DEMO_WORD,
    LOT_NUMBER_WORD,
    MM_PER_INCH,
    CharacterNotPrintable,
    SheetSpec,
    TextDoesNotFit,
)
from labels.wrapping import broken, filled_lines
from trace.core.short_codes import pretty
from trace.core.text import tidy

# GS1 General Specifications 5.12.3.2, table 2 (general distribution): at least 0.495 mm a module and 31.75 mm high.
_LEAST_MODULE_MM, _BAR_HEIGHT_MM = 0.495, 32.0
_GAP = 2.5
_RULE_MM = 0.4
_SIZES = (4.0, 3.5, 3.0, 2.7, 2.4)
_AIR = 0.6
_HRI_SIZE = 4.5


@dataclass(frozen=True)
class PalletLine:
    """One lot on the label: ``PalletLine("Cải ngọt", "CN-1", "120 kg")``."""

    product_name: str
    lot_number: str
    quantity: str


@dataclass(frozen=True)
class PalletContent:
    """Everything a logistic label says; ``sscc`` is 18 digits, ``address`` the whole address in our QR."""

    sender: str
    sender_address: str
    kind: str
    code: str
    address: str
    readable_site: str
    sscc: str
    lines: tuple[PalletLine, ...]
    is_demo: bool = False


def lay_out_pallet(content: PalletContent, spec: SheetSpec) -> LabelLayout:
    """Place everything on one label.

    Where not all lots have room in the smallest letters, as many as do are named and the rest are counted: the QR tells
    them all. Raises `CharacterNotPrintable` or `TextDoesNotFit` with the field.
    """
    _check(content)
    width, height = spec.content_width_mm, spec.content_height_mm
    module = _whole_dots(spec)
    drawn = bars.gs1_128_bars("00" + content.sscc)
    whole = (bars.bars_width(drawn) + 2 * bars.CODE_128_QUIET) * module
    if whole > spec.label_width_mm:
        raise TextDoesNotFit("sscc")
    text = f"(00){content.sscc}"
    hri_x = (width - width_mm(text, _HRI_SIZE, SEMIBOLD)) / 2
    hri = PlacedText(text, hri_x, height - 0.25 * _HRI_SIZE, _HRI_SIZE, SEMIBOLD)
    bars_top = hri.baseline_mm - 0.9 * hri.size_mm - 1.0 - _BAR_HEIGHT_MM
    title = PlacedText("SSCC", 0.0, bars_top - 1.5, 3.0, REGULAR)
    floor = title.baseline_mm - 3.0 - _GAP
    tags = list(
        bars.place_bars(
            drawn, (width - bars.bars_width(drawn) * module) / 2, bars_top, module, _BAR_HEIGHT_MM
        )
    )
    texts = [title, hri]

    sender, y = _block([content.sender], SEMIBOLD, 0.0, 0.0, width, 5.0, "sender")
    address, y = _block([content.sender_address], REGULAR, 0.0, y + _AIR, width, 3.0, "sender_address")
    texts += [*sender, *address]
    tags.append(PlacedTag(0.0, y + _GAP / 2, width, _RULE_MM))
    y += _GAP + _RULE_MM

    qr = qr_matrix(content.address, spec.error_correction, has_mark=spec.has_mark)
    side, quiet = qr.modules * spec.module_mm, QUIET_ZONE_MODULES * spec.module_mm
    qr_x, qr_y = max(0.0, quiet - spec.label_margin_mm), y + quiet
    beside = qr_x + side + quiet
    facts, fact_end = _facts(content, beside, qr_y, width - beside)
    texts += facts
    tags += [_ground(text) for text in facts if text.light]
    y = max(qr_y + side + quiet, fact_end + _GAP)
    tags.append(PlacedTag(0.0, y, width, _RULE_MM))
    y += _RULE_MM + _GAP
    if y > floor:
        raise TextDoesNotFit("sender")
    texts += _lots(content.lines, y, width, floor)
    tags.append(PlacedTag(0.0, floor + _GAP / 2, width, _RULE_MM))
    return LabelLayout(qr, qr_x, qr_y, tuple(texts), tuple(tags))


def _ground(word: PlacedText) -> PlacedTag:
    cap = CAP_HEIGHT * word.size_mm
    wide = width_mm(word.text, word.size_mm, word.font)
    return PlacedTag(word.x_mm - 0.8, word.baseline_mm - cap - 0.6, wide + 1.6, cap + 1.2)


def _check(content: PalletContent) -> None:
    fields = {
        "sender": content.sender,
        "sender_address": content.sender_address,
        "lines": "".join(f"{line.product_name}{line.lot_number}{line.quantity}" for line in content.lines),
    }
    for field, text in fields.items():
        missing = missing_characters(tidy(text))
        if missing:
            raise CharacterNotPrintable(field, missing)


def _whole_dots(spec: SheetSpec) -> float:
    dot = MM_PER_INCH / spec.dpi
    return -(-_LEAST_MODULE_MM // dot) * dot


def _facts(content: PalletContent, x: float, y: float, width: float) -> tuple[list[PlacedText], float]:
    """The kind, the code and the site beside the QR; on demo labels their mark first."""
    texts: list[PlacedText] = []
    if content.is_demo:
        mark = PlacedText(DEMO_WORD, x + 0.8, y + 0.6 + 0.74 * 4.0, 4.0, SEMIBOLD, light=True)
        after = mark.x_mm + width_mm(DEMO_WORD, 4.0, SEMIBOLD) + 2.5
        texts += [mark, PlacedText(DEMO_SENTENCE, after, mark.baseline_mm, 3.0, REGULAR)]
        y = mark.baseline_mm + 2.5
    kind, y = _block([content.kind], SEMIBOLD, x, y, width, 5.0, "kind")
    word, y = _block([CODE_WORD], REGULAR, x, y + 1.5, width, 3.0, "code")
    code, y = _block([pretty(content.code)], SEMIBOLD, x, y + _AIR, width, 6.0, "code")
    site, y = _block([content.readable_site], REGULAR, x, y + _AIR, width, 3.0, "readable_site")
    return [*texts, *kind, *word, *code, *site], y


def _lots(lines: tuple[PalletLine, ...], y: float, width: float, floor: float) -> list[PlacedText]:
    for size in _SIZES:
        placed, end = _listed(lines, y, width, size)
        if end <= floor:
            return placed
    for count in range(len(lines) - 1, -1, -1):
        placed, end = _listed(lines[:count], y, width, _SIZES[-1])
        others = f"và {len(lines) - count} lô khác: quét mã QR"
        rest, end = _block([others], REGULAR, 0.0, end + _AIR, width, 2.7, "lines")
        if end <= floor:
            return [*placed, *rest]
    raise TextDoesNotFit("lines")


def _listed(
    lines: tuple[PalletLine, ...], y: float, width: float, size: float
) -> tuple[list[PlacedText], float]:
    placed: list[PlacedText] = []
    for line in lines:
        amount = width_mm(line.quantity, size, SEMIBOLD)
        name, end = _block([line.product_name], SEMIBOLD, 0.0, y, width - amount - 3.0, size, "lines")
        right = PlacedText(line.quantity, width - amount, name[0].baseline_mm, size, SEMIBOLD)
        told = f"{LOT_NUMBER_WORD} {line.lot_number}"
        lot, y = _block([told], REGULAR, 0.0, end + _AIR / 2, width, max(0.85 * size, 2.4), "lines")
        placed += [*name, right, *lot]
        y += 1.2
    return placed, y


def _block(
    texts: list[str], font: str, x: float, y: float, width: float, size: float, field: str
) -> tuple[list[PlacedText], float]:
    """Paragraphs from ``y`` down, and where their ink ends; smaller where a word is too wide."""
    placed: list[PlacedText] = []
    for text in filter(None, map(tidy, texts)):
        for part_size in (size, *(s for s in _SIZES if s < size)):
            lines = filled_lines(text, part_size, font, width) or (
                broken(text, part_size, font, width) if " " not in text and part_size == _SIZES[-1] else None
            )
            if lines:
                break
        else:
            raise TextDoesNotFit(field)
        for line in lines:
            above, below = ink(line, font)
            placed.append(PlacedText(line, x, y + above * part_size, part_size, font))
            y += (above + below) * part_size + _AIR
    return placed, y
