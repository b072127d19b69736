"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint, tlog-cosignature.

Signed with Ed25519; ML-DSA-44 cosignatures of others' witnesses are verified.

Pure: texts in, texts out. Which keys are trusted, where they are kept and what a tree holds is decided elsewhere.
What is read here comes from anybody, so every malformed input is ``MalformedNote`` and nothing else.
"""

import base64
import binascii
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from trace.core.errors import BadInput

ED25519 = 0x01
COSIGNATURE = 0x04  # timestamped Ed25519 cosignature/v1
ML_DSA_COSIGNATURE = 0x06  # timestamped ML-DSA-44 subtree/v1
COSIGNATURES = (COSIGNATURE, ML_DSA_COSIGNATURE)
KEY_LENGTHS = {ED25519: 32, COSIGNATURE: 32, ML_DSA_COSIGNATURE: 1312}
SEED_LENGTH = 32
KEY_ID_LENGTH = 4
TIMESTAMP_LENGTH = 8
LARGEST_TIMESTAMP = 2**63 - 1
LARGEST_NUMBER = 2**64 - 1
# The standard asks for at least 16; Go's reader takes 100.
MOST_SIGNATURES = 100
LARGEST_NOTE = 1_000_000
SIGNATURE_START = "— "
PRIVATE_START = "PRIVATE+KEY+"
COSIGNED_START = "cosignature/v1\ntime "
SUBTREE_START = b"subtree/v1\n\x00"
LONGEST_COSIGNED_NAME = 255

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class MalformedNote(BadInput):
    """The text is no signed note, no checkpoint or no key, by the letter of the standard."""

    code = "malformed-note"


class NotSigned(BadInput):
    """No key that is trusted here has signed the note."""

    code = "not-signed"


class InvalidSignature(BadInput):
    """A line claims a trusted key and the signature is wrong: the whole note is refused."""

    code = "invalid-signature"


# ------------------------------------------------------------------------------------------------------- encoding


def decode_base64(text: str) -> bytes:
    """Standard base64 with padding, in its only right spelling; ``MalformedNote`` otherwise."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise MalformedNote("not base64") from cause
    if encode_base64(decoded) != text:
        raise MalformedNote("not base64 in its only right spelling")
    return decoded


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def parse_number(text: str) -> int:
    """An unsigned 64-bit number as ASCII digits without leading zeroes; ``MalformedNote`` otherwise."""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_NUMBER:
        raise MalformedNote(f"not a number: {text[:40]!r}")
    return int(text)


def key_id_of(name: str, kind: int, public_key: bytes) -> bytes:
    """The four bytes that name a key beside its name: SHA-256(name || newline || kind || key)[:4]."""
    return sha256(name.encode() + b"\n" + bytes((kind,)) + public_key).digest()[:KEY_ID_LENGTH]


def is_key_name(name: str) -> bool:
    """Whether a key may be called this: not empty, no Unicode space, no plus."""
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


