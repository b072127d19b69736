"""The web server, the worker and the sequencer as child processes: how they are started, asked and stopped.

Used by ``serve`` and by tests that need the real thing. Each child leads a session of its own, so a Ctrl-C
reaches only the one who started them, and each stops when that one ends, however it ends.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from trace.core.embedded_processes import dies_with_parent
from trace.core.local_state import CHECKOUT

WEB_WORKERS = 2
STOP_WITHIN_S = 8.0
ANSWER_WITHIN_S = 45.0


class Child:
    """One child process and what it writes."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
        self.name = name
        self.process = process
        self.log_path = log_path

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The last line it wrote; empty when it wrote nothing."""
        with contextlib.suppress(OSError):
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[-1].strip() if lines else ""
        return ""

    def stop(self, patience_s: float = STOP_WITHIN_S) -> None:
        """Ask it to end, and make it end; what it started itself ends with it."""
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
        # The child leads its own process group; whatever it left there has no other owner.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_web(
    environ: Mapping[str, str], host: str, port: int, log_folder: Path, workers: int = WEB_WORKERS
) -> Child:
    """Start the web server on ``host`` and ``port``."""
    arguments = ["-m", "trace.cli", "web", "--host", host, "--port", str(port), "--workers", str(workers)]
    return _start("web server", arguments, environ, log_folder / "web.log")


def start_worker(environ: Mapping[str, str], log_folder: Path) -> Child:
    """Start the process that does background jobs."""
    return _start(
        "worker", ["-m", "trace.cli", "worker", "--stop-with-parent"], environ, log_folder / "worker.log"
    )


def start_sequencer(environ: Mapping[str, str], log_folder: Path, *, is_own_database: bool = False) -> Child:
    """Start the process that orders the log; it makes the key of a log that has published nothing yet."""
    arguments = ["-m", "trace.cli", "sequence", "--make-key"]
    if is_own_database:
        arguments.append("--own-database")
    return _start("sequencer", arguments, environ, log_folder / "sequencer.log")


def is_answering(url: str) -> bool:
    """Whether the web server at ``url`` says that it is alive."""
    # A proxy in the environment is not for this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def wait_until_answering(url: str, child: Child, patience_s: float = ANSWER_WITHIN_S) -> bool:
    """Wait until the web server at ``url`` answers; False when ``child`` ended, or took too long."""
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at and not child.has_ended():
        if is_answering(url):
            return True
        time.sleep(0.05)
    return False


def _start(name: str, arguments: list[str], environ: Mapping[str, str], log_path: Path) -> Child:
    log_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The application is run from its root and never installed: without this the standard library's
    # ``trace`` wins.
    prepared = {**environ, "PYTHONPATH": str(CHECKOUT)}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=prepared,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, nothing else
        )
    return Child(name, process, log_path)
