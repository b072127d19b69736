"""A page cut at what differs from one reading to the next: the pieces are compressed once, the rest is put between.

Pure: text in, bytes out. The answer is one gzip stream (RFC 1952). Its pieces are deflate blocks that refer to nothing
before themselves, what is put between them are stored blocks (RFC 1951, 3.2.4), and the check sum of the whole follows
from those of the parts.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # deflate, no name, no time, smallest, made on an unknown system
_END = b"\x03\x00"  # an empty last block
_LARGEST_STORED = 0xFFFF
_LENGTH, _MASK = 4, 0xFFFFFFFF
_POLYNOMIAL = 0xEDB88320  # CRC-32 of gzip, bits reversed
_ONE = 1 << 31  # the polynomial 1
_EIGHT = 1 << 23  # x to the 8th: a shift by one byte


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that is the same for everybody: ``deflated``, and of the text itself its check sum and length in bytes.

    ``shift`` carries the check sum of what stands before it over it.
    """

    deflated: bytes
    crc: int
    size: int
    shift: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """``pieces`` with the named ``gaps`` between them: one gap less than pieces."""

    pieces: tuple[Piece, ...]
    gaps: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How many bytes of memory it takes, about."""
        return sum(len(piece.deflated) + 100 for piece in self.pieces)


def cut(text: str, gaps: Mapping[str, str]) -> Pieces:
    """Cut a page at every occurrence of the marks of ``gaps`` (mark to name); marks must not occur otherwise."""
    parts = re.split(f"({'|'.join(map(re.escape, gaps))})", text) if gaps else [text]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    pieces = []
    for part in parts[::2]:
        raw = part.encode()
        # A full flush ends on a whole byte, and nothing after it refers to anything before.
        deflated = squeeze.compress(raw) + squeeze.flush(zlib.Z_FULL_FLUSH)
        pieces.append(Piece(deflated, zlib.crc32(raw), len(raw), _shift_by(len(raw))))
    return Pieces(tuple(pieces), tuple(gaps[mark] for mark in parts[1::2]))


def fill_gzip(page: Pieces, values: Mapping[str, bytes]) -> bytes:
    """The page with these values in its gaps, as gzip."""
    first = page.pieces[0]
    out = [_HEADER, first.deflated]
    crc, size = first.crc, first.size
    for name, piece in zip(page.gaps, page.pieces[1:], strict=True):
        value = values[name]
        for start in range(0, len(value), _LARGEST_STORED):
            stored = value[start : start + _LARGEST_STORED]
            count = len(stored)
            out += (b"\x00", count.to_bytes(2, "little"), (count ^ 0xFFFF).to_bytes(2, "little"), stored)
        crc = _carry(piece.shift, zlib.crc32(value, crc)) ^ piece.crc
        size += len(value) + piece.size
        out.append(piece.deflated)
    out += (_END, crc.to_bytes(_LENGTH, "little"), (size & _MASK).to_bytes(_LENGTH, "little"))
    return b"".join(out)


def fill_plain(page: Pieces, values: Mapping[str, bytes]) -> bytes:
    """The same for the few who take no gzip."""
    return zlib.decompress(fill_gzip(page, values), wbits=zlib.MAX_WBITS | 16)


def pack(page: Pieces) -> bytes:
    """All of it as one row's bytes."""
    shapes = [[len(p.deflated), p.crc, p.size, p.shift] for p in page.pieces]
    head = json.dumps([shapes, page.gaps], separators=(",", ":")).encode()
    return b"%d\n%s%s" % (len(head), head, b"".join(piece.deflated for piece in page.pieces))


def unpack(packed: bytes) -> Pieces:
    """What ``pack`` made bytes of."""
    count, _newline, _rest = packed[:20].partition(b"\n")
    at = len(count) + 1 + int(count)
    shapes, gaps = json.loads(packed[len(count) + 1 : at])
    pieces = []
    for length, crc, size, shift in shapes:
        pieces.append(Piece(packed[at : at + length], crc, size, shift))
        at += length
    return Pieces(tuple(pieces), tuple(gaps))


def _carry(shift: int, crc: int) -> int:
    """Multiply two polynomials modulo that of the check sum (Sarwate's bit order: the highest power is bit 0)."""
    product, bit = 0, _ONE
    while shift:
        if shift & bit:
            product ^= crc
            shift ^= bit
        bit >>= 1
        crc = (crc >> 1) ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return product


def _shift_by(size: int) -> int:
    """x to the power of 8 times ``size``, modulo the polynomial: what so many bytes do to the check sum before them."""
    power, factor = _ONE, _EIGHT
    while size:
        if size & 1:
            power = _carry(factor, power)
        factor = _carry(factor, factor)
        size >>= 1
    return power
