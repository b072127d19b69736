"""What this checkout keeps for itself in its ``.state`` folder: one secret file, one file while it runs.

Nothing here belongs to the data: removing the folder of an ordinary user's checkout removes that checkout's
embedded database with it, and nothing else. Every file is readable by its owner only, because the folder
holds the password of the embedded database and the key that signs sessions.
"""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_STATE_FOLDER = CHECKOUT / ".state"


class StateUnusable(Exception):
    """The state folder cannot be used; the message is one sentence that says what to do."""


class AlreadyRunning(StateUnusable):
    """Another process owns the state folder."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The random values of one checkout, made once."""

    id: str
    database_password: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Running:
    """What a command of the same checkout needs to join the running one."""

    pid: int
    database_url: str
    public_url: str | None = None


def open_state(folder: Path) -> Path:
    """Make the folder private to its owner and return it.

    Raises ``StateUnusable`` when the disk is read-only or full, or when the folder is another user's: data
    made by root and data made by an ordinary user must never mix.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = folder.stat().st_uid
        if owner != os.geteuid():
            raise StateUnusable(
                f"The folder {folder} belongs to another user (number {owner}): start as that user, or "
                "work in a checkout of your own."
            )
        folder.chmod(0o700)
    except OSError as error:
        raise StateUnusable(cannot_write(folder, error)) from error
    return folder


def cannot_write(path: Path, error: OSError) -> str:
    """The one sentence for a disk that does not take what has to be written."""
    return (
        f"Cannot write to {path} ({(error.strerror or 'unknown cause').lower()}): free some space there "
        "or make it writable, then start again."
    )


def write_private(path: Path, content: str) -> None:
    """Replace a file as a whole; nobody but its owner can read it at any moment."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise StateUnusable(cannot_write(path.parent, error)) from error


def installation(folder: Path) -> Installation:
    """The checkout's random values, made at the first call."""
    path = open_state(folder) / "installation.json"
    try:
        return Installation(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return renew_installation(folder)
    except OSError as error:
        message = f"Cannot read {path} ({error.strerror}): make it readable, then start again."
        raise StateUnusable(message) from error
    except (ValueError, TypeError) as error:
        raise StateUnusable(
            f"The file {path} is damaged: put it back from a copy, or remove it to begin with an empty "
            "database."
        ) from error


def renew_installation(folder: Path) -> Installation:
    """Make new random values: at the first start, and in a copy of another checkout."""
    made = Installation(
        id=secrets.token_hex(8),
        database_password=secrets.token_urlsafe(32),
        secret_key=secrets.token_urlsafe(48),
    )
    write_private(folder / "installation.json", json.dumps(asdict(made), indent=2) + "\n")
    return made


def announce(folder: Path, running: Running) -> None:
    """Tell commands of the same checkout how to join; ``withdraw`` takes it back."""
    write_private(folder / "running.json", json.dumps(asdict(running), indent=2) + "\n")


def withdraw(folder: Path) -> None:
    """Take back what ``announce`` told."""
    with contextlib.suppress(OSError):
        (folder / "running.json").unlink(missing_ok=True)


def find_announced(folder: Path) -> Running | None:
    """What was announced, whether or not it still runs; None when nothing was, or it cannot be read."""
    try:
        return Running(**json.loads((folder / "running.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def find_running(folder: Path) -> Running | None:
    """What was announced by an owner that still holds the folder, or None.

    The lock decides, not the process number: numbers are handed out again after a crash.
    """
    running = find_announced(folder)
    return running if running is not None and is_held(folder) else None


@contextlib.contextmanager
def hold(folder: Path, patience_s: float = 1.0) -> Iterator[None]:
    """Own the folder until the end of the block, or of the process however it ends.

    Raises ``AlreadyRunning`` when another process owns it for longer than ``patience_s`` (a command that only
    looks holds it for an instant).
    """
    path = open_state(folder) / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateUnusable(cannot_write(folder, error)) from error
    try:
        give_up_at = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > give_up_at:
                    raise AlreadyRunning(_already_running(folder)) from error
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def is_held(folder: Path) -> bool:
    """Whether some process owns the folder now."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _already_running(folder: Path) -> str:
    running = find_announced(folder)
    where = f" at {running.public_url}" if running and running.public_url else ""
    process = f" (process {running.pid})" if running else ""
    return f"This checkout is already running{where}{process}: stop that one first, or use another checkout."
