"""Drawings of the demo's products: flat, calm, in the palette of the pages. No photograph of anybody's goods.

Each drawing is a function on a ``Canvas`` of 100 by 100 units, whatever its size in pixels.
"""

import io
import math
from collections.abc import Callable

from PIL import Image

from trace.demo.canvas import (
    BARK,
    CLAY,
    CREAM,
    EDGE,
    HONEY,
    INK,
    LEAF,
    LEAF_MID,
    LEAF_SOFT,
    PAPER,
    RED,
    ROSE,
    ROSE_SOFT,
    SKY,
    SKY_DEEP,
    STEEL,
    STRAW,
    SUN,
    Canvas,
)

Drawing = Callable[[Canvas], None]


def _pomelo(c: Canvas) -> None:
    c.round(46, 58, 26, "#C9B23A")
    c.round(44, 56, 24, SUN)
    c.oval(36, 46, 7, 4.5, "#FFFFFF66")
    c.line([(46, 33), (47, 27)], BARK, 2.4)
    c.leaf(47, 29, 26, -18, LEAF)
    c.leaf(46, 30, 18, 205, LEAF_MID)
    c.round(71, 70, 14, "#D9C052")
    c.round(71, 70, 12.6, CREAM)
    for turn in range(0, 360, 40):
        rad = math.radians(turn)
        c.oval(71 + 7 * math.cos(rad), 70 + 7 * math.sin(rad), 3.4, 3.4, ROSE)
    c.round(71, 70, 2.2, CREAM)


def _orange(c: Canvas) -> None:
    for x, y, tone in ((36, 64, HONEY), (62, 66, "#E39A2B"), (49, 47, "#EBA63B")):
        c.round(x, y, 17, tone)
        c.oval(x - 6, y - 7, 4, 2.6, "#FFFFFF66")
    c.leaf(50, 31, 22, -25, LEAF)
    c.leaf(49, 31, 16, 200, LEAF_MID)


def _hen(c: Canvas) -> None:
    c.shape([(26, 50), (12, 34), (22, 34), (17, 24), (30, 32), (42, 48)], BARK)
    c.oval(47, 60, 24, 19, CLAY)
    c.oval(63, 42, 9, 12, CLAY)
    c.round(66, 33, 8.4, CLAY)
    for x in (61, 65.5, 70):
        c.round(x, 25, 2.9, RED)
    c.oval(72.5, 41, 2.4, 4, RED)
    c.shape([(73, 31), (81, 34.5), (73, 37.5)], SUN)
    c.round(68.5, 32, 1.5, INK)
    c.leaf(62, 58, 32, 176, "#8A4722", fat=0.34)
    for x in (44, 54):
        c.line([(x, 77), (x, 84)], SUN, 1.8)
        c.line([(x - 3, 85), (x, 83.5), (x + 4, 85)], SUN, 1.8)


def _eggs(c: Canvas) -> None:
    for x, y, tone in ((50, 48, "#EBC9A4"), (36, 58, "#E2B88E"), (64, 58, "#F1D6B8")):
        c.oval(x, y, 11.5, 15, tone)
        c.oval(x - 4, y - 6, 3, 4, "#FFFFFF66")
    c.shape([(18, 60), (82, 60), (74, 82), (26, 82)], STRAW)
    for n in range(5):
        c.line([(20 + n * 2, 64 + n * 4), (80 - n * 2, 64 + n * 4)], "#BFA766", 1.1)


def _milk(c: Canvas) -> None:
    c.block(37, 40, 63, 84, SKY, 6)
    c.shape([(43, 26), (57, 26), (63, 44), (37, 44)], SKY)
    c.block(42, 19, 58, 27, LEAF, 2)
    c.block(39, 48, 61, 82, PAPER, 5)
    c.block(39, 54, 61, 70, LEAF_SOFT)
    c.oval(50, 62, 6, 5, LEAF)
    c.oval(50, 64, 3.4, 2, ROSE_SOFT)
    c.block(41, 30, 43, 80, "#FFFFFF88", 1)
    c.block(68, 62, 84, 84, PAPER, 3)
    c.block(68, 62, 84, 68, SKY, 2)


def _yoghurt(c: Canvas) -> None:
    for x in (30, 56):
        c.shape([(x - 12, 46), (x + 12, 46), (x + 9, 83), (x - 9, 83)], PAPER)
        c.block(x - 13.5, 41, x + 13.5, 47, LEAF, 2)
        c.shape([(x - 11.2, 56), (x + 11.2, 56), (x + 10, 70), (x - 10, 70)], SKY)
        c.round(x, 63, 4.4, ROSE)
    c.line([(74, 34), (80, 78)], STEEL, 2.6)
    c.oval(73.5, 30, 4.4, 6.5, STEEL)


