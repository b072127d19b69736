"""Pictures that strangers send with a report: decoded, drawn again small, kept under random names.

What is stored holds no metadata (no position, no camera) and nothing but pixels. No more than one is decoded at once
in a process, whoever sends them, because a picture of 40 million pixels takes a hundred megabytes while it is read.
"""

import io
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore

from flask_babel import lazy_gettext as _l
from PIL import ImageOps

from trace.core.blobs import BlobStore, open_picture
from trace.core.errors import TooManyTries
from trace.core.strangers import Meter, Rate, source_of

# The application keeps the store and the counts of its process under these names.
STORE = "report_pictures"
GATE = "report_gate"
LONGEST_EDGE = 1600  # small print on a pack can still be read
# A phone company puts many people behind one address, and on a bad day all of them write: so many at once, then
# one every three minutes.
RATE = Rate(free=20, per_second=1 / 180)
WAIT_FOR_TURN_S = 10


class TooManyReports(TooManyTries):
    """From this network too many reports came in a short time."""

    code = "too-many-reports"


@dataclass(frozen=True)
class Drawn:
    """A picture drawn again, with the random name it will be stored under."""

    name: str
    content: bytes
    width: int
    height: int


class Gate:
    """Slows who sends one report after another, and lets one picture at a time be decoded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._meter = Meter(RATE, clock)
        self._turn = BoundedSemaphore(1)

    def admit(self, address: str) -> None:
        """Count one report of this source. Raises ``TooManyReports``."""
        source = source_of(address)
        wait = self._meter.wait(source)
        if wait:
            raise _too_many(wait)
        self._meter.count(source)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nothing else is decoded. Raises ``TooManyReports`` after a while."""
        if not self._turn.acquire(timeout=WAIT_FOR_TURN_S):
            raise _too_many(WAIT_FOR_TURN_S)
        try:
            yield
        finally:
            self._turn.release()


def draw_again(content: bytes, field: str) -> Drawn:
    """The picture as WebP without metadata, at most 1600 pixels long.

    Raises ``BadInput`` on ``field`` for what is no JPEG, PNG or WebP, over 5 MiB, or over 40 million pixels.
    """
    with open_picture(io.BytesIO(content), field) as opened:
        # A JPEG can be decoded small at once: a fraction of the memory.
        opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
        opened.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.info.clear()  # a colour profile would be written out again, and may name the camera
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=78, method=4)
    return Drawn(secrets.token_hex(32), out.getvalue(), picture.width, picture.height)


@contextmanager
def stored(store: BlobStore, drawn: list[Drawn]) -> Iterator[None]:
    """Write the files; they are gone again if the body, which commits, fails."""
    with ExitStack() as undone:
        for picture in drawn:
            undone.callback(store.remove, picture.name)
            store.write(picture.name, picture.content)
        yield
        undone.pop_all()


def files_before(store: BlobStore, moment: datetime) -> Iterator[Path]:
    """The files of the store last written before ``moment``, half-written ones too."""
    for file in store.folder.glob("??/*"):
        if file.is_file() and file.stat().st_mtime < moment.timestamp():
            yield file


def name_of(file: Path) -> str:
    """Under which name a file of the store was stored."""
    return file.name.partition(".")[0]


def _too_many(seconds: int) -> TooManyReports:
    return TooManyReports(
        _l(
            "Many reports came from this network just now. Nothing was sent. Try again in %(seconds)d seconds.",
            seconds=seconds,
        ),
        retry_after=seconds,
    )
