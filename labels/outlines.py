"""The outlines of letters as SVG paths, out of the typeface's own `glyf` table: the same look in any program."""

import struct
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from labels.fonts import face, width_mm

# OpenType `glyf`: bits of a point's flags, and of a component's.
_ON, _SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 1, 2, 4, 8, 16, 32
_WORDS, _ARE_OFFSETS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 1, 2, 8, 32, 64, 128


class Point(NamedTuple):
    """A point of a contour in font units, y up; off the curve it is the control point of a quadratic."""

    x: float
    y: float
    is_on: bool


Contour = list[Point]


def units_per_em(name: str) -> int:
    """How many font units the type size has."""
    return int(face(name).face.unitsPerEm)


@lru_cache(maxsize=512)
def line_path(text: str, name: str) -> str:
    """One line as the data of a path in font units, y down, from the left end of its baseline; without kerning.

    Empty for spaces alone. Filled by the nonzero rule.
    """
    em = units_per_em(name)
    pieces = []
    for at, character in enumerate(text):
        x = width_mm(text[:at], 1.0, name) * em
        pieces += [
            _path([Point(x + point.x, -point.y, point.is_on) for point in contour])
            for contour in _contours(name, face(name).face.charToGlyph[ord(character)])
        ]
    return "".join(pieces)


def _path(contour: Contour) -> str:
    """A closed contour: between two control points lies a point of the curve that is not written down."""
    whole: Contour = []
    for before, point in zip([contour[-1], *contour[:-1]], contour, strict=True):
        if not before.is_on and not point.is_on:
            whole.append(Point((before.x + point.x) / 2, (before.y + point.y) / 2, True))
        whole.append(point)
    first = next(at for at, point in enumerate(whole) if point.is_on)
    whole = [*whole[first:], *whole[:first], whole[first]]
    words = [f"M{_number(whole[0].x)} {_number(whole[0].y)}"]
    for before, point in pairwise(whole):
        if not point.is_on:
            words.append(f"Q{_number(point.x)} {_number(point.y)} ")
        elif before.is_on:
            words.append(f"L{_number(point.x)} {_number(point.y)}")
        else:
            words.append(f"{_number(point.x)} {_number(point.y)}")
    return "".join(words) + "z"


def _contours(name: str, glyph: int) -> list[Contour]:
    loaded = face(name).face
    start, end = loaded.glyphPos[glyph], loaded.glyphPos[glyph + 1]
    if start == end:  # a space has no outline
        return []
    data = loaded.get_table("glyf")[start:end]
    (count,) = struct.unpack_from(">h", data)
    return _simple(data, count) if count >= 0 else _composed(data, name)


def _simple(data: bytes, count: int) -> list[Contour]:
    ends = struct.unpack_from(f">{count}H", data, 10)
    at = 10 + 2 * count
    at += 2 + int.from_bytes(data[at : at + 2], "big")  # instructions are for screens
    flags: list[int] = []
    while len(flags) <= ends[-1]:
        flag = data[at]
        repeated = data[at + 1] if flag & _REPEAT else 0
        flags += [flag] * (1 + repeated)
        at += 2 if flag & _REPEAT else 1
    xs, at = _coordinates(data, at, flags, _SHORT_X, _SAME_X)
    ys, _ = _coordinates(data, at, flags, _SHORT_Y, _SAME_Y)
    points = [Point(x, y, bool(flag & _ON)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [points[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def _coordinates(data: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    found, value = [], 0
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += int.from_bytes(data[at : at + 2], "big", signed=True)
            at += 2
        found.append(value)
    return found, at


def _composed(data: bytes, name: str) -> list[Contour]:
    """A letter of other glyphs: a base and its marks."""
    found: list[Contour] = []
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", data, at)
        if not flags & _ARE_OFFSETS:
            raise ValueError("a component is placed by points, which this typeface did not do")
        right, up = struct.unpack_from(">hh" if flags & _WORDS else ">bb", data, at + 4)
        at += 8 if flags & _WORDS else 6
        count = 4 if flags & _MATRIX else 2 if flags & _TWO_SCALES else 1 if flags & _SCALE else 0
        parts = [part / 16384 for part in struct.unpack_from(f">{count}h", data, at)]
        at += 2 * count
        xx, xy, yx, yy = {0: (1, 0, 0, 1), 1: (*parts, 0, 0, *parts), 2: (*parts[:1], 0, 0, *parts[1:])}.get(
            count, parts
        )
        found += [
            [Point(xx * p.x + yx * p.y + right, xy * p.x + yy * p.y + up, p.is_on) for p in contour]
            for contour in _contours(name, glyph)
        ]
    return found


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