def _tea(c: Canvas) -> None:
    c.leaf(50, 46, 30, -90, LEAF, fat=0.22)
    c.leaf(50, 46, 27, -138, LEAF_MID, fat=0.26)
    c.leaf(50, 46, 27, -42, LEAF_MID, fat=0.26)
    c.shape([(26, 52), (74, 52), (66, 80), (34, 80)], PAPER)
    c.oval(50, 52, 24, 5.5, SKY)
    c.oval(50, 52.6, 20.5, 4.2, "#B9A23E")
    c.arc(75, 62, 7.5, 7.5, (-110, 110), PAPER, 3)
    c.block(30, 80, 70, 84, SKY_DEEP, 2)
    c.line([(36, 64), (64, 64)], SKY_DEEP, 1.2)


def _greens(c: Canvas) -> None:
    for angle, tone in (
        (-150, LEAF_MID),
        (-30, LEAF_MID),
        (-125, LEAF),
        (-55, LEAF),
        (-100, "#2B8352"),
        (-80, "#2B8352"),
    ):
        c.leaf(50, 70, 46, angle, tone, fat=0.3)
    c.leaf(50, 72, 48, -90, "#56AB78", fat=0.3)
    c.shape([(40, 66), (60, 66), (55, 84), (45, 84)], "#EAF3DF")
    c.block(38, 68, 62, 73, STRAW, 2)


def _kohlrabi(c: Canvas) -> None:
    for angle, tone in ((-130, LEAF_MID), (-50, LEAF_MID), (-90, LEAF)):
        rad = math.radians(angle)
        c.line([(50, 54), (50 + 20 * math.cos(rad), 54 + 20 * math.sin(rad))], LEAF_SOFT, 2.6)
        c.leaf(50 + 14 * math.cos(rad), 54 + 14 * math.sin(rad), 28, angle, tone, fat=0.3)
    c.oval(50, 66, 22, 18, "#9CCB8B")
    c.oval(43, 59, 6, 3.6, "#FFFFFF66")
    for y in (60, 67, 73):
        c.arc(50, y - 6, 17, 6, (25, 155), "#7DB36C", 1)


def _tomato(c: Canvas) -> None:
    for x, y, tone in ((37, 62, "#C6473B"), (63, 63, "#B93D32"), (50, 52, "#D25747")):
        c.oval(x, y, 18, 16, tone)
        c.oval(x - 7, y - 6, 4, 2.6, "#FFFFFF66")
    c.petal_fan(50, 38, 11, (-160, -115, -65, -20, 60, 120), LEAF)


def _young_rice(c: Canvas) -> None:
    c.leaf(14, 70, 74, -4, LEAF, fat=0.3)
    c.leaf(86, 66, 70, 184, LEAF_MID, fat=0.27)
    grains = [(x, y) for y in range(5) for x in range(9 - y)]
    for x, y in grains:
        tone = "#B9D86A" if (x + y) % 2 else "#9CC24C"
        c.oval(27 + y * 2.9 + x * 5.8, 66 - y * 5.4, 4.6, 3.1, tone)


def _patties(c: Canvas) -> None:
    c.oval(50, 72, 35, 10, PAPER)
    c.oval(50, 70, 30, 8, SKY)
    for x, y in ((36, 64), (63, 65), (50, 57)):
        c.oval(x, y + 3, 15, 7, "#9B6A1E")
        c.oval(x, y, 15, 7, "#D3A545")
        for n in range(5):
            c.oval(x - 8 + n * 4, y - 1 + (n % 2) * 3, 1.8, 1.1, "#86A83B")


def _sausage(c: Canvas) -> None:
    c.block(18, 52, 70, 78, LEAF, 10)
    c.block(18, 52, 70, 60, LEAF_MID, 6)
    for x in (28, 39, 50, 61):
        c.block(x, 52, x + 2, 78, STRAW)
    c.block(18, 64, 70, 66, STRAW)
    c.oval(74, 65, 11, 13, "#E9C6AE")
    c.oval(74, 65, 9, 11, "#F4DCCB")
    c.oval(72, 60, 1.2, 1.2, "#C99C80")
    c.oval(77, 68, 1.2, 1.2, "#C99C80")
    c.leaf(22, 50, 40, -32, LEAF_MID, fat=0.2)


def _noodles(c: Canvas) -> None:
    for n in range(9):
        tone = ("#CDBB8E", "#E6D9B6", "#D9C9A0")[n % 3]
        c.arc(50, 58, 31 - n * 2.1, 20 - n * 1.5, (0, 360), tone, 2.6)
    c.block(43, 34, 57, 82, LEAF, 2)
    c.block(43, 50, 57, 66, PAPER)
    c.leaf(46, 61, 9, -40, LEAF)


