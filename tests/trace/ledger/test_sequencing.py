from pathlib import Path

import pytest
from sqlalchemy import text

from tests.trace.ledger.conftest import Log
from trace.ledger import merkle, notes, queries, tiles
from trace.ledger.keys import LogRefused
from trace.ledger.merkle import Reader, Tree
from trace.ledger.notes import Checkpoint, Note, Signature
from trace.ledger.sequencing import take_lock


def hashes_in_order(log: Log) -> list[bytes]:
    rows = log.session().execute(
        text("select leaf_hash from leaves l join log_entries e on e.leaf_id = l.id order by log_index")
    )
    return [row.leaf_hash for row in rows]


def published(log: Log) -> Checkpoint:
    found = queries.find_checkpoint(log.session())
    assert found is not None
    return notes.open_checkpoint(found.note, [log.signer.verifier], log.signer.name)


def as_owner(log: Log, *statements: str) -> None:
    """What somebody with all rights does behind the application's back."""
    connection = log.connect()
    connection.execute(text("set role none"))
    connection.execute(text("set session_replication_role = replica"))
    for statement in statements:
        connection.execute(text(statement))
    connection.commit()


def test_an_empty_log_publishes_the_empty_tree(log: Log) -> None:
    log.publish()
    assert published(log) == Checkpoint(log.signer.name, 0, merkle.EMPTY_ROOT)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 700])
def test_the_checkpoint_is_the_root_over_the_leaves_in_their_order(log: Log, count: int) -> None:
    log.publish(count)
    assert published(log).size == count
    assert published(log).root == Tree(hashes_in_order(log)).root()


def test_every_leaf_gets_one_place(log: Log) -> None:
    added = [*log.add_leaves(300), *log.add_leaves(300)]
    sequencer = log.sequencer()
    while sequencer.place_leaves(most=100):
        pass
    assert sorted(hashes_in_order(log)) == sorted(added)


def test_a_leaf_whose_id_commits_late_gets_its_place(log: Log) -> None:
    late = log.session()
    (first,) = log.add_leaves(1, late)
    (second,) = log.add_leaves(1)
    sequencer = log.sequencer()
    assert sequencer.place_leaves() == 1
    for _ in range(5):
        assert sequencer.place_leaves() == 0
    late.commit()
    assert sequencer.place_leaves() == 1
    assert hashes_in_order(log) == [second, first]


def test_a_leaf_far_behind_is_found_by_the_next_start(log: Log) -> None:
    late = log.session()
    (first,) = log.add_leaves(1, late)
    log.publish(10)
    late.commit()
    log.publish()
    assert hashes_in_order(log)[-1] == first


def test_leaves_of_a_transaction_that_failed_leave_no_gap(log: Log) -> None:
    broken = log.session()
    log.add_leaves(3, broken)
    broken.rollback()
    log.publish(2)
    assert published(log).size == 2


def test_only_one_process_sequences(log: Log) -> None:
    first, second = log.session(), log.session()
    assert take_lock(first)
    assert not take_lock(second)


def test_a_tree_grown_over_many_starts_is_one_tree(log: Log) -> None:
    sizes = [0]
    for count in (3, 250, 3, 0, 256, 513):
        log.publish(count)
        sizes.append(sizes[-1] + count)
        assert published(log).root == Tree(hashes_in_order(log)).root()
    assert published(log).size == sizes[-1]


def test_the_stored_tiles_are_those_of_the_tree(log: Log) -> None:
    sequencer = log.publish(1030)
    tree, session = Tree(hashes_in_order(log)), log.session()
    for tile in tiles.tiles_of(sequencer.size):
        begin = tile.index * tiles.WIDTH
        nodes = [(8 * tile.level, begin + at) for at in range(tile.width)]
        assert queries.find_tile(session, tile) == b"".join(tree.read(nodes))


def test_what_was_signed_is_kept_beside_the_key_before_it_is_published(log: Log) -> None:
    kept: list[bytes] = []

    def look(note: Note, _: Checkpoint, __: Reader) -> list[Signature]:
        kept.append(log.last.path.read_bytes())
        assert queries.find_checkpoint(log.session()) is None
        assert note.text.encode() in kept[0]
        return []

    log.add_leaves(3)
    sequencer = log.sequencer(look)
    sequencer.place_leaves()
    assert sequencer.publish()
    assert kept


