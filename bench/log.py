"""The log: how fast leaves get their places, proofs are made, a million leaves are audited and events cross-checked.

A PostgreSQL of its own, started by our own launcher and durable, is filled with a million leaves by COPY. Then:

* leaves_per_s: the real sequencer gives them places, with a signed checkpoint at least every second. Beside it the
  same rows copied by COPY into a table like ``log_entries`` with the same indexes, which has no tree to keep.
* proof_ms: proof files of random entries of the million, from the database, median.
* audit_s: the checkpoint and all entry bundles read over HTTP from the real web server, every leaf hashed, the tree
  built, its root held against the signed checkpoint, and its consistency with twenty earlier published checkpoints
  proved and verified. Beside it the tree and the proofs alone, from leaf hashes in memory.
* crosscheck_per_s: leaves held against the opened public fields of their events, from bundle and JSON as they are
  served, in one process.

Prints a table, then one JSON line. Run from the root: ``PYTHONPATH=. .venv/bin/python bench/log.py``; a number behind
it takes so many leaves instead of a million.
"""

import datetime
import json
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.cli import database, processes
from trace.core.addresses import libpq_url
from trace.core.database import make_engine, new_session
from trace.core.embedded import EmbeddedPostgres
from trace.ledger import crosscheck, keys, leaves, merkle, notes, queries, tiles
from trace.ledger.log_client import LARGEST_BUNDLE, LogClient
from trace.ledger.models import LogCheckpoint
from trace.ledger.notes import Checkpoint, Verifier
from trace.ledger.sequencing import BATCH, Sequencer, take_lock

LEAVES = 1_000_000
PROOFS = 300
EARLIER_CHECKPOINTS = 20
CROSSCHECKED_BUNDLES = 80
CHECKPOINT_EVERY_S = 0.5
CONNECTIONS = 8
PORT = 8499
ORIGIN = "localhost/nguon-goc"


def main() -> None:
    """Measure, print the table and the JSON line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LEAVES
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="nguon-goc-bench-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "database")
        try:
            with server.running() as url:
                figures = measure(url, folder, count, rows)
        finally:
            server.discard()
    figures["crosscheck_per_s"] = measure_crosscheck(rows)
    print(f"{'what':<62} {'figure':>14}")
    for what, figure in rows:
        print(f"{what:<62} {figure:>14}")
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def measure(url: str, folder: Path, count: int, rows: list[tuple[str, str]]) -> dict[str, float]:
    database.migrate(url)
    database.name_log(url, ORIGIN)
    began = time.perf_counter()
    fill(url, count)
    rows.append(
        (f"{count:,} leaves written by COPY, a second", f"{count / (time.perf_counter() - began):,.0f}")
    )
    signer = keys.make_signer(folder / "log.key", ORIGIN)
    engine = make_engine(url)
    with engine.connect() as connection:
        session = new_session(connection)
        sequencer = Sequencer(session, signer, keys.LastCheckpoint.beside(folder / "log.key"))
        take_lock(session)
        sequencer.load()
        leaves_per_s, checkpoints = sequence(sequencer)
        copied_per_s = copy_entries(url)
        proof_ms = measure_proofs(session, sequencer.size)
        sizes = published_sizes(session)
        session.close()
    engine.dispose()
    rows += [
        (f"leaves sequenced a second, {checkpoints} checkpoints", f"{leaves_per_s:,.0f}"),
        ("their places alone copied by COPY, a second", f"{copied_per_s:,.0f}"),
        ("proof of a random entry, median ms", f"{proof_ms:.2f}"),
    ]
    with serving(url, folder) as address:
        audit_s = audit(address, signer.verifier, sizes, rows)
    return {
        "leaves_per_s": leaves_per_s,
        "sequence_copy_ratio": leaves_per_s / copied_per_s,
        "proof_ms": proof_ms,
        "audit_s": audit_s,
    }


def fill(url: str, count: int) -> None:
    """Leaves of the real form and length; what they commit to is random."""
    now = datetime.datetime.now(datetime.UTC)
    head = bytes((leaves.VERSION, len(ORIGIN))) + ORIGIN.encode()
    with psycopg.connect(libpq_url(url)) as connection:
        statement = "copy leaves (event_id, leaf, leaf_hash, created_at) from stdin (format binary)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(["uuid", "bytea", "bytea", "timestamptz"])
            for _ in range(count):
                leaf = head + os.urandom(leaves.COMMITMENT_LENGTH * len(leaves.FIELDS))
                copy.write_row((uuid.uuid4(), leaf, leaves.leaf_hash(leaf), now))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze leaves")


def sequence(sequencer: Sequencer) -> tuple[float, int]:
    """Leaves a second, and how many checkpoints were published meanwhile."""
    began = time.perf_counter()
    publish_at, checkpoints = began, 0
    while True:
        placed = sequencer.place_leaves()
        if placed < BATCH or time.perf_counter() > publish_at:
            sequencer.publish()
            checkpoints += 1
            publish_at = time.perf_counter() + CHECKPOINT_EVERY_S
        if placed < BATCH:
            return sequencer.size / (time.perf_counter() - began), checkpoints


def copy_entries(url: str) -> float:
    """Rows a second of COPY into a table like ``log_entries``, indexes and all."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("create table copied_entries (like log_entries including all)")
        with connection.cursor().copy("copy log_entries to stdout (format binary)") as out:
            content = b"".join(bytes(part) for part in out)
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy("copy copied_entries from stdin (format binary)") as copy:
            copy.write(content)
        connection.commit()
        took = time.perf_counter() - began
        row = connection.execute("select count(*) from copied_entries").fetchone()
        connection.execute("drop table copied_entries")
    return (row[0] if row else 0) / took


