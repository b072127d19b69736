"""The Merkle tree of the log: hashes, proofs and what verifies them (RFC 6962 2.1, RFC 9162 2.1).

Pure: hashes in, hashes out; standard library only. Where hashes are kept is the caller's: proofs are made through a
``Reader``. How a tree is cut into tiles is in ``tiles``.

A ``Node`` is the subtree over ``2**level`` leaves from ``index << level`` on, all of them present. A function that
verifies returns nothing when all is well and raises ``InvalidProof`` otherwise: an answer that can be ignored by
mistake is none.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from trace.core.errors import BadInput

HASH_LENGTH = 32
# RFC 9162 2.1.1: what is hashed as a leaf can never pass for a node, nor the other way round.
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()
# Copied for each hash: OpenSSL takes longer to begin a SHA-256 than to hash a node.
_LEAF = sha256(LEAF_PREFIX)
_NODE = sha256(NODE_PREFIX)
# No tree has more leaves (C2SP tlog-tiles: 64 levels; sizes are kept as signed 64-bit numbers).
LARGEST_SIZE = 2**63 - 1
# A proof has at most one hash a level; C2SP tlog-witness allows 63.
LONGEST_PROOF = 63

Node = tuple[int, int]
# Hands over the hashes of complete nodes, in the order asked for.
Reader = Callable[[Sequence[Node]], Sequence[bytes]]


class InvalidProof(BadInput):
    """The proof does not show what it is said to show."""

    code = "invalid-proof"


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    hashed = _LEAF.copy()
    hashed.update(leaf)
    return hashed.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    hashed = _NODE.copy()
    hashed.update(left + right)
    return hashed.digest()


def _hash_pairs(hashes: bytes | bytearray) -> bytes:
    """The nodes over hashes written one after another, two by two."""
    copy = _NODE.copy
    nodes = []
    for at in range(0, len(hashes), 2 * HASH_LENGTH):
        node = copy()
        node.update(hashes[at : at + 2 * HASH_LENGTH])
        nodes.append(node.digest())
    return b"".join(nodes)


def root_of_span(hashes: bytes) -> bytes:
    """The root over hashes written one after another; their number must be a power of two."""
    while len(hashes) > HASH_LENGTH:
        hashes = _hash_pairs(hashes)
    return hashes


# ------------------------------------------------------------------------------------------------------ verifying


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root a tree of ``size`` leaves must have if ``proof`` is right for the leaf at ``index`` (RFC 9162 2.1.3.2).

    Raises ``InvalidProof`` when the proof has not the one shape that fits index and size; an empty tree has no leaf.
    """
    if not 0 <= index < size <= LARGEST_SIZE:
        raise InvalidProof(f"There is no leaf {index} in a tree of {size} leaves.")
    _check_hashes([leaf_hash, *proof])
    # Below, the path climbs inside the subtree both leaf and edge are in; above, only left siblings remain.
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border:
        raise InvalidProof(f"The proof has {len(proof)} hashes where there must be {inner + border}.")
    reached = leaf_hash
    for level, sibling in enumerate(proof):
        if level < inner and not index >> level & 1:
            reached = node_hash(reached, sibling)
        else:
            reached = node_hash(sibling, reached)
    return reached


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ``InvalidProof`` unless the leaf is at ``index`` of the tree of ``size`` leaves with this ``root``."""
    if not hmac.compare_digest(root_from_inclusion(leaf_hash, index, size, proof), root):
        raise InvalidProof(f"Leaf {index} is not in the tree of {size} leaves with this root.")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raise ``InvalidProof`` unless the tree of ``size2`` leaves begins with the one of ``size1`` (RFC 9162 2.1.4.2).

    Between equal sizes the proof is empty and the roots are equal; two empty trees have the empty root. From an empty
    tree to another nothing can be proved, and that is refused: a caller who has seen nothing has nothing to compare.
    """
    if not 0 <= size1 <= size2 <= LARGEST_SIZE:
        raise InvalidProof(f"A tree of {size2} leaves cannot begin with one of {size1}.")
    if size1 == size2:
        _verify_same(size1, proof, root1, root2)
        return
    if size1 == 0:
        raise InvalidProof("From an empty tree nothing can be proved.")
    _check_hashes([root1, root2, *proof])
    if size1 & (size1 - 1) == 0:
        # The old tree is one complete node: its root is where the proof starts, and is left out.
        proof = [root1, *proof]
    shift = (size1 & -size1).bit_length() - 1
    index = (size1 - 1) >> shift
    inner = (index ^ ((size2 - 1) >> shift)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != 1 + inner + border:
        raise InvalidProof(f"The proof has {len(proof)} hashes where there must be {1 + inner + border}.")
    old = new = proof[0]
    for level, sibling in enumerate(proof[1:]):
        if level < inner and not index >> level & 1:
            new = node_hash(new, sibling)
        else:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
    if not hmac.compare_digest(old, root1):
        raise InvalidProof(f"The proof does not lead to the known tree of {size1} leaves.")
    if not hmac.compare_digest(new, root2):
        raise InvalidProof(f"The tree of {size2} leaves does not begin with the known one of {size1}.")


def _verify_same(size: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    if proof:
        raise InvalidProof("Between trees of one size the proof is empty.")
    if root1 != root2 or (size == 0 and root1 != EMPTY_ROOT):
        raise InvalidProof(f"Two trees of {size} leaves have different roots.")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(each) != HASH_LENGTH for each in hashes):
        raise InvalidProof("A hash has 32 bytes.")


# --------------------------------------------------------------------------------------------------------- making


def nodes_of_range(begin: int, end: int) -> list[Node]:
    """The fewest complete nodes that cover leaves ``begin`` to ``end`` (exclusive), from left to right."""
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots are the inclusion proof, from the leaf's sibling up (RFC 9162 2.1.3.1)."""
    if not 0 <= index < size <= LARGEST_SIZE:
        raise InvalidProof(f"There is no leaf {index} in a tree of {size} leaves.")
    ranges = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(size1: int, size2: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots are the consistency proof (RFC 9162 2.1.4.1)."""
    if not 0 < size1 <= size2 <= LARGEST_SIZE:
        raise InvalidProof(f"There is no proof from a tree of {size1} leaves to one of {size2}.")
    ranges = []
    begin, end = 0, size2
    while size1 != end:
        middle = begin + _split(end - begin)
        if size1 <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:
        ranges.append((begin, end))
    return ranges[::-1]


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves, the leaf's sibling first."""
    return _roots_of(inclusion_ranges(index, size), read)


def consistency_proof(size1: int, size2: int, read: Reader) -> list[bytes]:
    """The proof that the tree of ``size2`` leaves begins with that of ``size1``; empty between equal sizes."""
    return _roots_of(consistency_ranges(size1, size2), read)


def tree_root(size: int, read: Reader) -> bytes:
    """The root of the first ``size`` leaves."""
    return _roots_of([(0, size)], read)[0] if size else EMPTY_ROOT


def _roots_of(ranges: Sequence[tuple[int, int]], read: Reader) -> list[bytes]:
    """The root of each range; everything is read at once, because one question is cheaper than ten."""
    nodes = [nodes_of_range(begin, end) for begin, end in ranges]
    hashes = iter(read([node for some in nodes for node in some]))
    return [fold([next(hashes) for _ in some]) for some in nodes]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete nodes of falling size, from left to right; ``EMPTY_ROOT`` over none."""
    if not hashes:
        return EMPTY_ROOT
    reached = hashes[-1]
    for left in reversed(hashes[:-1]):
        reached = node_hash(left, reached)
    return reached


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """A whole tree in memory, 64 bytes a leaf: every hash of every complete node, by level."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // HASH_LENGTH

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves, given by their hashes. Raises ``ValueError`` for anything that is not 32 bytes long."""
        added = list(leaf_hashes)
        if any(len(each) != HASH_LENGTH for each in added):
            raise ValueError("a leaf hash has 32 bytes")
        self.extend_packed(b"".join(added))

    def extend_packed(self, leaf_hashes: bytes) -> None:
        """Add leaves, given by their hashes one after another, and make the nodes whose two halves are there now."""
        if len(leaf_hashes) % HASH_LENGTH:
            raise ValueError("a leaf hash has 32 bytes")
        self._levels[0] += leaf_hashes
        below, level = self._levels[0], 1
        while len(below) >= 2 * HASH_LENGTH:
            if level == len(self._levels):
                self._levels.append(bytearray())
            nodes = self._levels[level]
            begin, end = 2 * len(nodes), len(below) // 64 * 64
            nodes += _hash_pairs(below[begin:end])
            below, level = nodes, level + 1

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """The hashes of complete nodes: a ``Reader``. Raises ``IndexError`` for a node that is not there."""
        found = [
            bytes(self._levels[level][HASH_LENGTH * index : HASH_LENGTH * (index + 1)])
            for level, index in nodes
        ]
        if not all(found):
            raise IndexError("no such node in this tree")
        return found

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves, or of all."""
        return tree_root(self.size if size is None else size, self.read)
