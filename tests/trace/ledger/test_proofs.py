from typing import Any

import pytest

from tests.trace.ledger.standards import load, needs_standards, unbase64
from trace.ledger import merkle, notes, proofs
from trace.ledger.merkle import InvalidProof
from trace.ledger.notes import Checkpoint, NotSigned, Signer
from trace.ledger.proofs import MalformedProof, Proof

VECTORS = load("formats/tlog_proof.json")
ORIGIN = "log.example.vn/nguon-goc"
SIGNER = Signer.generate(ORIGIN)
LEAVES = [merkle.leaf_hash(bytes((number,))) for number in range(20)]
TREE = merkle.Tree(LEAVES)


def proof_of(index: int, extra: bytes | None = None) -> Proof:
    checkpoint = notes.sign_note(Checkpoint(ORIGIN, TREE.size, TREE.root()).text, SIGNER)
    return Proof(index, tuple(merkle.inclusion_proof(index, TREE.size, TREE.read)), checkpoint, extra)


@needs_standards
@pytest.mark.parametrize("case", VECTORS.get("marshal", []), ids=lambda case: case["name"])
def test_proofs_of_the_standard_are_written_and_read(case: dict[str, Any]) -> None:
    extra = unbase64(case["extra"]) if case["extra"] else None
    proof = Proof(case["index"], tuple(map(unbase64, case["hashes"])), case["checkpoint"], extra)
    assert proof.text == case["text"]
    assert Proof.parse(case["text"]) == proof


@needs_standards
@pytest.mark.parametrize("case", VECTORS.get("reject", []), ids=lambda case: case["name"])
def test_malformed_proofs_of_the_standard_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(MalformedProof):
        Proof.parse(case["text"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 00\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n\n\xff\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{notes.encode_base64(bytes(32))}\n" * 64 + "\ncheckpoint\n",
    ],
)
def test_other_malformed_proofs_are_refused(text: str | bytes) -> None:
    with pytest.raises(MalformedProof):
        Proof.parse(text)


@pytest.mark.parametrize("index", range(20))
def test_a_proof_read_back_verifies(index: int) -> None:
    proof = Proof.parse(proof_of(index, b"opened fields").text)
    assert proof.verify(LEAVES[index], [SIGNER.verifier], ORIGIN).size == 20
    assert proof.extra == b"opened fields"


def test_a_proof_of_another_leaf_is_refused() -> None:
    with pytest.raises(InvalidProof):
        proof_of(3).verify(LEAVES[4], [SIGNER.verifier], ORIGIN)


def test_a_proof_signed_by_nobody_known_is_refused() -> None:
    with pytest.raises(NotSigned):
        proof_of(3).verify(LEAVES[3], [Signer.generate(ORIGIN).verifier], ORIGIN)


def test_a_line_as_long_as_the_standards_reader_refuses_is_refused() -> None:
    with pytest.raises(MalformedProof):
        Proof.parse(proof_of(0, bytes(proofs.LONGEST_LINE)).text)
