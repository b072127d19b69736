"""A finished label: every line, bar and symbol in its place, in millimetres: what drawers take."""

from dataclasses import dataclass

from labels.qr import QrSymbol


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
    """A filled dark rectangle: behind light text, or one bar of a linear code."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class LabelLayout:
    """A label with everything in its place; ``qr_x_mm`` and ``qr_y_mm`` are the corner of the symbol's first module.

    ``left_out`` names the fields of the content for which there was no room.
    """

    qr: QrSymbol
    qr_x_mm: float
    qr_y_mm: float
    texts: tuple[PlacedText, ...]
    tags: tuple[PlacedTag, ...] = ()
    left_out: tuple[str, ...] = ()
