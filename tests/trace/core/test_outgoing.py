"""Requests to addresses users gave: which ones never leave, and how the others end."""

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.trace.core.receivers import certificate_for, raw_server, receiver
from trace.core.outgoing import Outgoing, is_public
from trace.core.outgoing_refusals import (
    AddressMalformed,
    AddressNotPublic,
    AnswerTooLarge,
    CertificateNotTrusted,
    NameNotFound,
    NotReached,
    OutgoingRefused,
    PortNotAllowed,
    Redirected,
    SchemeNotAllowed,
    TooSlow,
)

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - named, not bound
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2001:10::1",
    "2001:20::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "203.162.4.191",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2400:cb00::1",
]

REFUSED = {
    "http://example.com/": SchemeNotAllowed,
    "ftp://example.com/": SchemeNotAllowed,
    "file:///etc/passwd": SchemeNotAllowed,
    "gopher://example.com:70/_x": SchemeNotAllowed,
    "javascript:alert(1)": SchemeNotAllowed,
    "https://example.com:22/": PortNotAllowed,
    "https://example.com:5432/": PortNotAllowed,
    "https://example.com:80/": PortNotAllowed,
    "https://example.com:0/": AddressMalformed,
    "https://example.com:99999/": AddressMalformed,
    "": AddressMalformed,
    "example.com": AddressMalformed,
    "//example.com/": AddressMalformed,
    "https://": AddressMalformed,
    "https:///path": AddressMalformed,
    "https://user@example.com/": AddressMalformed,
    "https://user:secret@example.com/": AddressMalformed,
    "https://example.com@127.0.0.1/": AddressMalformed,
    "https://127.0.0.1\\@example.com/": AddressMalformed,
    "https://example.com#@127.0.0.1/": AddressMalformed,
    "https://example.com/\r\nHost: x": AddressMalformed,
    "https://example.com/a b": AddressMalformed,
    "https://exa mple.com/": AddressMalformed,
    "https://ex%61mple.com/": AddressMalformed,
    "https://example.com/é": AddressMalformed,
    "https://１２７.0.0.1/": AddressMalformed,
    "https://2130706433/": AddressMalformed,
    "https://0x7f000001/": AddressMalformed,
    "https://0x7f.1/": AddressMalformed,
    "https://127.1/": AddressMalformed,
    "https://0177.0.0.1/": AddressMalformed,
    "https://1.2.3.4.5/": AddressMalformed,
    "https://[fe80::1%25eth0]/": AddressMalformed,
    "https://[::1/": AddressMalformed,
    "https://-example.com/": AddressMalformed,
    "https://a..com/": AddressMalformed,
    "https://example.com./": AddressMalformed,
    "https://localhost/": AddressNotPublic,
    "https://db/": AddressNotPublic,
    "https://api.localhost/": AddressNotPublic,
    "https://printer.local/": AddressNotPublic,
    "https://metadata.google.internal/": AddressNotPublic,
    "https://nas.home.arpa/": AddressNotPublic,
    "https://169.254.169.254/latest/meta-data/": AddressNotPublic,
    "https://[::ffff:127.0.0.1]/": AddressNotPublic,
    "https://[::1]/": AddressNotPublic,
    "https://" + "a" * 3000 + ".com/": AddressMalformed,
}


def answering(*addresses: str) -> Outgoing:
    """A guard whose look-ups give these."""
    return Outgoing(resolve=lambda _host, _port: addresses, seconds=2)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_off_the_open_internet_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_open_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(("url", "refusal"), REFUSED.items())
def test_an_address_is_refused_before_anybody_is_asked(url: str, refusal: type[OutgoingRefused]) -> None:
    def never(_host: str, _port: int) -> Sequence[str]:
        raise AssertionError("asked")

    guard = Outgoing(resolve=never)
    with pytest.raises(refusal):
        guard.check(url)
    with pytest.raises(refusal):
        guard.post(url, b"", {})


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "https://EXAMPLE.com:8443/a?b=c",
        "https://8.8.8.8/",
        "https://xn--ngun-gc-x1a.vn/",
    ],
)
def test_a_public_https_address_passes(url: str) -> None:
    assert Outgoing().check(url).scheme == "https"


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_a_name_that_leads_inside_is_refused(text: str) -> None:
    with pytest.raises(AddressNotPublic):
        answering(text).post("https://hook.example.com/", b"{}", {})


