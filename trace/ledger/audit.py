"""Auditing a log over HTTP: what it serves against what it signed, and what it signed against what is remembered.

The server is believed in nothing. What an auditor cannot see is what was cut off above the largest checkpoint it ever
saw: only somebody who had seen more can show that, and such checkpoints (a witness's) may be held against the log too.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from trace.ledger import crosscheck, merkle, tiles
from trace.ledger.audit_report import Fault, Report
from trace.ledger.audit_state import AuditState
from trace.ledger.crosscheck import check_openings
from trace.ledger.leaves import PUBLIC_FIELDS
from trace.ledger.log_client import (
    LARGEST_BUNDLE,
    LARGEST_CHECKPOINT,
    LARGEST_OPENINGS,
    LARGEST_TILE,
    LogClient,
    LogUnreachable,
)
from trace.ledger.merkle import HASH_LENGTH
from trace.ledger.notes import (
    Checkpoint,
    InvalidSignature,
    MalformedNote,
    Note,
    NotSigned,
    Verifier,
    open_checkpoint,
    open_note,
    parse_note,
)
from trace.ledger.tiles import WIDTH, Tile

# A cache or a second server may lag a moment behind the checkpoint seen before.
LAG_TRIES = 3
LAG_PAUSE_S = 1.0
# Four connections keep a server busy across a slow line; a bundle with its openings is about a megabyte in memory.
FETCHERS = 4
AHEAD = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint somebody else was shown; ``by`` names them."""

    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What the auditor demands. ``seen`` is fetched anew at each call, before the log's own checkpoint."""

    key: Verifier
    witnesses: tuple[Verifier, ...] = ()
    quorum: int = 0
    since_last: bool = False
    seen: Callable[[], list[Seen]] = list
    lag_pause_s: float = LAG_PAUSE_S


@dataclass(frozen=True, slots=True)
class Served:
    """What the log serves for up to 256 entries; None for what it does not."""

    tile: Tile
    entries: bytes | None
    hashes: bytes | None
    openings: bytes | None

    @property
    def first(self) -> int:
        return self.tile.index * WIDTH


