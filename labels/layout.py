"""Where each line of a label goes: wrapped, then set smaller down to the permitted letter height, then refused.

Pure measuring, nothing drawn, so that a preview, a bitmap and a PDF agree. Positions are in millimetres from the top
left corner of the label's content box (`SheetSpec.place`), y down. The QR stands left, the text beside it, and the code
to type under the QR with the site on the same baseline.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product

from labels.fonts import CAP_HEIGHT, REGULAR, SEMIBOLD, ink, missing_characters, size_for_x_height, width_mm
from labels.qr import QUIET_ZONE_MODULES, QrSymbol, qr_matrix
from labels.spec import (
    CODE_WORD,
    DEMO_SENTENCE,
    DEMO_WORD,
    LOT_NUMBER_WORD,
    CharacterNotPrintable,
    DateLine,
    LabelContent,
    SheetSpec,
    TextDoesNotFit,
)
from labels.wrapping import broken, even_lines
from trace.core.short_codes import ALPHABET, pretty
from trace.core.text import tidy

# Type sizes in millimetres, tried from the largest; the smallest permitted is added from the sheet's letter height.
_NAME_SIZES = (3.5, 3.2, 3.0, 2.8, 2.6)
_BODY_SIZES = (2.5, 2.38)
_CODE_SIZES = (2.9, 2.75, 2.6, 2.45)
_EXTRA_SIZES = (2.15, 1.95)
# Line height as a part of the type size: as one would like it, and the least before refusing (ink never touches).
_EASY, _TIGHT = 1.25, 1.05
# White between the ink of two lines that would otherwise touch, and between ink and the code line below, in mm.
_AIR = 0.15
_GAP_ABOVE_CODE_LINE = 0.35
_EASY_GAP_BELOW = 0.25
_GAP_BEFORE_SITE = 1.6
_MOST_EXTRA_GAP = 0.5
_MOST_NAME_LINES = 5


@dataclass(frozen=True)
class PlacedText:
    """One line of text: left end and baseline, type size in mm, the weight's name; ``light`` is white on a dark tag."""

    text: str
    x_mm: float
    baseline_mm: float
    size_mm: float
    font: str
    light: bool = False


@dataclass(frozen=True)
class PlacedTag:
    """A filled dark rectangle behind light text."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class LabelLayout:
    """A label with everything in its place; ``qr_x_mm`` and ``qr_y_mm`` are the corner of the symbol's first module."""

    qr: QrSymbol
    qr_x_mm: float
    qr_y_mm: float
    texts: tuple[PlacedText, ...]
    tags: tuple[PlacedTag, ...] = ()


@dataclass(frozen=True)
class _Run:
    text: str
    x: float
    font: str


@dataclass(frozen=True)
class _Line:
    """One line of the text column, not yet placed. ``new_block`` lines may get some air above."""

    runs: tuple[_Run, ...]
    size: float
    new_block: bool = False
    is_demo: bool = False

    @property
    def above(self) -> float:
        return self.size * max(ink(run.text, run.font)[0] for run in self.runs) + (0.3 if self.is_demo else 0)

    @property
    def below(self) -> float:
        return self.size * max(ink(run.text, run.font)[1] for run in self.runs) + (0.3 if self.is_demo else 0)


@dataclass(frozen=True)
class _Foot:
    """The line with the code to type, the height of its ink, and whether the site must go elsewhere."""

    texts: tuple[PlacedText, ...]
    top: float
    lacks_site: bool


@dataclass(frozen=True)
class _Frame:
    """What the QR and the code line leave for the text column."""

    left: float
    width: float
    bottom: float
    smallest: float
    second_smallest: float


@dataclass(frozen=True)
class _Plan:
    """One way to fill the column; ``extras`` is 2 for producer and commune, 1 for the producer, 0 for neither."""

    name_size: float
    most_name_lines: int
    body_size: float
    extras: int
    leading: float


