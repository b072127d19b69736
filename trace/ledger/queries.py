"""Reads of the log: tiles, bundles, checkpoints, where an event stands and the proof of it. Nothing is written here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import Engine, Select, select, text
from sqlalchemy.orm import Session

from trace.core.errors import NotFound
from trace.core.installation import find_fact
from trace.core.reading import Rows, fetch
from trace.ledger import merkle, tiles
from trace.ledger.merkle import HASH_LENGTH, Node, Reader
from trace.ledger.models import Leaf, LogCheckpoint, LogEntry
from trace.ledger.proofs import Proof
from trace.ledger.tiles import WIDTH, Tile

VERIFIER_KEY = "log_verifier_key"


class NotYetCovered(NotFound):
    """No published checkpoint covers this yet; within seconds one will, unless witnesses are silent."""

    code = "not-yet-covered"


@dataclass(frozen=True, slots=True)
class Published:
    """A published checkpoint: the signed note as handed out, and when it was published."""

    tree_size: int
    root_hash: bytes
    note: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands in the log; ``covered_at`` is when the first checkpoint that covers it was published."""

    event_id: UUID
    log_index: int
    covered_at: datetime | None


# ---------------------------------------------------------------------------------------------------- checkpoints


def find_checkpoint(session: Session) -> Published | None:
    """The latest published checkpoint."""
    return _published(session, select(LogCheckpoint).order_by(LogCheckpoint.number.desc()))


def published_size(session: Session) -> int:
    """How many leaves the latest published checkpoint covers; 0 without one. Asked for with every tile."""
    rows = _rows(session, "select tree_size from log_checkpoints order by number desc limit 1")
    return int(rows[0][0]) if rows else 0


def _published(session: Session, query: Select[LogCheckpoint]) -> Published | None:
    found = session.scalar(query.limit(1))
    return Published(found.tree_size, found.root_hash, found.note, found.published_at) if found else None


def find_verifier_key(session: Session) -> str | None:
    """The public key the log signs with now, as a verifier key."""
    return find_fact(session, VERIFIER_KEY)


def tree_size(session: Session) -> int:
    """How many leaves have a place in the log, published or not."""
    last = session.scalar(select(LogEntry.log_index).order_by(LogEntry.log_index.desc()).limit(1))
    return 0 if last is None else last + 1


# -------------------------------------------------------------------------------------------------------- events


def find_log_index(session: Session, event_id: UUID) -> int | None:
    """The place of an event's leaf in the log; None until it has one, or for no such event."""
    query = select(LogEntry.log_index).join(Leaf, Leaf.id == LogEntry.leaf_id)
    return session.scalar(query.where(Leaf.event_id == event_id))


def list_positions(session: Session, event_ids: Collection[UUID]) -> dict[UUID, Position]:
    """Where each of these events stands, by event; those without a place are left out. One question for all."""
    if not event_ids:
        return {}
    rows = session.execute(
        text(
            "select l.event_id, e.log_index, c.published_at from leaves l join log_entries e on e.leaf_id = l.id "
            "left join lateral (select published_at from log_checkpoints where tree_size > e.log_index "
            "order by tree_size, number limit 1) c on true where l.event_id = any(:ids)"
        ),
        {"ids": list(event_ids)},
    )
    return {event_id: Position(event_id, index, covered_at) for event_id, index, covered_at in rows}


def list_bundle_events(session: Session, index: int, width: int = WIDTH) -> list[UUID | None]:
    """The events of an entry bundle in order of their leaves; None where the database has lost the leaf."""
    query = (
        select(LogEntry.log_index, Leaf.event_id)
        .join(Leaf, Leaf.id == LogEntry.leaf_id)
        .where(LogEntry.log_index.between(index * WIDTH, index * WIDTH + width - 1))
    )
    found = {row.log_index: row.event_id for row in session.execute(query)}
    return [found.get(index * WIDTH + at) for at in range(width)]


# --------------------------------------------------------------------------------------------------------- tiles


def find_tile(session: Session, tile: Tile) -> bytes | None:
    """The hashes of a tile, cut to its width; None where the database has not all of them."""
    return _read_tiles(session, [tile]).get((tile.level, tile.index))


