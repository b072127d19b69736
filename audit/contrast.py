"""How bright a colour is, and how well two can be told apart (WCAG 2.2, relative luminance and contrast ratio)."""

from collections.abc import Sequence


def luminance(colour: Sequence[int]) -> float:
    """Of red, green and blue from 0 to 255."""
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """Of two luminances: 1 for the same, 21 for black and white."""
    dimmer, brighter = sorted((one, other))
    return (brighter + 0.05) / (dimmer + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
