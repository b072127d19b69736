"""What an auditor keeps for itself: the pinned key, every checkpoint it accepted, its own tiles, its evidence.

A folder of plain files. ``tiles.<L>`` is the tiles of level L one after another (C2SP tlog-tiles), so that any root of
the past can be computed again; ``events`` is eight bytes a leaf that tell one event id from another. What stands in
them beyond the last accepted checkpoint is scratch. Nothing here is fetched or judged.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

from trace.core.local_state import (
    AlreadyRunning,
    StateUnusable,
    cannot_write,
    hold,
    open_state,
    write_private,
)
from trace.ledger import merkle, tiles
from trace.ledger.merkle import HASH_LENGTH, Node
from trace.ledger.notes import Checkpoint, MalformedNote, Verifier, parse_note

KEY = "key"
CHECKPOINTS = "checkpoints"
EVIDENCE = "evidence"
EVENT_LENGTH = 8
# A tree of 2**63 leaves has eight levels of tiles.
LEVELS = 8


class AuditState:
    """The folder of one auditor of one log; a context manager, because one process owns it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoints: list[Checkpoint] = []
        self._stack = ExitStack()
        self._files: list[BinaryIO] = []

    def __enter__(self) -> Self:
        """Raises ``StateUnusable`` with one sentence when the folder is in use, damaged or not writable."""
        try:
            self._stack.enter_context(hold(self.folder))
        except AlreadyRunning as error:
            raise StateUnusable(
                f"Another audit uses {self.folder}: wait for it, or use another folder."
            ) from error
        try:
            for name in [*(f"tiles.{level}" for level in range(LEVELS)), "events"]:
                descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
                self._files.append(self._stack.enter_context(os.fdopen(descriptor, "r+b")))
            self.checkpoints = sorted(self._read_checkpoints(), key=lambda known: known.size)
            for known in self.checkpoints:
                if merkle.tree_root(known.size, self.read) != known.root:
                    raise StateUnusable(self._damaged("tiles.*"))
        except BaseException as error:  # Ctrl+C too lets go of the folder and its files; all are raised again
            self._stack.close()
            if isinstance(error, OSError):
                raise StateUnusable(cannot_write(self.folder, error)) from error
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    # ------------------------------------------------------------------------------------------------- the log's key

    def find_key(self) -> Verifier | None:
        """The key pinned at first use, None before."""
        path = self.folder / KEY
        try:
            return Verifier.from_text(path.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, MalformedNote) as error:
            raise StateUnusable(self._damaged(KEY)) from error

    def pin_key(self, key: Verifier) -> None:
        """Remember the log's key for good."""
        write_private(self.folder / KEY, f"{key.text}\n")

    # ------------------------------------------------------------------------------------------------ what was seen

    @property
    def latest(self) -> Checkpoint | None:
        """The largest checkpoint accepted so far."""
        return self.checkpoints[-1] if self.checkpoints else None

    @property
    def size(self) -> int:
        """How many leaves are known for certain."""
        return self.latest.size if self.latest else 0

    def accept(self, checkpoint: Checkpoint, note: str) -> None:
        """Remember a checkpoint whose tree the tiles hold; it is on the disk when this returns."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        folder = open_state(self.folder / CHECKPOINTS)
        write_private(folder / _name_of(checkpoint), note)
        if checkpoint not in self.checkpoints:
            self.checkpoints.append(checkpoint)

    def keep_evidence(self, checkpoint: Checkpoint, note: str) -> Path:
        """Keep a signed checkpoint that contradicts what is known: the log cannot deny having signed it."""
        path = open_state(self.folder / EVIDENCE) / _name_of(checkpoint)
        write_private(path, note)
        return path

    def _read_checkpoints(self) -> Iterator[Checkpoint]:
        for path in (self.folder / CHECKPOINTS).glob("*.note"):
            try:
                checkpoint = Checkpoint.parse(parse_note(path.read_bytes()).text)
            except MalformedNote as error:
                raise StateUnusable(self._damaged(f"{CHECKPOINTS}/{path.name}")) from error
            yield Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)

    def _damaged(self, name: str) -> str:
        return (
            f"The file {self.folder / name} is not what the auditor wrote: put the folder back from a copy. "
            "An audit with an empty folder knows nothing of the past."
        )

    # ---------------------------------------------------------------------------------------------------- the tiles

    def write_leaves(self, first: int, hashes: bytes) -> None:
        """Put leaf hashes from index ``first`` on, and the hashes of the tiles that became full, level by level."""
        begin, added = first, hashes
        for level in range(LEVELS):
            file = self._files[level]
            file.seek(begin * HASH_LENGTH)
            file.write(added)
            end = begin + len(added) // HASH_LENGTH
            first_full, last_full = begin // tiles.WIDTH, end // tiles.WIDTH
            if first_full == last_full:
                return
            roots = [
                merkle.root_of_span(self.tile(level, index, tiles.WIDTH))
                for index in range(first_full, last_full)
            ]
            begin, added = first_full, b"".join(roots)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The hashes of one tile, fewer bytes where they were never written."""
        file = self._files[level]
        file.seek(index * tiles.WIDTH * HASH_LENGTH)
        return file.read(width * HASH_LENGTH)

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        """The hashes of complete nodes: a ``merkle.Reader``. ``StateUnusable`` for what was never written."""
        found = []
        for node in nodes:
            tile = tiles.tile_of(node, 0)
            try:
                found.append(tiles.hash_of(node, self.tile(tile.level, tile.index, tiles.WIDTH)))
            except tiles.MalformedTile as error:
                raise StateUnusable(self._damaged(f"tiles.{tile.level}")) from error
        return found

    # ----------------------------------------------------------------------------------------------- who stands twice

    def write_events(self, first: int, event_ids: Sequence[str | None]) -> None:
        """Remember which event each leaf from ``first`` on is about; None where that is not shown."""
        file = self._files[LEVELS]
        file.seek(first * EVENT_LENGTH)
        file.write(b"".join(_digest_of(event_id) for event_id in event_ids))

    def find_repeated_leaves(self, size: int) -> list[tuple[int, int]]:
        """Pairs of indexes, the earlier first, of leaves that are the same: salts make each one its own."""
        return _find_repeated(self._files[0], HASH_LENGTH, size)

    def find_repeated_events(self, size: int) -> list[tuple[int, int]]:
        """Pairs of indexes, the earlier first, of leaves about one event id."""
        return _find_repeated(self._files[LEVELS], EVENT_LENGTH, size)


