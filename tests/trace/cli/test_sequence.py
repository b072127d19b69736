"""The sequencer as a process of its own: started, doubled, killed."""

import random
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from tests.databases import LOG_ORIGIN
from trace.cli import processes
from trace.cli.processes import Child
from trace.core.database import make_engine, new_session
from trace.core.ids import uuid7
from trace.ledger import keys, merkle, notes, queries
from trace.ledger.models import Leaf
from trace.ledger.queries import Published
from trace.ledger.services import make_leaf

WITHIN_S = 60
Start = Callable[..., Child]


@pytest.fixture
def start(fresh_database: str, tmp_path: Path) -> Iterator[Start]:
    """Start sequencers of one log."""
    with ExitStack() as stack:

        def begin(name: str = "first", *, is_own_database: bool = False, **settings: str) -> Child:
            environ = {
                "DATABASE_URL": fresh_database,
                "TRACE_SECRET_KEY": secrets.token_hex(32),
                "TRACE_STATE_FOLDER": str(tmp_path),
                **settings,
            }
            child = processes.start_sequencer(environ, tmp_path / name, is_own_database=is_own_database)
            stack.callback(child.stop)
            return child

        yield begin


def add_leaves(url: str, count: int) -> None:
    engine = make_engine(url)
    with new_session(engine) as session:
        session.execute(insert(Leaf), [make_leaf(session, uuid7(), set(), {})[0] for _ in range(count)])
        session.commit()
    engine.dispose()


def find_published(url: str) -> Published | None:
    engine = make_engine(url)
    with new_session(engine) as session:
        found = queries.find_checkpoint(session)
    engine.dispose()
    return found


def wait_for(url: str, size: int, child: Child) -> Published:
    give_up_at = time.monotonic() + WITHIN_S
    while time.monotonic() < give_up_at:
        found = find_published(url)
        if found is not None and found.tree_size >= size:
            return found
        time.sleep(0.05)
    pytest.fail(f"no checkpoint over {size}: {child.log_path.read_text(encoding='utf-8')}")


def test_leaves_are_published_signed_by_the_key_it_made(
    start: Start, fresh_database: str, tmp_path: Path
) -> None:
    child = start()
    wait_for(fresh_database, 0, child)
    add_leaves(fresh_database, 300)
    found = wait_for(fresh_database, 300, child)
    signer = keys.load_signer(tmp_path / "keys" / "log.key", LOG_ORIGIN)
    assert notes.open_checkpoint(found.note, [signer.verifier], LOG_ORIGIN).size == 300


def test_a_second_one_waits_and_takes_over_from_a_killed_one(start: Start, fresh_database: str) -> None:
    first = start()
    wait_for(fresh_database, 0, first)
    second = start("second")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    add_leaves(fresh_database, 3)
    wait_for(fresh_database, 3, second)


def test_it_stops_when_asked(start: Start, fresh_database: str) -> None:
    child = start()
    wait_for(fresh_database, 0, child)
    child.process.send_signal(signal.SIGTERM)
    assert child.process.wait(WITHIN_S) == 0


def test_an_older_copy_of_the_database_ends_it_with_one_sentence(
    start: Start, fresh_database: str, tmp_path: Path
) -> None:
    child = start()
    wait_for(fresh_database, 0, child)
    child.stop()
    signer = keys.load_signer(tmp_path / "keys" / "log.key", LOG_ORIGIN)
    newer = notes.sign_note(notes.Checkpoint(LOG_ORIGIN, 9, bytes(32)).text, signer)
    keys.LastCheckpoint.beside(tmp_path / "keys" / "log.key").keep(newer)
    again = start("again")
    assert again.process.wait(WITHIN_S) == 1
    assert "it is an older copy" in again.last_words()
    assert len(again.log_path.read_text(encoding="utf-8").splitlines()) == 1


def test_an_empty_database_of_the_checkout_is_a_new_log(
    start: Start, fresh_database: str, tmp_path: Path
) -> None:
    old = keys.make_signer(tmp_path / "keys" / "log.key", LOG_ORIGIN)
    kept = notes.sign_note(notes.Checkpoint(LOG_ORIGIN, 9, bytes(32)).text, old)
    keys.LastCheckpoint.beside(tmp_path / "keys" / "log.key").keep(kept)
    child = start(is_own_database=True)
    wait_for(fresh_database, 0, child)
    assert keys.load_signer(tmp_path / "keys" / "log.key", LOG_ORIGIN) != old
    assert len(list((tmp_path / "keys").glob("*.old"))) == 2


def test_a_log_that_published_gets_no_new_key(start: Start, fresh_database: str, tmp_path: Path) -> None:
    child = start()
    wait_for(fresh_database, 0, child)
    child.stop()
    (tmp_path / "keys" / "log.key").unlink()
    again = start("again")
    assert again.process.wait(WITHIN_S) == 1
    assert "put it back from its copy" in again.last_words()


def test_too_few_witnesses_keep_the_log_unpublished(start: Start, fresh_database: str) -> None:
    witness = notes.Signer.generate("w.example.vn", notes.COSIGNATURE).verifier.text
    child = start(TRACE_LOG_WITNESSES=f"{witness} http://127.0.0.1:9")
    give_up_at = time.monotonic() + WITHIN_S
    while "too-few-cosignatures" not in child.log_path.read_text(encoding="utf-8"):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    assert find_published(fresh_database) is None


def test_killed_at_any_moment_it_signs_one_history(start: Start, fresh_database: str) -> None:
    draw = random.Random(5)
    engine = make_engine(fresh_database)
    for number in range(6):
        child = start(f"round-{number}")
        wait_for(fresh_database, 0, child)
        for _ in range(4):
            add_leaves(fresh_database, draw.randrange(1, 400))
            time.sleep(draw.random() / 5)
        child.process.kill()
        child.process.wait()
    last = start("last")
    with new_session(engine) as session:
        rows = session.execute(text("select count(*), max(id) from leaves")).one()
        wait_for(fresh_database, rows[0], last)
        hashes = session.execute(
            text(
                "select log_index, leaf_hash from leaves l left join log_entries on leaf_id = l.id order by log_index"
            )
        ).all()
        assert [row.log_index for row in hashes] == list(range(rows[0]))
        tree = merkle.Tree([row.leaf_hash for row in hashes])
        for size, root in session.execute(text("select tree_size, root_hash from log_checkpoints")):
            assert root == tree.root(size)
    engine.dispose()
