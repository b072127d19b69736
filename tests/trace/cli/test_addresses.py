"""Where the service listens and how it is reached."""

import socket

import pytest

from trace.cli.addresses import EVERY_INTERFACE, AddressUnusable, check_free, local_url_of, url_of
from trace.cli.serve import terminal_qr


def test_a_taken_port_names_another_to_try() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressUnusable, match=f"Port {port} is taken.*PORT={port + 1}"):
            check_free("127.0.0.1", port)


def test_a_port_left_a_moment_ago_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    check_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressUnusable, match="no address of this machine"):
        check_free("192.0.2.7", 8000)


def test_the_address_of_a_host_is_what_people_open() -> None:
    assert url_of("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert url_of("::1", 8000) == "http://[::1]:8000"
    assert local_url_of(EVERY_INTERFACE[0], 8000) == "http://127.0.0.1:8000"


def test_the_terminal_s_qr_is_a_square_of_half_blocks() -> None:
    lines = terminal_qr("http://192.168.1.20:8000")
    assert len({len(line) for line in lines}) == 1
    assert len(lines) > 10