def _mushroom(c: Canvas) -> None:
    for x, y, size in ((36, 58, 0.85), (66, 60, 0.75), (51, 46, 1.15)):
        c.shape([(x - 6 * size, y), (x + 6 * size, y), (x + 8 * size, 83), (x - 8 * size, 83)], CREAM)
        c.oval(x, y, 20 * size, 11 * size, "#8F7A68")
        c.oval(x, y + 3 * size, 18 * size, 5 * size, "#CDBDAE")
        c.oval(x - 7 * size, y - 5 * size, 5 * size, 2.4 * size, "#FFFFFF44")


def _honey(c: Canvas) -> None:
    c.block(30, 36, 70, 84, "#F4E3BB", 8)
    c.block(32, 42, 68, 82, HONEY, 6)
    c.block(34, 44, 40, 80, "#FFFFFF44", 3)
    c.block(32, 26, 68, 36, LEAF, 3)
    c.block(38, 54, 62, 72, PAPER, 2)
    for x, y in ((46, 60), (54, 60), (50, 67)):
        c.shape(
            [
                (x + 4 * math.cos(math.radians(a)), y + 4 * math.sin(math.radians(a)))
                for a in range(30, 390, 60)
            ],
            SUN,
        )


def _lotus(c: Canvas) -> None:
    c.oval(50, 76, 34, 8, LEAF_MID)
    c.oval(50, 74, 30, 6, LEAF)
    c.petal_fan(50, 72, 40, (-165, -15), ROSE_SOFT)
    c.petal_fan(50, 72, 44, (-145, -35), "#EFB7C1")
    c.petal_fan(50, 72, 48, (-122, -58), ROSE)
    c.petal_fan(50, 72, 50, (-90,), "#DD7F91")
    c.oval(50, 68, 6, 3, SUN)


def _sauce(c: Canvas) -> None:
    c.block(36, 44, 64, 84, BARK, 6)
    c.shape([(44, 26), (56, 26), (64, 48), (36, 48)], BARK)
    c.block(43, 16, 57, 27, RED, 2)
    c.block(36, 54, 64, 74, CREAM)
    c.oval(50, 64, 8, 5, SUN)
    c.line([(42, 70), (58, 70)], CLAY, 1.2)
    c.block(39, 46, 42, 82, "#FFFFFF33", 1)
    for x, y in ((74, 80), (80, 82), (77, 76), (22, 81), (28, 82)):
        c.oval(x, y, 3.2, 2.6, STRAW)


def _cake(c: Canvas) -> None:
    for n, tone in enumerate(("#8E5A2B", "#A66C36", "#B97C42")):
        top = 66 - n * 13
        left = 22 + n * 5
        c.block(left, top, left + 52, top + 14, tone, 3)
        for k in range(6):
            c.oval(left + 6 + k * 8, top + 4 + (k % 2) * 5, 2, 1.4, CREAM)
    c.leaf(66, 38, 26, -40, LEAF, fat=0.24)
    c.leaf(64, 38, 20, -80, LEAF_MID, fat=0.24)


def _candy(c: Canvas) -> None:
    for x, y in ((28, 74), (50, 75), (72, 74), (39, 59), (61, 59), (50, 44)):
        c.block(x - 9, y - 6, x + 9, y + 8, "#C58A3C", 2)
        for k in range(4):
            c.oval(x - 5 + k * 3.4, y + (k % 2) * 3, 2, 1.5, "#EBD2A2")


def _rice(c: Canvas) -> None:
    c.block(28, 38, 66, 84, STRAW, 6)
    c.block(28, 38, 66, 46, "#CDB779", 3)
    c.block(34, 52, 60, 74, PAPER, 3)
    c.leaf(40, 70, 18, -60, LEAF)
    for stem in (0, 1):
        x = 70 + stem * 6
        c.line([(x, 84), (x + 3, 46), (x - 2, 26)], "#9AA84A", 1.4)
        for n in range(7):
            c.oval(x - 4 - (n % 2) * 3, 27 + n * 4, 2.8, 1.6, SUN)
            c.oval(x + 4 - (n % 2), 30 + n * 4, 2.8, 1.6, HONEY)


def _sweet_potato(c: Canvas) -> None:
    c.leaf(16, 58, 64, 8, "#9A4F63", fat=0.24)
    c.leaf(22, 74, 62, -8, "#B0647A", fat=0.24)
    c.round(73, 68, 9, "#B0647A")
    c.round(73, 68, 7.4, "#F0C36B")
    c.leaf(30, 50, 30, -60, LEAF)
    c.leaf(34, 50, 24, -25, LEAF_MID)


