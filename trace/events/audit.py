"""The log against the database it comes from, private fields included: every commitment computed anew from the rows.

For whoever runs the service; the public audit (``trace.ledger.audit``) needs no database and sees public fields only.
Nothing is written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.events.audit_filing import (
    Surroundings,
    are_goods_counted,
    are_goods_misfiled,
    misfiled_as,
    read_surroundings,
)
from trace.events.erasure import ERASABLE
from trace.events.leaf_values import leaf_values, lots_of
from trace.events.models import Event, EventGoods, EventPrivate
from trace.ledger import crosscheck, leaves, merkle, tiles
from trace.ledger.audit_report import Fault, Report
from trace.ledger.models import Leaf, LogCheckpoint, LogEntry, LogTile
from trace.ledger.notes import (
    Checkpoint,
    InvalidSignature,
    MalformedNote,
    NotSigned,
    Verifier,
    open_checkpoint,
)

ROWS = 1024
MOST_UNLOGGED = 100


@dataclass(frozen=True, slots=True)
class _Entry:
    index: int
    leaf: bytes | None
    leaf_hash: bytes | None
    event_id: UUID | None


def audit_database(
    session: Session,
    verifier: Verifier,
    last: Checkpoint | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Hold every entry, tile and checkpoint in the database against its events.

    ``last`` is the checkpoint kept beside the log's key: it shows what a database put back from an old copy lacks.
    """
    return _DatabaseAudit(session, verifier, last, progress).run()


