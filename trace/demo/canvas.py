"""What the demo's drawings are drawn on, and the palette of the pages. No drawing of a product stands here.

It is drawn three times as large and scaled down, because Pillow's shapes have hard edges.
"""

import math
from collections.abc import Iterable

from PIL import Image, ImageDraw

EDGE = 480
_FINER = 3

LEAF = "#0B6B3A"
LEAF_MID = "#3E9463"
LEAF_SOFT = "#A9D5B8"
INK = "#15222B"
PAPER = "#FFFFFF"
CREAM = "#FBF3DC"
SUN = "#E9B949"
HONEY = "#D48A1F"
CLAY = "#A65A2E"
BARK = "#6B4423"
ROSE = "#E79AA8"
ROSE_SOFT = "#F6D3D9"
STRAW = "#E3CF9A"
SKY = "#DCE9F4"
SKY_DEEP = "#7FA8CC"
STEEL = "#B9C4CB"
RED = "#B3392F"

Point = tuple[float, float]


class Canvas:
    """A picture of 100 by 100 units with a soft disc to stand on."""

    def __init__(self, ground: str, disc: str) -> None:
        self.scale = EDGE * _FINER / 100
        self.image = Image.new("RGB", (EDGE * _FINER, EDGE * _FINER), ground)
        self._pen = ImageDraw.Draw(self.image, "RGBA")
        self.round(50, 50, 41, fill=disc)
        self.oval(50, 84, 30, 4, fill="#15222B22")

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        self._pen.ellipse(self._box(x - rx, y - ry, x + rx, y + ry), fill=fill)

    def round(self, x: float, y: float, radius: float, fill: str) -> None:
        self.oval(x, y, radius, radius, fill)

    def block(self, x0: float, y0: float, x1: float, y1: float, fill: str, corner: float = 0) -> None:
        self._pen.rounded_rectangle(self._box(x0, y0, x1, y1), corner * self.scale, fill=fill)

    def shape(self, points: Iterable[Point], fill: str) -> None:
        self._pen.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=fill)

    def line(self, points: Iterable[Point], fill: str, width: float) -> None:
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self._pen.line(scaled, fill=fill, width=round(width * self.scale), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            half = width * self.scale / 2
            self._pen.ellipse((x - half, y - half, x + half, y + half), fill=fill)

    def arc(
        self, x: float, y: float, rx: float, ry: float, turn: tuple[float, float], fill: str, width: float
    ) -> None:
        """Part of an oval's edge, from one angle to another in degrees, clockwise from the right."""
        steps = [turn[0] + (turn[1] - turn[0]) * n / 24 for n in range(25)]
        curve = [(x + rx * math.cos(math.radians(a)), y + ry * math.sin(math.radians(a))) for a in steps]
        self.line(curve, fill, width)

    def leaf(self, x: float, y: float, length: float, angle: float, fill: str, fat: float = 0.32) -> None:
        """A pointed leaf growing from (x, y), with its rib."""
        rad = math.radians(angle)
        ahead, aside = (math.cos(rad), math.sin(rad)), (-math.sin(rad), math.cos(rad))

        def at(along: float, across: float) -> Point:
            return (
                x + length * (along * ahead[0] + across * aside[0]),
                y + length * (along * ahead[1] + across * aside[1]),
            )

        bow = [(n / 20, fat * math.sin(math.pi * (n / 20) ** 0.85)) for n in range(21)]
        self.shape([at(a, w) for a, w in bow] + [at(a, -w) for a, w in reversed(bow)], fill)
        self.line([at(0.08, 0), at(0.86, 0)], "#FFFFFF55", length * 0.035)

    def petal_fan(self, x: float, y: float, length: float, angles: Iterable[float], fill: str) -> None:
        for angle in angles:
            self.leaf(x, y, length, angle, fill, fat=0.36)

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return (x0 * self.scale, y0 * self.scale, x1 * self.scale, y1 * self.scale)
