"""A witness by C2SP tlog-witness: every status it answers with, and what it keeps."""

import base64
import hashlib
import threading
from pathlib import Path

import pytest

from trace.core.local_state import StateUnusable
from trace.ledger import merkle
from trace.ledger.notes import (
    COSIGNATURE,
    Checkpoint,
    Signer,
    open_note,
    parse_note,
    parse_signatures,
    sign_note,
)
from trace.ledger.witness import Witness, WrongKey

ORIGIN = "log.example.vn/nguon-goc"
LOG = Signer.generate(ORIGIN)
WITNESS = Signer.generate("witness.example/w1", COSIGNATURE)
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
TREE = merkle.Tree(LEAVES)
FORK = merkle.Tree([*LEAVES[:3], merkle.leaf_hash(b"other"), *LEAVES[4:]])


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(WITNESS, [LOG.verifier], tmp_path / "state")


def checkpoint(size: int, tree: merkle.Tree = TREE, origin: str = ORIGIN, extension: str = "") -> str:
    return Checkpoint(origin, size, tree.root(size), extension).text


def request(
    old: int, size: int, tree: merkle.Tree = TREE, proof: list[bytes] | None = None, signer: Signer = LOG
) -> bytes:
    """The body that asks for a cosignature of the tree of ``size``, with the proof from ``old``."""
    if proof is None:
        proof = merkle.consistency_proof(old, size, tree.read) if 0 < old <= size else []
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n{sign_note(checkpoint(size, tree), signer)}".encode()


def test_a_first_checkpoint_is_cosigned(witness: Witness) -> None:
    answer = witness.add_checkpoint(request(0, 7))
    assert answer.status == 200
    (cosignature,) = parse_signatures(answer.body)
    WITNESS.verifier.verify(checkpoint(7), cosignature)
    assert cosignature.timestamp > 0


def test_a_larger_tree_is_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 40)).status == 200


def test_the_same_tree_is_cosigned_again(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 7)).status == 200


def test_an_empty_tree_is_cosigned(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 0)).status == 200


def test_extension_lines_are_cosigned_too(witness: Witness) -> None:
    text = checkpoint(7, extension="more\n")
    answer = witness.add_checkpoint(f"old 0\n\n{sign_note(text, LOG)}".encode())
    WITNESS.verifier.verify(text, parse_signatures(answer.body)[0])


def test_an_unknown_origin_is_404(witness: Witness) -> None:
    stranger = Signer.generate("other.example")
    text = checkpoint(7, origin="other.example")
    assert witness.add_checkpoint(f"old 0\n\n{sign_note(text, stranger)}".encode()).status == 404


def test_no_trusted_signature_is_403(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 7, signer=Signer.generate(ORIGIN))).status == 403


def test_a_false_signature_of_a_trusted_key_is_403(witness: Witness) -> None:
    note = parse_note(sign_note(checkpoint(7), LOG))
    forged = note.with_signatures([]).__class__(checkpoint(8), note.signatures)
    assert witness.add_checkpoint(f"old 0\n\n{forged}".encode()).status == 403


def test_a_false_signature_beside_a_good_one_of_another_key_is_403(tmp_path: Path) -> None:
    second = Signer.generate(ORIGIN)
    witness = Witness(WITNESS, [LOG.verifier, second.verifier], tmp_path)
    good = parse_note(sign_note(checkpoint(7), LOG))
    forged = good.with_signatures([second.sign(checkpoint(8))])
    assert witness.add_checkpoint(f"old 0\n\n{forged}".encode()).status == 403


def test_a_signature_of_a_stranger_beside_the_logs_is_passed_over(witness: Witness) -> None:
    note = sign_note(checkpoint(7), LOG, Signer.generate("stranger.example"))
    assert witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == 200


def test_an_old_size_above_the_checkpoints_is_400(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 40))
    assert witness.add_checkpoint(request(40, 7)).status == 400


def test_another_old_size_than_the_cosigned_is_409_with_the_size(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    answer = witness.add_checkpoint(request(0, 40))
    assert (answer.status, answer.body, answer.content_type) == (409, "7\n", "text/x.tlog.size")


def test_an_old_size_before_anything_was_cosigned_is_409(witness: Witness) -> None:
    answer = witness.add_checkpoint(request(7, 40))
    assert (answer.status, answer.body) == (409, "0\n")


def test_a_rewritten_log_is_422(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 40, FORK)).status == 422


def test_another_root_of_the_same_size_is_422(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 7, FORK)).status == 422


