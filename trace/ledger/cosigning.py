"""Asking witnesses to cosign a new checkpoint (C2SP tlog-witness, ``add-checkpoint``), as the log's side of it.

The addresses are the operator's settings, so they are reached as they are given, without a proxy and without following
redirects. What witnesses answer is believed only as far as their keys go.
"""

import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import structlog

from trace.core.errors import BadInput
from trace.ledger import merkle, notes
from trace.ledger.keys import LogRefused
from trace.ledger.merkle import Reader
from trace.ledger.notes import Checkpoint, Note, Signature, Verifier

log = structlog.get_logger()

PATIENCE_S = 4.0
LARGEST_ANSWER = 64 * 1024
# A witness that has seen another size says so, and is asked again from there; a third time only if it moved on.
MOST_ROUNDS = 3
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?", re.ASCII)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class _Target:
    """One witness, and the size of the last tree it cosigned as far as known here."""

    verifier: Verifier
    url: str
    known_size: int | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: str


class Witnesses:
    """The configured witnesses; calling it collects their cosignatures (``sequencing.Cosign``)."""

    def __init__(self, witnesses: Sequence[tuple[str, str]], quorum: int) -> None:
        """``witnesses`` are verifier keys with addresses. Raises ``LogRefused`` for a key that is no cosigner's."""
        self._targets = [_Target(_cosigner(key), url.rstrip("/")) for key, url in witnesses]
        self._quorum = quorum
        self._pool = ThreadPoolExecutor(max(1, len(self._targets)), thread_name_prefix="witness")
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect).open

    @property
    def names(self) -> frozenset[str]:
        """The key names asked."""
        return frozenset(target.verifier.name for target in self._targets)

    def __call__(self, note: Note, published: Checkpoint, reader: Reader) -> list[Signature] | None:
        """The cosignatures on ``note`` in the order of the settings; None when they are fewer than the quorum."""
        checkpoint = Checkpoint.parse(note.text)
        signatures: dict[Verifier, Signature] = {}
        waiting = list(self._targets)
        for _ in range(MOST_ROUNDS):
            answers = self._ask(waiting, note, checkpoint, published, reader)
            waiting = []
            for target, answer in answers:
                if answer.status == 200:
                    signature = _find_cosignature(target, note, answer.body)
                    if signature is not None:
                        signatures[target.verifier] = signature
                        target.known_size = checkpoint.size
                elif self._has_other_size(target, checkpoint, answer):
                    waiting.append(target)
            if not waiting:
                break
        found = [signatures[target.verifier] for target in self._targets if target.verifier in signatures]
        if len(found) < self._quorum:
            log.warning("too-few-cosignatures", size=checkpoint.size, got=len(found), wanted=self._quorum)
            return None
        return found

    def _ask(
        self,
        targets: Sequence[_Target],
        note: Note,
        checkpoint: Checkpoint,
        published: Checkpoint,
        reader: Reader,
    ) -> list[tuple[_Target, _Answer]]:
        """Ask all at once; those that do not answer in time are left out."""
        asked: dict[Future[_Answer], _Target] = {}
        for target in targets:
            known = published.size if target.known_size is None else target.known_size
            old = min(known, checkpoint.size)
            # The proofs are made here, one after another: the session behind the reader is not for threads.
            proof = merkle.consistency_proof(old, checkpoint.size, reader) if old else []
            body = "".join(
                [f"old {old}\n", *(f"{notes.encode_base64(each)}\n" for each in proof), f"\n{note}"]
            )
            asked[self._pool.submit(self._post, f"{target.url}/add-checkpoint", body.encode())] = target
        done, late = wait(asked, timeout=PATIENCE_S)
        for future in late:
            log.warning("witness-silent", witness=asked[future].verifier.name)
        answers = []
        for future in done:
            try:
                answers.append((asked[future], future.result()))
            except (OSError, ValueError) as error:
                log.warning("witness-unreachable", witness=asked[future].verifier.name, error=str(error))
        return answers

    def _post(self, url: str, body: bytes) -> _Answer:
        request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
            url, body, {"Content-Type": "text/plain; charset=utf-8"}, method="POST"
        )
        try:
            with self._open(request, timeout=PATIENCE_S) as answer:
                return _Answer(answer.status, answer.read(LARGEST_ANSWER).decode())
        except urllib.error.HTTPError as error:
            with error:
                return _Answer(error.code, error.read(LARGEST_ANSWER).decode(errors="replace"))

    def _has_other_size(self, target: _Target, checkpoint: Checkpoint, answer: _Answer) -> bool:
        """Whether the witness remembers another size than was assumed, and is worth asking again."""
        name = target.verifier.name
        size = _SIZE.fullmatch(answer.body) if answer.status == 409 else None
        if size is None:
            log.warning("witness-refused", witness=name, status=answer.status, said=answer.body[:200])
            return False
        known = int(size[1])
        if known > checkpoint.size:
            # Somebody signed a longer log with this key: an old copy is running, or the key is elsewhere too.
            log.error("witness-has-seen-more", witness=name, size=checkpoint.size, witness_size=known)
            return False
        target.known_size = known
        return True


def _cosigner(key: str) -> Verifier:
    try:
        verifier = Verifier.from_text(key)
    except BadInput as cause:
        raise LogRefused(
            f"TRACE_LOG_WITNESSES names “{key[:80]}”, which is no verifier key: correct it."
        ) from cause
    if verifier.kind not in notes.COSIGNATURES:
        raise LogRefused(
            f"TRACE_LOG_WITNESSES names the key of {verifier.name}, which is not a witness's: take the cosigner key."
        )
    return verifier


def _find_cosignature(target: _Target, note: Note, lines: str) -> Signature | None:
    """The witness's own signature among the lines it answered with, if it is right and says when."""
    name = target.verifier.name
    try:
        signature = next((each for each in notes.parse_signatures(lines) if target.verifier.made(each)), None)
        if signature is not None:
            target.verifier.verify(note.text, signature)
    except BadInput as error:
        log.warning("witness-answered-wrongly", witness=name, error=str(error))
        return None
    if signature is None or signature.timestamp == 0:
        log.warning("witness-answered-wrongly", witness=name, error="no cosignature of its key")
        return None
    return signature
