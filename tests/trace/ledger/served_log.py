"""A small log over real HTTP whose every part a test may falsify. It shares no code with the service but the leaf's."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from trace.ledger import leaves, merkle, tiles
from trace.ledger.notes import Checkpoint, Signer, sign_note
from trace.ledger.tiles import WIDTH

ORIGIN = "log.example.vn/nguon-goc"


@dataclass
class Recorded:
    """One event: its leaf as published, and what is shown of it now. ``shown`` None: the event is gone."""

    salts: dict[str, bytes]
    leaf: bytes
    shown: dict[str, Any] | None


@dataclass
class ServedLog:
    """What the server knows, and the checkpoint it shows; ``sign`` publishes what is there now."""

    events: list[Recorded] = field(default_factory=list)
    signer: Signer = field(default_factory=lambda: Signer.generate(ORIGIN))
    witnesses: list[Signer] = field(default_factory=list)
    note: str = ""
    size: int = 0
    tree: merkle.Tree = field(default_factory=merkle.Tree)
    replaced: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    before_answer: Callable[[str], None] = lambda _path: None

    def record(self, count: int, **values: Any) -> None:
        """Append events and publish them."""
        for _ in range(count):
            self.events.append(make(len(self.events), **values))
        self.sign()

    def sign(self) -> None:
        """Build the tree anew from the leaves as they are now and sign it with the same key."""
        self.tree = merkle.Tree(merkle.leaf_hash(event.leaf) for event in self.events)
        self.size = len(self.events)
        text = Checkpoint(ORIGIN, self.size, self.tree.root()).text
        self.note = sign_note(text, self.signer, *self.witnesses)

    def answer(self, path: str) -> bytes | int:
        """The bytes at a path below the log's address, or a status."""
        self.before_answer(path)
        self.asked.append(path)
        if path in self.replaced:
            return self.replaced[path]
        if path == "key":
            return self.signer.verifier.text.encode()
        if path == "checkpoint":
            return self.note.encode()
        kind, _, rest = path.partition("/")
        try:
            if kind == "openings":
                return self._openings(*tiles.parse_index_path(rest))
            level, _, place = rest.partition("/")
            index, width = tiles.parse_index_path(place)
            if level == "entries":
                found = self.events[index * WIDTH : index * WIDTH + width]
                return tiles.encode_bundle([event.leaf for event in found])
            return self._tile(int(level), index, width)
        except (tiles.MalformedTile, IndexError):
            return 404

    def _tile(self, level: int, index: int, width: int) -> bytes:
        nodes = [(level * tiles.HEIGHT, index * WIDTH + at) for at in range(width)]
        return b"".join(self.tree.read(nodes))

    def _openings(self, index: int, width: int) -> bytes:
        openings = []
        for at in range(index * WIDTH, min(index * WIDTH + width, len(self.events))):
            event = self.events[at]
            if event.shown is not None:
                fields = {
                    name: {"value": event.shown.get(name), "salt": event.salts[name].hex()}
                    for name in leaves.PUBLIC_FIELDS
                    if name in event.salts
                }
                openings.append({"index": at, "fields": fields})
        return json.dumps({"openings": openings}).encode()


def make(number: int, **more: Any) -> Recorded:
    """One event with a leaf and salts of its own."""
    values: dict[str, Any] = {
        "event_id": f"urn:uuid:{UUID(int=number)}",
        "event_type": "ObjectEvent",
        "verb": "ship",
        "event_date": "2025-11-01",
        "lots": [],
        **more,
    }
    salts = leaves.new_salts()
    return Recorded(salts, leaves.encode_leaf(ORIGIN, values, salts), values)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log: ServedLog

    def do_GET(self) -> None:
        found = self.log.answer(self.path.removeprefix("/log/"))
        status, body = (200, found) if isinstance(found, bytes) else (found, b"")
        self.send_response(status)
        if body[:2] == b"\x1f\x8b":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing: the test reads ``asked``."""


class Serving:
    """A context manager: the log answers at ``log.url`` inside."""

    def __init__(self, log: ServedLog) -> None:
        handler = type("BoundHandler", (Handler,), {"log": log})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.log = log
        log.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ServedLog:
        self._thread.start()
        return self.log

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
