"""The witness as a program: its key, its addresses over HTTP, its folder."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import free_port
from trace.cli.commands import main
from trace.core.local_state import CHECKOUT
from trace.ledger import merkle
from trace.ledger.notes import (
    COSIGNATURE,
    Checkpoint,
    Signer,
    Verifier,
    open_note,
    parse_signatures,
    sign_note,
)

ORIGIN = "log.example.vn/nguon-goc"
NAME = "witness.example/w1"


@dataclass(frozen=True)
class Running:
    """A witness that runs, the log it watches, and a connection that is kept."""

    port: int
    log: Signer
    verifier: Verifier
    connection: http.client.HTTPConnection
    process: subprocess.Popen[str]

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], str]:
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, dict(answer.headers.items()), answer.read().decode()


def command(folder: Path, port: int, log: Signer) -> list[str]:
    where = ["--listen", f"127.0.0.1:{port}", "--state", str(folder / "state"), "--key", str(folder / "key")]
    return [sys.executable, "-m", "trace.cli", "witness", *where, "--log", log.verifier.text]


def start(folder: Path, port: int, log: Signer) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        command(folder, port, log),
        cwd=CHECKOUT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            probe.request("GET", "/")
            probe.getresponse().read()
            probe.close()
        except OSError:
            time.sleep(0.05)
            continue
        return process
    raise RuntimeError(f"The witness does not answer: {process.communicate()[0]}")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = CliRunner().invoke(main, ["make-witness-key", "--name", NAME, "--key", str(tmp_path / "key")])
    log, port = Signer.generate(ORIGIN), free_port()
    process = start(tmp_path, port, log)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    yield Running(port, log, Verifier.from_text(made.output.strip()), connection, process)
    connection.close()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def body(log: Signer, size: int = 1) -> bytes:
    tree = merkle.Tree(merkle.leaf_hash(bytes([number])) for number in range(size))
    return f"old 0\n\n{sign_note(Checkpoint(ORIGIN, size, tree.root()).text, log)}".encode()


def test_a_checkpoint_is_cosigned_over_http(running: Running) -> None:
    status, _, said = running.ask("POST", "/add-checkpoint", body(running.log))
    assert status == 200
    note = body(running.log).decode().partition("\n\n")[2]
    assert open_note(note + said, [running.verifier]).verified == parse_signatures(said)


def test_a_conflict_tells_the_size_in_its_own_type(running: Running) -> None:
    running.ask("POST", "/add-checkpoint", body(running.log))
    status, headers, said = running.ask("POST", "/add-checkpoint", body(running.log))
    assert (status, said) == (409, "1\n")
    assert headers["content-type"] == "text/x.tlog.size"


def test_the_latest_checkpoint_is_shown_to_monitors(running: Running) -> None:
    running.ask("POST", "/add-checkpoint", body(running.log))
    status, _, said = running.ask("GET", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert status == 200
    assert open_note(said, [running.verifier]).verified


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/add-checkpoint", 405),
        ("POST", "/", 404),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("GET", "/x/y", 404),
    ],
)
def test_other_addresses_are_refused(running: Running, method: str, path: str, status: int) -> None:
    assert running.ask(method, path)[0] == status


def test_a_request_without_end_is_refused(running: Running) -> None:
    assert running.ask("POST", "/add-checkpoint", b"old 0\n" * 200_000)[0] == 413


def test_a_second_witness_on_the_same_folder_does_not_start(running: Running, tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, free_port(), running.log),
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Another process uses" in done.stderr


def test_what_was_cosigned_outlives_a_kill(running: Running, tmp_path: Path) -> None:
    running.ask("POST", "/add-checkpoint", body(running.log))
    running.process.kill()
    running.process.wait()
    again, port = None, free_port()
    try:
        again = start(tmp_path, port, running.log)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/add-checkpoint", body(running.log))
        assert connection.getresponse().status == 409
        connection.close()
    finally:
        if again is not None:
            again.terminate()
            again.communicate(timeout=60)


def test_a_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["make-witness-key", "--name", NAME, "--key", str(tmp_path / "key")])
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(main, ["make-witness-key", "--name", NAME, "--key", str(tmp_path / "key")])
    assert done.exit_code == 1
    assert (tmp_path / "key").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_name_no_key_may_have_is_refused(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(main, ["make-witness-key", "--name", name, "--key", str(tmp_path / "key")])
    assert done.exit_code == 1
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("listen", ["", "127.0.0.1", "127.0.0.1:0", ":8090", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_told_in_a_sentence(tmp_path: Path, listen: str) -> None:
    key = Signer.generate(NAME, COSIGNATURE)
    (tmp_path / "key").write_text(key.text, encoding="utf-8")
    options = ["--state", str(tmp_path / "s"), "--key", str(tmp_path / "key")]
    log = Signer.generate(ORIGIN).verifier.text
    done = CliRunner().invoke(main, ["witness", "--listen", listen, "--log", log, *options])
    assert done.exit_code == 1
    assert "HOST:PORT" in done.output
