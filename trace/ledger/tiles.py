"""How the tree is cut into tiles, and leaves into entry bundles (C2SP tlog-tiles).

Pure. A tile is 256 hashes of one tile level, one after another; a bundle is up to 256 leaves, each behind its length
in two bytes. The rightmost of each level may be partial, ``width`` hashes wide.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trace.core.errors import BadInput
from trace.ledger import merkle
from trace.ledger.merkle import HASH_LENGTH, Node, Reader

WIDTH = 256
# A tile holds the lower ends of eight levels of the tree.
HEIGHT = 8
HIGHEST_LEVEL = 63
LONGEST_LEAF = 0xFFFF
_LENGTH = 2
_INDEX = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}", re.ASCII)
_PARTIAL = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_LEVEL = re.compile(r"0|[1-9][0-9]?", re.ASCII)
# Seven elements hold every index a tree of 2**63 leaves can have.
_LONGEST_PATH = 7


class MalformedTile(BadInput):
    """The address or the bytes are those of no tile or bundle."""

    code = "malformed-tile"


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Which tile: ``width`` is 256, or less for a partial one."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def is_full(self) -> bool:
        return self.width == WIDTH

    @property
    def path(self) -> str:
        """Its address below ``<prefix>/tile/``."""
        return f"{self.level}/{index_path(self.index, self.width)}"

    @property
    def entries_path(self) -> str:
        """The address of the bundle with the leaves of this tile of level 0."""
        return f"entries/{index_path(self.index, self.width)}"


def index_path(index: int, width: int = WIDTH) -> str:
    """``<N>[.p/<W>]``: 1234067 is ``x001/x234/067``."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups)) + ("" if width == WIDTH else f".p/{width}")


def parse_index_path(path: str) -> tuple[int, int]:
    """Index and width of ``<N>[.p/<W>]``, in its only right spelling; ``MalformedTile`` otherwise."""
    number, separator, partial = path.partition(".p/")
    width = WIDTH
    if separator:
        if not _PARTIAL.fullmatch(partial) or int(partial) >= WIDTH:
            raise MalformedTile("A partial tile is 1 to 255 wide.")
        width = int(partial)
    if not _INDEX.fullmatch(number) or number.count("/") >= _LONGEST_PATH:
        raise MalformedTile("The number of a tile is written in groups of three digits.")
    index = int(number.replace("x", "").replace("/", ""))
    if index_path(index, width) != path:
        raise MalformedTile("The number of a tile has no leading groups of zeroes.")
    return index, width


def parse_level(text: str) -> int:
    """The level of a tile; ``MalformedTile`` for anything but 0 to 63 without leading zeroes."""
    if not _LEVEL.fullmatch(text) or int(text) > HIGHEST_LEVEL:
        raise MalformedTile("The level of a tile is a number from 0 to 63.")
    return int(text)


