"""`make run` without make: real processes, started, asked, stopped, killed."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import free_port
from trace.cli import demo, processes
from trace.core import installation, local_state
from trace.core.addresses import libpq_url
from trace.core.embedded import EmbeddedPostgres
from trace.core.embedded_processes import is_alive

UP_WITHIN_S = 120
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("serve") / "trạng thái"
    yield folder
    EmbeddedPostgres(folder).discard()


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    """Start the service as make does; its own session, as a terminal gives it."""
    started: list[subprocess.Popen[str]] = []

    def begin(**settings: str) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
        environ |= {
            "PYTHONPATH": str(local_state.CHECKOUT),
            "TRACE_STATE_FOLDER": str(state),
            "DEMO": "0",
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "trace.cli", "serve"],
            cwd=local_state.CHECKOUT,
            env={name: value for name, value in environ.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until_up(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C" in line:
            return told
    pytest.fail(f"it ended: {told}{process.stderr.read() if process.stderr else ''}")


def sentence_of(process: subprocess.Popen[str]) -> str:
    """What it says when it cannot start: one sentence, no traceback, exit code 1."""
    _, told = process.communicate(timeout=UP_WITHIN_S)
    assert process.returncode == 1
    assert len(told.strip().splitlines()) == 1
    assert "Traceback" not in told
    return told


def family_of(pid: int) -> list[int]:
    """A process and all that descend from it."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    return family


def wait_until_gone(pids: list[int]) -> None:
    give_up_at = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < give_up_at, [pid for pid in pids if is_alive(pid)]
        time.sleep(0.1)


def test_it_starts_answers_and_stops_at_ctrl_c_with_nothing_left(start: Start) -> None:
    port = free_port()
    process = start(PORT=str(port))
    told = read_until_up(process)
    assert f"http://127.0.0.1:{port}" in told
    assert "create-officer" in told
    assert processes.is_answering(f"http://127.0.0.1:{port}")
    family = family_of(process.pid)
    assert len(family) > 5
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    wait_until_gone(family)


def test_a_kill_takes_everything_along_and_the_next_start_is_clean(start: Start) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells children that their parent has ended")
    port = str(free_port())
    process = start(PORT=port)
    read_until_up(process)
    family = family_of(process.pid)
    process.kill()
    process.communicate()
    wait_until_gone(family)
    again = start(PORT=port)
    read_until_up(again)
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0


def test_the_worker_is_ready_soon_and_commands_join(start: Start, state: Path) -> None:
    port = free_port()
    process = start(PORT=str(port))
    read_until_up(process)
    give_up_at = time.monotonic() + UP_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                assert json.load(answer)["worker"]
            break
        except OSError:
            assert time.monotonic() < give_up_at
            time.sleep(0.3)
    environ = {**os.environ, "TRACE_STATE_FOLDER": str(state), "PYTHONPATH": str(local_state.CHECKOUT)}
    joined = subprocess.run(
        [sys.executable, "-m", "trace.cli", "migrate"],
        cwd=local_state.CHECKOUT, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert "as it was" in joined.stdout
    second = start(PORT=str(free_port()))
    assert f"already running at http://127.0.0.1:{port}" in sentence_of(second)


def test_a_taken_port_is_one_sentence(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "is taken" in sentence_of(start(PORT=str(other.getsockname()[1])))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "0"}, "use a number"),
        ({"PORT": "eight"}, "use a number"),
        ({"PORT": "80000"}, "use a number"),
        ({"DEMO": "maybe"}, "DEMO=0"),
        ({"DATABASE_URL": "mysql://h/n", "TRACE_SECRET_KEY": "k" * 32}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:9/n"}, "TRACE_SECRET_KEY must be set"),
        (
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:9/n", "TRACE_SECRET_KEY": "k" * 32},
            "does not answer",
        ),
        ({"TRACE_PUBLIC_URL": "http://nguongoc.example", "TRACE_SECRET_KEY": "k" * 32}, "https://"),
        ({"TRACE_PUBLIK_URL": "x"}, "TRACE_PUBLIK_URL"),
        ({"TRACE_STATE_FOLDER": "/proc/1/none"}, "Cannot write"),
    ],
)
def test_a_wrong_setting_is_one_sentence(start: Start, settings: dict[str, str], said: str) -> None:
    told = sentence_of(start(**{"PORT": str(free_port()), **settings}))
    assert said in told
    assert "hunter2" not in told


def test_the_demo_is_not_filled_behind_a_public_address(start: Start) -> None:
    public = {"TRACE_PUBLIC_URL": "https://nguongoc.example", "TRACE_SECRET_KEY": "k" * 32}
    told = sentence_of(start(PORT=str(free_port()), DEMO="1", **public))
    assert "never filled behind a public address" in told


def test_a_full_disk_is_one_sentence(start: Start, tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small disk to fill")
    try:
        (tmp_path / "filler").write_bytes(b"\0" * 60_000)
        folder = tmp_path / "state"
        assert re.search(
            "Cannot write|is full", sentence_of(start(PORT=str(free_port()), TRACE_STATE_FOLDER=str(folder)))
        )
    finally:
        EmbeddedPostgres(tmp_path / "state").discard()
        subprocess.run(["umount", tmp_path], check=True)


def test_a_database_of_a_newer_version_is_left_alone(start: Start, fresh_database: str) -> None:
    with psycopg.connect(libpq_url(fresh_database)) as connection:
        connection.execute("update alembic_version set version_num = '9999_later'")
    told = sentence_of(start(PORT=str(free_port()), DATABASE_URL=fresh_database, TRACE_SECRET_KEY="k" * 32))
    assert "9999_later" in told


def test_the_demo_s_mark_is_the_name_the_application_reads() -> None:
    assert demo.DEMO_FILLED == installation.DEMO_FILLED
