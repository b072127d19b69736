from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.ledger.standards import FOLDER, load, needs_standards, unbase64
from trace.ledger import merkle
from trace.ledger.merkle import EMPTY_ROOT, InvalidProof, Tree

LEAVES = [merkle.leaf_hash(bytes((number,))) for number in range(140)]
TREE = Tree(LEAVES)
sizes = st.integers(0, len(LEAVES))


def textbook_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 2.1.1, as written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return merkle.node_hash(textbook_root(leaves[:half]), textbook_root(leaves[half:]))


def vectors(kind: str) -> list[Any]:
    paths = sorted((FOLDER / "proofs" / kind).rglob("*.json"))
    return [pytest.param(load(str(path)), id=name_of(path, kind)) for path in paths]


def name_of(path: Path, kind: str) -> str:
    return str(path.relative_to(FOLDER / "proofs" / kind))


def _taken_or_refused(vector: dict[str, Any]) -> AbstractContextManager[object]:
    return pytest.raises(InvalidProof) if vector["wantErr"] else nullcontext()


@needs_standards
@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_inclusion_proofs_of_the_standard_are_taken_or_refused(vector: dict[str, Any]) -> None:
    with _taken_or_refused(vector):
        merkle.verify_inclusion(
            unbase64(vector["leafHash"]),
            vector["leafIdx"],
            vector["treeSize"],
            [unbase64(each) for each in vector["proof"] or []],
            unbase64(vector["root"]),
        )


@needs_standards
@pytest.mark.parametrize("vector", vectors("consistency"))
def test_consistency_proofs_of_the_standard_are_taken_or_refused(vector: dict[str, Any]) -> None:
    with _taken_or_refused(vector):
        merkle.verify_consistency(
            vector["size1"],
            vector["size2"],
            [unbase64(each) for each in vector["proof"] or []],
            unbase64(vector["root1"]),
            unbase64(vector["root2"]),
        )


@needs_standards
def test_every_vector_of_the_standard_was_found() -> None:
    assert len(vectors("inclusion")) + len(vectors("consistency")) > 90


@needs_standards
@pytest.mark.parametrize(
    "vector", load("formats/rfc6962_hashes.json").get("vectors", []), ids=lambda v: v["desc"]
)
def test_hashes_are_those_of_rfc_6962(vector: dict[str, str]) -> None:
    if "leaf_utf8" in vector:
        made = merkle.leaf_hash(vector["leaf_utf8"].encode())
    elif "left_utf8" in vector:
        made = merkle.node_hash(vector["left_utf8"].encode(), vector["right_utf8"].encode())
    else:
        made = EMPTY_ROOT
    assert made.hex() == vector["sha256"]


@given(sizes)
def test_the_root_is_the_textbooks(size: int) -> None:
    assert TREE.root(size) == textbook_root(LEAVES[:size])


@given(sizes.filter(bool), st.data())
def test_a_made_inclusion_proof_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, TREE.read)
    merkle.verify_inclusion(LEAVES[index], index, size, proof, TREE.root(size))


@given(sizes.filter(bool), st.data())
def test_an_inclusion_proof_is_for_its_own_place_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size + 1).filter(lambda number: number != index))
    proof = merkle.inclusion_proof(index, size, TREE.read)
    with pytest.raises(InvalidProof):
        merkle.verify_inclusion(LEAVES[index], other, size, proof, TREE.root(size))


@given(sizes.filter(bool), st.data())
def test_a_made_consistency_proof_verifies(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(older, size, TREE.read)
    merkle.verify_consistency(older, size, proof, TREE.root(older), TREE.root(size))


@given(sizes.filter(lambda size: size > 1), st.data())
def test_a_rewritten_leaf_is_consistent_with_nothing_before(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, older - 1))
    rewritten = Tree([*LEAVES[:changed], merkle.leaf_hash(b"rewritten"), *LEAVES[changed + 1 : size]])
    proof = merkle.consistency_proof(older, size, rewritten.read)
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(older, size, proof, TREE.root(older), rewritten.root())


@given(sizes.filter(lambda size: size > 1), st.data())
def test_one_flipped_bit_in_a_proof_is_found(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, TREE.read)
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    proof[at] = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(InvalidProof):
        merkle.verify_inclusion(LEAVES[index], index, size, proof, TREE.root(size))


def test_two_empty_trees_have_the_empty_root() -> None:
    merkle.verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(0, 0, [], LEAVES[0], LEAVES[0])


def test_from_an_empty_tree_nothing_is_proved() -> None:
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(0, 2, [], EMPTY_ROOT, TREE.root(2))


def test_an_empty_tree_has_no_leaf() -> None:
    with pytest.raises(InvalidProof):
        merkle.verify_inclusion(LEAVES[0], 0, 0, [], EMPTY_ROOT)


def test_equal_trees_take_no_proof() -> None:
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(3, 3, [LEAVES[0]], TREE.root(3), TREE.root(3))


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_tree_grown_in_steps_is_the_same(steps: list[int]) -> None:
    grown = Tree()
    for step in steps:
        grown.extend(LEAVES[: min(step, 40)])
    all_at_once = [leaf for step in steps for leaf in LEAVES[:step]]
    assert grown.root() == textbook_root(all_at_once)