def audit(
    client: LogClient,
    state: AuditState,
    policy: Policy,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Audit the log once and remember its checkpoint if it extends everything remembered.

    ``progress`` is called with entries done and to do. Raises ``LogUnreachable`` when the log cannot be read, which
    proves nothing, and ``StateUnusable``.
    """
    return _Audit(client, state, policy, progress).run()


class _Audit:
    def __init__(
        self, client: LogClient, state: AuditState, policy: Policy, progress: Callable[[int, int], None]
    ) -> None:
        self.client, self.state, self.policy, self.progress = client, state, policy, progress
        self.report = Report(known_size=state.size, known_checkpoints=len(state.checkpoints))

    def run(self) -> Report:
        report = self.report
        seen = self.policy.seen()
        found = self._fetch_checkpoint(max([self.state.size, *self._sizes(seen)]))
        if found is None:
            return report
        note, checkpoint = found
        report.origin, report.size = checkpoint.origin, checkpoint.size
        if any(known.origin != checkpoint.origin for known in self.state.checkpoints):
            report.add(Fault.NOT_SIGNED, detail=f"it is of another log, {checkpoint.origin[:80]}")
            return report
        if checkpoint.size < self.state.size:
            report.add(Fault.CUT, checkpoint.size, f"{self.state.size} entries were signed before")
        is_whole = self._walk(checkpoint.size)
        if is_whole or checkpoint.size <= self.state.size:
            self._judge_root(checkpoint, note)
        if report.is_accepted:
            self._compare_seen(checkpoint, seen)
            self._find_repeated(checkpoint.size)
        return report

    # ---------------------------------------------------------------------------------------------- the checkpoint

    def _fetch_checkpoint(self, expected_size: int) -> tuple[Note, Checkpoint] | None:
        """The checkpoint, rightly signed; asked for again where it is smaller than one seen before."""
        for left in range(LAG_TRIES, 0, -1):
            data = self.client.fetch("checkpoint", LARGEST_CHECKPOINT)
            if data is None:
                self.report.add(Fault.CHECKPOINT_MISSING)
                return None
            try:
                note = parse_note(data)
                checkpoint = open_checkpoint(note, [self.policy.key], self.policy.key.name)
            except (NotSigned, InvalidSignature) as error:
                self.report.add(Fault.NOT_SIGNED, detail=str(error))
                return None
            except MalformedNote as error:
                self.report.add(Fault.CHECKPOINT_MALFORMED, detail=str(error))
                return None
            if checkpoint.size >= expected_size or left == 1:
                break
            time.sleep(self.policy.lag_pause_s)
        self._count_witnesses(note)
        return note, Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)

    def _count_witnesses(self, note: Note) -> None:
        if not self.policy.witnesses:
            return
        try:
            verified = open_note(note, self.policy.witnesses).verified
        except NotSigned:
            verified = ()
        except InvalidSignature as error:
            self.report.add(Fault.WITNESSES_MISSING, detail=str(error))
            return
        names = {(one.name, one.key_id) for one in verified}
        signed = {
            key.public_key: key.name for key in self.policy.witnesses if (key.name, key.key_id) in names
        }
        self.report.cosigned_by = tuple(sorted(signed.values()))
        if len(signed) < self.policy.quorum:
            self.report.add(
                Fault.WITNESSES_MISSING, detail=f"{len(signed)} of the {self.policy.quorum} that are needed"
            )

    def _judge_root(self, checkpoint: Checkpoint, note: Note) -> None:
        """The root of the auditor's own tiles against the signed one; accept it, or keep it as evidence."""
        if merkle.tree_root(checkpoint.size, self.state.read) == checkpoint.root:
            if checkpoint.size >= self.state.size:
                self.state.accept(checkpoint, str(note))
                self._compare_upper_tiles(checkpoint.size)
            self.report.is_accepted = True
            return
        first = self._first_changed_hash(min(checkpoint.size, self.report.known_size))
        kept = self.state.keep_evidence(checkpoint, str(note))
        if first is not None and not self.report.counts[Fault.LEAF_CHANGED]:
            self.report.add(Fault.LEAF_CHANGED, first)
        self.report.add(Fault.ROOT_DIFFERENT, first, f"the signed checkpoint is kept in {kept}")

    def _first_changed_hash(self, size: int) -> int | None:
        """The first entry whose hash, by the log's own tiles, is another than before; None where none is."""
        for index in range(-(-size // WIDTH)):
            tile = Tile(0, index, tiles.width_at(0, index, size))
            served = self._fetch_tile(tile)
            if served is None:
                return tile.index * WIDTH
            at = _first_difference(served, self.state.tile(0, tile.index, tile.width))
            if at is not None:
                return tile.index * WIDTH + at
        return None

    # ------------------------------------------------------------------------------------------------- the entries

    def _walk(self, size: int) -> bool:
        """Look at the entries, all of them or the new ones; returns whether every new one could be read."""
        known = self.report.known_size
        first_tile = known // WIDTH if self.policy.since_last else 0
        is_whole = True
        for served in self._serve(first_tile, size):
            hashes = self._check_entries(served)
            if hashes is None:
                is_whole = is_whole and served.first + served.tile.width <= known
                continue
            if is_whole and served.first + served.tile.width > known:
                fresh = max(known - served.first, 0)
                self.state.write_leaves(served.first + fresh, hashes[fresh * HASH_LENGTH :])
            self._check_openings(served)
            self.progress(served.first + served.tile.width, size)
        return is_whole

    def _serve(self, first_tile: int, size: int) -> Iterator[Served]:
        """What the log serves, bundle after bundle, a few of them fetched ahead."""
        waiting: deque[Future[Served]] = deque()
        with ThreadPoolExecutor(FETCHERS) as pool:
            try:
                for index in range(first_tile, -(-size // WIDTH)):
                    waiting.append(pool.submit(self._fetch, Tile(0, index, tiles.width_at(0, index, size))))
                    if len(waiting) > AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _fetch(self, tile: Tile) -> Served:
        entries = self._fetch_either("tile/entries", tile, LARGEST_BUNDLE)
        openings = self._fetch_either("openings", tile, LARGEST_OPENINGS)
        return Served(tile, entries, self._fetch_tile(tile), openings)

    def _fetch_either(self, folder: str, tile: Tile, most: int) -> bytes | None:
        """The partial one, or the full one that took its place meanwhile (C2SP tlog-tiles, "Partial Tiles")."""
        found = self.client.fetch(f"{folder}/{tiles.index_path(tile.index, tile.width)}", most)
        if found is None and not tile.is_full:
            found = self.client.fetch(f"{folder}/{tiles.index_path(tile.index)}", most)
        return found

    def _fetch_tile(self, tile: Tile) -> bytes | None:
        found = self._fetch_either(f"tile/{tile.level}", tile, LARGEST_TILE)
        return None if found is None else found[: tile.width * HASH_LENGTH]

    def _check_entries(self, served: Served) -> bytes | None:
        """The leaf hashes of a bundle, held against the own tiles and the served one; None where it is unreadable."""
        first, width = served.first, served.tile.width
        if served.entries is None:
            self.report.add(Fault.NOT_SERVED, first)
            return None
        try:
            encoded = tiles.decode_bundle(served.entries)[:width]
        except tiles.MalformedTile:
            encoded = []
        if len(encoded) != width:
            self.report.add(crosscheck.Fault.BUNDLE_MALFORMED, first + len(encoded))
            return None
        hashes = b"".join([merkle.leaf_hash(leaf) for leaf in encoded])
        known = min(max(self.report.known_size - first, 0), width)
        mine = self.state.tile(0, served.tile.index, known)
        for at in range(0, known * HASH_LENGTH, HASH_LENGTH) if hashes[: len(mine)] != mine else ():
            if hashes[at : at + HASH_LENGTH] != mine[at : at + HASH_LENGTH]:
                self.report.add(Fault.LEAF_CHANGED, first + at // HASH_LENGTH)
        if served.hashes is None:
            self.report.add(Fault.NOT_SERVED, first, "its tile")
        elif served.hashes != hashes:
            self.report.add(Fault.TILE_DIFFERENT, first + (_first_difference(served.hashes, hashes) or 0))
        return hashes

    def _check_openings(self, served: Served) -> None:
        """Every leaf of a bundle against the fields the log shows for it."""
        if served.openings is None or served.entries is None:
            self.report.add(Fault.OPENINGS_NOT_SERVED, served.first)
            return
        first, width = served.first, served.tile.width
        try:
            stated = json.loads(served.openings)
            openings = stated["openings"]
        except (ValueError, KeyError, TypeError, RecursionError):
            openings = None
        if isinstance(openings, list):
            # A full bundle may have taken the place of the partial one.
            openings = [one for one in openings if (_index_of(one) or 0) < first + width]
        bundle = served.entries
        if not served.tile.is_full:
            bundle = tiles.encode_bundle(tiles.decode_bundle(bundle)[:width])
        for finding in check_openings(bundle, openings, first_index=first, origin=self.policy.key.name):
            self.report.add(finding.fault, finding.index, finding.field or "")
        self.report.cross_checked += width
        if isinstance(openings, list):
            self._remember_events(first, width, openings)

    def _remember_events(self, first: int, width: int, openings: list[Any]) -> None:
        event_ids: list[str | None] = [None] * width
        for opening in openings:
            index = _index_of(opening)
            if index is None or not first <= index < first + width:
                continue
            fields = _fields_of(opening)
            self.report.hidden_fields += len(PUBLIC_FIELDS) - len(fields)
            event_id = _value_of(fields, "event_id")
            if isinstance(event_id, str):
                # An error declaration carries the id of the event it declares wrong.
                is_declaration = _value_of(fields, "error_declaration") is not None
                event_ids[index - first] = f"{event_id} declared wrong" if is_declaration else event_id
        self.state.write_events(first, event_ids)

    # ------------------------------------------------------------------------------------------------ all together

    def _compare_upper_tiles(self, size: int) -> None:
        """The tiles above level 0: all of them, or the rightmost of each level."""
        for tile in tiles.tiles_of(size):
            if tile.level == 0 or (self.policy.since_last and tile.is_full):
                continue
            served = self._fetch_tile(tile)
            begin = tile.index * WIDTH << tiles.HEIGHT * tile.level
            if served is None:
                self.report.add(Fault.NOT_SERVED, begin, f"the tile {tile.path}")
            elif served != self.state.tile(tile.level, tile.index, tile.width):
                self.report.add(Fault.TILE_DIFFERENT, begin, f"the tile {tile.path}")

    def _find_repeated(self, size: int) -> None:
        for earlier, index in self.state.find_repeated_leaves(size):
            self.report.add(Fault.LEAF_TWICE, index, f"first at {earlier}")
        repeated = self.state.find_repeated_events(size)
        if repeated:
            earlier, index = repeated[0]
            self.report.remarks.append(
                f"{len(repeated)} event ids stand at several entries, first at {earlier} and {index}: an id that was "
                "captured belongs to whoever made it, and several organisations may record it"
            )

    def _sizes(self, seen: Sequence[Seen]) -> Iterator[int]:
        for one in seen:
            try:
                yield open_checkpoint(one.note, [self.policy.key], self.policy.key.name).size
            except (MalformedNote, NotSigned, InvalidSignature) as error:
                raise LogUnreachable(
                    f"What {one.by} shows is no checkpoint of this log ({error})."
                ) from error

    def _compare_seen(self, checkpoint: Checkpoint, seen: Sequence[Seen]) -> None:
        """Checkpoints the log signed for others against the tree it shows here."""
        for one in seen:
            other = open_checkpoint(one.note, [self.policy.key], self.policy.key.name)
            known = max(checkpoint.size, self.state.size)
            if other.size > known:
                self.report.add(
                    Fault.SEEN_LONGER, checkpoint.size, f"{one.by} was shown {other.size} entries"
                )
            elif merkle.tree_root(other.size, self.state.read) != other.root:
                self.report.add(Fault.SEEN_DIFFERENT, None, f"{one.by}, {other.size} entries")
            else:
                continue
            self.state.keep_evidence(Checkpoint(other.origin, other.size, other.root), one.note)


def _first_difference(one: bytes, other: bytes) -> int | None:
    """Which of the hashes differs first; where one side ends early, there."""
    if one == other:
        return None
    for at in range(0, max(len(one), len(other)), HASH_LENGTH):
        if one[at : at + HASH_LENGTH] != other[at : at + HASH_LENGTH]:
            return at // HASH_LENGTH
    return None


def _index_of(opening: Any) -> int | None:
    index = opening.get("index") if isinstance(opening, dict) else None
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def _fields_of(opening: Any) -> dict[str, Any]:
    fields = opening.get("fields")
    return fields if isinstance(fields, dict) else {}


def _value_of(fields: dict[str, Any], name: str) -> Any:
    opened = fields.get(name)
    return opened.get("value") if isinstance(opened, dict) else None
