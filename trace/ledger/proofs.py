"""Proof files: C2SP tlog-proof, one leaf's place in the tree with the checkpoint that covers it.

Pure. What ``extra`` holds is the application's: ours is described in docs/log.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trace.ledger import merkle
from trace.ledger.notes import (
    Checkpoint,
    MalformedNote,
    Verifier,
    decode_base64,
    encode_base64,
    open_checkpoint,
    parse_number,
)

HEADER = "c2sp.org/tlog-proof@v1"
EXTRA = "extra "
INDEX = "index "
# As the Go reader: no line of 64 KiB.
LONGEST_LINE = 64 * 1024 - 1


class MalformedProof(MalformedNote):
    """The text is no proof file."""

    code = "malformed-proof"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file: ``hashes`` from the leaf's sibling up, ``checkpoint`` the signed note as published."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @staticmethod
    def parse(data: str | bytes) -> "Proof":
        """Read a proof file; ``MalformedProof`` for whatever the standard does not allow. Verifies nothing."""
        try:
            text = data.decode() if isinstance(data, bytes) else data
            head, separator, checkpoint = text.partition("\n\n")
            if not separator or not checkpoint:
                raise MalformedProof("a proof file ends in a checkpoint")
            return _parse(head.split("\n"), checkpoint)
        except MalformedProof:
            raise
        except (MalformedNote, UnicodeDecodeError) as cause:
            raise MalformedProof(f"not a proof file: {cause}") from cause

    @property
    def text(self) -> str:
        """The file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(EXTRA + encode_base64(self.extra))
        lines.append(f"{INDEX}{self.index}")
        lines += map(encode_base64, self.hashes)
        return "\n".join(lines) + "\n\n" + self.checkpoint

    def verify(self, leaf_hash: bytes, verifiers: Sequence[Verifier], origin: str) -> Checkpoint:
        """The checkpoint, once it is signed by the log and holds the leaf at ``index``.

        Cosignatures are the caller's policy: ``notes.open_note`` with the witnesses' keys. Raises ``MalformedNote``,
        ``NotSigned``, ``InvalidSignature`` or ``InvalidProof``.
        """
        checkpoint = open_checkpoint(self.checkpoint, verifiers, origin)
        merkle.verify_inclusion(leaf_hash, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def _parse(lines: list[str], checkpoint: str) -> Proof:
    if lines[0] != HEADER:
        raise MalformedProof("not a proof file of version 1")
    if any(len(line) > LONGEST_LINE for line in lines):
        raise MalformedProof("a line is too long")
    extra = None
    rest = lines[1:]
    if rest and rest[0].startswith(EXTRA):
        extra = decode_base64(rest.pop(0).removeprefix(EXTRA))
        if not extra:
            raise MalformedProof("extra data that is empty is left out")
    if not rest or not rest[0].startswith(INDEX):
        raise MalformedProof("a proof file names the index of its leaf")
    hashes = tuple(decode_base64(line) for line in rest[1:])
    if len(hashes) > merkle.LONGEST_PROOF or any(len(each) != merkle.HASH_LENGTH for each in hashes):
        raise MalformedProof("a proof is at most 63 hashes of 32 bytes")
    return Proof(parse_number(rest[0].removeprefix(INDEX)), hashes, checkpoint, extra)
