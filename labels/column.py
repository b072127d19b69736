"""The text beside a QR: which fields, in what sizes, in how many lines; placed from the top down, no ink touching."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from labels.fonts import CAP_HEIGHT, REGULAR, SEMIBOLD, ink, width_mm
from labels.placed import PlacedTag, PlacedText
from labels.spec import (
    DEMO_SENTENCE,
    DEMO_WORD,
    LOT_NUMBER_WORD,
    NET_QUANTITY_WORD,
    NUMBER_WORD,
    LabelContent,
    SheetSpec,
    TextDoesNotFit,
)
from labels.wrapping import broken, even_lines, filled_lines

# Type sizes in millimetres on a small label, tried from the largest; larger labels scale them, and the smallest
# permitted is added from the sheet's letter height.
_NAME_SIZES = (3.5, 3.2, 3.0, 2.8, 2.6)
_BODY_SIZES = (2.5, 2.38)
_EXTRA_SIZES = (2.15, 1.95)
# Line height as a part of the type size: as one would like it, and the least before refusing (ink never touches).
_EASY, _TIGHT = 1.25, 1.05
# White between the ink of two lines that would otherwise touch, in mm.
_AIR = 0.15
_EASY_GAP_BELOW = 0.25
_MOST_EXTRA_GAP = 0.5
_MOST_NAME_LINES = 5
_MOST_PARAGRAPH_LINES = 40

# What a label may leave out, whole: the last first.
_ORDER = ("lot_number", "dates", "net_quantity", "producer_name", "commune", "ocop", "label_rules")


@dataclass(frozen=True)
class Frame:
    """Where the column stands: from ``left``, so wide, down to ``bottom``; the least type sizes, all in mm."""

    left: float
    width: float
    bottom: float
    smallest: float
    second_smallest: float
    scale: float = 1.0


@dataclass(frozen=True)
class Column:
    """A filled column; ``left_out`` are the fields without room."""

    texts: tuple[PlacedText, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Run:
    text: str
    x: float
    font: str


@dataclass(frozen=True)
class _Line:
    """One line, not yet placed. ``new_block`` lines may get some air above."""

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
class _Plan:
    """One way to fill the column; ``kept`` are the fields that could be left out and are not."""

    name_size: float
    most_name_lines: int
    body_size: float
    kept: tuple[str, ...]
    leading: float


def can_leave_out(content: LabelContent, spec: SheetSpec) -> tuple[str, ...]:
    """The fields of this content that a label of this size may lack, the most wanted first."""
    return tuple(name for name in _ORDER if name not in spec.required and getattr(content, name))


def fill_column(content: LabelContent, spec: SheetSpec, frame: Frame, fixed: tuple[str, ...]) -> Column:
    """The column at the first combination, best first, that fits; else `TextDoesNotFit` with the culprit.

    ``fixed`` are lines that stand in it whatever happens: the site or the code, where they find no other place.
    """
    optional = can_leave_out(content, spec)
    fitting = _fitting(content, spec, frame, fixed, optional)
    for plan in _plans(frame, fitting):
        lines = _lines(content, spec, frame, plan, fixed)
        placed = _stack(lines, frame, plan.leading) if lines else None
        if placed is not None:
            left_out = tuple(name for name in optional if name not in plan.kept)
            return Column(tuple(placed), left_out)
    raise TextDoesNotFit(_culprit(content, spec, frame, fixed))


def demo_tag(word: PlacedText) -> PlacedTag:
    """The dark ground behind the mark of the demo."""
    cap = CAP_HEIGHT * word.size_mm
    return PlacedTag(
        word.x_mm - 0.5,
        word.baseline_mm - cap - 0.3,
        width_mm(word.text, word.size_mm, word.font) + 1.0,
        cap + 0.6,
    )


def _fitting(
    content: LabelContent, spec: SheetSpec, frame: Frame, fixed: tuple[str, ...], optional: tuple[str, ...]
) -> tuple[str, ...]:
    """What could be left out and fits in the smallest letters: larger ones need not be tried with more than that."""
    for count in range(len(optional), 0, -1):
        plan = _Plan(frame.smallest, _MOST_NAME_LINES, frame.smallest, optional[:count], _TIGHT)
        lines = _lines(content, spec, frame, plan, fixed)
        if lines and _stack(lines, frame, _TIGHT) is not None:
            return optional[:count]
    return ()


def _plans(frame: Frame, optional: tuple[str, ...]) -> Iterator[_Plan]:
    """What to try, best first: what is said is worth more than a larger name or airy lines."""
    bodies = _sizes(_BODY_SIZES, frame)
    names = _sizes(_NAME_SIZES, frame)
    for count in range(len(optional), -1, -1):
        kept = optional[:count]
        for leading in (_EASY, _TIGHT):
            for name in names:
                most_lines = 2 if name > frame.smallest and count else 3
                yield from (_Plan(name, most_lines, body, kept, leading) for body in bodies)
    yield _Plan(frame.smallest, _MOST_NAME_LINES, frame.smallest, (), _TIGHT)


def _sizes(wanted: tuple[float, ...], frame: Frame) -> list[float]:
    scaled = {size * frame.scale for size in wanted} | (set(wanted) if frame.scale > 1 else set())
    return [*sorted((size for size in scaled if size > frame.smallest), reverse=True), frame.smallest]


def _culprit(content: LabelContent, spec: SheetSpec, frame: Frame, fixed: tuple[str, ...]) -> str:
    """The field to shorten: what the smallest plan cannot hold."""
    plan = _Plan(frame.smallest, _MOST_NAME_LINES, frame.smallest, (), _TIGHT)
    pairs = _pairs(content, spec, frame, plan)
    if pairs is None:
        return "lot_number"
    demo = _demo_lines(frame) if content.is_demo else []
    standing = [*demo, *pairs, *(line for text in fixed for line in _fixed_lines(text, frame))]
    if standing and _stack(standing, frame, _TIGHT) is None:
        return "readable_site" if fixed else "dates"
    without = {"hri": replace(content, hri=""), "own_text": replace(content, own_text="")}
    for field, shorter in without.items():
        lines = _lines(shorter, spec, frame, plan, fixed)
        if shorter != content and lines and _stack(lines, frame, _TIGHT) is not None:
            return field
    return "product_name"


def _lines(
    content: LabelContent, spec: SheetSpec, frame: Frame, plan: _Plan, fixed: tuple[str, ...]
) -> list[_Line] | None:
    name = _wrapped(content.product_name, plan.name_size, SEMIBOLD, frame)
    if name is None or len(name) > plan.most_name_lines:
        return None
    blocks: list[list[_Line] | None] = [
        _demo_lines(frame) if content.is_demo else [],
        name,
        _pairs(content, spec, frame, plan),
        _extra_lines(content, frame, plan.kept),
        _ocop_lines(content, frame, plan),
        _paragraphs(content, frame, plan),
        _hri_lines(content, frame),
        *(_fixed_lines(text, frame) for text in fixed),
    ]
    lines: list[_Line] = []
    for block in blocks:
        if block is None:
            return None
        lines += block
    return lines


def _demo_lines(frame: Frame) -> list[_Line]:
    size = frame.second_smallest
    after = frame.left + width_mm(DEMO_WORD, size, SEMIBOLD) + 1.6
    word = _Run(DEMO_WORD, frame.left + 0.5, SEMIBOLD)
    sentence = _Run(DEMO_SENTENCE, after, REGULAR)
    if after + width_mm(DEMO_SENTENCE, size, REGULAR) <= frame.left + frame.width:
        return [_Line((word, sentence), size, is_demo=True)]
    return [_Line((word,), size, is_demo=True)]  # a narrow column keeps the mark and lacks the explanation


def _pairs(content: LabelContent, spec: SheetSpec, frame: Frame, plan: _Plan) -> list[_Line] | None:
    """Number, lot, dates and net quantity: a word and its value, values under one another."""
    wanted = {*spec.required, *plan.kept}
    pairs = [(NUMBER_WORD, content.number)] if content.number else []
    if "lot_number" in wanted and content.lot_number:
        pairs.append((LOT_NUMBER_WORD, content.lot_number))
    if "dates" in wanted:
        pairs += [(line.label, f"{line.on:%d/%m/%Y}") for line in content.dates]
    if "net_quantity" in wanted and content.net_quantity:
        pairs.append((NET_QUANTITY_WORD, content.net_quantity))
    size = plan.body_size
    gap = 0.45 * size
    # A label too long to stand beside its value keeps its own line, with the value beneath.
    widths = [
        (width_mm(label, size, REGULAR) + gap, width_mm(value, size, SEMIBOLD)) for label, value in pairs
    ]
    column = _value_column([(one, other) for one, other in widths if one + other <= frame.width], frame)
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


def _value_column(widths: list[tuple[float, float]], frame: Frame) -> float:
    """Where values stand under one another: as far right as the widest word that pushes no value over the edge."""
    for column in sorted((label for label, _ in widths), reverse=True):
        if all(column + value <= frame.width for label, value in widths if label <= column):
            return column
    return 0.0


def _extra_lines(content: LabelContent, frame: Frame, kept: tuple[str, ...]) -> list[_Line] | None:
    parts = [getattr(content, name) for name in ("producer_name", "commune") if name in kept]
    if not parts:
        return []
    most = 2 if frame.scale == 1 else 4
    sizes = [size * frame.scale for size in _EXTRA_SIZES] + (list(_EXTRA_SIZES) if frame.scale > 1 else [])
    for size in (*(size for size in sizes if size > frame.second_smallest), frame.second_smallest):
        # A line each where that is enough, so that no name is broken; else the two run on.
        for texts in (parts, [", ".join(parts)]):
            wrapped = [_wrapped(text, size, REGULAR, frame) for text in texts]
            lines = [line for some in wrapped for line in some or ()]
            if None not in wrapped and len(lines) <= most:
                return [replace(line, new_block=number == 0) for number, line in enumerate(lines)]
    return None


def _ocop_lines(content: LabelContent, frame: Frame, plan: _Plan) -> list[_Line] | None:
    return _wrapped(content.ocop, plan.body_size, SEMIBOLD, frame) if "ocop" in plan.kept else []


def _paragraphs(content: LabelContent, frame: Frame, plan: _Plan) -> list[_Line] | None:
    """What the label rules ask for: never in letters below the legal height."""
    texts = (*(content.label_rules if "label_rules" in plan.kept else ()), content.own_text)
    lines: list[_Line] = []
    for text in filter(None, texts):
        parts = filled_lines(text, plan.body_size, REGULAR, frame.width)
        if not parts or len(parts) > _MOST_PARAGRAPH_LINES:
            return None
        lines += [
            _Line((_Run(part, frame.left, REGULAR),), plan.body_size, number == 0)
            for number, part in enumerate(parts)
        ]
    return lines


def _hri_lines(content: LabelContent, frame: Frame) -> list[_Line] | None:
    """The element string whole on a line, else each element on its own."""
    if not content.hri:
        return []
    size = frame.second_smallest
    elements = [f"({part}" for part in content.hri.split("(")[1:]]
    if width_mm(content.hri, size, REGULAR) <= frame.width:
        elements = [content.hri]
    lines: list[_Line] = []
    for element in elements:
        parts = broken(element, size, REGULAR, frame.width)
        if parts is None:
            return None
        lines += [_Line((_Run(part, frame.left, REGULAR),), size, not lines) for part in parts]
    return lines


def _fixed_lines(text: str, frame: Frame) -> list[_Line]:
    found: tuple[float, list[str]] | None = None
    for size in (frame.smallest, (frame.smallest + frame.second_smallest) / 2, frame.second_smallest):
        parts = broken(text, size, REGULAR, frame.width)
        if parts is not None and (found is None or len(parts) < len(found[1])):
            found = size, parts
    if found is None:
        raise TextDoesNotFit("readable_site")
    size, parts = found
    return [_Line((_Run(part, frame.left, REGULAR),), size, number == 0) for number, part in enumerate(parts)]


def _wrapped(text: str, size: float, font: str, frame: Frame) -> list[_Line] | None:
    """``text`` in the fewest lines, of even length; None where a word is too wide or no label holds so many lines."""
    lines = even_lines(text, size, font, frame.width, _MOST_NAME_LINES)
    return [_Line((_Run(line, frame.left, font),), size) for line in lines] if lines else None


def _stack(lines: list[_Line], frame: Frame, leading: float) -> list[PlacedText] | None:
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
    gap = min(_MOST_EXTRA_GAP * frame.scale, spare / breaks) if breaks else 0.0
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