@pytest.mark.parametrize(
    "order", [("8.8.8.8", "127.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("8.8.8.8", "fd00::1")]
)
def test_one_inner_address_among_public_ones_refuses_the_name(order: tuple[str, str]) -> None:
    with pytest.raises(AddressNotPublic):
        answering(*order).post("https://hook.example.com/", b"{}", {})


def test_an_answer_with_a_zone_is_refused() -> None:
    with pytest.raises(AddressNotPublic):
        answering("fe80::1%eth0").post("https://hook.example.com/", b"{}", {})


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(NameNotFound):
        answering().post("https://hook.example.com/", b"{}", {})


def test_a_look_up_that_fails_is_told() -> None:
    def fail(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(NameNotFound):
        Outgoing(resolve=fail).post("https://hook.example.com/", b"{}", {})


def test_a_look_up_that_hangs_ends_with_the_time() -> None:
    def hang(_host: str, _port: int) -> Sequence[str]:
        time.sleep(3)
        return ["127.0.0.1"]

    with pytest.raises(TooSlow):
        Outgoing(resolve=hang, seconds=0.2).post("https://hook.example.com/", b"{}", {})


def test_the_name_is_looked_up_once_so_that_it_cannot_change_between() -> None:
    """Rebinding: a second answer, an inner one, is never asked for."""
    asked = []

    def change(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiver() as there:
        guard = Outgoing(loopback=frozenset({f"hook.example:{there.port}"}), resolve=change)
        assert guard.post(f"http://hook.example:{there.port}/", b"{}", {}).is_success
    assert asked == ["hook.example"]


def test_what_is_sent_arrives_as_it_is() -> None:
    with receiver() as there:
        guard = Outgoing(loopback=frozenset({there.netloc}))
        guard.post(f"http://{there.netloc}/a?b=c", b'{"x": 1}', {"Content-Type": "application/json"})
        [sent] = there.requests
    assert (sent.path, sent.body) == ("/a?b=c", b'{"x": 1}')
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["host"] == there.netloc


def test_an_error_of_the_other_side_is_an_answer() -> None:
    with receiver() as there:
        there.answers = [503]
        answer = Outgoing(loopback=frozenset({there.netloc})).post(there.url, b"", {})
    assert (answer.status, answer.is_success) == (503, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    with receiver() as there:
        there.answers = [status]
        there.headers = {"Location": f"http://127.0.0.1:{there.port}/inner"}
        with pytest.raises(Redirected):
            Outgoing(loopback=frozenset({there.netloc})).post(there.url, b"", {})
        assert len(there.requests) == 1


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with receiver() as there:
        assert Outgoing(loopback=frozenset({there.netloc})).post(there.url, b"", {}).is_success


def test_the_exception_is_for_that_port_alone() -> None:
    with receiver() as there, pytest.raises(SchemeNotAllowed):
        Outgoing(loopback=frozenset({"127.0.0.1:1"})).post(there.url, b"", {})


def test_the_exception_leads_to_this_machine_only() -> None:
    guard = Outgoing(loopback=frozenset({"hook.example:80"}), resolve=lambda _h, _p: ["10.0.0.1"])
    with pytest.raises(AddressNotPublic):
        guard.post("http://hook.example/", b"", {})


def test_nobody_listening_is_told() -> None:
    with pytest.raises(NotReached):
        Outgoing(loopback=frozenset({"127.0.0.1:1"})).post("http://127.0.0.1:1/", b"", {})


def test_a_slow_drip_ends_with_the_time() -> None:
    def drip(made: socket.socket) -> None:
        made.recv(4096)
        with contextlib.suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
                made.sendall(bytes([letter]))
                time.sleep(0.05)

    with raw_server(drip) as port, pytest.raises(TooSlow):
        Outgoing(loopback=frozenset({f"127.0.0.1:{port}"}), seconds=0.5).post(
            f"http://127.0.0.1:{port}/", b"", {}
        )


def test_a_silent_receiver_ends_with_the_time() -> None:
    def wait(made: socket.socket) -> None:
        made.recv(4096)
        made.recv(1)

    with raw_server(wait) as port, pytest.raises(TooSlow):
        Outgoing(loopback=frozenset({f"127.0.0.1:{port}"}), seconds=0.3).post(
            f"http://127.0.0.1:{port}/", b"", {}
        )


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_an_endless_answer_is_not_read_to_its_end(head: bytes) -> None:
    """Too many bytes of body or of head; ``http.client`` gives up on a head by itself."""

    def pour(made: socket.socket) -> None:
        made.recv(4096)
        with contextlib.suppress(OSError):
            made.sendall(head)
            for number in range(50_000):
                made.sendall(b"X-%d: " % number + b"a" * 1000 + b"\r\n")

    with raw_server(pour) as port, pytest.raises((AnswerTooLarge, NotReached)):
        Outgoing(loopback=frozenset({f"127.0.0.1:{port}"}), seconds=5).post(
            f"http://127.0.0.1:{port}/", b"", {}
        )


@pytest.mark.parametrize("garbage", [b"", b"\x00\x01\x02", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_no_http_is_told(garbage: bytes) -> None:
    def answer(made: socket.socket) -> None:
        made.recv(4096)
        made.sendall(garbage)

    with raw_server(answer) as port, pytest.raises(NotReached):
        Outgoing(loopback=frozenset({f"127.0.0.1:{port}"}), seconds=2).post(
            f"http://127.0.0.1:{port}/", b"", {}
        )


def _ok(made: socket.socket) -> None:
    while not made.recv(4096).endswith(b"{}"):
        pass  # closing on unread bytes would reset the connection
    made.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_the_certificate_is_held_against_the_name_not_the_address(tmp_path: Path) -> None:
    server, signed_by = certificate_for("hook.example", tmp_path)
    with raw_server(_ok, server) as port:
        guard = Outgoing(
            loopback=frozenset({f"hook.example:{port}"}),
            resolve=lambda _host, _port: ["127.0.0.1"],
            tls=ssl.create_default_context(cafile=str(signed_by)),
        )
        assert guard.post(f"https://hook.example:{port}/", b"{}", {}).status == 204


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    server, signed_by = certificate_for("other.example", tmp_path)
    with raw_server(_ok, server) as port:
        guard = Outgoing(
            loopback=frozenset({f"hook.example:{port}"}),
            resolve=lambda _host, _port: ["127.0.0.1"],
            tls=ssl.create_default_context(cafile=str(signed_by)),
        )
        with pytest.raises(CertificateNotTrusted):
            guard.post(f"https://hook.example:{port}/", b"{}", {})


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _signed_by = certificate_for("hook.example", tmp_path)
    with raw_server(_ok, server) as port:
        guard = Outgoing(
            loopback=frozenset({f"hook.example:{port}"}), resolve=lambda _host, _port: ["127.0.0.1"]
        )
        with pytest.raises(CertificateNotTrusted):
            guard.post(f"https://hook.example:{port}/", b"{}", {})
