"""Pictures, addressed by the SHA-256 of their bytes, behind one small interface; a folder for now.

Every upload is decoded and drawn again by Pillow: what is stored holds no metadata (no position, no camera) and
nothing but pixels, whatever was sent under a picture's name.
"""

import hashlib
import io
import secrets
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO

from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from trace.core import clock
from trace.core.database import Base
from trace.core.errors import BadInput

LARGEST_BYTES = 5 * 1024 * 1024
LARGEST_PIXELS = 40_000_000
LONGEST_EDGE = 800
# Drawn 84 CSS pixels wide on the verdict page: twice that for most phones, three times for dense screens.
THUMBNAIL_EDGE = 168
DENSE_EDGE = 252
# What a phone is asked to load for one photo; a picture full of leaves is stored less sharp rather than heavier.
HEAVIEST_BYTES = 40_000
QUALITIES = (78, 70, 60, 50, 40, 30)
THUMBNAIL_QUALITIES = (70, 50)
KINDS = ("JPEG", "PNG", "WEBP")
# What decoding raises on bytes made up or broken: its own errors, and those of readers of metadata (EXIF, chunks)
# that met a value of another type or length than they expect.
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    struct.error,
)


class Size(StrEnum):
    """The sizes a picture is kept in. Pictures from before ``DENSE`` have none of it, and a ``SMALL`` of 210 pixels."""

    LARGE = "large"
    DENSE = "dense"
    SMALL = "small"


class Blob(Base):
    """One stored picture in three sizes; the key is the SHA-256 of the largest one."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class BlobStore:
    """Files by hash in a folder: ``ab/abcd….webp``, ``….small.webp`` and so on. Writing twice is writing once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str, size: Size = Size.LARGE) -> Path:
        """Where the bytes are; the caller has checked that ``sha256`` is 64 hexadecimal digits."""
        return self.folder / sha256[:2] / f"{sha256}{'' if size is Size.LARGE else f'.{size}'}.webp"

    def find(self, sha256: str, size: Size) -> Path | None:
        """The file of this size, or of the small one where a picture is older than the size; None if there is none."""
        wanted = dict.fromkeys((size, Size.SMALL) if size is Size.DENSE else (size,))
        return next((path for one in wanted if (path := self.path(sha256, one)).is_file()), None)

    def write(self, sha256: str, content: bytes, size: Size = Size.LARGE) -> None:
        """Store bytes under their name, whole or not at all."""
        path = self.path(sha256, size)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return
        # Of this call alone: two requests that store the same picture at once must not move each other's file.
        part = path.with_suffix(f".{secrets.token_hex(8)}.part")
        part.write_bytes(content)
        part.replace(path)

    def remove(self, sha256: str) -> None:
        """Delete the bytes under this name, in every size; nothing happens where there are none."""
        for size in Size:
            self.path(sha256, size).unlink(missing_ok=True)


def store_picture(
    session: Session,
    store: BlobStore,
    upload: BinaryIO,
    field: str,
    *,
    longest_edge: int = LONGEST_EDGE,
    heaviest: int | None = HEAVIEST_BYTES,
) -> str:
    """Re-encode an uploaded picture and return its SHA-256; ``longest_edge`` in pixels, ``heaviest`` in bytes.

    Papers are kept without a bound, as sharp as they are read.

    Raises ``BadInput`` on ``field`` for what is no JPEG, PNG or WebP, over 5 MiB, or over 40 million pixels.
    """
    with open_picture(upload, field) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((longest_edge, longest_edge))
    return _keep(session, store, picture, heaviest)


@contextmanager
def open_picture(upload: IO[bytes], field: str) -> Iterator[Image.Image]:
    """A picture somebody sent, its pixels not yet read. What fails while they are read is refused too.

    Raises ``BadInput`` on ``field`` for what is no JPEG, PNG or WebP, over 5 MiB, or over 40 million pixels.
    """
    content = upload.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise BadInput(
            _l("The picture is over 5 MB. Take a smaller one."), code="picture-too-large", field=field
        )
    unreadable = BadInput(
        _l("This file is not a picture we can read. Use JPEG, PNG or WebP."),
        code="not-a-picture",
        field=field,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=KINDS) as opened:
                if opened.width * opened.height > LARGEST_PIXELS:
                    raise unreadable
                yield opened
    except UNREADABLE as error:
        raise unreadable from error


def _keep(session: Session, store: BlobStore, picture: Image.Image, heaviest: int | None) -> str:
    large = _encode(picture, QUALITIES, heaviest)
    sha256 = hashlib.sha256(large).hexdigest()
    store.write(sha256, large)
    for size, edge in ((Size.DENSE, DENSE_EDGE), (Size.SMALL, THUMBNAIL_EDGE)):
        thumbnail = ImageOps.fit(picture, (edge, edge))
        store.write(sha256, _encode(thumbnail, THUMBNAIL_QUALITIES, HEAVIEST_BYTES), size)
    row = {"sha256": sha256, "width": picture.width, "height": picture.height, "created_at": clock.now()}
    session.execute(insert(Blob).values(row).on_conflict_do_nothing())
    return sha256


def _encode(picture: Image.Image, qualities: Sequence[int], heaviest: int | None) -> bytes:
    """At the first quality that is light enough; where none is, made smaller until one is."""
    while True:
        for quality in qualities:
            out = io.BytesIO()
            picture.save(out, "WEBP", quality=quality, method=4)
            if heaviest is None or out.tell() <= heaviest:
                return out.getvalue()
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