def find_bundle(session: Session, index: int, width: int = WIDTH) -> bytes | None:
    """An entry bundle; None for one that no published checkpoint covers.

    A leaf the database has lost stands there empty: its hash cannot be the published one, and whoever reads the log
    sees which one it is.
    """
    first, last = index * WIDTH, index * WIDTH + width - 1
    # One question for leaves and checkpoint, and nothing but leaves in the answer: of the time that a bundle takes,
    # questions and numbers are the larger part. The order of the places tells which is which while none is missing.
    rows = _rows(
        session,
        "select leaf from log_entries join leaves on id = leaf_id where log_index between %s and %s "
        "and (select tree_size from log_checkpoints order by number desc limit 1) > %s order by log_index",
        first,
        last,
        last,
    )
    if len(rows) == width:
        return tiles.encode_bundle([leaf for (leaf,) in rows])
    if published_size(session) <= last:
        return None
    found: dict[int, bytes] = dict(
        _rows(
            session,
            "select log_index, leaf from log_entries join leaves on id = leaf_id "
            "where log_index between %s and %s",
            first,
            last,
        )
    )
    return tiles.encode_bundle([found.get(place, b"") for place in range(first, last + 1)])


def tree_reader(session: Session, size: int) -> Reader:
    """A ``Reader`` over the stored tree; ``size`` leaves of it are looked at.

    It raises ``MalformedTile`` when the database has not the tiles it needs.
    """

    def read(nodes: Sequence[Node]) -> Sequence[bytes]:
        needed = sorted({tiles.tile_of(node, size) for node in nodes})
        return tiles.reader_of(_read_tiles(session, needed))(nodes)

    return read


def _read_tiles(session: Session, wanted: Sequence[Tile]) -> dict[tuple[int, int], bytes]:
    """The wanted tiles that are there, by level and index."""
    rows = _rows(
        session,
        "select level, tile_index, hashes from log_tiles "
        "where (level, tile_index) in (select * from unnest(%s::smallint[], %s::bigint[]))",
        [tile.level for tile in wanted],
        [tile.index for tile in wanted],
    )
    stored = {(level, index): hashes for level, index, hashes in rows}
    found = {}
    for tile in wanted:
        hashes = stored.get((tile.level, tile.index))
        if hashes is None and not tile.is_full:
            hashes = _assemble(session, tile)
        if hashes is not None and len(hashes) >= tile.width * HASH_LENGTH:
            found[tile.level, tile.index] = hashes[: tile.width * HASH_LENGTH]
    return found


def _assemble(session: Session, tile: Tile) -> bytes:
    """The hashes of a tile that is not full yet: leaf hashes, or roots of full tiles one level below."""
    begin, end = tile.index * WIDTH, tile.index * WIDTH + tile.width - 1
    if tile.level == 0:
        rows = _rows(
            session,
            "select leaf_hash from log_entries join leaves on id = leaf_id where log_index between %s and %s "
            "order by log_index",
            begin,
            end,
        )
    else:
        rows = _rows(
            session,
            "select root_hash from log_tiles where level = %s and tile_index between %s and %s order by tile_index",
            tile.level - 1,
            begin,
            end,
        )
    return b"".join(root for (root,) in rows)


def read_without_transaction(session: Session) -> None:
    """Let a session that has asked nothing yet ask each question by itself, which is all the reads of the log need.

    Beginning and ending a transaction are two more questions. A session that shares somebody's connection stays in
    his transaction.
    """
    if isinstance(session.get_bind(), Engine) and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def _rows(session: Session, statement: LiteralString, *values: Any) -> Rows:
    """Rows of hashes and leaves, which are bytes."""
    return fetch(session, statement, values, binary=True)


# -------------------------------------------------------------------------------------------------------- proofs


def proof_for(session: Session, log_index: int, extra: bytes | None = None) -> Proof:
    """The proof file of one leaf under the latest published checkpoint; ``extra`` as docs/log.md says.

    Raises ``NotYetCovered`` when no published checkpoint covers the leaf, ``MalformedTile`` when the database has lost
    tiles.
    """
    published = find_checkpoint(session)
    if published is None or published.tree_size <= log_index:
        raise NotYetCovered(f"No published checkpoint covers entry {log_index} yet.")
    read = tree_reader(session, published.tree_size)
    hashes = merkle.inclusion_proof(log_index, published.tree_size, read)
    return Proof(log_index, tuple(hashes), published.note, extra)