class _DatabaseAudit:
    def __init__(
        self,
        session: Session,
        verifier: Verifier,
        last: Checkpoint | None,
        progress: Callable[[int, int], None],
    ) -> None:
        self.session, self.verifier, self.last, self.progress = session, verifier, last, progress
        self.report = Report(origin=verifier.name, is_accepted=True)
        self.edge = tiles.Edge()
        self.is_torn = False

    def run(self) -> Report:
        report = self.report
        signed = self._signed_roots()
        report.known_checkpoints = len(signed)
        report.known_size = max(signed, default=0)
        for entries in self._read_entries():
            self._check_entries(entries)
            if not self.is_torn:
                self._grow(entries, signed)
            report.size = entries[-1].index + 1
            self.progress(report.size, max(report.known_size, report.size))
        if report.size < report.known_size:
            report.add(Fault.CUT, report.size, f"{report.known_size} entries were signed")
        self._find_unlogged()
        report.is_accepted = report.is_clean
        return report

    # ----------------------------------------------------------------------------------------------------- the tree

    def _signed_roots(self) -> dict[int, bytes]:
        """The root signed for each size, by the database's own checkpoints and the one kept outside it."""
        signed: dict[int, bytes] = {}
        query = select(LogCheckpoint.note).order_by(LogCheckpoint.number).execution_options(yield_per=ROWS)
        for note in self.session.scalars(query):
            try:
                checkpoint = open_checkpoint(note, [self.verifier], self.verifier.name)
            except (MalformedNote, NotSigned, InvalidSignature) as error:
                self.report.add(Fault.NOT_SIGNED, detail=str(error))
                continue
            self._note_root(signed, checkpoint)
        if self.last is not None:
            self._note_root(signed, self.last)
        return signed

    def _note_root(self, signed: dict[int, bytes], checkpoint: Checkpoint) -> None:
        if signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            self.report.add(
                Fault.ROOT_DIFFERENT, detail=f"two roots were signed for {checkpoint.size} entries"
            )

    def _grow(self, entries: Sequence[_Entry], signed: Mapping[int, bytes]) -> None:
        """Add leaves to the tree, looking at every size that was signed and at every tile that becomes full."""
        begin = self.edge.size
        end = begin + len(entries)
        stops = sorted(size for size in signed if begin < size <= end)
        for stop in dict.fromkeys([*stops, end]):
            fresh = entries[self.edge.size - begin : stop - begin]
            # What is hashed is the leaf itself; the stored hash is only held against it.
            hashes = b"".join(merkle.leaf_hash(entry.leaf or b"") for entry in fresh)
            self._compare_tiles(self.edge.extend(hashes))
            if stop in signed and self.edge.root() != signed[stop]:
                self.report.add(Fault.ROOT_DIFFERENT, detail=f"at {stop} entries")

    def _compare_tiles(self, full: Sequence[tuple[tiles.Tile, bytes, bytes]]) -> None:
        for tile, hashes, root in full:
            stored = self.session.execute(
                select(LogTile.hashes, LogTile.root_hash).where(
                    LogTile.level == tile.level, LogTile.tile_index == tile.index
                )
            ).one_or_none()
            begin = tile.index * tiles.WIDTH << tiles.HEIGHT * tile.level
            if stored is None or bytes(stored.hashes) != hashes:
                at = _first_difference(bytes(stored.hashes), hashes) if stored else 0
                first = begin + (at << tiles.HEIGHT * tile.level)
                self.report.add(Fault.TILE_DIFFERENT, first, f"the tile {tile.path}")
            elif stored.root_hash != root:
                self.report.add(Fault.TILE_DIFFERENT, begin, f"the root of the tile {tile.path}")

    # -------------------------------------------------------------------------------------------------- the entries

    def _read_entries(self) -> Iterator[list[_Entry]]:
        """The entries from 0 on, a thousand at a time. Behind a gap the tree cannot be known; events still can."""
        expected = 0
        while True:
            rows = self.session.execute(
                select(LogEntry.log_index, Leaf.leaf, Leaf.leaf_hash, Leaf.event_id)
                .outerjoin(Leaf, Leaf.id == LogEntry.leaf_id)
                .where(LogEntry.log_index >= expected)
                .order_by(LogEntry.log_index)
                .limit(ROWS)
            ).all()
            if not rows:
                return
            for index, *_rest in rows:
                if index != expected:
                    self.report.add(Fault.LEAF_LOST, expected, f"the next one is {index}")
                    self.is_torn = True
                expected = index + 1
            yield [_Entry(*row) for row in rows]

    def _check_entries(self, entries: Sequence[_Entry]) -> None:
        event_ids = [entry.event_id for entry in entries if entry.event_id is not None]
        # Nothing of the last thousand is needed any more, and memory has an end.
        self.session.expunge_all()
        events = {
            event.id: event for event in self.session.scalars(select(Event).where(Event.id.in_(event_ids)))
        }
        privates = {
            private.event_id: private
            for private in self.session.scalars(
                select(EventPrivate).where(EventPrivate.event_id.in_(event_ids))
            )
        }
        goods: dict[UUID, list[EventGoods]] = {}
        for one in self.session.scalars(select(EventGoods).where(EventGoods.event_id.in_(event_ids))):
            goods.setdefault(one.event_id, []).append(one)
        named = [one for some in goods.values() for one in some]
        around = read_surroundings(self.session, events.values(), named)
        for entry in entries:
            if entry.leaf is None or entry.event_id is None:
                self.report.add(Fault.LEAF_LOST, entry.index)
                continue
            if entry.leaf_hash != merkle.leaf_hash(entry.leaf):
                self.report.add(Fault.LEAF_CHANGED, entry.index, "its stored hash is another")
            event, private = events.get(entry.event_id), privates.get(entry.event_id)
            if event is None or private is None:
                self.report.add(crosscheck.Fault.OPENING_MISSING, entry.index)
                continue
            self._check_event(entry.index, entry.leaf, event, private, goods.get(event.id, []), around)
            self.report.cross_checked += 1

    def _check_event(
        self,
        index: int,
        data: bytes,
        event: Event,
        private: EventPrivate,
        goods: Sequence[EventGoods],
        around: Surroundings,
    ) -> None:
        try:
            leaf = leaves.decode_leaf(data)
        except leaves.MalformedLeaf:
            self.report.add(crosscheck.Fault.LEAF_MALFORMED, index)
            return
        if leaf.origin != self.verifier.name:
            self.report.add(crosscheck.Fault.LEAF_OF_ANOTHER_LOG, index)
        try:
            salts = leaves.unpack_salts(private.salts)
        except ValueError:
            salts = {}
        values = leaf_values(event, private)
        if "lot_key" in salts:
            values["lots"] = leaves.lot_tags(lots_of(one.lot for one in goods), salts)
        for field in leaves.FIELDS:
            if field in salts:
                if not leaves.check_opening(leaf, field, values.get(field), salts[field]):
                    self.report.add(crosscheck.Fault.FIELD_DIFFERENT, index, field)
            elif field not in ERASABLE:
                self.report.add(crosscheck.Fault.FIELD_MISSING, index, field)
            else:
                self.report.hidden_fields += 1
                if values.get(field) is not None:
                    self.report.add(Fault.VALUE_UNCOVERED, index, field)
        if not are_goods_counted(event, goods, around) or are_goods_misfiled(goods, around):
            self.report.add(Fault.GOODS_DIFFERENT, index)
        column = misfiled_as(event, goods, around)
        if column is not None:
            self.report.add(Fault.FILED_DIFFERENTLY, index, column)

    def _find_unlogged(self) -> None:
        """Events nobody committed to."""
        query = select(Event.id).where(~select(Leaf.id).where(Leaf.event_id == Event.id).exists())
        for event_id in self.session.scalars(query.limit(MOST_UNLOGGED)):
            self.report.add(Fault.EVENT_UNLOGGED, detail=str(event_id))


def _first_difference(one: bytes, other: bytes) -> int:
    length = merkle.HASH_LENGTH
    return next(
        (
            at // length
            for at in range(0, len(other), length)
            if one[at : at + length] != other[at : at + length]
        ),
        0,
    )