# ----------------------------------------------------------------------------------------------------------- keys


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note; ``data`` is what follows the key id."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line as written, with its newline."""
        return f"{SIGNATURE_START}{self.name} {encode_base64(self.key_id + self.data)}\n"

    @property
    def timestamp(self) -> int:
        """When a cosignature says it was made, in seconds since 1970; means nothing for other signatures."""
        return int.from_bytes(self.data[:TIMESTAMP_LENGTH], "big")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: what ``name+id+base64`` says."""

    name: str
    kind: int
    public_key: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a verifier key; ``MalformedNote`` for anything but a key of a kind known here with its right id."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]) or not _KEY_ID.fullmatch(parts[1]):
            raise MalformedNote("not a verifier key")
        key = decode_base64(parts[2])
        if not key or len(key) - 1 != KEY_LENGTHS.get(key[0]):
            raise MalformedNote("not a verifier key of a kind known here")
        made = cls(parts[0], key[0], key[1:])
        if made.key_id.hex() != parts[1]:
            raise MalformedNote("the verifier key's id is not that of the key")
        return made

    @property
    def key_id(self) -> bytes:
        """The four bytes in front of its signatures."""
        return key_id_of(self.name, self.kind, self.public_key)

    @property
    def text(self) -> str:
        """The verifier key as handed out."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes((self.kind,)) + self.public_key)}"

    def made(self, signature: Signature) -> bool:
        """Whether the line claims this key: name and id, both."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, text: str, signature: Signature) -> None:
        """Raise ``InvalidSignature`` unless this key signed ``text``, the whole note text with its last newline."""
        try:
            message, data = self._signed_message(text, signature.data)
            if self.kind == ML_DSA_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public_key).verify(data, message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public_key).verify(data, message)
        except (WrongSignature, ValueError, MalformedNote) as cause:
            raise InvalidSignature(
                f"The signature is not by the key {self.name}+{self.key_id.hex()}."
            ) from cause

    def _signed_message(self, text: str, data: bytes) -> tuple[bytes, bytes]:
        """What was signed, and the bare signature. ``ValueError`` for a time no cosignature may have."""
        if self.kind == ED25519:
            return text.encode(), data
        timestamp = int.from_bytes(data[:TIMESTAMP_LENGTH], "big")
        if len(data) <= TIMESTAMP_LENGTH or timestamp > LARGEST_TIMESTAMP:
            raise ValueError("no time of a cosignature")
        if self.kind == COSIGNATURE:
            return cosigned_text(text, timestamp).encode(), data[TIMESTAMP_LENGTH:]
        return cosigned_subtree(self.name, text, timestamp), data[TIMESTAMP_LENGTH:]


def cosigned_text(text: str, timestamp: int) -> str:
    """What an Ed25519 cosigner signs (C2SP tlog-cosignature, "Ed25519 signed message")."""
    return f"{COSIGNED_START}{timestamp}\n{text}"


def cosigned_subtree(name: str, text: str, timestamp: int) -> bytes:
    """What an ML-DSA-44 cosigner signs of a whole tree (C2SP tlog-cosignature, "ML-DSA-44 signed message").

    ``ValueError`` for names longer than 255 bytes or a root that is no hash, ``MalformedNote`` for no checkpoint.
    """
    checkpoint = Checkpoint.parse(text)
    names = [name.encode(), checkpoint.origin.encode()]
    if max(map(len, names)) > LONGEST_COSIGNED_NAME or len(checkpoint.root) != sha256().digest_size:
        raise ValueError("a name has at most 255 bytes, a root 32")
    cosigner, origin = (bytes((len(each),)) + each for each in names)
    numbers = [number.to_bytes(8, "big") for number in (timestamp, 0, checkpoint.size)]
    return SUBTREE_START + cosigner + numbers[0] + origin + numbers[1] + numbers[2] + checkpoint.root


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name. It stays out of every representation."""

    name: str
    kind: int
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Self:
        """A new random key. ``ValueError`` for a name no key may have."""
        if not is_key_name(name):
            raise ValueError("a key's name has no spaces and no plus sign")
        return cls(name, kind, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a private key as ``text`` writes it; ``MalformedNote`` otherwise, never repeating the text."""
        parts = text.removeprefix(PRIVATE_START).split("+", 2)
        if not text.startswith(PRIVATE_START) or len(parts) != 3 or not is_key_name(parts[0]):
            raise MalformedNote("not a private key")
        key = decode_base64(parts[2])
        if len(key) != 1 + SEED_LENGTH or key[0] not in (ED25519, COSIGNATURE):
            raise MalformedNote("not a private key of a kind known here")
        made = cls(parts[0], key[0], key[1:])
        if made.verifier.key_id.hex() != parts[1]:
            raise MalformedNote("the private key's id is not that of the key")
        return made

    @property
    def text(self) -> str:
        """The private key as kept in a file, in the form of golang.org/x/mod/sumdb/note."""
        key_id = self.verifier.key_id.hex()
        return f"{PRIVATE_START}{self.name}+{key_id}+{encode_base64(bytes((self.kind,)) + self.seed)}"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return Verifier(self.name, self.kind, raw)

    def sign(self, text: str, at: int | None = None) -> Signature:
        """Sign a note text; a cosigner says when: ``at`` in seconds since 1970, now if not given."""
        stamp, message = b"", text
        if self.kind == COSIGNATURE:
            timestamp = int(time.time()) if at is None else at
            stamp, message = timestamp.to_bytes(TIMESTAMP_LENGTH, "big"), cosigned_text(text, timestamp)
        bare = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message.encode())
        return Signature(self.name, self.verifier.key_id, stamp + bare)


# ---------------------------------------------------------------------------------------------------------- notes


@dataclass(frozen=True, slots=True)
class Note:
    """A note as read: its text with the last newline, and its signatures, none of them verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(signature.line for signature in self.signatures)

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The same note signed by more."""
        return replace(self, signatures=(*self.signatures, *more))


def parse_note(data: str | bytes) -> Note:
    """Take a signed note apart, verifying nothing; ``MalformedNote`` for whatever the standard does not allow."""
    text, separator, lines = _note_text(data).rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise MalformedNote("a note ends in a blank line and signatures")
    signatures = parse_signatures(lines)
    return Note(f"{text}\n", signatures)


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines alone, as a witness answers with them; at least one."""
    if not lines.endswith("\n") or _CONTROL.search(lines):
        raise MalformedNote("a signature line ends in a newline")
    each = lines[:-1].split("\n")
    if len(each) > MOST_SIGNATURES:
        raise MalformedNote(f"a note has at most {MOST_SIGNATURES} signatures")
    return tuple(_parse_signature(line) for line in each)


def _parse_signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(SIGNATURE_START).partition(" ")
    if not line.startswith(SIGNATURE_START) or not separator or not is_key_name(name):
        raise MalformedNote("not a signature line")
    data = decode_base64(encoded)
    if len(data) <= KEY_ID_LENGTH:
        raise MalformedNote("a signature line without a signature")
    return Signature(name, data[:KEY_ID_LENGTH], data[KEY_ID_LENGTH:])


def _note_text(data: str | bytes) -> str:
    if len(data) > LARGEST_NOTE:
        raise MalformedNote("a note is not that long")
    try:
        # Text may hold half a character just as bytes may be no UTF-8.
        text = data.decode() if isinstance(data, bytes) else data.encode().decode()
    except UnicodeError as cause:
        raise MalformedNote("a note is UTF-8") from cause
    if _CONTROL.search(text):
        raise MalformedNote("a note holds no control characters")
    return text


def sign_note(text: str, *signers: Signer, at: int | None = None) -> str:
    """The signed note. ``ValueError`` for a text that is none: it ends in a newline and has no control characters."""
    if not text.endswith("\n") or _CONTROL.search(text) or not signers:
        raise ValueError("a note ends in a newline, holds no control characters and is signed")
    return str(Note(text, tuple(signer.sign(text, at) for signer in signers)))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note with at least one good signature; ``unverified`` are by keys unknown here, and say nothing."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def open_note(data: str | bytes | Note, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Verify a note by known keys.

    Unknown keys are ignored, a repeated line counts once. Raises ``MalformedNote``, ``InvalidSignature`` when a line
    of a known key is wrong, ``NotSigned`` when no known key signed.
    """
    note = data if isinstance(data, Note) else parse_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in note.signatures:
        key = (signature.name, signature.key_id)
        if key not in known:
            unverified[signature] = None
        elif key not in verified:
            known[key].verify(note.text, signature)
            verified[key] = signature
    if not verified:
        raise NotSigned("The note has no signature by a key known here.")
    return OpenedNote(note.text, tuple(verified.values()), tuple(unverified))


# ---------------------------------------------------------------------------------------------------- checkpoints


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log says about its tree. ``extension`` are further lines, each with its newline; ours have none."""

    origin: str
    size: int
    root: bytes
    extension: str = ""

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read the text of a checkpoint, without signatures; ``MalformedNote`` otherwise.

        The length of the root is not looked at: what is no hash fails every proof.
        """
        lines = _note_text(text).split("\n", 3)
        if len(lines) != 4 or not lines[0] or not lines[2]:
            raise MalformedNote("a checkpoint has an origin, a size and a root, each on a line of its own")
        return cls(lines[0], parse_number(lines[1]), decode_base64(lines[2]), lines[3])

    @property
    def text(self) -> str:
        """The note text to sign."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n{self.extension}"


def open_checkpoint(data: str | bytes | Note, verifiers: Sequence[Verifier], origin: str) -> Checkpoint:
    """The checkpoint of the log ``origin`` in a note signed by one of ``verifiers``.

    Raises what ``open_note`` does, and ``MalformedNote`` for another log's checkpoint or a root that is no hash.
    """
    checkpoint = Checkpoint.parse(open_note(data, verifiers).text)
    if checkpoint.origin != origin:
        raise MalformedNote(f"The checkpoint is of another log, {checkpoint.origin[:80]!r}.")
    if len(checkpoint.root) != sha256().digest_size:
        raise MalformedNote("The checkpoint's root is no hash.")
    return checkpoint