@lru_cache(maxsize=256)
def lay_out(content: LabelContent, spec: SheetSpec) -> LabelLayout:
    """Place everything on one label.

    Text is normalised to NFC first. Raises `CharacterNotPrintable` or `TextDoesNotFit` with the field, and what
    `qr_matrix` raises; never cuts, never overlaps.
    """
    content = _checked(content)
    qr = qr_matrix(content.address)
    smallest = size_for_x_height(spec.minimum_x_height_mm)
    second = size_for_x_height(spec.minimum_second_x_height_mm)
    qr_side = qr.modules * spec.module_mm
    quiet = QUIET_ZONE_MODULES * spec.module_mm
    left = qr_side + quiet
    refusal: TextDoesNotFit | None = None
    for foot in _feet(content, spec, left, (smallest, (smallest + second) / 2, second)):
        frame = _Frame(left, spec.content_width_mm - left, foot.top - _GAP_ABOVE_CODE_LINE, smallest, second)
        try:
            placed = _best_column(content, frame, foot.lacks_site)
            break
        except TextDoesNotFit as too_long:
            refusal = refusal or too_long  # the best line's own culprit, not what a makeshift lacks
    else:
        raise refusal or TextDoesNotFit("address")
    tags = tuple(_tag(text) for text in placed if text.light)

    # The top of the symbol on the top of the first line's capitals or tag, as far as the code line below leaves room.
    first = placed[0]
    top = tags[0].y_mm if tags else first.baseline_mm - CAP_HEIGHT * first.size_mm
    qr_y = max(0.0, min(top, foot.top - quiet - qr_side))
    texts = [*placed, *foot.texts]
    word_line = _Line((_Run(CODE_WORD, 0.0, REGULAR),), second)
    word_baseline = foot.top - _GAP_ABOVE_CODE_LINE - word_line.below
    if word_baseline - word_line.above >= qr_y + qr_side + quiet:
        texts.append(PlacedText(CODE_WORD, 0.0, word_baseline, second, REGULAR))
    return LabelLayout(qr, 0.0, qr_y, tuple(texts), tags)


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
    )
    for field in ("product_name", "lot_number", "code", "readable_site", "producer_name", "commune"):
        missing = missing_characters(getattr(tidied, field))
        if missing:
            raise CharacterNotPrintable(field, missing)
    missing = missing_characters("".join(line.label for line in tidied.dates))
    if missing:
        raise CharacterNotPrintable("dates", missing)
    return tidied


def _feet(
    content: LabelContent, spec: SheetSpec, beside: float, site_sizes: tuple[float, ...]
) -> Iterator[_Foot]:
    """Code lines to try, best first: the site on the same baseline, then the site left to the text column."""
    code, site = pretty(content.code), content.readable_site
    code_above, code_below = ink(ALPHABET, SEMIBOLD)  # of any code, so that labels of one run all look alike
    site_above, site_below = ink(site, REGULAR)
    if beside + 4 * site_sizes[0] > spec.content_width_mm:
        return  # no column is left beside the QR
    # Room for nearly any code of this length, not just for this one, for the same reason.
    usual = 1.06 * len(code) / len(ALPHABET) * width_mm(ALPHABET, 1.0, SEMIBOLD)
    code_width = max(width_mm(code, 1.0, SEMIBOLD), usual)
    code_sizes = [*_CODE_SIZES, site_sizes[0]]
    for code_size, site_size in product(code_sizes, site_sizes):
        site_x = spec.content_width_mm - width_mm(site, site_size, REGULAR)
        baseline = spec.content_height_mm - max(code_below * code_size, site_below * site_size)
        top = baseline - max(code_above * code_size, site_above * site_size)
        if code_width * code_size + _GAP_BEFORE_SITE <= site_x and top >= beside:
            placed_code = PlacedText(code, 0.0, baseline, code_size, SEMIBOLD)
            yield _Foot(
                (placed_code, PlacedText(site, site_x, baseline, site_size, REGULAR)), top, lacks_site=False
            )
    for code_size in code_sizes:
        baseline = spec.content_height_mm - code_below * code_size
        top = baseline - code_above * code_size
        if code_width * code_size <= spec.content_width_mm and top >= beside:
            yield _Foot((PlacedText(code, 0.0, baseline, code_size, SEMIBOLD),), top, lacks_site=True)


def _best_column(content: LabelContent, frame: _Frame, site_in_column: bool) -> list[PlacedText]:
    """The text column at the first combination, best first, that fits; else the refusal that names the culprit."""
    site = _site_lines(content.readable_site, frame) if site_in_column else []
    demo = _demo_lines(frame) if content.is_demo else []
    for plan in _plans(frame):
        name = _wrapped(content.product_name, plan.name_size, SEMIBOLD, frame)
        body = _body_lines(content, frame, plan.body_size)
        extra = _extra_lines(content, frame, plan.extras)
        if name is None or body is None or extra is None or len(name) > plan.most_name_lines:
            continue
        placed = _stack([*demo, *name, *body, *extra, *site], frame, plan.leading)
        if placed is not None:
            return placed
    body = _body_lines(content, frame, frame.smallest)
    if body is None:
        raise TextDoesNotFit("lot_number")
    if _stack([*demo, *body, *site], frame, _TIGHT) is None:
        raise TextDoesNotFit("readable_site" if site else "dates")
    raise TextDoesNotFit("product_name")


def _plans(frame: _Frame) -> Iterator[_Plan]:
    """What to try, best first: who made it is worth more than a larger name or airy lines."""
    bodies = [*(size for size in _BODY_SIZES if size > frame.smallest), frame.smallest]
    names = [*(size for size in _NAME_SIZES if size > frame.smallest), frame.smallest]
    for extras in (2, 1, 0):
        for leading in (_EASY, _TIGHT):
            for name in names:
                most_lines = 2 if name > frame.smallest and extras else 3
                yield from (_Plan(name, most_lines, body, extras, leading) for body in bodies)
    yield _Plan(frame.smallest, _MOST_NAME_LINES, frame.smallest, 0, _TIGHT)