def test_a_proof_from_nothing_is_422(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 7, proof=[LEAVES[0]])).status == 422


def test_a_proof_between_equal_sizes_is_422(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 7, proof=[LEAVES[0]])).status == 422


def test_an_empty_tree_with_another_root_is_422(witness: Witness) -> None:
    text = Checkpoint(ORIGIN, 0, LEAVES[0]).text
    assert witness.add_checkpoint(f"old 0\n\n{sign_note(text, LOG)}".encode()).status == 422


def test_a_root_that_is_no_hash_is_422(witness: Witness) -> None:
    text = Checkpoint(ORIGIN, 7, b"short").text
    assert witness.add_checkpoint(f"old 0\n\n{sign_note(text, LOG)}".encode()).status == 422


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: b"\xff" + body,
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old -1"),
        lambda body: body.replace(b"old 0", b"old"),
        lambda body: body.replace(b"old 0", b"old  0"),
        lambda body: body.replace(b"old 0\n", b""),
        lambda body: body.replace(b"old 0\n", b"old 0\n!!\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\n" + b"%s\n" % base64.b64encode(bytes(32)) * 64),
        lambda body: body[:-1],
        lambda body: body + b"x\n",
        lambda body: body.replace(b"\n7\n", b"\n07\n"),
    ],
)
def test_a_malformed_request_is_400(witness: Witness, change: object) -> None:
    assert callable(change)
    assert witness.add_checkpoint(change(request(0, 7))).status == 400


def test_what_was_refused_is_not_remembered(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    witness.add_checkpoint(request(7, 40, FORK))
    assert witness.add_checkpoint(request(7, 40)).status == 200


def test_what_was_cosigned_outlives_the_process(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, 7))
    again = Witness(WITNESS, [LOG.verifier], tmp_path / "state")
    assert again.add_checkpoint(request(0, 40)).status == 409


def test_a_new_key_remembers_what_the_old_one_cosigned(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, 7))
    again = Witness(Signer.generate("witness.example/w2", COSIGNATURE), [LOG.verifier], tmp_path / "state")
    assert again.add_checkpoint(request(7, 40, FORK)).status == 422


def test_a_damaged_memory_stops_the_start(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, 7))
    (kept,) = (tmp_path / "state").glob("*/checkpoint")
    kept.write_text(kept.read_text(encoding="utf-8").replace("\n7\n", "\n6\n"), encoding="utf-8")
    with pytest.raises(StateUnusable):
        Witness(WITNESS, [LOG.verifier], tmp_path / "state")


def test_the_latest_checkpoint_is_shown_with_both_signatures(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    answer = witness.latest(hashlib.sha256(ORIGIN.encode()).hexdigest())
    opened = open_note(answer.body, [LOG.verifier, WITNESS.verifier])
    assert opened.text == checkpoint(7)
    assert {one.name for one in opened.verified} == {ORIGIN, "witness.example/w1"}


@pytest.mark.parametrize("name", ["", "..", hashlib.sha256(b"other").hexdigest(), ORIGIN])
def test_no_checkpoint_of_an_unknown_log_is_shown(witness: Witness, name: str) -> None:
    assert witness.latest(name).status == 404


def test_no_checkpoint_is_shown_before_one_was_cosigned(witness: Witness) -> None:
    assert witness.latest(hashlib.sha256(ORIGIN.encode()).hexdigest()).status == 404


def test_times_never_go_back(tmp_path: Path) -> None:
    """A clock set back does not let a larger tree look older."""
    witness = Witness(WITNESS, [LOG.verifier], tmp_path)
    witness.add_checkpoint(request(0, 7))
    (kept,) = tmp_path.glob("*/checkpoint")
    ahead = 4_000_000_000
    kept.write_text(sign_note(checkpoint(7), LOG, WITNESS, at=ahead), encoding="utf-8")
    answer = witness.add_checkpoint(request(7, 40))
    assert parse_signatures(answer.body)[0].timestamp >= ahead


def test_of_two_trees_at_once_only_one_is_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 2))
    bodies = [request(2, 20), request(2, 20, FORK)] * 4
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(witness.add_checkpoint(body).status))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) == 1
    assert set(answers) == {200, 409}


def test_a_logs_key_is_no_witness_key(tmp_path: Path) -> None:
    with pytest.raises(WrongKey):
        Witness(Signer.generate("witness.example"), [LOG.verifier], tmp_path)


def test_a_witness_key_names_no_log(tmp_path: Path) -> None:
    with pytest.raises(WrongKey):
        Witness(WITNESS, [WITNESS.verifier], tmp_path)
