"""The back of a label printed on both sides: paragraphs in letters as large as they go. Nothing is drawn here."""

from labels.fonts import REGULAR, ink, missing_characters, size_for_x_height
from labels.placed import PlacedText
from labels.spec import CharacterNotPrintable, Place, SheetSpec, TextDoesNotFit
from labels.wrapping import filled_lines
from trace.core.text import tidy

_SIZES = (4.0, 3.5, 3.0, 2.7, 2.5)
_AIR = 0.3


def lay_out_back(text: str, spec: SheetSpec) -> tuple[PlacedText, ...]:
    """``text`` (paragraphs by line breaks) in the content box, from its top; letters never below the legal height.

    Raises `CharacterNotPrintable` or `TextDoesNotFit` for ``back_text``.
    """
    paragraphs = [tidied for part in text.splitlines() if (tidied := tidy(part))]
    missing = missing_characters("".join(paragraphs))
    if missing:
        raise CharacterNotPrintable("back_text", missing)
    least = size_for_x_height(spec.minimum_x_height_mm)
    for size in (*(size for size in _SIZES if size > least), least):
        lines = _lines(paragraphs, size, spec.content_width_mm)
        placed = _stacked(lines, size) if lines else ()
        if placed and placed[-1].baseline_mm + _below(placed[-1]) <= spec.content_height_mm:
            return placed
    raise TextDoesNotFit("back_text")


def turned_place(spec: SheetSpec, index: int, *, over_short_edge: bool) -> Place:
    """Where the content box of label ``index`` lies on the back, the sheet turned over that edge."""
    place = spec.place(index)
    if over_short_edge:
        return Place(place.x_mm, spec.page_height_mm - place.y_mm - spec.content_height_mm)
    return Place(spec.page_width_mm - place.x_mm - spec.content_width_mm, place.y_mm)


def _lines(paragraphs: list[str], size: float, width: float) -> list[str]:
    found: list[str] = []
    for paragraph in paragraphs:
        lines = filled_lines(paragraph, size, REGULAR, width)
        if not lines:
            return []
        found += lines
    return found


def _stacked(lines: list[str], size: float) -> tuple[PlacedText, ...]:
    placed: list[PlacedText] = []
    baseline = 0.0
    for line in lines:
        above, _ = ink(line, REGULAR)
        clear = placed[-1].baseline_mm + _below(placed[-1]) + _AIR if placed else 0.0
        step = placed[-1].baseline_mm + 1.15 * size if placed else 0.0
        baseline = max(step, clear + above * size)
        placed.append(PlacedText(line, 0.0, baseline, size, REGULAR))
    return tuple(placed)


def _below(text: PlacedText) -> float:
    return ink(text.text, text.font)[1] * text.size_mm