def measure_proofs(session: Session, size: int) -> float:
    took = []
    for index in random.Random(3).choices(range(size), k=PROOFS):
        began = time.perf_counter()
        _ = queries.proof_for(session, index).text
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def published_sizes(session: Session) -> list[Checkpoint]:
    """Some earlier checkpoints, as an auditor remembers them."""
    found = session.scalars(select(LogCheckpoint).where(LogCheckpoint.tree_size > 0)).all()
    step = max(1, len(found) // EARLIER_CHECKPOINTS)
    return [Checkpoint.parse(notes.parse_note(each.note).text) for each in found[::step]]


@contextmanager
def serving(url: str, folder: Path) -> Iterator[str]:
    """The real web server on this database."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRACE_")},
        "DATABASE_URL": url,
        "TRACE_SECRET_KEY": secrets.token_hex(32),
        "TRACE_STATE_FOLDER": str(folder / "state"),
        "TRACE_LOG_LEVEL": "ERROR",
    }
    web = processes.start_web(environ, "127.0.0.1", PORT, folder)
    try:
        if not processes.wait_until_answering(f"http://127.0.0.1:{PORT}", web):
            sys.exit(f"The web server does not answer: {web.last_words()}")
        yield f"http://127.0.0.1:{PORT}"
    finally:
        web.stop()


def audit(address: str, verifier: Verifier, earlier: list[Checkpoint], rows: list[tuple[str, str]]) -> float:
    """Seconds to read, hash and verify the whole log over HTTP."""
    began = time.perf_counter()
    with LogClient(address) as client, ThreadPoolExecutor(CONNECTIONS) as pool:
        checkpoint = notes.open_checkpoint(client.fetch("checkpoint", 10_000) or b"", [verifier], ORIGIN)

        def read(tile: tiles.Tile) -> bytes:
            bundle = client.fetch(f"tile/{tile.entries_path}", LARGEST_BUNDLE) or b""
            return b"".join(map(merkle.leaf_hash, tiles.decode_bundle(bundle)))

        wanted = [tile for tile in tiles.tiles_of(checkpoint.size) if tile.level == 0]
        hashes = b"".join(pool.map(read, wanted))
    fetched = time.perf_counter()
    tree = merkle.Tree()
    tree.extend_packed(hashes)
    if tree.root() != checkpoint.root:
        raise SystemExit("the tree is not the signed one")
    for old in earlier:
        proof = merkle.consistency_proof(old.size, checkpoint.size, tree.read)
        merkle.verify_consistency(old.size, checkpoint.size, proof, old.root, checkpoint.root)
    done = time.perf_counter()
    rows += [
        (f"{checkpoint.size:,} leaves read over HTTP and hashed, s", f"{fetched - began:.2f}"),
        (f"their tree, and consistency with {len(earlier)} checkpoints, s", f"{done - fetched:.2f}"),
    ]
    return done - began


def measure_crosscheck(rows: list[tuple[str, str]]) -> float:
    """Leaves a second held against openings, one process."""
    bundles = []
    for first in range(0, CROSSCHECKED_BUNDLES * tiles.WIDTH, tiles.WIDTH):
        made = [opened_leaf(first + at) for at in range(tiles.WIDTH)]
        served = json.dumps({"openings": [opening for _, opening in made]}, ensure_ascii=False).encode()
        bundles.append((first, tiles.encode_bundle([leaf for leaf, _ in made]), served))
    began = time.perf_counter()
    for first, bundle, served in bundles:
        openings = json.loads(served)["openings"]
        if crosscheck.check_openings(bundle, openings, first_index=first, origin=ORIGIN):
            raise SystemExit("an honest log has findings")
    per_s = CROSSCHECKED_BUNDLES * tiles.WIDTH / (time.perf_counter() - began)
    rows.append(("leaves held against opened fields a second, one process", f"{per_s:,.0f}"))
    return per_s


def opened_leaf(number: int) -> tuple[bytes, dict[str, Any]]:
    """A leaf such as a handover has, with its public fields opened."""
    salts = leaves.new_salts()
    values = {
        "event_id": f"urn:uuid:{uuid.uuid4()}",
        "event_type": "ObjectEvent",
        "action": "OBSERVE",
        "biz_step": "shipping",
        "disposition": "in_transit",
        "verb": "ship",
        "event_date": "2025-11-01",
        "record_date": "2025-11-01",
        "commune": "09877",
        "organisation_kind": "producer",
        "counterpart_kind": "shop",
        "counterpart_commune": "00082",
        "marks": ["late-entry"],
        "lots": leaves.lot_tags({f"lot {number}"}, salts),
    }
    fields = {
        field: {"value": values.get(field), "salt": salts[field].hex()} for field in leaves.PUBLIC_FIELDS
    }
    return leaves.encode_leaf(ORIGIN, values, salts), {"index": number, "fields": fields}


if __name__ == "__main__":
    main()
