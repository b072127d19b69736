"""What the log keeps outside the database: its signing key, and beside it the last checkpoint it signed.

A database can be put back from a copy; these two files say that it was. Nothing here is decided about the tree.
"""

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from trace.core import local_state
from trace.core.errors import BadInput
from trace.ledger import notes
from trace.ledger.notes import Checkpoint, Signer, Verifier


class LogRefused(Exception):
    """The log cannot go on without somebody deciding; the message is one sentence that says what to do."""


def load_signer(path: Path, origin: str) -> Signer:
    """The log's signing key. Raises ``LogRefused`` when there is none, or another log's."""
    try:
        signer = Signer.from_text(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as cause:
        raise LogRefused(
            f"The log has no signing key at {path}: put it back from its copy, or make the key of a new log by "
            "`flask --app trace make-log-key`."
        ) from cause
    except OSError as cause:
        raise LogRefused(f"Cannot read the log's key {path} ({cause.strerror}): make it readable.") from cause
    except (BadInput, UnicodeDecodeError) as cause:
        raise LogRefused(f"The file {path} holds no signing key: put it back from its copy.") from cause
    if signer.name != origin or signer.kind != notes.ED25519:
        raise LogRefused(
            f"The key {path} is that of “{signer.name}”, and this log is “{origin}”: name the right file in "
            "TRACE_LOG_KEY_FILE."
        )
    return signer


def make_signer(path: Path, origin: str) -> Signer:
    """Make the key of a new log. Raises ``LogRefused`` when there is one already: it is never replaced here."""
    if path.exists():
        raise LogRefused(f"There is a key at {path} already: it stays, because what it signed stays.")
    signer = Signer.generate(origin)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        local_state.write_private(path, signer.text + "\n")
        _sync_folder(path)
    except OSError as cause:
        raise LogRefused(local_state.cannot_write(path, cause)) from cause
    except local_state.StateUnusable as cause:
        raise LogRefused(str(cause)) from cause
    return signer


def set_aside(path: Path) -> None:
    """Put the key and the checkpoint of a log whose database is gone out of the way; nothing is deleted."""
    for old in (path, LastCheckpoint.beside(path).path):
        with contextlib.suppress(FileNotFoundError):
            old.rename(old.with_name(f"{old.name}.{secrets.token_hex(4)}.old"))


@dataclass(frozen=True, slots=True)
class LastCheckpoint:
    """The file with the last checkpoint the log signed: written before anybody sees it, never with a smaller one."""

    path: Path

    @classmethod
    def beside(cls, key_file: Path) -> "LastCheckpoint":
        """The file that belongs to a key."""
        return cls(key_file.with_name(f"{key_file.name}.checkpoint"))

    def find(self, verifier: Verifier, origin: str) -> Checkpoint | None:
        """The checkpoint in the file, None without one. Raises ``LogRefused`` for a file that is not this log's."""
        try:
            note = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise LogRefused(f"Cannot read {self.path} ({cause.strerror}): make it readable.") from cause
        try:
            return notes.open_checkpoint(note, [verifier], origin)
        except BadInput as cause:
            raise LogRefused(
                f"The file {self.path} holds no checkpoint signed by this log's key: put it back from its copy, or put "
                "there the newest checkpoint that a witness or an auditor has."
            ) from cause

    def keep(self, note: str) -> None:
        """Write the checkpoint, so that it is there even if the power fails now. Raises ``LogRefused``."""
        try:
            local_state.write_private(self.path, note)
            _sync_folder(self.path)
        except OSError as cause:
            raise LogRefused(local_state.cannot_write(self.path, cause)) from cause
        except local_state.StateUnusable as cause:
            raise LogRefused(str(cause)) from cause


def _sync_folder(path: Path) -> None:
    """A renamed file is durable only once its folder is."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        # Some file systems cannot sync a folder; there a rename is as durable as it gets.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
