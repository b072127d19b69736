"""The one guard by which a request goes to an address a user gave: public addresses only, and nothing else.

A webhook's address is a request somebody else chose to make from inside our network. So: https only; the name is
looked up here, every answer must be a public address, and the connection goes to the very address that was checked
(no second look-up, so no rebinding); the certificate is checked against the name; no redirect is followed, no
proxy of the environment is used, and time and size have an end. What is sent and why is for the features.
"""

import http.client
import io
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from trace.core.outgoing_refusals import (
    AddressMalformed,
    AddressNotPublic,
    AnswerTooLarge,
    CertificateNotTrusted,
    NameNotFound,
    NotReached,
    PortNotAllowed,
    Redirected,
    SchemeNotAllowed,
    TooSlow,
)

EXTENSION = "outgoing"  # where the composition root keeps the guard: ``app.extensions[EXTENSION]``
PORTS = frozenset({443, 8443})
SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
LARGEST_HEAD = 64 * 1024
LONGEST_URL = 2000
MOST_ADDRESSES = 4  # of one name, tried in turn

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Global by the registry, and still not the open internet: relays that lead on to an address nobody checked, and
# a cloud's own door to its machines.
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "224.0.0.0/3",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
# Unicast that anybody may route. Mapped, compatible, NAT64, local, link-local and multicast are all outside it.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# What system look-ups read as a number: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "test", "invalid", "onion")


@dataclass(frozen=True)
class Target:
    """An address that was read and checked as far as that goes without asking anybody."""

    scheme: str
    host: str
    port: int
    path: str  # with the query string

    @property
    def netloc(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{shown}:{self.port}"

    @property
    def host_header(self) -> str:
        default = 443 if self.scheme == "https" else 80
        return self.netloc.rpartition(":")[0] if self.port == default else self.netloc


@dataclass(frozen=True)
class Received:
    """What came back: the status, and at most ``largest_answer`` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def look_up(host: str, port: int) -> list[str]:
    """Every address the system's resolver gives for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is on the open internet and nothing but that."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _GLOBAL_UNICAST or address.scope_id is not None
    ):
        return False
    if address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local:
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


