"""A page cut at what differs from one reading to the next: the pieces are compressed once, the rest is put between.

Pure: text in, bytes out. The answer is one gzip stream (RFC 1952). Its pieces are deflate blocks that refer to nothing
before themselves, what is put between them are stored blocks (RFC 1951, 3.2.4), and the check sum of the whole follows
from those of the parts.
"""

import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zlib_ng.zlib_ng import crc32_combine

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # deflate, no name, no time, smallest, made on an unknown system
_END = b"\x03\x00"  # an empty last block
_LARGEST_STORED = 0xFFFF
_STORED = struct.Struct("<BHH")  # not the last block, stored; its length, and that again with each bit turned
_TRAILER = struct.Struct("<II")
_HEAD = struct.Struct(
    "<II"
)  # of a packed page: how many pieces, and how long the names of its gaps are together
_SHAPE = 3  # numbers of four bytes for each piece: how long it is, and of its text the check sum and length
_MASK = 0xFFFFFFFF
_AROUND = 150  # bytes of the objects that hold a piece, about


class Piece(NamedTuple):
    """Text that is the same for everybody: ``deflated`` in parts, and of the text its check sum and length in bytes."""

    deflated: tuple[bytes, ...]
    crc: int
    size: int


class Pieces(NamedTuple):
    """``pieces`` with the named ``gaps`` between them: one gap less than pieces.

    ``weight`` is how many bytes of memory it takes, about, without what it shares with others.
    """

    pieces: tuple[Piece, ...]
    gaps: tuple[str, ...]
    weight: int


def cut(text: str, gaps: Mapping[str, str]) -> Pieces:
    """Cut a page at every occurrence of the marks of ``gaps`` (mark to name); marks must not occur otherwise."""
    parts = re.split(f"({'|'.join(map(re.escape, gaps))})", text) if gaps else [text]
    return _weighed([squeeze(part) for part in parts[::2]], [gaps[mark] for mark in parts[1::2]])


def squeeze(text: str) -> Piece:
    """A text as a piece. It ends on a whole byte, and neither refers to others nor is referred to by them."""
    raw = text.encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    deflated = deflate.compress(raw) + deflate.flush(zlib.Z_FULL_FLUSH)
    return Piece((deflated,), zlib.crc32(raw), len(raw))


def put_in(page: Pieces, name: str, shared: Piece) -> Pieces:
    """The page with a piece in every gap of that name, which it shares with other pages: no bytes are copied."""
    pieces, gaps = [page.pieces[0]], []
    for gap, piece in zip(page.gaps, page.pieces[1:], strict=True):
        if gap == name:
            pieces[-1] = _joined(_joined(pieces[-1], shared), piece)
        else:
            gaps.append(gap)
            pieces.append(piece)
    return Pieces(tuple(pieces), tuple(gaps), page.weight)


def fill_gzip(page: Pieces, values: Mapping[str, bytes]) -> bytes:
    """The page with these values in its gaps, as gzip."""
    stored = {name: _stored(value) for name, value in values.items()}
    pieces = iter(page.pieces)
    first = next(pieces)
    out = [_HEADER, *first.deflated]
    crc, size = first.crc, first.size
    for name, piece in zip(page.gaps, pieces, strict=True):
        value = values[name]
        out += (stored[name], *piece.deflated)
        crc = crc32_combine(zlib.crc32(value, crc), piece.crc, piece.size)
        size += len(value) + piece.size
    out += (_END, _TRAILER.pack(crc, size & _MASK))
    return b"".join(out)


def fill_plain(page: Pieces, values: Mapping[str, bytes]) -> bytes:
    """The same for the few who take no gzip."""
    return zlib.decompress(fill_gzip(page, values), wbits=zlib.MAX_WBITS | 16)


def pack(page: Pieces) -> bytes:
    """All of it as one row's bytes."""
    deflated = [b"".join(piece.deflated) for piece in page.pieces]
    shapes = [n for d, p in zip(deflated, page.pieces, strict=True) for n in (len(d), p.crc, p.size)]
    gaps = "\n".join(page.gaps).encode()
    head = _HEAD.pack(len(deflated), len(gaps)) + struct.pack(f"<{len(shapes)}I", *shapes)
    return b"".join((head, gaps, *deflated))


def unpack(packed: bytes) -> Pieces:
    """What ``pack`` made bytes of."""
    count, length = _HEAD.unpack_from(packed)
    shapes = struct.unpack_from(f"<{_SHAPE * count}I", packed, _HEAD.size)
    at = _HEAD.size + 4 * len(shapes)
    gaps = packed[at : at + length].decode().split("\n") if length else []
    at += length
    pieces = []
    for size_here, crc, size in zip(*[iter(shapes)] * _SHAPE, strict=True):
        pieces.append(Piece((packed[at : at + size_here],), crc, size))
        at += size_here
    return _weighed(pieces, gaps)


def _weighed(pieces: Sequence[Piece], gaps: Sequence[str]) -> Pieces:
    weight = sum(len(part) + _AROUND for piece in pieces for part in piece.deflated)
    return Pieces(tuple(pieces), tuple(gaps), weight)


def _joined(one: Piece, other: Piece) -> Piece:
    crc = crc32_combine(one.crc, other.crc, other.size)
    return Piece((*one.deflated, *other.deflated), crc, one.size + other.size)


def _stored(value: bytes) -> bytes:
    """A value as deflate has it uncompressed."""
    count = len(value)
    if count > _LARGEST_STORED:
        return _stored(value[:_LARGEST_STORED]) + _stored(value[_LARGEST_STORED:])
    return _STORED.pack(0, count, count ^ 0xFFFF) + value
