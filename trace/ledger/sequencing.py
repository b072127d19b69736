"""The sequencer: it alone gives leaves their places in the log, and signs and publishes checkpoints.

One step after the other: places and full tiles are committed, then the tree is signed, then the signed checkpoint is
kept in a file outside the database, then witnesses see it, then it is published. Whatever the process dies between, no
two checkpoints of one log ever contradict each other. The loop around it is in ``trace.cli.sequence``.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.installation import set_fact
from trace.ledger import merkle, queries
from trace.ledger.keys import LastCheckpoint, LogRefused
from trace.ledger.merkle import InvalidProof
from trace.ledger.models import LogCheckpoint, LogTile
from trace.ledger.notes import Checkpoint, Note, Signature, Signer, parse_note, sign_note
from trace.ledger.tiles import HEIGHT, WIDTH, Edge, MalformedTile, Tile

# Held by the session of the one sequencer; migrations hold 4_803_265_001.
SEQUENCER_LOCK = 4_803_265_002
BATCH = 5_000
# Every leaf without a place is looked for from the beginning at the start and this often: should a writer ever take
# its ids before it locks the table, its leaves wait that long and no longer.
SWEEP_EVERY_S = 3600.0
SWEEP_STEP = 20_000

# Asks witnesses: the signed note, the size of the published tree and a way to prove consistency go in, good
# cosignatures come out; None when there are too few to publish.
Cosign = Callable[[Note, Checkpoint, merkle.Reader], Sequence[Signature] | None]

_PLACE = text(
    r"""
    with seen as materialized (
        select id, leaf_hash from leaves where id > :after and id <= :until order by id limit :most
    ), waiting as materialized (
        -- A subquery, not a join: no plan may ever read all of log_entries for a handful of new leaves.
        select id, leaf_hash from seen
        where (select e.log_index from log_entries e where e.leaf_id = seen.id) is null
    ), placed as (
        insert into log_entries (log_index, leaf_id)
        select :size - 1 + row_number() over (order by id), id from waiting
    )
    select (select max(id) from seen), (select count(*) from seen),
           (select string_agg(leaf_hash, ''::bytea order by id) from waiting)
    """
)
# Who writes leaves now: the lock is taken before an id is, and is let go after the commit is visible.
_WRITERS = text(
    "select virtualtransaction from pg_locks where locktype = 'relation' and relation = 'leaves'::regclass "
    "and database = (select oid from pg_database where datname = current_database()) "
    "and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
)
_LAST_ID = 2**63 - 1


@dataclass
class _Horizon:
    """Up to ``leaf_id`` every leaf there will ever be is visible once none of ``writers`` is at work any more."""

    leaf_id: int
    writers: frozenset[str]


def take_lock(session: Session) -> bool:
    """Become the one sequencer, until the session's connection ends; False while another is."""
    taken = session.scalar(text("select pg_try_advisory_lock(:key)"), {"key": SEQUENCER_LOCK})
    session.commit()
    return bool(taken)


