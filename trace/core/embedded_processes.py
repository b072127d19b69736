"""Processes that must not outlive the one that started them, and those that did. No database knowledge here."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def dies_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """A ``preexec_fn`` that has the kernel send ``with_signal`` when the starting thread ends, however it ends.

    Linux only (prctl(2)); None elsewhere, where a process left over is found at the next start instead.
    Start such children from the main thread, because the kernel watches the thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        # The parent may have died between fork and here; then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return ask


def die_with(parent: int, with_signal: signal.Signals) -> None:
    """Tie this process to its ``parent`` as ``dies_with_parent`` does, from inside; does nothing but on Linux."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), with_signal)


def end_soon_after(parent: int, patience_s: float = 10.0) -> None:
    """End this process ``patience_s`` after its ``parent`` at the latest, whatever it still waits for.

    For one whose orderly end asks a database that may have ended with the parent.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        time.sleep(patience_s)
        os._exit(1)

    threading.Thread(target=watch, name="end-soon-after-parent", daemon=True).start()


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists and is more than an entry waiting to be read by its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # Field 3, after the name in brackets, is the state; Z is a zombie.
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return True
    return not state.lstrip().startswith("Z")


def working_in(folder: Path, candidate: int | None = None) -> list[int]:
    """The processes whose working directory is ``folder``.

    Without /proc (macOS) only ``candidate`` is looked at, by whether its command line names the folder.
    """
    if not Path("/proc/self/cwd").exists():
        if candidate is None or not is_alive(candidate):
            return []
        shown = subprocess.run(
            ["ps", "-o", "command=", "-p", str(candidate)], capture_output=True, text=True, check=False
        )
        return [candidate] if str(folder) in shown.stdout else []
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            # Ended meanwhile, or another user's: neither is ours to stop.
            continue
    return found


def stop(pids: list[int], signals: tuple[tuple[signal.Signals, float], ...]) -> bool:
    """Send each signal in turn to those that still run, waiting its seconds; True when all have ended."""
    for number, patience_s in signals:
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        give_up_at = time.monotonic() + patience_s
        while any(is_alive(pid) for pid in pids):
            if time.monotonic() > give_up_at:
                break
            time.sleep(0.02)
        pids = [pid for pid in pids if is_alive(pid)]
        if not pids:
            return True
    return not pids