# Memory for about so many records at a time, however large the log is.
RECORDS_A_PASS = 500_000
RECORDS_A_READ = 8192
MOST_REPEATED = 100


def _digest_of(event_id: str | None) -> bytes:
    if event_id is None:
        return bytes(EVENT_LENGTH)
    return sha256(event_id.encode(errors="replace")).digest()[:EVENT_LENGTH]


def _find_repeated(file: BinaryIO, length: int, count: int) -> list[tuple[int, int]]:
    """Pairs of indexes of equal records, at most ``MOST_REPEATED``; several passes over the file, by first byte."""
    passes = min(256, count // RECORDS_A_PASS + 1)
    repeated: list[tuple[int, int]] = []
    for one in range(passes):
        first_seen: dict[bytes, int] = {}
        file.seek(0)
        for begin in range(0, count, RECORDS_A_READ):
            block = file.read(min(RECORDS_A_READ, count - begin) * length)
            for at in range(0, len(block), length):
                if passes > 1 and block[at] % passes != one:
                    continue
                record = block[at : at + 8]
                index = begin + at // length
                earlier = first_seen.setdefault(record, index)
                if earlier != index and any(record):
                    repeated.append((earlier, index))
                    if len(repeated) >= MOST_REPEATED:
                        return repeated
    return repeated


def _name_of(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size:020}-{checkpoint.root.hex()[:16]}.note"
