"""Running a witness: its key, its web server of two addresses, the folder only one process may use."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trace.core.embedded_processes import die_with
from trace.core.local_state import AlreadyRunning, StateUnusable, cannot_write, hold
from trace.ledger.notes import COSIGNATURE, MalformedNote, Signer, Verifier
from trace.ledger.witness import LARGEST_REQUEST, Answer, Witness, WrongKey

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TARGET = "trace.cli.witness:take_application"
KILL_WORKERS_AFTER_S = 3
THREADS = 8
REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
}

_prepared: "list[Callable[[], WSGIApplication]]" = []


class WitnessProblem(Exception):
    """The witness cannot start; the message is one sentence that says what to do."""


def make_key(name: str, path: Path) -> str:
    """Write a new witness key into ``path``, readable by its owner only; returns its verifier key."""
    try:
        signer = Signer.generate(name, COSIGNATURE)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{signer.text}\n")
            file.flush()
            os.fsync(file.fileno())
    except ValueError as error:
        raise WitnessProblem(f"{name} is no name for a key: use one like witness.example/hanoi.") from error
    except FileExistsError as error:
        raise WitnessProblem(
            f"{path} is there already: a key is never overwritten, choose another file."
        ) from error
    except OSError as error:
        raise WitnessProblem(cannot_write(path.parent, error)) from error
    return signer.verifier.text


def read_key(path: Path) -> Signer:
    """The witness key in ``path``."""
    try:
        return Signer.from_text(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise WitnessProblem(
            f"Cannot read {path} ({error.strerror}): make a key by make-witness-key."
        ) from error
    except (MalformedNote, UnicodeDecodeError) as error:
        raise WitnessProblem(f"{path} holds no key: make one by make-witness-key.") from error


def read_logs(texts: Iterable[str]) -> list[Verifier]:
    """The verifier keys of the logs to watch."""
    logs = []
    for text in texts:
        try:
            logs.append(Verifier.from_text(text))
        except MalformedNote as error:
            raise WitnessProblem(f"{text[:80]} is no verifier key ({error}).") from error
    return logs


def run(host: str, port: int, signer: Signer, logs: list[Verifier], folder: Path) -> None:
    """Serve until stopped. Raises ``WitnessProblem``.

    The folder is owned for as long as this process lives, so that no second witness cosigns from the same memory.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    with ExitStack() as stack:
        try:
            stack.enter_context(hold(folder))
            witness = Witness(signer, logs, folder)
        except AlreadyRunning as error:
            raise WitnessProblem(
                f"Another process uses {folder}: stop it first, or use another folder."
            ) from error
        except (StateUnusable, WrongKey) as error:
            raise WitnessProblem(str(error)) from error
        _prepared.append(lambda: make_application(witness))
        # The worker inherits the witness and the hold on its folder; a spawned one would have neither.
        multiprocessing.set_start_method("fork", force=True)
        Granian(
            TARGET,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            # One process: what was cosigned last is compared and replaced under one lock.
            workers=1,
            blocking_threads=THREADS,
            websockets=False,
            log_level=LogLevels.warning,
            workers_kill_timeout=KILL_WORKERS_AFTER_S,
            factory=True,
        ).serve()


def take_application() -> "WSGIApplication":
    """The application of the one worker process, which ends with the process that started it."""
    die_with(os.getppid(), signal.SIGTERM)
    return _prepared[0]()


def make_application(witness: Witness) -> "WSGIApplication":
    """POST /add-checkpoint and GET /<origin hash>/checkpoint (C2SP tlog-witness)."""

    def answer_request(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        try:
            answer = _dispatch(witness, environ)
        except StateUnusable as error:
            # Not kept means not cosigned; the log asks again.
            answer = Answer(500, f"{error}\n")
        body = answer.body.encode()
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(body)))]
        if answer.status == 405:
            headers.append(("Allow", "POST" if environ.get("PATH_INFO") == "/add-checkpoint" else "GET"))
        start(f"{answer.status} {REASONS[answer.status]}", headers)
        return [body]

    return answer_request


def _dispatch(witness: Witness, environ: dict[str, Any]) -> Answer:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if path == "/add-checkpoint":
        if method != "POST":
            return Answer(405)
        body = environ["wsgi.input"].read(LARGEST_REQUEST + 1)
        if len(body) > LARGEST_REQUEST:
            return Answer(413, "A request is not that long.\n")
        return witness.add_checkpoint(body)
    origin_hash, _, rest = path.removeprefix("/").partition("/")
    if rest != "checkpoint":
        return Answer(404, "There is nothing at this address.\n")
    return witness.latest(origin_hash) if method in {"GET", "HEAD"} else Answer(405)
