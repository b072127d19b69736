"""Where a local service is reached: by this machine, by a phone on the same network. Nothing is sent anywhere."""

import errno
import ipaddress
import socket

EVERY_INTERFACE = ("0.0.0.0", "::")  # noqa: S104 - compared with what the operator asked for
# An address nobody has (RFC 5737): choosing a route to it sends nothing.
NOWHERE = ("192.0.2.1", 9)


class AddressUnusable(Exception):
    """The service cannot listen there; the message is one sentence that says what to do."""


def check_free(host: str, port: int) -> None:
    """Make sure the port can be listened on.

    Raises ``AddressUnusable`` with one sentence that says what to do.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise AddressUnusable(
            f"HOST={host} is no address of this machine: use 127.0.0.1 or 0.0.0.0."
        ) from error
    family, kind, protocol, _, address = found[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressUnusable(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} is taken by another program: stop it, or choose another, like `make run PORT={other}`."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} is reserved for root: choose a port above 1023, like `make run PORT=8000`."
    return f"HOST={host} is no address of this machine: use 127.0.0.1 or 0.0.0.0."


def find_lan_address() -> str | None:
    """This machine's address on its network, None when it has none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(NOWHERE)
            address = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if ipaddress.ip_address(address).is_loopback else address


def url_of(host: str, port: int) -> str:
    """The address people open when the service listens on ``host``."""
    reached = host
    if host in EVERY_INTERFACE:
        reached = find_lan_address() or "127.0.0.1"
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def local_url_of(host: str, port: int) -> str:
    """The address by which this machine reaches the service itself."""
    return url_of("127.0.0.1" if host in EVERY_INTERFACE else host, port)