def _basket(c: Canvas) -> None:
    c.arc(50, 50, 22, 26, (180, 360), CLAY, 3.2)
    c.shape([(22, 50), (78, 50), (70, 83), (30, 83)], STRAW)
    for row in range(5):
        y = 53 + row * 6
        for col in range(9 - row // 2):
            x = 25 + row * 1.4 + col * 6
            c.block(x, y, x + 4.4, y + 3.6, "#C7A863" if (row + col) % 2 else "#D8BD7F", 1)
    c.block(20, 47, 80, 52, CLAY, 2)


def _lacquer(c: Canvas) -> None:
    c.oval(50, 60, 36, 22, "#3A0F12")
    c.oval(50, 57, 36, 22, "#7C1F24")
    c.oval(50, 57, 30, 17, "#95292E")
    c.petal_fan(50, 62, 15, (-150, -30, -120, -60, -90), SUN)
    c.arc(50, 57, 26, 14, (200, 250), SUN, 1)
    c.arc(50, 57, 26, 14, (290, 340), SUN, 1)


def _oil(c: Canvas) -> None:
    c.block(38, 46, 62, 84, "#7B4A1D", 5)
    c.block(44, 36, 56, 47, "#5B3614", 1)
    c.block(42, 22, 58, 37, INK, 3)
    c.block(38, 56, 62, 74, CREAM)
    c.leaf(44, 70, 16, -55, LEAF)
    c.leaf(66, 82, 26, -60, LEAF, fat=0.16)
    c.leaf(70, 83, 22, -35, LEAF_MID, fat=0.16)


def _salad(c: Canvas) -> None:
    c.block(26, 34, 74, 84, "#EAF3EE", 6)
    for x, y, angle, tone in (
        (36, 66, -60, LEAF_MID),
        (50, 74, -95, LEAF),
        (62, 72, -120, "#56AB78"),
        (44, 80, -30, "#56AB78"),
        (58, 80, -150, LEAF_MID),
    ):
        c.leaf(x, y, 26, angle, tone, fat=0.3)
    c.block(26, 26, 74, 38, LEAF, 3)
    c.block(30, 40, 34, 80, "#FFFFFF88", 2)
    c.round(60, 60, 5, "#D25747")


# Ground and disc behind each drawing: the soft tints of the pages.
_GREEN = ("#F5F6F3", "#E5F3E9")
_WARM = ("#F5F6F3", "#FFEFE0")
_YELLOW = ("#F5F6F3", "#FFF5CF")
_BLUE = ("#F5F6F3", "#E7F0F8")
_PINK = ("#F5F6F3", "#FDEAEC")

DRAWINGS: dict[str, tuple[tuple[str, str], Drawing]] = {
    "pomelo": (_GREEN, _pomelo),
    "orange": (_GREEN, _orange),
    "hen": (_YELLOW, _hen),
    "eggs": (_GREEN, _eggs),
    "milk": (_WARM, _milk),
    "yoghurt": (_PINK, _yoghurt),
    "tea": (_GREEN, _tea),
    "greens": (_YELLOW, _greens),
    "kohlrabi": (_YELLOW, _kohlrabi),
    "tomato": (_GREEN, _tomato),
    "young_rice": (_YELLOW, _young_rice),
    "patties": (_GREEN, _patties),
    "sausage": (_PINK, _sausage),
    "noodles": (_WARM, _noodles),
    "mushroom": (_GREEN, _mushroom),
    "honey": (_BLUE, _honey),
    "lotus": (_BLUE, _lotus),
    "sauce": (_WARM, _sauce),
    "cake": (_YELLOW, _cake),
    "candy": (_BLUE, _candy),
    "rice": (_BLUE, _rice),
    "sweet_potato": (_GREEN, _sweet_potato),
    "basket": (_GREEN, _basket),
    "lacquer": (_YELLOW, _lacquer),
    "oil": (_GREEN, _oil),
    "salad": (_BLUE, _salad),
}


def draw(kind: str) -> io.BytesIO:
    """The drawing of one kind of product as a PNG, ready for ``store_picture``; ``KeyError`` for an unknown kind."""
    (ground, disc), drawing = DRAWINGS[kind]
    canvas = Canvas(ground, disc)
    drawing(canvas)
    out = io.BytesIO()
    canvas.image.resize((EDGE, EDGE), Image.Resampling.BOX).save(out, "PNG", compress_level=1)
    out.seek(0)
    return out
