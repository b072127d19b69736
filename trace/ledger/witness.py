"""A witness (C2SP tlog-witness): remembers the largest tree of each log it has seen and cosigns only what extends it.

It keeps one file a log, the checkpoint it cosigned last, and never sees a leaf. How requests arrive is decided
elsewhere.
"""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from trace.core.local_state import StateUnusable, cannot_write, open_state, write_private
from trace.ledger import merkle
from trace.ledger.notes import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    InvalidSignature,
    MalformedNote,
    Note,
    NotSigned,
    Signer,
    Verifier,
    decode_base64,
    open_note,
    parse_note,
    parse_number,
)

LARGEST_REQUEST = 1_000_000
OLD_SIZE = "old "
CHECKPOINT = "checkpoint"
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


class WrongKey(ValueError):
    """A key of another kind than its use asks for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: int
    body: str = ""
    content_type: str = TEXT


class Refused(Exception):
    """The request is not cosigned; carries its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """The body of add-checkpoint: the size the log believes was cosigned last, the proof from it, the checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> "Request":
        """Take a body apart; ``MalformedNote`` for whatever the specification does not allow."""
        try:
            head, separator, rest = body.decode().partition("\n\n")
        except UnicodeDecodeError as cause:
            raise MalformedNote("a request is UTF-8") from cause
        first, *lines = head.split("\n")
        if not separator or not first.startswith(OLD_SIZE):
            raise MalformedNote("a request begins with the old size and ends with a checkpoint")
        proof = tuple(decode_base64(line) for line in lines)
        if len(proof) > merkle.LONGEST_PROOF or any(len(each) != merkle.HASH_LENGTH for each in proof):
            raise MalformedNote("a proof is at most 63 hashes of 32 bytes")
        note = parse_note(rest)
        return cls(parse_number(first.removeprefix(OLD_SIZE)), proof, note, Checkpoint.parse(note.text))


class Witness:
    """One witness: its key, the logs it watches, and the folder of what it has cosigned.

    One process may use a folder (``trace.core.local_state.hold``); its threads may share the object.
    """

    def __init__(self, signer: Signer, logs: Iterable[Verifier], folder: Path) -> None:
        """Raises ``WrongKey``, and ``StateUnusable`` when what the folder keeps cannot be read or written."""
        if signer.kind != COSIGNATURE:
            raise WrongKey("A witness signs with a key for cosignatures: make one by make-witness-key.")
        self._signer = signer
        self._folder = folder
        self._lock = threading.Lock()
        self._logs: dict[str, list[Verifier]] = {}
        for log in logs:
            if log.kind != ED25519:
                raise WrongKey(f"{log.name} is named by a witness's key, not a log's.")
            self._logs.setdefault(log.name, []).append(log)
        open_state(folder)
        for origin in self._logs:
            self._cosigned(origin)  # a damaged file stops the start, not the first request

    @property
    def verifier(self) -> Verifier:
        """The key its cosignatures are verified by."""
        return self._signer.verifier

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign a checkpoint that extends what was cosigned last, and keep it before answering.

        200 with the cosignature; 400, 403, 404, 409 or 422 as the specification says.
        """
        try:
            request = self._read(body)
            with self._lock:
                return Answer(200, self._cosign(request))
        except Refused as refused:
            return refused.answer

    def latest(self, origin_hash: str) -> Answer:
        """The checkpoint cosigned last for the log whose origin hashes to this, signed by both; 404 for no such."""
        for origin in self._logs:
            if _name_of(origin) == origin_hash:
                with self._lock:
                    note = self._cosigned(origin)
                if note is not None:
                    return Answer(200, str(note))
        return Answer(404, "Nothing was cosigned for this log.\n")

    def _read(self, body: bytes) -> Request:
        """The request, once it is well-formed and signed by the log."""
        try:
            request = Request.parse(body)
        except MalformedNote as error:
            raise Refused(Answer(400, f"{error}\n")) from error
        verifiers = self._logs.get(request.checkpoint.origin)
        if verifiers is None:
            raise Refused(Answer(404, "This log is not watched here.\n"))
        try:
            open_note(request.note, verifiers)
        except (NotSigned, InvalidSignature) as error:
            raise Refused(Answer(403, f"{error}\n")) from error
        if request.old_size > request.checkpoint.size:
            raise Refused(Answer(400, "The old size is larger than the checkpoint's.\n"))
        return request

    def _cosign(self, request: Request) -> str:
        """Compare with what is kept, keep the new one, and return the cosignature's line. Under the lock."""
        origin, checkpoint = request.checkpoint.origin, request.checkpoint
        kept = self._cosigned(origin)
        known = Checkpoint.parse(kept.text) if kept else Checkpoint(origin, 0, merkle.EMPTY_ROOT)
        if request.old_size != known.size:
            raise Refused(Answer(409, f"{known.size}\n", SIZE))
        try:
            if known.size == 0:
                _check_start(request)
            else:
                merkle.verify_consistency(
                    known.size, checkpoint.size, request.proof, known.root, checkpoint.root
                )
        except merkle.InvalidProof as error:
            raise Refused(Answer(422, f"{error}\n")) from error
        # A later tree is never said to be older, whatever the clock does.
        earliest = (
            max((one.timestamp for one in kept.signatures if self.verifier.made(one)), default=1)
            if kept
            else 1
        )
        cosignature = self._signer.sign(request.note.text, max(int(time.time()), earliest))
        verified = open_note(request.note, self._logs[origin]).verified
        self._keep(origin, Note(request.note.text, (*verified, cosignature)))
        return cosignature.line

    def _cosigned(self, origin: str) -> Note | None:
        """What was cosigned last, None before the first. Raises ``StateUnusable`` for a file that is not it."""
        path = self._folder / _name_of(origin) / CHECKPOINT
        try:
            note = parse_note(path.read_bytes())
            # The log's own signature is enough: a witness may come back with a new key.
            open_note(note, [self.verifier, *self._logs[origin]])
            if Checkpoint.parse(note.text).origin != origin:
                raise MalformedNote("a checkpoint of another log")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateUnusable(f"Cannot read {path} ({error.strerror}): make it readable.") from error
        except (MalformedNote, NotSigned, InvalidSignature) as error:
            raise StateUnusable(
                f"The file {path} is not what this witness wrote ({error}): put it back from a copy. Never remove it: "
                "a witness that forgets would cosign a rewritten log."
            ) from error
        return note

    def _keep(self, origin: str, note: Note) -> None:
        """Replace the file as a whole, on the disk before this returns."""
        folder = open_state(self._folder / _name_of(origin))
        write_private(folder / CHECKPOINT, str(note))
        # The new name is in the folder's own block, and the folder's in its parent's.
        for each in (folder, self._folder):
            try:
                descriptor = os.open(each, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            except OSError as error:
                raise StateUnusable(cannot_write(each, error)) from error


def _check_start(request: Request) -> None:
    """From nothing: no proof, and an empty tree has the empty root."""
    if request.proof:
        raise merkle.InvalidProof("From an empty tree nothing can be proved.")
    if request.checkpoint.size == 0 and request.checkpoint.root != merkle.EMPTY_ROOT:
        raise merkle.InvalidProof("This is not the root of the empty tree.")
    if len(request.checkpoint.root) != merkle.HASH_LENGTH:
        raise merkle.InvalidProof("The root is no hash.")


def _name_of(origin: str) -> str:
    """C2SP tlog-witness, "Monitor Retrieval Mechanism": what stands for a log in paths."""
    return sha256(origin.encode()).hexdigest()
