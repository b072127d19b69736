"""The key under which hidden second codes are kept: a file outside the database, so that a copy of one opens nothing.

A hidden code is told once, in the file for the printer; here only its keyed hash is known.
"""

import contextlib
import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from trace.core import local_state
from trace.core.short_codes import normalise

KEY_NAME = "codes.key"
SECRET_LENGTH = 8
_KEY_BYTES = 32
_HASH_BYTES = 16


class CodesKeyMissing(Exception):
    """The key of these hidden codes is not here; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class HiddenCodeKey:
    """A key and its public name."""

    key: bytes

    @property
    def key_id(self) -> str:
        """A name that tells keys apart and nothing about them."""
        return sha256(b"key id:" + self.key).hexdigest()[:16]

    def hash(self, code: str, secret: str) -> bytes:
        """What is stored of the hidden code of a stamp; 16 bytes."""
        return hmac.digest(self.key, f"{code}:{normalise(secret)}".encode(), "sha256")[:_HASH_BYTES]

    def matches(self, code: str, secret: str, stored: bytes) -> bool:
        """Whether a typed hidden code is the stamp's, in the same time for all wrong ones."""
        return hmac.compare_digest(self.hash(code, secret), stored)


def load_key(folder: Path) -> HiddenCodeKey:
    """The key of this installation. Raises ``CodesKeyMissing``."""
    path = folder / KEY_NAME
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise CodesKeyMissing(
            f"There is no key of hidden codes at {path}: put it back from its copy."
        ) from error
    except (OSError, ValueError) as error:
        raise CodesKeyMissing(
            f"The file {path} holds no key of hidden codes: put it back from its copy."
        ) from error
    if len(key) != _KEY_BYTES:
        raise CodesKeyMissing(f"The file {path} holds no key of hidden codes: put it back from its copy.")
    return HiddenCodeKey(key)


def first_key(folder: Path) -> HiddenCodeKey:
    """The key, made where there is none: for the first run with hidden codes alone. Raises ``CodesKeyMissing``."""
    path = folder / KEY_NAME
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = folder / f"{KEY_NAME}.{secrets.token_hex(4)}.new"
            local_state.write_private(made, secrets.token_hex(_KEY_BYTES) + "\n")
            # Of two processes that begin at once one key stays: a link is never made over a file that is there.
            with contextlib.suppress(FileExistsError):
                os.link(made, path)
            made.unlink()
        except (OSError, local_state.StateUnusable) as error:
            raise CodesKeyMissing(
                f"The key of hidden codes cannot be written to {path}: make the folder writable."
            ) from error
    return load_key(folder)
