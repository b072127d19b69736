"""What happens to a label between the printer and the phone, on rasters; and which of them are still read.

Run as a program it prints the table of docs/labels.md: ``PYTHONPATH=. python -m tests.labels.robustness``. Everything is
drawn from the label's number, so that every run sees the same pictures.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import zxingcpp

from labels.bitmaps import dot_pages, for_dots
from labels.designs import find_design
from labels.layout import fit_modules
from tests.labels.reading import a_label

LABELS = 200
# Pictures are bent at so many pixels a dot, then counted down to the camera's: no dot is bent in steps.
_FINER = 3
_BORDER = 20
_FINDER = 8  # modules: a finder pattern with the white line that parts it from the rest


@dataclass(frozen=True)
class Printed:
    """A whole label on white paper, grey values; where its symbol stands, in pixels."""

    picture: Any
    address: str
    x: int
    y: int
    side: int
    module: int


@dataclass(frozen=True)
class Trial:
    """One way to spoil a label; ``spoil`` gets it and dice of its own."""

    name: str
    correction: str
    spoil: Callable[[Printed, np.random.Generator], Any]


@dataclass(frozen=True)
class Rates:
    """How many of ``labels`` were read: by zxing-cpp, by OpenCV's Aruco detector as it comes, and as an app uses it."""

    labels: int
    zxing: int
    opencv_plain: int
    opencv: int


def printed(number: int, correction: str = "M") -> Printed:
    """Label ``number`` on a roll of 50 × 30 mm at 203 dpi, four dots a module."""
    return _printed(number, correction)


@lru_cache(maxsize=2 * LABELS)
def _printed(number: int, correction: str) -> Printed:
    label = a_label(number)
    design = find_design("roll-50x30")
    assert design
    spec = for_dots(replace(design.spec, error_correction=correction), 203)
    (page,) = dot_pages([label], fit_modules([label], spec))
    (symbol,) = page.symbols
    picture = np.pad(np.asarray(page.picture().convert("L")), _BORDER, constant_values=255)
    side = symbol.symbol.modules * symbol.module
    return Printed(picture, label.address, symbol.x + _BORDER, symbol.y + _BORDER, side, symbol.module)


def as_printed(label: Printed, _dice: np.random.Generator) -> Any:
    """The label itself."""
    return label.picture


def turned(label: Printed, dice: np.random.Generator) -> Any:
    """Turned by any angle."""
    height, width = (_FINER * side for side in label.picture.shape)
    across = int(np.ceil(np.hypot(height, width)))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), dice.uniform(0, 360), 1.0)
    matrix[:, 2] += ((across - width) / 2, (across - height) / 2)
    return _taken(cv2.warpAffine(_fine(label), matrix, (across, across), borderValue=255))


