"""Reading a log over HTTP as an auditor does: a few connections kept open, every answer of limited size.

Nothing that comes back is believed here or interpreted; a server may be slow, lie, or send without end.
"""

import http.client
import ssl
import threading
import time
import zlib
from typing import Self
from urllib.parse import urlsplit

TIMEOUT_S = 60
PAUSE_S = 1.0
LONGEST_PAUSE_S = 10.0
TRIES = 4
BUSY = frozenset({429, 502, 503, 504})
LARGEST_CHECKPOINT = 64 * 1024
LARGEST_TILE = 256 * 32
# C2SP tlog-tiles: 256 entries with a length of 16 bits each.
LARGEST_BUNDLE = 256 * (2 + 65_535)
LARGEST_OPENINGS = 32 * 1024 * 1024
DEFAULT_PREFIX = "/log"


class LogUnreachable(Exception):
    """The log cannot be read, which says nothing about its honesty; the message is one sentence."""


class LogClient:
    """Fetches from the log at ``url``; safe to use from several threads, each with a connection of its own.

    A context manager: connections are kept open until its end.
    """

    def __init__(self, url: str, *, prefix: str = DEFAULT_PREFIX, timeout_s: float = TIMEOUT_S) -> None:
        """``url`` is that of a service, whose log is at ``prefix``, or one with a path of its own.

        Raises ``LogUnreachable`` for what is no address.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise LogUnreachable(f"{url} is no address.") from error
        if (
            parts.scheme not in {"http", "https"}
            or not host
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise LogUnreachable(f"{url} is no address of a log: give one like https://nguongoc.example.")
        self.url = url
        self._host, self._port, self._is_tls = host, port, parts.scheme == "https"
        self._prefix = parts.path.rstrip("/") or prefix
        self._timeout_s = timeout_s
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for connection in self._connections:
            connection.close()

    def fetch(self, path: str, most: int) -> bytes | None:
        """The bytes at ``path`` below the log's address, None where there is nothing.

        Raises ``LogUnreachable`` when it cannot be reached, answers with an error, or sends more than ``most`` bytes.
        """
        for left in range(TRIES, 0, -1):
            try:
                status, wait_s, body = self._ask(f"{self._prefix}/{path}", most)
            except LogUnreachable:
                self._drop()  # what is still on its way belongs to no later question
                raise
            except (http.client.HTTPException, OSError) as error:
                # A kept connection may have been closed meanwhile; a new one tells whether the server is there.
                was_kept = self._drop()
                if left == 1 or (not was_kept and not isinstance(error, http.client.RemoteDisconnected)):
                    raise LogUnreachable(f"{self.url} cannot be reached: {error or 'no answer'}.") from error
                continue
            if status == 200:
                return body
            if status in {404, 410}:
                return None
            if status not in BUSY or left == 1:
                raise LogUnreachable(f"{self.url} answers {status} for {path}.")
            time.sleep(min(wait_s, LONGEST_PAUSE_S))
        raise AssertionError("unreachable: the last try returns or raises")

    def _ask(self, path: str, most: int) -> tuple[int, float, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            if self._is_tls:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._timeout_s, context=ssl.create_default_context()
                )
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
            self._local.connection, self._local.was_used = connection, False
            self._connections.append(connection)
        connection.request(
            "GET", path, headers={"Accept-Encoding": "gzip, identity", "User-Agent": "verify-log"}
        )
        answer = connection.getresponse()
        body = _read(answer, most, path)
        self._local.was_used = True
        try:
            wait_s = float(answer.headers.get("Retry-After", PAUSE_S))
        except ValueError:
            wait_s = PAUSE_S
        return answer.status, max(wait_s, 0.0), body

    def _drop(self) -> bool:
        """Close this thread's connection; returns whether it had answered before."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
        return bool(getattr(self._local, "was_used", False))


def _read(answer: http.client.HTTPResponse, most: int, path: str) -> bytes:
    """The whole body, never more than ``most`` bytes, packed or unpacked."""
    body = answer.read(most + 1)
    is_packed = answer.headers.get("Content-Encoding", "identity").strip().lower() == "gzip"
    if len(body) <= most and is_packed:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            body = unpacker.decompress(body, most + 1)
        except zlib.error as error:
            raise LogUnreachable(f"What is sent for {path} cannot be unpacked.") from error
    if len(body) > most:
        raise LogUnreachable(f"More than {most} bytes are sent for {path}.")
    return body
