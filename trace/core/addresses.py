"""Addresses the operator writes down: the database, the public site, printers, witnesses, receivers on this machine.

Each is checked by its form alone, nothing is looked up; which setting it comes from, and its default, is the business
of ``trace.core.config``.
"""

import ipaddress
import re
from urllib.parse import urlsplit
from uuid import UUID

RAW_PRINTING_PORT, MOST_PORT = 9100, 65535
# Names that never reach the open internet (RFC 6761, RFC 6762); a name without a dot is one of a local
# network.
LOCAL_SUFFIXES = (".localhost", ".local", ".test", ".internal", ".lan", ".home.arpa")
DATABASE_SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message is one sentence that says what to do."""


def check_database_url(url: str, name: str) -> str:
    """The URL in SQLAlchemy's form for psycopg. The message never repeats the URL: it may hold a password."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in DATABASE_SCHEMES or not rest:
        raise ConfigurationError(
            f"{name} must be the address of a PostgreSQL database, like "
            "postgresql://user:password@host/name; set it to one, or unset it to use the embedded database."
        )
    return f"postgresql+psycopg://{rest}"


def libpq_url(url: str) -> str:
    """The same database address in the form psycopg itself reads."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def check_public_url(url: str) -> str:
    """The public address without a trailing slash; it is printed on labels for ever.

    Only scheme, host and port are allowed; https unless the host is local, because a printed http address
    could be answered by anybody on the way.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password:
        raise ConfigurationError(
            "TRACE_PUBLIC_URL must be the address people open, like https://nguongoc.example; set it to "
            "yours."
        )
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ConfigurationError(
            "TRACE_PUBLIC_URL must end after the host, because label addresses are built on it: remove "
            f"what follows {host}."
        )
    if parts.scheme == "http" and not is_local_host(host):
        raise ConfigurationError(
            f"TRACE_PUBLIC_URL must begin with https:// for {host}: it is printed on labels for ever, "
            "and an http address can be answered by anybody on the way."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def is_local_host(host: str) -> bool:
    """Whether a host is this machine or one on a local network, by its name alone (nothing is looked up)."""
    name = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(LOCAL_SUFFIXES)
    return address.is_loopback or address.is_private or address.is_link_local


def check_log_witnesses(given: str) -> tuple[tuple[str, str], ...]:
    """Pairs of verifier key and address, ``KEY ADDRESS, KEY ADDRESS``; the log checks what the keys are."""
    pairs = []
    for item in given.split(","):
        words = item.split()
        if not words:
            continue
        parts = urlsplit(words[-1])
        host = parts.hostname or ""
        if (
            len(words) != 2
            or parts.scheme not in {"http", "https"}
            or not host
            or parts.query
            or parts.fragment
        ):
            raise ConfigurationError(
                "TRACE_LOG_WITNESSES must name each witness by verifier key and address, with commas between, like "
                "witness.example+1a2b3c4d+BASE64 https://witness.example: correct or unset it."
            )
        if parts.scheme == "http" and not is_local_host(host):
            raise ConfigurationError(
                f"TRACE_LOG_WITNESSES must reach {host} by https, because it is not on this network: correct it."
            )
        pairs.append((words[0], words[1]))
    return tuple(pairs)


def check_outgoing_loopback(given: str, public_url: str | None) -> frozenset[str]:
    """The only addresses a webhook may reach that are not public; none where strangers reach the service."""
    if not given:
        return frozenset()
    names = frozenset(given.replace(",", " ").split())
    if not all(re.fullmatch(r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}", name) for name in names):
        raise ConfigurationError(
            "TRACE_OUTGOING_LOOPBACK must name receivers of this machine, like 127.0.0.1:9000: correct or unset it."
        )
    if public_url is not None and not is_local_host(urlsplit(public_url).hostname or ""):
        raise ConfigurationError(
            "TRACE_OUTGOING_LOOPBACK must not be set where strangers reach the service: unset it."
        )
    return names


def check_printers(given: str, public_url: str | None) -> tuple[tuple[UUID, str], ...]:
    """Pairs of an organisation and a printer's address in numbers, from ``ID ADDRESS``; names would be looked up."""
    pairs = []
    is_public = public_url is not None and not is_local_host(urlsplit(public_url).hostname or "")
    for item in filter(str.strip, given.split(",")):
        try:
            organisation, place = item.split()
            address, port = _printer_address(place)
            pairs.append(
                (UUID(organisation), f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}")
            )
        except ValueError as error:
            raise ConfigurationError(
                "TRACE_PRINTERS must name each printer by its organisation's id and its address in numbers, with "
                "commas between, like 0190b6c1-0000-7000-8000-000000000001 192.168.1.50:9100: correct or unset it."
            ) from error
        if is_public and (address.is_loopback or address.is_link_local):
            raise ConfigurationError(
                "TRACE_PRINTERS must not name this machine where strangers reach the service: give the printer's own "
                "address."
            )
    return tuple(pairs)


def _printer_address(given: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """``1.2.3.4``, ``1.2.3.4:9100``, ``[::1]:9100``; the port of raw printing where none is said. Or ValueError."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([0-9.]+))(?::([0-9]{1,5}))?", given)
    if found is None:
        raise ValueError(given)
    address, port = ipaddress.ip_address(found[1] or found[2]), int(found[3] or RAW_PRINTING_PORT)
    if address.is_unspecified or address.is_multicast or not 1 <= port <= MOST_PORT:
        raise ValueError(given)
    return address, port
