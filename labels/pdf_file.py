"""A PDF written from front to back: objects leave memory as soon as they are finished. Knows nothing of labels.

The file is plain PDF 1.7 (ISO 32000-1) with a classic cross-reference table, which every print shop's software reads.
"""

import hashlib
import zlib
from array import array
from typing import BinaryIO

# A comment with high bytes tells transfer programs that the file is not text (ISO 32000-1, 7.5.2).
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_LEVEL = 6


class Objects:
    """Finished objects, numbered on from ``first``: ``data`` as it goes into a file, ``offsets`` where each begins."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.data = bytearray()
        self.offsets: dict[int, int] = {}
        self._next = first

    @property
    def count(self) -> int:
        """How many numbers are taken."""
        return self._next - self.first

    def reserve(self) -> int:
        """The number of an object that is put later."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, body: bytes) -> int:
        """Write an object under a reserved number."""
        self.offsets[number] = len(self.data)
        self.data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        return number

    def add(self, body: bytes) -> int:
        """Write an object under the next number, which is returned."""
        return self.put(self.reserve(), body)

    def add_stream(self, content: bytes, entries: bytes = b"") -> int:
        """Write a compressed stream, ``entries`` standing in its dictionary; returns its number."""
        packed = zlib.compress(content, _LEVEL)
        head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(packed), entries)
        return self.add(b"%b\nstream\n%b\nendstream" % (head, packed))


class PdfFile:
    """The file itself; ``offsets`` and ``length`` are all that is needed to go on with one that was begun before."""

    def __init__(self, out: BinaryIO, offsets: "array[int] | None" = None, length: int = 0) -> None:
        self._out = out
        self.offsets = offsets if offsets is not None else array("Q", [0])
        self.length = length
        if not length:
            self._write(_HEADER)

    def append(self, objects: Objects) -> None:
        """Write objects; their numbers may lie anywhere."""
        most = objects.first + objects.count
        if len(self.offsets) < most:
            self.offsets.extend([0] * (most - len(self.offsets)))
        for number, at in objects.offsets.items():
            self.offsets[number] = self.length + at
        self._write(bytes(objects.data))

    def finish(self, catalog: int, info: int) -> None:
        """Write the cross-reference table; nothing may be appended afterwards."""
        at = self.length
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % len(self.offsets))
        for start in range(1, len(self.offsets), 10_000):
            self._write(b"".join(b"%010d 00000 n \n" % one for one in self.offsets[start : start + 10_000]))
        # The same file always has the same identity: no clock, no chance.
        identity = hashlib.sha256(self.offsets.tobytes()).hexdigest()[:32].encode()
        self._write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (len(self.offsets), catalog, info, identity, identity, at)
        )

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self.length += len(data)


def text_string(text: str) -> bytes:
    """A text for titles and the like: UTF-16 with its mark, in hexadecimal (ISO 32000-1, 7.9.2.2)."""
    return b"<feff%b>" % text.encode("utf-16-be").hex().encode()


def number(value: float) -> str:
    """A number to a thousandth, as short as it goes."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"