def tilted(label: Printed, dice: np.random.Generator) -> Any:
    """Seen from 35 degrees aside, any side, from three widths of the label away."""
    fine = _fine(label)
    height, width = fine.shape
    away, aside, tilt = 3.0 * width, dice.uniform(0, 2 * np.pi), np.deg2rad(35)
    axis = np.array([np.cos(aside), np.sin(aside), 0.0])
    turn, _ = cv2.Rodrigues(axis * tilt)
    flat = np.array([[x, y, 0.0] for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)])
    seen = flat @ turn.T
    points = seen[:, :2] * (away / (away + seen[:, 2:]))
    points -= points.min(axis=0) - _FINER * 8
    size = np.ceil(points.max(axis=0) + _FINER * 8).astype(int)
    corners = (flat[:, :2] + (width / 2, height / 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, points.astype(np.float32))
    return _taken(cv2.warpPerspective(fine, matrix, (int(size[0]), int(size[1])), borderValue=255))


def blurred(label: Printed, _dice: np.random.Generator) -> Any:
    """Out of focus: a Gaussian of 0.3 module."""
    return cv2.GaussianBlur(label.picture, (0, 0), 0.3 * label.module)


def pale(label: Printed, dice: np.random.Generator) -> Any:
    """Worn print in dim light: ink at 110 and paper at 150 of 255, with a camera's noise."""
    grey = 110 + label.picture.astype(float) * (40 / 255) + dice.normal(0, 3, label.picture.shape)
    return grey.clip(0, 255).astype(np.uint8)


def small(label: Printed, _dice: np.random.Generator) -> Any:
    """Far away: two pixels a module."""
    factor = 2 / label.module
    return cv2.resize(label.picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def blotted(share: float) -> Callable[[Printed, np.random.Generator], Any]:
    """One black or white blot, round, elliptic or ragged, over this share of the symbol's area, anywhere but on the
    finder patterns; over the symbol's edge as well."""

    def spoil(label: Printed, dice: np.random.Generator) -> Any:
        spared = _finders(label)
        while True:
            blot = _blot(label, share, dice)
            if blot is not None and not (blot & spared).any():
                spoiled = label.picture.copy()
                spoiled[blot] = dice.choice((0, 255))
                return spoiled

    return spoil


TRIALS = (
    Trial("as printed", "M", as_printed),
    Trial("turned by any angle", "M", turned),
    Trial("seen from 35° aside", "M", tilted),
    Trial("blur of 0.3 module", "M", blurred),
    Trial("contrast of 40 in 255, noise", "M", pale),
    Trial("2 pixels a module", "M", small),
    Trial("blot over 7 %", "M", blotted(0.07)),
    Trial("blot over 15 %", "H", blotted(0.15)),
)


def measure(trial: Trial, numbers: Sequence[int]) -> Rates:
    """How many of these labels are read: each by one call of zxing-cpp, one of OpenCV, one of :func:`read_as_apps_do`."""
    zxing = plain = opencv = 0
    for number in numbers:
        label = printed(number, trial.correction)
        picture = np.ascontiguousarray(trial.spoil(label, np.random.default_rng(number)))
        zxing += [found.text for found in zxingcpp.read_barcodes(picture)] == [label.address]
        plain += cv2.QRCodeDetectorAruco().detectAndDecode(picture)[0] == label.address
        opencv += read_as_apps_do(picture) == label.address
    return Rates(len(numbers), zxing, plain, opencv)


def read_as_apps_do(picture: Any) -> str:
    """The QR on a picture, by OpenCV's Aruco detector, looked at straight and in a mirror; empty where there is none.

    OpenCV takes the version from one of the two timing patterns, always the same, and a blot on it makes it wrong; a
    mirror shows it the other. As it comes it also drops symbols whose timing pattern is spoilt before it reads them;
    that is a setting. Half as large again, because it takes neighbours for each other at four pixels a module.
    """
    larger = cv2.resize(picture, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
    settings = cv2.QRCodeDetectorAruco.Params()
    settings.maxTimingPatternMismatch = 5.0  # 2.0 as it comes
    detector = cv2.QRCodeDetectorAruco(settings)
    for look in (larger, np.ascontiguousarray(larger[:, ::-1])):
        text, _, _ = detector.detectAndDecode(look)
        if text:
            return str(text)
    return ""


def table(labels: int = LABELS) -> str:
    """The rates of every trial as a table of Markdown."""
    lines = ["| label | asked | zxing-cpp | OpenCV | OpenCV as it comes |", "|---|---|---|---|---|"]
    for trial in TRIALS:
        rates = measure(trial, range(labels))
        told = (f"{100 * read / labels:.1f} %" for read in (rates.zxing, rates.opencv, rates.opencv_plain))
        lines.append(f"| {trial.name} | {trial.correction} | {' | '.join(told)} |")
    return "\n".join(lines)


def _fine(label: Printed) -> Any:
    return np.kron(label.picture, np.ones((_FINER, _FINER), np.uint8))


def _taken(fine: Any) -> Any:
    height, width = (side // _FINER for side in fine.shape)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)


def _finders(label: Printed) -> Any:
    spared = np.zeros(label.picture.shape, bool)
    near, far = _FINDER * label.module, label.side - _FINDER * label.module
    for left, top in ((0, 0), (far, 0), (0, far)):
        y, x = label.y + top, label.x + left
        spared[y : y + near, x : x + near] = True
    return spared


def _blot(label: Printed, share: float, dice: np.random.Generator) -> Any:
    """A blot as a mask; None where none of this place and shape covers that much of the symbol."""
    centre = np.array((label.x, label.y)) + dice.uniform(0, label.side, 2)
    length, aside = dice.uniform(1.0, 1.6), dice.uniform(0, np.pi)
    rag, waves = dice.uniform(0, 0.25), dice.integers(3, 7)
    y, x = np.mgrid[: label.picture.shape[0], : label.picture.shape[1]]
    x, y = x + 0.5 - centre[0], y + 0.5 - centre[1]
    along = (x * np.cos(aside) + y * np.sin(aside)) / np.sqrt(length)
    across = (-x * np.sin(aside) + y * np.cos(aside)) * np.sqrt(length)
    edge = 1 + rag * np.sin(waves * np.arctan2(across, along) + dice.uniform(0, 2 * np.pi))
    distance = np.hypot(along, across) / edge
    own = distance[label.y : label.y + label.side, label.x : label.x + label.side]
    reach = np.quantile(own, share)
    return distance <= reach if reach < label.side / 2 else None


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