class Sequencer:
    """Places leaves and signs checkpoints on one session, whose connection holds the lock (``take_lock``)."""

    def __init__(
        self,
        session: Session,
        signer: Signer,
        last: LastCheckpoint,
        cosign: Cosign | None = None,
        cosigners: frozenset[str] = frozenset(),
    ) -> None:
        """``cosigners`` are the key names ``cosign`` asks: a published checkpoint without them is signed anew."""
        self._session = session
        self._signer = signer
        self._last = last
        self._cosign = cosign
        self._cosigners = cosigners
        self._edge = Edge()
        # Up to here every leaf has its place; what is beyond is looked at each time, because ids commit late.
        self._floor = 0
        self._horizon: _Horizon | None = None
        # Where the pass over what is beyond goes on; None between passes.
        self._after: int | None = None
        self._swept: int | None = 0
        self._sweep_at = 0.0
        self._published = Checkpoint(signer.name, 0, merkle.EMPTY_ROOT)
        self._is_current = False
        self._kept_size = 0

    @property
    def size(self) -> int:
        """How many leaves have their place."""
        return self._edge.size

    # ------------------------------------------------------------------------------------------------- the start

    def load(self) -> None:
        """Read the tree's right edge, and hold it against what was signed.

        Raises ``LogRefused`` when the database has less than was signed, or something else.
        """
        size = queries.tree_size(self._session)
        self._edge = self._load_edge(size)
        self._floor = self._session.scalar(text("select max(leaf_id) from log_entries")) or 0
        self._horizon, self._after, self._swept = None, None, 0
        published = queries.find_checkpoint(self._session)
        kept = self._last.find(self._signer.verifier, self._signer.name)
        if kept is None and published is not None:
            raise LogRefused(
                f"The log's last checkpoint is not at {self._last.path}, and without it nobody can tell whether this "
                "database is an old copy: put the file back, or put there the newest checkpoint a witness or an "
                "auditor has."
            )
        if kept is not None:
            self._check(kept.size, kept.root, f"the last checkpoint signed ({self._last.path})")
            self._kept_size = kept.size
        if published is not None:
            self._check(published.tree_size, published.root_hash, "the last checkpoint published")
            self._published = Checkpoint(self._signer.name, published.tree_size, published.root_hash)
            self._is_current = self._is_signed_as_configured(published.note)
        set_fact(self._session, queries.VERIFIER_KEY, self._signer.verifier.text)
        self._session.commit()

    def _load_edge(self, size: int) -> Edge:
        partials = []
        level = 0
        while size >> HEIGHT * level:
            index, width = divmod(size >> HEIGHT * level, WIDTH)
            hashes = queries.find_tile(self._session, Tile(level, index, width)) if width else b""
            if hashes is None:
                raise LogRefused(
                    f"The database has lost part of the log (tile {level}/{index}): restore it from its newest copy."
                )
            partials.append(hashes)
            level += 1
        try:
            return Edge(size, partials)
        except MalformedTile as cause:
            raise LogRefused(
                f"The tables of the log do not fit together ({cause}): restore the database from its newest copy."
            ) from cause

    def _check(self, size: int, root: bytes, what: str) -> None:
        """Refuse a database whose tree does not begin with the one that was signed."""
        if self.size < size:
            raise LogRefused(
                f"The database holds {self.size} entries of the log and {what} counts {size}: it is an older copy, "
                "and nothing is signed until the newest one is restored."
            )
        try:
            found = merkle.tree_root(size, queries.tree_reader(self._session, self.size))
        except MalformedTile:
            found = b""
        if found != root:
            raise LogRefused(
                f"The first {size} entries of the log in this database are not those of {what}: history was changed, "
                "and nothing is signed until the right database is restored."
            )

    def _is_signed_as_configured(self, note: str) -> bool:
        """Whether a published note carries this key and all cosigners asked now; otherwise it is published anew."""
        names = {signature.name for signature in parse_note(note).signatures}
        verifier = self._signer.verifier
        by_us = any(verifier.made(signature) for signature in parse_note(note).signatures)
        return by_us and self._cosigners <= names

    # --------------------------------------------------------------------------------------------------- leaves

    def place_leaves(self, most: int = BATCH) -> int:
        """Give places to leaves that have none, about ``most`` of them; returns how many. Committed when it returns.

        After an error this sequencer is of no use any more: memory may be ahead of the database.
        """
        placed = self._sweep() if self._swept is not None else 0
        if self._after is None:
            self._look_around()
            self._after = self._floor
        while True:
            self._after, seen, new = self._place(self._after, _LAST_ID, most)
            placed += new
            if seen < most:
                self._end_pass()
                return placed
            if placed >= most:
                # More is waiting; the checkpoint must not wait for all of it.
                return placed

    def _look_around(self) -> None:
        """Before a pass over all leaves beyond the floor: what will be complete once it is done?"""
        if self._horizon is None:
            # The ids first, the writers after: an id up to here belongs to one of them, or is visible already.
            last = self._session.scalar(text("select max(id) from leaves")) or 0
            self._horizon = _Horizon(last, frozenset(self._session.scalars(_WRITERS)))
        elif self._horizon.writers:
            self._horizon.writers &= frozenset(self._session.scalars(_WRITERS))
        self._session.commit()

    def _end_pass(self) -> None:
        self._after = None
        if self._horizon is not None and not self._horizon.writers:
            self._floor = max(self._floor, self._horizon.leaf_id)
            self._horizon = None
        if self._swept is None and time.monotonic() > self._sweep_at:
            self._swept = 0

    def _sweep(self) -> int:
        """One step of the look from the very beginning, up to the floor."""
        seen_to, seen, new = self._place(self._swept or 0, self._floor, SWEEP_STEP)
        self._swept = seen_to if seen == SWEEP_STEP else None
        self._sweep_at = time.monotonic() + SWEEP_EVERY_S
        return new

    def _place(self, after: int, until: int, most: int) -> tuple[int, int, int]:
        """Look at the next leaves after an id: the last id seen, how many were seen, how many got a place."""
        row = self._session.execute(
            _PLACE, {"after": after, "until": until, "most": most, "size": self.size}
        ).one()
        seen_to, seen, hashes = row
        before = self.size
        full = self._edge.extend(hashes or b"")
        if full:
            rows = [
                {"level": tile.level, "tile_index": tile.index, "hashes": content, "root_hash": root}
                for tile, content, root in full
            ]
            self._session.execute(insert(LogTile), rows)
        self._session.commit()
        return seen_to or after, seen, self.size - before

    # ---------------------------------------------------------------------------------------------- checkpoints

    def has_news(self) -> bool:
        """Whether the published checkpoint is not the newest there could be."""
        return self.size > self._published.size or not self._is_current

    def publish(self) -> bool:
        """Sign the tree as it is and publish the checkpoint; False when witnesses did not agree, and then the last one
        stays.

        Raises ``LogRefused`` when the file beside the key cannot be written, or knows a larger tree.
        """
        checkpoint = Checkpoint(self._signer.name, self.size, self._edge.root())
        if checkpoint.size < self._kept_size:
            raise LogRefused(
                f"The log signed {self._kept_size} entries before and would now sign {checkpoint.size}: restore the "
                "newest copy of the database."
            )
        note = parse_note(sign_note(checkpoint.text, self._signer))
        self._last.keep(str(note))
        self._kept_size = checkpoint.size
        if self._cosign is not None:
            reader = queries.tree_reader(self._session, checkpoint.size)
            self._prove_to_ourselves(checkpoint, reader)
            cosignatures = self._cosign(note, self._published, reader)
            self._session.commit()
            if cosignatures is None:
                return False
            note = note.with_signatures(cosignatures)
        self._session.add(
            LogCheckpoint(
                tree_size=checkpoint.size,
                root_hash=checkpoint.root,
                note=str(note),
                published_at=clock.now(),
            )
        )
        self._session.commit()
        self._published, self._is_current = checkpoint, True
        return True

    def _prove_to_ourselves(self, checkpoint: Checkpoint, reader: merkle.Reader) -> None:
        """The stored tree must lead from the published checkpoint to this one, before anybody else finds out."""
        old = self._published
        if not 0 < old.size < checkpoint.size:
            return
        try:
            proof = merkle.consistency_proof(old.size, checkpoint.size, reader)
            merkle.verify_consistency(old.size, checkpoint.size, proof, old.root, checkpoint.root)
        except (InvalidProof, MalformedTile) as cause:
            raise LogRefused(
                f"The stored tree does not lead from {old.size} to {checkpoint.size} entries ({cause}): restore the "
                "newest copy of the database."
            ) from cause
