from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.ledger.standards import FOLDER, needs_standards
from trace.ledger import merkle, notes, tiles
from trace.ledger.tiles import Edge, MalformedTile, Tile

LOG = FOLDER / "example-log" / "testdata" / "log"
LEAVES = [merkle.leaf_hash(number.to_bytes(2, "big")) for number in range(1000)]
TREE = merkle.Tree(LEAVES)


def example(path: str) -> bytes:
    return (LOG / "tile" / path).read_bytes()


def example_root(size: int) -> bytes:
    return notes.Checkpoint.parse(notes.parse_note((LOG / f"checkpoint.{size}").read_bytes()).text).root


@needs_standards
@pytest.mark.parametrize("size", range(1, 16))
def test_the_tiles_of_another_implementation_give_its_roots(size: int) -> None:
    (tile,) = tiles.tiles_of(size)
    read = tiles.reader_of({(0, 0): example(tile.path)})
    assert merkle.tree_root(size, read) == example_root(size)


@needs_standards
@pytest.mark.parametrize("size", range(1, 16))
def test_the_bundles_of_another_implementation_hash_to_its_tiles(size: int) -> None:
    leaves = tiles.decode_bundle(example(Tile(0, 0, size).entries_path))
    assert b"".join(map(merkle.leaf_hash, leaves)) == example(Tile(0, 0, size).path)
    assert tiles.encode_bundle(leaves) == example(Tile(0, 0, size).entries_path)


@needs_standards
@pytest.mark.parametrize("older", range(1, 16))
def test_the_checkpoints_of_another_implementation_are_consistent(older: int) -> None:
    read = tiles.reader_of({(0, 0): example(Tile(0, 0, 15).path)})
    proof = merkle.consistency_proof(older, 15, read)
    merkle.verify_consistency(older, 15, proof, example_root(older), example_root(15))


@needs_standards
def test_the_folder_of_the_example_is_complete() -> None:
    assert {path.name for path in Path(LOG / "tile" / "0" / "000.p").iterdir()} == {
        str(n) for n in range(1, 16)
    }


@pytest.mark.parametrize(
    ("index", "width", "path"),
    [
        (0, 256, "000"),
        (999, 256, "999"),
        (1000, 256, "x001/000"),
        (1234067, 256, "x001/x234/067"),
        (5, 1, "005.p/1"),
        (1234067, 255, "x001/x234/067.p/255"),
        (2**55 - 1, 256, "x036/x028/x797/x018/x963/967"),
    ],
)
def test_an_index_is_written_in_groups_of_three(index: int, width: int, path: str) -> None:
    assert tiles.index_path(index, width) == path
    assert tiles.parse_index_path(path) == (index, width)


@pytest.mark.parametrize(
    "path",
    ["", "0", "00", "0000", "x000/001", "001/002", "x001", "x001/x002", "X001/000", "000.p/0", "000.p/256", "000.p/01",
     "000.p/", "000.p/1/", "000/", "/000", "-01", "٠٠٠", "000.p/1.p/1", "000.P/1", "x001/000\n", "0x1", "x1000/000",
     "x001/" * 9 + "000"],
)  # fmt: skip
def test_any_other_spelling_of_an_index_is_refused(path: str) -> None:
    with pytest.raises(MalformedTile):
        tiles.parse_index_path(path)


@pytest.mark.parametrize("level", ["64", "-1", "00", "01", "", "a", "100", "1 "])
def test_a_level_is_a_number_up_to_63(level: str) -> None:
    with pytest.raises(MalformedTile):
        tiles.parse_level(level)


def test_the_tiles_of_70000_leaves_are_those_of_the_standards_example() -> None:
    found = list(tiles.tiles_of(70_000))
    assert sum(tile.is_full for tile in found if tile.level == 0) == 273
    assert [tile for tile in found if not tile.is_full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles.tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.lists(st.integers(0, 300), max_size=6))
def test_an_edge_grown_in_steps_has_the_trees_root_and_tiles(steps: list[int]) -> None:
    edge, grown = Edge(), []
    for step in steps:
        if edge.size + step <= len(LEAVES):
            grown += edge.extend(b"".join(LEAVES[edge.size : edge.size + step]))
    assert edge.root() == TREE.root(edge.size)
    assert {tile for tile, _, _ in grown} == {tile for tile in tiles.tiles_of(edge.size) if tile.is_full}
    for tile, hashes, root in grown:
        level, index = 8 * tile.level, tile.index * 256
        assert hashes == b"".join(TREE.read([(level, index + at) for at in range(256)]))
        assert root == TREE.read([(level + 8, tile.index)])[0]


@given(st.integers(1, 1000), st.data())
def test_tiles_are_enough_for_every_proof(size: int, data: st.DataObject) -> None:
    edge = Edge()
    content = {(tile.level, tile.index): hashes for tile, hashes, _ in edge.extend(b"".join(LEAVES[:size]))}
    for tile in tiles.tiles_of(size):
        if not tile.is_full:
            nodes = [(8 * tile.level, tile.index * 256 + at) for at in range(tile.width)]
            content[tile.level, tile.index] = b"".join(TREE.read(nodes))
    read = tiles.reader_of(content)
    index, older = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    merkle.verify_inclusion(
        LEAVES[index], index, size, merkle.inclusion_proof(index, size, read), TREE.root(size)
    )
    proof = merkle.consistency_proof(older, size, read)
    merkle.verify_consistency(older, size, proof, TREE.root(older), TREE.root(size))


def test_an_edge_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(MalformedTile):
        Edge(3, [bytes(64)])
    with pytest.raises(MalformedTile):
        Edge(256, [b""])


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_a_bundle_is_read_back(leaves: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(leaves)) == leaves


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_a_bundle_of_another_length_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedTile):
        tiles.decode_bundle(data)
