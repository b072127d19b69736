"""Reading codes from a photo somebody sent, for phones whose browser lends no camera. Nothing of it is kept.

The file is read as product pictures are (size, kind, pixels); it is looked at in grey, and small. Strangers are slowed
by ``trace.core.strangers``; no more than two photos are looked at at once in a process, whoever sends them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import IO

import zxingcpp
from flask_babel import lazy_gettext as _l
from PIL import Image

from trace.core.blobs import open_picture
from trace.core.errors import BadInput, TooManyTries
from trace.core.strangers import Meter, Rate, source_of

FIELD = "photo"
# A family behind one address scans a shopping bag; a program that sends pictures without end is slowed.
RATE = Rate(free=30, per_second=0.25)
AT_ONCE = 2
WAIT_FOR_TURN_S = 5
# The second is for a small code on a photo of the whole pack.
LONGEST_EDGES = (1400, 2800)
FORMATS = zxingcpp.BarcodeFormats(
    (
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.EAN8,
        zxingcpp.BarcodeFormat.UPCA,
        zxingcpp.BarcodeFormat.Code128,
    )
)
RETAIL = frozenset({zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.EAN8, zxingcpp.BarcodeFormat.UPCA})


@dataclass(frozen=True)
class Found:
    """One code on a photo, FNC1 as its control character; ``is_retail`` for the bars a till reads."""

    text: str
    is_retail: bool


class PhotoReader:
    """Reads photos of strangers, so many from each source."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._meter = Meter(RATE, clock)
        self._turns = BoundedSemaphore(AT_ONCE)

    def read(self, upload: IO[bytes], address: str) -> list[Found]:
        """Every code on the photo, each once, in no order.

        Raises ``TooManyTries``; ``BadInput`` on the field ``photo`` for what is no picture, too large, or has no code.
        """
        source = source_of(address)
        wait = self._meter.wait(source)
        if wait:
            raise _busy(wait)
        self._meter.count(source)
        with self._turn():
            found = _read(_open(upload))
        if not found:
            raise BadInput(
                _l(
                    "No code was found on this photo. Go nearer, until the code fills half of the picture, hold still, "
                    "and avoid glare. Or type the code printed under it."
                ),
                code="no-code-found",
                field=FIELD,
            )
        return found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_FOR_TURN_S):
            raise _busy(WAIT_FOR_TURN_S)
        try:
            yield
        finally:
            self._turns.release()


def _busy(seconds: int) -> TooManyTries:
    return TooManyTries(
        _l(
            "Many photos are being read just now. Try again in %(seconds)d seconds, or type the code.",
            seconds=seconds,
        ),
        retry_after=seconds,
        field=FIELD,
    )


def _open(upload: IO[bytes]) -> Image.Image:
    """The photo in grey, no larger than is looked at. Raises ``BadInput``."""
    longest = LONGEST_EDGES[-1]
    with open_picture(upload, FIELD) as opened:
        # A JPEG can be decoded small and grey at once: a tenth of the work.
        opened.draft("L", (longest, longest))
        grey = _grey(opened)
    grey.thumbnail((longest, longest))
    return grey


def _grey(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("L")
    # What shows through a drawing is the page it lies on, which is white.
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture.convert("RGBA"))
    return page.convert("L")


def _read(grey: Image.Image) -> list[Found]:
    for edge in LONGEST_EDGES:
        sized = grey.copy()
        sized.thumbnail((edge, edge))
        read = zxingcpp.read_barcodes(sized, formats=FORMATS, text_mode=zxingcpp.TextMode.Plain)
        found = {code.text: Found(code.text, code.format in RETAIL) for code in read if code.text}
        if found or sized.size == grey.size:
            return list(found.values())
    return []
