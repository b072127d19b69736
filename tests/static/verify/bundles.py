"""Proof files for the tests of the standalone verifier, made without any code of the service but the leaf's."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trace.ledger import leaves

ORIGIN = "log.example.vn/nguon-goc"
LOG_KIND, WITNESS_KIND = 1, 4
VALUES: dict[str, Any] = {
    "event_id": "urn:uuid:019a3c2e-7b1a-7c40-9d2e-5f0a1b2c3d4e",
    "event_type": "ObjectEvent",
    "biz_step": "shipping",
    "verb": "ship",
    "event_date": "2025-11-01",
    "marks": ["late_entry"],
    "notice": {"vi": "Thu hồi", "en": "Recall", "\U0001f34e": True},
}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Signer:
    """A key that signs notes: a log's own, or a witness's with its time."""

    name: str
    kind: int = LOG_KIND
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def material(self) -> bytes:
        return bytes([self.kind]) + self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.material).digest()[:4]

    @property
    def verifier(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encoded(self.material)}"

    def line(self, text: str, time: int = 1_760_000_000) -> str:
        signature = self.private.sign(text.encode())
        if self.kind == WITNESS_KIND:
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
            signature = struct.pack(">Q", time) + self.private.sign(message)
        return f"— {self.name} {encoded(self.key_id + signature)}\n"


@dataclass
class Bundle:
    """One event in a log of four entries, each part open to be falsified before ``text`` writes it out."""

    log: Signer = field(default_factory=lambda: Signer(ORIGIN))
    witnesses: list[Signer] = field(default_factory=list)
    origin: str = ORIGIN
    index: int = 2
    size: int = 4
    header: str = "c2sp.org/tlog-proof@v1"
    leaf: bytes = b""
    fields: dict[str, Any] = field(default_factory=dict)
    lots: list[dict[str, str]] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    root: bytes = b""

    def __post_init__(self) -> None:
        salts = leaves.new_salts()
        values = VALUES | {"lots": leaves.lot_tags({"7K3QX9ZPAB", "OTHER"}, salts)}
        self.leaf = leaves.encode_leaf(self.origin, values, salts)
        self.fields = {
            name: {"value": values.get(name), "salt": salts[name].hex()} for name in leaves.PUBLIC_FIELDS
        }
        self.lots = [{"lot": "7K3QX9ZPAB", "salt": leaves.lot_salt(salts["lot_key"], "7K3QX9ZPAB").hex()}]
        first, second, last = (leaves.leaf_hash(other) for other in (b"a", b"b", b"d"))
        left = node(first, second)
        self.hashes = [last, left]
        self.root = node(left, node(leaves.leaf_hash(self.leaf), last))

    @property
    def extra(self) -> str:
        stated = {"leaf": encoded(self.leaf), "fields": self.fields, "lots": self.lots}
        return f"extra {encoded(json.dumps(stated).encode())}\n"

    @property
    def note(self) -> str:
        text = f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"
        return f"{text}\n" + self.log.line(text) + "".join(one.line(text) for one in self.witnesses)

    @property
    def text(self) -> str:
        hashes = "".join(f"{encoded(one)}\n" for one in self.hashes)
        return f"{self.header}\n{self.extra}index {self.index}\n{hashes}\n{self.note}"


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
