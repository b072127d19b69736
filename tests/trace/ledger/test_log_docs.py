"""docs/log.md is what others build their verifiers from: its examples and its list of fields are recomputed."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from trace.ledger import leaves, merkle, notes, tiles
from trace.ledger.crosscheck import CORE_FIELDS
from trace.ledger.proofs import Proof

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "log.md").read_text()
EXAMPLES: dict[str, Any] = {
    example["example"]: example
    for example in map(json.loads, re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
}
SALTS = {field: bytes([number]) * 16 for number, field in enumerate(leaves.FIELDS, start=1)}


def test_the_table_lists_every_field_in_order_with_its_audience() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (public|private) \|", PAGE, re.MULTILINE)
    assert rows == [
        (str(number), field, "public" if field in leaves.PUBLIC_FIELDS else "private")
        for number, field in enumerate(leaves.FIELDS, start=1)
    ]


@pytest.mark.parametrize("example", EXAMPLES["commitments"]["commitments"], ids=lambda each: each["field"])
def test_the_commitments_on_the_page_are_right(example: dict[str, Any]) -> None:
    salt = bytes.fromhex(example["salt"])
    assert salt == SALTS[example["field"]]
    # Spelled out as the page spells it, not through the code under test.
    written = (
        b"\x02nguon-goc:leaf:v1:commitment\x00"
        + example["field"].encode()
        + b"\x00"
        + salt
        + example["canonical"].encode()
    )
    assert hashlib.sha256(written).hexdigest() == example["commitment"]
    assert leaves.commit(example["field"], example["value"], salt).hex() == example["commitment"]


def test_the_leaf_on_the_page_is_right() -> None:
    example = EXAMPLES["leaf"]
    leaf = leaves.encode_leaf(example["origin"], example["values"], SALTS)
    assert len(leaf) == example["leaf_length"]
    assert leaf.hex().startswith(example["leaf_begins"])
    assert leaf.hex().endswith(example["leaf_ends"])
    assert hashlib.sha256(leaf).hexdigest() == example["leaf_sha256"]
    assert hashlib.sha256(b"\x00" + leaf).hexdigest() == example["leaf_hash"] == leaves.leaf_hash(leaf).hex()


def test_the_lot_on_the_page_is_right() -> None:
    example = EXAMPLES["lot"]
    salt = leaves.lot_salt(bytes.fromhex(example["lot_key_salt"]), example["lot"])
    assert salt.hex() == example["lot_salt"]
    assert leaves.lot_tag(example["lot"], salt) == example["lot_tag"]
    assert EXAMPLES["leaf"]["values"]["lots"] == [example["lot_tag"]]


def test_the_tree_on_the_page_is_right() -> None:
    example = EXAMPLES["tree"]
    hashes = [hashlib.sha256(b"\x00" + leaf.encode()).digest() for leaf in example["leaves"]]
    assert [each.hex() for each in hashes] == example["leaf_hashes"]
    tree = merkle.Tree(hashes)
    assert [tree.root(size).hex() for size in range(len(hashes) + 1)] == example["roots"]
    inclusion, consistency = example["inclusion"], example["consistency"]
    index, size = inclusion["index"], inclusion["size"]
    made = merkle.inclusion_proof(index, size, tree.read)
    assert [each.hex() for each in made] == inclusion["proof"]
    merkle.verify_inclusion(hashes[index], index, size, made, tree.root(size))
    older, newer = consistency["from"], consistency["to"]
    made = merkle.consistency_proof(older, newer, tree.read)
    assert [each.hex() for each in made] == consistency["proof"]
    merkle.verify_consistency(older, newer, made, tree.root(older), tree.root(newer))


def test_the_tiles_on_the_page_are_right() -> None:
    example = EXAMPLES["tiles"]
    found = list(tiles.tiles_of(example["size"]))
    full = {
        level: sum(tile.is_full for tile in found if tile.level == int(level)) for level in example["full"]
    }
    assert full == example["full"]
    assert [tile.path for tile in found if not tile.is_full] == example["partial"]
    assert tiles.index_path(example["index"]) == example["path"]


def test_the_checkpoint_on_the_page_is_right() -> None:
    example = EXAMPLES["checkpoint"]
    log, witness = (
        notes.Verifier.from_text(example["log_key"]),
        notes.Verifier.from_text(example["witness_key"]),
    )
    signer = notes.Signer(log.name, notes.ED25519, bytes.fromhex(example["log_seed"]))
    cosigner = notes.Signer(witness.name, notes.COSIGNATURE, bytes.fromhex(example["witness_seed"]))
    assert (signer.verifier, cosigner.verifier) == (log, witness)
    checkpoint = notes.Checkpoint(log.name, 5, bytes.fromhex(EXAMPLES["tree"]["roots"][5]))
    note = notes.parse_note(notes.sign_note(checkpoint.text, signer))
    cosignature = cosigner.sign(checkpoint.text, at=example["witness_time"])
    assert str(note.with_signatures([cosignature])) == example["note"]
    assert len(notes.open_note(example["note"], [log, witness]).verified) == 2


def test_the_proof_on_the_page_is_right() -> None:
    example = EXAMPLES["proof"]
    proof = Proof.parse(example["file"])
    assert proof.text == example["file"]
    assert proof.checkpoint == EXAMPLES["checkpoint"]["note"]
    verifier = notes.Verifier.from_text(EXAMPLES["checkpoint"]["log_key"])
    assert proof.verify(merkle.leaf_hash(example["leaf"].encode()), [verifier], verifier.name).size == 5


def test_the_page_lists_the_fields_that_are_never_erased() -> None:
    assert ", ".join(f"`{field}`" for field in CORE_FIELDS) in " ".join(PAGE.split())