def width_at(level: int, index: int, size: int) -> int:
    """How wide the tile is in a tree of ``size`` leaves: 0 where it is not there at all."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of ``size`` leaves, level by level from the left."""
    level = 0
    while hashes := size >> HEIGHT * level:
        for index in range(-(-hashes // WIDTH)):
            yield Tile(level, index, width_at(level, index, size))
        level += 1


def tile_of(node: Node, size: int) -> Tile:
    """The tile of a tree of ``size`` leaves that ``node`` is computed from."""
    level, index = node
    tile_level, inner = divmod(level, HEIGHT)
    tile_index = (index << inner) // WIDTH
    return Tile(tile_level, tile_index, width_at(tile_level, tile_index, size))


def hash_of(node: Node, hashes: bytes) -> bytes:
    """The hash of ``node`` from the tile that holds it. ``MalformedTile`` when the tile is too short."""
    level, index = node
    inner = level % HEIGHT
    begin = (index << inner) % WIDTH * HASH_LENGTH
    span = hashes[begin : begin + (HASH_LENGTH << inner)]
    if len(span) != HASH_LENGTH << inner:
        raise MalformedTile("The tile is too short.")
    return merkle.root_of_span(span)


def reader_of(tiles: Mapping[tuple[int, int], bytes]) -> Reader:
    """A ``Reader`` over tiles by level and index. ``MalformedTile`` for what none of them holds."""

    def read(nodes: Sequence[Node]) -> list[bytes]:
        found = []
        for node in nodes:
            tile = tile_of(node, 0)
            if (tile.level, tile.index) not in tiles:
                raise MalformedTile(f"The tile {tile.level}/{tile.index} is missing.")
            found.append(hash_of(node, tiles[tile.level, tile.index]))
        return found

    return read


# -------------------------------------------------------------------------------------------------------- growing


class Edge:
    """The right edge of a growing tree: for each tile level the hashes that fill no tile yet.

    All a sequencer keeps in memory: at most 255 hashes a level.
    """

    def __init__(self, size: int = 0, partials: Sequence[bytes] = ()) -> None:
        self.size = size
        self._partials = [bytearray(each) for each in partials]
        for level, partial in enumerate(self._partials):
            if len(partial) != ((size >> HEIGHT * level) % WIDTH) * HASH_LENGTH:
                raise MalformedTile(f"The edge at level {level} does not fit a tree of {size} leaves.")
        if size >> HEIGHT * len(self._partials):
            raise MalformedTile(f"The edge has too few levels for a tree of {size} leaves.")

    def extend(self, leaf_hashes: bytes) -> list[tuple[Tile, bytes, bytes]]:
        """Add leaves, their hashes one after another; returns the tiles that became full: tile, hashes, root."""
        full: list[tuple[Tile, bytes, bytes]] = []
        self._extend(0, leaf_hashes, full)
        self.size += len(leaf_hashes) // HASH_LENGTH
        return full

    def _extend(self, level: int, hashes: bytes, full: list[tuple[Tile, bytes, bytes]]) -> None:
        if level == len(self._partials):
            self._partials.append(bytearray())
        partial = self._partials[level]
        index = self.size >> HEIGHT * (level + 1)
        partial += hashes
        roots = bytearray()
        tile_length = WIDTH * HASH_LENGTH
        for begin in range(0, len(partial) // tile_length * tile_length, tile_length):
            content = bytes(partial[begin : begin + tile_length])
            root = merkle.root_of_span(content)
            full.append((Tile(level, index), content, root))
            roots += root
            index += 1
        if roots:
            del partial[: len(roots) * WIDTH]
            self._extend(level + 1, bytes(roots), full)

    def root(self) -> bytes:
        """The root of the whole tree."""
        nodes = []
        for partial in reversed(self._partials):
            begin, width = 0, len(partial) // HASH_LENGTH
            while begin < width:
                count = 1 << (width - begin).bit_length() - 1
                nodes.append(
                    merkle.root_of_span(bytes(partial[begin * HASH_LENGTH : (begin + count) * HASH_LENGTH]))
                )
                begin += count
        return merkle.fold(nodes)


# -------------------------------------------------------------------------------------------------------- bundles


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """Leaves as a bundle. ``ValueError`` for one longer than 65,535 bytes."""
    parts: list[bytes] = []
    for leaf in leaves:
        length = len(leaf)
        if length > LONGEST_LEAF:
            raise ValueError("a leaf has at most 65,535 bytes")
        parts += (length.to_bytes(_LENGTH, "big"), leaf)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The leaves in a bundle; ``MalformedTile`` for every byte too many or too few, and for more than 256."""
    leaves = []
    at = 0
    while at < len(data):
        begin = at + _LENGTH
        at = begin + int.from_bytes(data[at:begin], "big")
        if at > len(data) or begin > len(data):
            raise MalformedTile("A bundle ends inside a leaf.")
        leaves.append(data[begin:at])
    if len(leaves) > WIDTH:
        raise MalformedTile("A bundle holds at most 256 leaves.")
    return leaves
