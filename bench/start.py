"""How long `make run` takes: the first start of a fresh clone, and later ones beside starting the database alone.

The clone goes into a temporary folder; its package cache is the machine's, so the first run of this script on a
machine may measure the network. Five later starts, each next to its anchor: PostgreSQL started and stopped by our
own launcher. Prints a table, then one JSON line.
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIRS = 5
SECONDS_TO_WAIT = 300
READY = "is running"
ANCHOR = """
import sys, tempfile, time
from pathlib import Path
from trace.core.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
started = time.monotonic()
with server.running():
    print(time.monotonic() - started)
"""


def main() -> None:
    """Measure, print the table and the JSON line."""
    with tempfile.TemporaryDirectory(prefix="nguon-goc-bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first = _start(clone)
        _anchor(clone)  # makes the anchor's own data folder; not a pair
        pairs = [(_start(clone), _anchor(clone)) for _ in range(PAIRS)]
    later = statistics.median(start for start, _ in pairs)
    alone = statistics.median(anchor for _, anchor in pairs)
    ratio = statistics.median(start / anchor for start, anchor in pairs)
    print(f"{'what':<44} {'seconds':>8}")
    for name, seconds in (
        ("first start of a fresh clone", first),
        (f"later start, median of {PAIRS}", later),
        (f"PostgreSQL alone, median of {PAIRS}", alone),
    ):
        print(f"{name:<44} {seconds:>8.2f}")
    figures = {
        "first_start_s": first,
        "later_start_s": later,
        "database_alone_s": alone,
        "later_ratio": ratio,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def _start(clone: Path) -> float:
    """Seconds from `make run` to the line that says it is running; then it is stopped by SIGTERM."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRACE_", "DATABASE_URL"))
    }
    environ["PORT"] = str(_free_port())
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"], cwd=clone, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    said = []
    for line in process.stdout or ():
        said.append(line)
        if READY in line:
            took = time.monotonic() - began
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=SECONDS_TO_WAIT)
            return took
    sys.exit("make run ended before it was ready:\n" + "".join(said[-20:]))


def _anchor(clone: Path) -> float:
    folder = clone / ".state-bench"
    folder.mkdir(exist_ok=True)
    told = subprocess.run(
        [str(clone / ".venv" / "bin" / "python"), "-c", ANCHOR, str(folder)], cwd=clone, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(clone)}, check=True,
    )  # fmt: skip
    return float(told.stdout.split()[-1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