def test_too_few_cosignatures_leave_the_old_checkpoint(log: Log) -> None:
    log.publish(3)
    log.add_leaves(2)
    sequencer = log.sequencer(lambda *_: None)
    sequencer.place_leaves()
    assert not sequencer.publish()
    assert published(log).size == 3
    assert sequencer.has_news()


def test_cosignatures_are_published_with_the_checkpoint(log: Log) -> None:
    witness = notes.Signer.generate("w.example.vn", notes.COSIGNATURE)
    log.add_leaves(3)
    sequencer = log.sequencer(lambda note, *_: [witness.sign(note.text)])
    sequencer.place_leaves()
    sequencer.publish()
    found = queries.find_checkpoint(log.session())
    assert found is not None
    assert len(notes.open_note(found.note, [log.signer.verifier, witness.verifier]).verified) == 2


def test_a_checkpoint_without_the_witnesses_asked_now_is_signed_anew(log: Log) -> None:
    log.publish(3)
    assert not log.sequencer().has_news()
    assert log.sequencer(names=frozenset({"w.example.vn"})).has_news()


def test_an_older_copy_of_the_database_is_refused(log: Log) -> None:
    log.publish(300)
    as_owner(
        log,
        "delete from log_checkpoints",
        "delete from log_entries where log_index >= 280",
        "delete from log_tiles where level > 0",
    )
    with pytest.raises(LogRefused, match=r"holds 280 entries .* counts 300"):
        log.sequencer()


def test_a_database_cut_to_nothing_is_refused(log: Log) -> None:
    log.publish(30)
    as_owner(log, "truncate log_checkpoints, log_entries, log_tiles")
    with pytest.raises(LogRefused, match=r"holds 0 entries"):
        log.sequencer()


def test_a_changed_history_is_refused(log: Log) -> None:
    log.publish(30)
    as_owner(
        log,
        "update leaves set leaf_hash = sha256('another') where id = (select leaf_id from log_entries where log_index = 7)",
    )
    with pytest.raises(LogRefused, match="history was changed"):
        log.sequencer()


def test_swapped_entries_are_refused(log: Log) -> None:
    log.publish(30)
    as_owner(log, "update log_entries set log_index = 29 + 8 - log_index + 1000 where log_index in (8, 29)",
             "update log_entries set log_index = log_index - 1000 where log_index >= 1000")  # fmt: skip
    with pytest.raises(LogRefused, match="history was changed"):
        log.sequencer()


def test_a_missing_tile_is_refused(log: Log) -> None:
    log.publish(520)
    as_owner(log, "delete from log_tiles where tile_index = 0")
    with pytest.raises(LogRefused):
        log.sequencer()


def test_without_the_kept_checkpoint_nothing_is_signed(log: Log) -> None:
    log.publish(3)
    log.last.path.unlink()
    with pytest.raises(LogRefused, match="put the file back"):
        log.sequencer()


def test_a_kept_checkpoint_of_somebody_else_is_refused(log: Log) -> None:
    log.publish(3)
    other = notes.Signer.generate(log.signer.name)
    log.last.path.write_text(notes.sign_note(published(log).text, other))
    with pytest.raises(LogRefused, match="no checkpoint signed by this log's key"):
        log.sequencer()


def test_a_death_between_signing_and_publishing_is_made_good(log: Log) -> None:
    log.publish(3)
    log.add_leaves(4)
    dying = log.sequencer(lambda *_: None)
    dying.place_leaves()
    dying.publish()
    log.publish(2)
    assert published(log).size == 9


def test_the_key_is_told_to_readers_of_the_database(log: Log) -> None:
    log.publish()
    assert queries.find_verifier_key(log.session()) == log.signer.verifier.text


def test_a_full_disk_beside_the_key_stops_signing(log: Log, tmp_path: Path) -> None:
    sequencer = log.publish(1)
    log.add_leaves(1)
    sequencer.place_leaves()
    log.last.path.unlink()
    log.key_file.unlink()
    (tmp_path / "keys").rmdir()
    with pytest.raises(LogRefused, match="Cannot write"):
        sequencer.publish()
    assert published(log).size == 1