@dataclass(frozen=True)
class Outgoing:
    """The guard. ``loopback`` names the only exceptions, "host:port" of this machine (a test's receiver): they may
    be plain http, and must lead to a loopback address. It is empty wherever strangers can reach the service."""

    loopback: frozenset[str] = frozenset()
    ports: frozenset[int] = PORTS
    seconds: float = SECONDS
    largest_answer: int = LARGEST_ANSWER
    resolve: Resolve = look_up
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def check(self, url: str) -> Target:
        """Read an address and hold it against every rule that needs no look-up.

        Raises ``AddressMalformed``, ``SchemeNotAllowed``, ``PortNotAllowed`` or ``AddressNotPublic``.
        """
        target = _read(url)
        if target.netloc in self.loopback:
            return target
        if target.scheme != "https":
            raise SchemeNotAllowed(_l("The address must begin with https://."))
        if target.port not in self.ports:
            raise PortNotAllowed(
                _l("Use port %(ports)s.", ports=", ".join(map(str, sorted(self.ports)))), port=target.port
            )
        literal = _literal(target.host)
        is_local = literal is None and any(
            target.host == name or target.host.endswith(f".{name}") for name in _LOCAL_NAMES
        )
        if (literal is not None and not is_public(literal)) or is_local:
            raise _not_public()
        if literal is None and "." not in target.host:
            raise _not_public()
        return target

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Received:
        """Send ``body`` and read the answer, all within ``seconds``.

        Raises ``OutgoingRefused`` for an address no request goes to, ``OutgoingFailed`` where none came back.
        An answer of any status but a redirect is returned as it is.
        """
        target = self.check(url)
        deadline = time.monotonic() + self.seconds
        addresses = self._addresses(target, deadline)
        connection = self._connect(target, addresses, deadline)
        try:
            return self._exchange(connection, target, body, headers, deadline)
        except TimeoutError as error:
            raise TooSlow(_l("No whole answer came in time.")) from error
        except (OSError, http.client.HTTPException) as error:
            raise NotReached(_l("The connection broke off.")) from error
        finally:
            connection.close()

    def _addresses(self, target: Target, deadline: float) -> list[Address]:
        """The checked addresses of a name: all of them are public, or none is used."""
        literal = _literal(target.host)
        found = [literal] if literal is not None else self._resolved(target, deadline)
        if not found:
            raise NameNotFound(_l("This name has no address."))
        if target.netloc in self.loopback:
            if not all(address.is_loopback for address in found):
                raise _not_public()
        elif not all(is_public(address) for address in found):
            raise _not_public()
        return found[:MOST_ADDRESSES]

    def _resolved(self, target: Target, deadline: float) -> list[Address]:
        """Look a name up within the time: the system's look-up has no end of its own."""
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self.resolve(target.host, target.port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, name="outgoing-look-up", daemon=True).start()
        try:
            answer = answers.get(timeout=_left(deadline))
        except queue.Empty as error:
            raise TooSlow(_l("No whole answer came in time.")) from error
        if isinstance(answer, Exception):
            raise NameNotFound(_l("This name has no address.")) from answer
        try:
            return list(dict.fromkeys(ipaddress.ip_address(text) for text in answer))
        except ValueError as error:  # with a zone, or nothing we know
            raise _not_public() from error

    def _connect(self, target: Target, addresses: Sequence[Address], deadline: float) -> socket.socket:
        """A connection to one of the checked addresses, in TLS as the name that was asked for."""
        for number, address in enumerate(addresses, 1):
            family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(_left(deadline))
                plain.connect((str(address), target.port))
                if target.scheme == "http":
                    return plain
                plain.settimeout(_left(deadline))
                return self.tls.wrap_socket(plain, server_hostname=target.host)
            except ssl.SSLCertVerificationError as error:
                plain.close()
                raise CertificateNotTrusted(_l("The certificate is not one of this name.")) from error
            except TimeoutError as error:
                plain.close()
                raise TooSlow(_l("No whole answer came in time.")) from error
            except OSError as error:
                plain.close()
                if number == len(addresses):
                    raise NotReached(_l("Nobody takes requests at this address.")) from error
        raise NotReached(_l("Nobody takes requests at this address."))

    def _exchange(
        self, made: socket.socket, target: Target, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> Received:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = _Bounded(made, deadline, LARGEST_HEAD + self.largest_answer)
        sent = {"Host": target.host_header, "Connection": "close", "User-Agent": "nguongoc", **headers}
        connection.request("POST", target.path, body, sent)
        answer = connection.getresponse()
        if 300 <= answer.status < 400:
            raise Redirected(_l("The address answers with another address; give that one."))
        content = answer.read(self.largest_answer + 1)
        if len(content) > self.largest_answer:
            raise _too_large()
        return Received(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)


class _Bounded:
    """What ``http.client`` needs of a socket, with one deadline and one limit of bytes over the whole request.

    A socket's own time limit starts again with every byte: a slow drip would hold us for hours.
    """

    def __init__(self, made: socket.socket, deadline: float, most: int) -> None:
        self._made = made
        self._deadline = deadline
        self._most = most

    def sendall(self, data: Any) -> None:
        self._made.settimeout(_left(self._deadline))
        self._made.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._made, self._deadline, self._most))

    def close(self) -> None:
        """The guard closes the connection itself."""


class _Reader(io.RawIOBase):
    def __init__(self, made: socket.socket, deadline: float, most: int) -> None:
        super().__init__()
        self._made = made
        self._deadline = deadline
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise _too_large()
        self._made.settimeout(_left(self._deadline))
        count = self._made.recv_into(buffer, min(len(buffer), self._left))
        self._left -= count
        return count


def _read(url: str) -> Target:
    malformed = AddressMalformed(_l("This is no web address: write it like https://example.vn/epcis."))
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise malformed
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise malformed from error
    if not host or parts.scheme not in ("http", "https") or port == 0:
        raise (
            malformed
            if parts.scheme in ("http", "https", "")
            else SchemeNotAllowed(_l("The address must begin with https://."))
        )
    # A name and password belong to somebody, and "@" is how an address is made to look like another's.
    if "@" in parts.netloc or "%" in parts.netloc or parts.fragment or not _is_host(host):
        raise malformed
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _is_host(host: str) -> bool:
    if _literal(host) is not None:
        return True
    labels = host.split(".")
    return (
        len(host) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER_LABEL.fullmatch(labels[-1])
    )


def _literal(host: str) -> Address | None:
    """The address a host is, in its one exact form."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TooSlow(_l("No whole answer came in time."))
    return left


def _not_public() -> AddressNotPublic:
    return AddressNotPublic(_l("This address is not on the open internet."))


def _too_large() -> AnswerTooLarge:
    return AnswerTooLarge(_l("The answer is too long."))
