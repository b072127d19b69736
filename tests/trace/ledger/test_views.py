import secrets
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests.trace.ledger.conftest import Log
from tests.trace.ledger.test_sequencing import as_owner
from trace import create_app
from trace.core.config import Settings
from trace.ledger import merkle, notes, queries, tiles
from trace.ledger.models import LogCheckpoint
from trace.ledger.proofs import Proof


@pytest.fixture
def client(log: Log, fresh_database: str, tmp_path: Path) -> FlaskClient:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": fresh_database,
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(tmp_path),
        }
    )
    return create_app(settings, bind=log.engine).test_client()


def test_the_checkpoint_is_a_signed_note_in_plain_text(log: Log, client: FlaskClient) -> None:
    log.publish(3)
    answer = client.get("/log/checkpoint")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert notes.open_checkpoint(answer.data, [log.signer.verifier], log.signer.name).size == 3


def test_before_the_first_checkpoint_there_is_none(client: FlaskClient) -> None:
    answer = client.get("/log/checkpoint")
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")


def test_the_key_verifies_the_checkpoint(log: Log, client: FlaskClient) -> None:
    log.publish(3)
    verifier = notes.Verifier.from_text(client.get("/log/key").text.strip())
    assert notes.open_checkpoint(client.get("/log/checkpoint").data, [verifier], verifier.name).size == 3


def test_everything_published_is_read_back_by_the_standards_addresses(log: Log, client: FlaskClient) -> None:
    log.publish(770)
    checkpoint = notes.Checkpoint.parse(notes.parse_note(client.get("/log/checkpoint").data).text)
    content, leaf_hashes = {}, []
    for tile in tiles.tiles_of(checkpoint.size):
        answer = client.get(f"/log/tile/{tile.path}")
        assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
        content[tile.level, tile.index] = answer.data
        if tile.level == 0:
            bundle = client.get(f"/log/tile/{tile.entries_path}")
            assert bundle.content_type == "application/octet-stream"
            leaf_hashes += [merkle.leaf_hash(leaf) for leaf in tiles.decode_bundle(bundle.data)]
    read = tiles.reader_of(content)
    assert merkle.tree_root(checkpoint.size, read) == checkpoint.root
    assert merkle.Tree(leaf_hashes).root() == checkpoint.root


def test_the_tiles_of_every_published_size_stay(log: Log, client: FlaskClient) -> None:
    for size in (3, 250, 256, 300):
        log.publish(size - queries.tree_size(log.session()))
    for size in (3, 250, 256):
        (tile, *_) = tiles.tiles_of(size)
        assert len(client.get(f"/log/tile/{tile.path}").data) == 32 * tile.width
        assert len(tiles.decode_bundle(client.get(f"/log/tile/{tile.entries_path}").data)) == tile.width


@pytest.mark.parametrize("path", ["0/000", "0/000.p/4", "1/000.p/1", "0/001.p/1", "63/000.p/1", "entries/000",
                                  "entries/000.p/4", "entries/001.p/1", "0/x999/x999/x999/x999/x999/x999/999"])  # fmt: skip
def test_what_no_checkpoint_covers_is_not_there(log: Log, client: FlaskClient, path: str) -> None:
    log.publish(3)
    log.add_leaves(600)
    while log.sequencer().place_leaves():
        pass
    answer = client.get(f"/log/tile/{path}")
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")


@pytest.mark.parametrize("path", ["64/000", "00/000", "0/0", "0/000.p/0", "0/000.p/256", "0/000.p/03", "0/x000/000",
                                  "entries/0", "entries/000.p/", "a/b", "0/000/"])  # fmt: skip
def test_an_address_in_another_spelling_is_not_there(log: Log, client: FlaskClient, path: str) -> None:
    log.publish(3)
    assert client.get(f"/log/tile/{path}").status_code == 404


def test_full_tiles_are_kept_by_caches_and_others_shortly(log: Log, client: FlaskClient) -> None:
    log.publish(257)
    assert "immutable" in client.get("/log/tile/0/000").headers["Cache-Control"]
    assert "immutable" in client.get("/log/tile/entries/000").headers["Cache-Control"]
    assert client.get("/log/tile/0/001.p/1").headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/log/checkpoint").headers["Cache-Control"] == "public, max-age=1"
    assert client.get("/log/tile/0/002").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["checkpoint", "key", "tile/0/000.p/3", "tile/entries/000.p/3", "tile/0/000"]
)
def test_the_log_is_open_to_everybody_and_knows_nobody(log: Log, client: FlaskClient, path: str) -> None:
    log.publish(3)
    answer = client.get(f"/log/{path}")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_a_deleted_leaf_leaves_an_empty_entry(log: Log, client: FlaskClient) -> None:
    log.publish(5)
    as_owner(log, "delete from leaves where id = (select leaf_id from log_entries where log_index = 2)")
    leaves = tiles.decode_bundle(client.get("/log/tile/entries/000.p/5").data)
    assert [bool(leaf) for leaf in leaves] == [True, True, False, True, True]


def test_a_changed_leaf_no_longer_hashes_to_its_tile(log: Log, client: FlaskClient) -> None:
    log.publish(256)
    as_owner(
        log,
        "update leaves set leaf = leaf || 'x' where id = (select leaf_id from log_entries where log_index = 9)",
    )
    tile = client.get("/log/tile/0/000").data
    leaves = tiles.decode_bundle(client.get("/log/tile/entries/000").data)
    wrong = [at for at, leaf in enumerate(leaves) if merkle.leaf_hash(leaf) != tile[32 * at : 32 * at + 32]]
    assert wrong == [9]


def test_a_lost_tile_is_not_made_up(log: Log, client: FlaskClient) -> None:
    log.publish(256)
    as_owner(log, "delete from log_tiles")
    assert client.get("/log/tile/0/000").status_code == 404


def test_the_proof_of_every_entry_verifies(log: Log) -> None:
    log.publish(300)
    session = log.session()
    rows = session.execute(
        text("select log_index, leaf_hash, event_id from leaves l join log_entries e on l.id = leaf_id")
    )
    for index, leaf_hash, event_id in rows.all():
        proof = Proof.parse(queries.proof_for(session, index).text)
        assert proof.verify(leaf_hash, [log.signer.verifier], log.signer.name).size == 300
        assert queries.find_log_index(session, event_id) == index


def test_an_entry_no_checkpoint_covers_has_no_proof(log: Log) -> None:
    log.publish(3)
    with pytest.raises(queries.NotYetCovered):
        queries.proof_for(log.session(), 3)


def test_an_entry_is_covered_from_the_first_checkpoint_that_holds_it(log: Log) -> None:
    for _ in range(3):
        log.publish(2)
    session = log.session()
    published = {one.published_at: one.tree_size for one in session.scalars(select(LogCheckpoint))}
    events = [event for event in queries.list_bundle_events(session, 0, 6) if event is not None]
    found = queries.list_positions(session, events)
    sizes = [published[covered_at] for event in events if (covered_at := found[event].covered_at)]
    assert sizes == [2, 2, 4, 4, 6, 6]


def test_positions_are_told_for_many_events_at_once(log: Log) -> None:
    log.publish(4)
    log.add_leaves(1)
    session = log.session()
    events = list(session.scalars(text("select event_id from leaves order by id")))
    found = queries.list_positions(session, events)
    assert [found[event].log_index for event in events[:4]] == [0, 1, 2, 3]
    assert all(found[event].covered_at for event in events[:4])
    assert events[4] not in found
    assert queries.list_bundle_events(session, 0, 5) == [*events[:4], None]