def _demo_lines(frame: _Frame) -> list[_Line]:
    size = frame.second_smallest
    after = frame.left + width_mm(DEMO_WORD, size, SEMIBOLD) + 1.6
    runs = (_Run(DEMO_WORD, frame.left + 0.5, SEMIBOLD), _Run(DEMO_SENTENCE, after, REGULAR))
    return [_Line(runs, size, is_demo=True)]


def _tag(word: PlacedText) -> PlacedTag:
    cap = CAP_HEIGHT * word.size_mm
    return PlacedTag(
        word.x_mm - 0.5,
        word.baseline_mm - cap - 0.3,
        width_mm(word.text, word.size_mm, word.font) + 1.0,
        cap + 0.6,
    )


def _body_lines(content: LabelContent, frame: _Frame, size: float) -> list[_Line] | None:
    pairs = [(LOT_NUMBER_WORD, content.lot_number)]
    pairs += [(line.label, f"{line.on:%d/%m/%Y}") for line in content.dates]
    gap = 0.45 * size
    # Values stand under one another; a label too long for that keeps its own line, with the value beneath.
    column = 0.0
    for label, value in pairs:
        label_width = width_mm(label, size, REGULAR) + gap
        if label_width + width_mm(value, size, SEMIBOLD) <= frame.width:
            column = max(column, label_width)
    lines: list[_Line] = []
    for number, (label, value) in enumerate(pairs):
        label_width = width_mm(label, size, REGULAR) + gap
        value_width = width_mm(value, size, SEMIBOLD)
        opens = number == 0
        if max(label_width, column) + value_width <= frame.width:
            at = frame.left + max(label_width, column)
            lines.append(_Line((_Run(label, frame.left, REGULAR), _Run(value, at, SEMIBOLD)), size, opens))
        elif label_width + value_width <= frame.width:
            at = frame.left + label_width
            lines.append(_Line((_Run(label, frame.left, REGULAR), _Run(value, at, SEMIBOLD)), size, opens))
        else:
            under = broken(value, size, SEMIBOLD, frame.width)
            if label_width > frame.width + gap or under is None:
                return None
            lines.append(_Line((_Run(label, frame.left, REGULAR),), size, opens))
            lines += [_Line((_Run(part, frame.left, SEMIBOLD),), size) for part in under]
    return lines


def _extra_lines(content: LabelContent, frame: _Frame, extras: int) -> list[_Line] | None:
    parts = [part for part in (content.producer_name, content.commune)[:extras] if part]
    if not parts:
        return []
    for size in (*(size for size in _EXTRA_SIZES if size > frame.second_smallest), frame.second_smallest):
        # A line each where that is enough, so that no name is broken; else the two run on.
        for texts in (parts, [", ".join(parts)]):
            wrapped = [_wrapped(text, size, REGULAR, frame) for text in texts]
            lines = [line for some in wrapped for line in some or ()]
            if None not in wrapped and len(lines) <= 2:
                return [replace(line, new_block=number == 0) for number, line in enumerate(lines)]
    return None


def _site_lines(site: str, frame: _Frame) -> list[_Line]:
    found: tuple[float, list[str]] | None = None
    for size in (frame.smallest, (frame.smallest + frame.second_smallest) / 2, frame.second_smallest):
        parts = broken(site, size, REGULAR, frame.width)
        if parts is not None and (found is None or len(parts) < len(found[1])):
            found = size, parts
    if found is None:
        raise TextDoesNotFit("readable_site")
    size, parts = found
    return [_Line((_Run(part, frame.left, REGULAR),), size, number == 0) for number, part in enumerate(parts)]


def _wrapped(text: str, size: float, font: str, frame: _Frame) -> list[_Line] | None:
    """``text`` in the fewest lines, of even length; None where a word is too wide or no label holds so many lines."""
    lines = even_lines(text, size, font, frame.width, _MOST_NAME_LINES)
    return [_Line((_Run(line, frame.left, font),), size) for line in lines] if lines else None


def _stack(lines: list[_Line], frame: _Frame, leading: float) -> list[PlacedText] | None:
    """Baselines from the top down without ink touching; None where the last line would reach below the frame."""
    baselines = [lines[0].above]
    for upper, lower in pairwise(lines):
        step = max(leading * lower.size, upper.below + lower.above + _AIR)
        baselines.append(baselines[-1] + step)
    bottom = frame.bottom - (_EASY_GAP_BELOW if leading == _EASY else 0.0)
    spare = bottom - baselines[-1] - lines[-1].below
    if spare < 0:
        return None
    breaks = sum(line.new_block for line in lines[1:])
    gap = min(_MOST_EXTRA_GAP, spare / breaks) if breaks else 0.0
    placed: list[PlacedText] = []
    shift = 0.0
    for number, (line, baseline) in enumerate(zip(lines, baselines, strict=True)):
        shift += gap if number and line.new_block else 0.0
        placed += [
            PlacedText(
                run.text,
                run.x,
                baseline + shift,
                line.size,
                run.font,
                light=line.is_demo and run.font == SEMIBOLD,
            )
            for run in line.runs
        ]
    return placed
