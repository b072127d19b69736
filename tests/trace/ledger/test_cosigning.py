"""The log and witnesses over real HTTP; a witness that misbehaves is a few lines of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.trace.ledger.conftest import Log
from trace.ledger import merkle, notes, queries
from trace.ledger.cosigning import Witnesses
from trace.ledger.keys import LogRefused
from trace.ledger.notes import COSIGNATURE, Checkpoint, Signer
from trace.ledger.witness import Answer, Witness

Answering = Callable[[bytes], Answer]
Serve = Callable[[Answering], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer ``add-checkpoint`` at an address of this machine."""
    with ExitStack() as stack:

        def start(answering: Answering) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_POST(self) -> None:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                    answer = answering(body) if self.path == "/w/add-checkpoint" else Answer(404)
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.content_type)
                    self.end_headers()
                    self.wfile.write(answer.body.encode())

                def log_message(self, *_: object) -> None:
                    """Nothing to tell."""

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/w"

        yield start


@pytest.fixture
def cosigner() -> Signer:
    return Signer.generate("w.example.vn/1", COSIGNATURE)


def publish(log: Log, witnesses: Witnesses, leaves: int = 0) -> bool:
    log.add_leaves(leaves)
    sequencer = log.sequencer(witnesses, witnesses.names)
    while sequencer.place_leaves():
        pass
    return sequencer.publish()


def published_size(log: Log, *cosigners: Signer) -> int:
    """The size of the published checkpoint, once every cosigner is found on it."""
    found = queries.find_checkpoint(log.session())
    assert found is not None
    opened = notes.open_note(found.note, [log.signer.verifier, *(each.verifier for each in cosigners)])
    assert len(opened.verified) == 1 + len(cosigners)
    return found.tree_size


def test_a_witness_cosigns_tree_after_tree(log: Log, serve: Serve, cosigner: Signer, tmp_path: Path) -> None:
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    witnesses = Witnesses([(cosigner.verifier.text, serve(witness.add_checkpoint))], 1)
    for size in (0, 3, 260, 260, 300):
        assert publish(log, witnesses, size - queries.tree_size(log.session()))
        assert published_size(log, cosigner) == size


def test_a_witness_that_joins_late_is_told_from_the_beginning(
    log: Log, serve: Serve, cosigner: Signer, tmp_path: Path
) -> None:
    log.publish(7)
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    assert publish(log, Witnesses([(cosigner.verifier.text, serve(witness.add_checkpoint))], 1), 5)
    assert published_size(log, cosigner) == 12


def test_a_witness_that_missed_some_is_brought_up(
    log: Log, serve: Serve, cosigner: Signer, tmp_path: Path
) -> None:
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    witnesses = Witnesses([(cosigner.verifier.text, serve(witness.add_checkpoint))], 1)
    publish(log, witnesses, 5)
    log.publish(4)
    assert publish(log, witnesses, 3)
    assert published_size(log, cosigner) == 12


def test_a_quorum_is_enough(log: Log, serve: Serve, cosigner: Signer, tmp_path: Path) -> None:
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    silent = Signer.generate("w.example.vn/2", COSIGNATURE)
    pairs = [
        (silent.verifier.text, serve(lambda _: Answer(500))),
        (cosigner.verifier.text, serve(witness.add_checkpoint)),
    ]
    assert publish(log, Witnesses(pairs, 1), 2)
    assert published_size(log, cosigner) == 2


def test_without_a_quorum_nothing_is_published(
    log: Log, serve: Serve, cosigner: Signer, tmp_path: Path
) -> None:
    log.publish(2)
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    silent = Signer.generate("w.example.vn/2", COSIGNATURE)
    pairs = [
        (silent.verifier.text, "http://127.0.0.1:9"),
        (cosigner.verifier.text, serve(witness.add_checkpoint)),
    ]
    assert not publish(log, Witnesses(pairs, 2), 2)
    assert published_size(log) == 2


def wrong_answers() -> dict[str, Callable[[Signer, bytes], Answer]]:
    def text_of(body: bytes) -> str:
        return notes.parse_note(body.decode().partition("\n\n")[2]).text

    other = Signer.generate("w.example.vn/1", COSIGNATURE)
    return {
        "another key of the same name": lambda _, body: Answer(200, other.sign(text_of(body)).line),
        "a cosignature of something else": lambda own, _: Answer(200, own.sign("other\n").line),
        "a cosignature without a time": lambda own, body: Answer(200, own.sign(text_of(body), at=0).line),
        "nothing": lambda *_: Answer(200, ""),
        "no lines of a note": lambda *_: Answer(200, "hello\n"),
        "a redirect": lambda *_: Answer(302, ""),
        "a conflict without a size": lambda *_: Answer(409, "no\n"),
        "a conflict for ever": lambda *_: Answer(409, "0\n"),
        "a larger tree seen": lambda *_: Answer(409, "999\n"),
        "a refusal": lambda *_: Answer(422, ""),
    }


@pytest.mark.parametrize("what", wrong_answers())
def test_a_wrong_answer_is_no_cosignature(log: Log, serve: Serve, cosigner: Signer, what: str) -> None:
    url = serve(lambda body: wrong_answers()[what](cosigner, body))
    assert not publish(log, Witnesses([(cosigner.verifier.text, url)], 1), 2)


def test_a_silent_witness_does_not_hold_the_others_up(
    log: Log, serve: Serve, cosigner: Signer, tmp_path: Path
) -> None:
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    slow = Signer.generate("w.example.vn/2", COSIGNATURE)
    done = threading.Event()

    def wait(_: bytes) -> Answer:
        done.wait(20)
        return Answer(500)

    pairs = [(slow.verifier.text, serve(wait)), (cosigner.verifier.text, serve(witness.add_checkpoint))]
    try:
        assert publish(log, Witnesses(pairs, 1), 2)
    finally:
        done.set()
    assert published_size(log, cosigner) == 2


def test_a_witness_never_cosigns_a_rewritten_log(
    log: Log, serve: Serve, cosigner: Signer, tmp_path: Path
) -> None:
    witness = Witness(cosigner, [log.signer.verifier], tmp_path / "w")
    witnesses = Witnesses([(cosigner.verifier.text, serve(witness.add_checkpoint))], 1)
    publish(log, witnesses, 3)
    rewritten = merkle.Tree([merkle.leaf_hash(bytes((number,))) for number in range(5)])
    note = notes.parse_note(
        notes.sign_note(Checkpoint(log.signer.name, 5, rewritten.root()).text, log.signer)
    )
    assert witnesses(note, Checkpoint(log.signer.name, 3, rewritten.root(3)), rewritten.read) is None


def test_the_key_of_a_log_is_no_witness() -> None:
    with pytest.raises(LogRefused, match="cosigner key"):
        Witnesses([(Signer.generate("log.example.vn").verifier.text, "https://w.example.vn")], 1)
