"""How long it takes to order a print run of a million labels: the form is sent, the answer leads to the run.

A service of its own is started on loopback with the demo in it (temporary folder, removed afterwards): database, two
web processes, sequencer and a worker that begins to make each run. A producer signs in over HTTP and orders 50 runs of
1,000,000 labels each, one after the other, and cancels each when it was answered, because an organisation may have
three under way. Timed is the sending of the form until its whole answer is there; beside it the page of the run that
the answer leads to. Prints a table, then one line: the 95th percentile of the orders.

    python bench/order_run.py --orders 10                      # quicker
    python bench/order_run.py --port 8000 --state .state       # against a demo that runs already
"""

import argparse
import http.client
import json
import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
ORDERS, LABELS = 50, 1_000_000
SECONDS_TO_WAIT = 300
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def main() -> None:
    """Start, order, print the table and the line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--orders", type=int, default=ORDERS, help="how many runs are ordered")
    parser.add_argument("--port", type=int, help="of a service that runs already")
    parser.add_argument("--state", type=Path, help="its folder of state")
    asked = parser.parse_args()
    orders = asked.orders
    if asked.port:
        taken, shown = _measure(asked.port, asked.state or ROOT / ".state", orders)
    else:
        with tempfile.TemporaryDirectory(prefix="nguon-goc-bench-") as folder:
            port = _free_port()
            with _Service(Path(folder), port) as service:
                taken, shown = _measure(port, service.state, orders)
    print(f"{'milliseconds':<44} {'median':>8} {'95 %':>8} {'slowest':>8}")
    for name, times in ((f"order {LABELS:,} labels ({orders} times)", taken), ("the run's page", shown)):
        print(f"{name:<44} {statistics.median(times):>8.1f} {_percentile(times):>8.1f} {max(times):>8.1f}")
    print(f"order_ms={_percentile(taken):.1f}")


def _measure(port: int, state: Path, orders: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each order, and of the run's page after it; by the demo's producer."""
    card = json.loads((state / "demo.json").read_text(encoding="utf-8"))
    found = next(one for one in card["sign_ins"] if one["role"] == "producer")
    browser = _Browser(port)
    browser.sign_in(found["phone"], found["password"])
    pairs = [_order(browser) for _ in range(orders)]
    return [ordered for ordered, _ in pairs], [page for _, page in pairs]


def _order(browser: "_Browser") -> tuple[float, float]:
    """Order one run and cancel it; milliseconds of the order and of the run's page."""
    token = browser.token("/producer/stamps/new")
    began = time.perf_counter()
    status, headers, _ = browser.post(
        "/producer/stamps/new",
        {"csrf_token": token, "count": str(LABELS), "idempotency_key": secrets.token_hex(16)},
    )
    ordered = time.perf_counter()
    if status != http.client.SEE_OTHER:
        sys.exit(f"The order was answered by {status}.")
    path = headers["Location"]
    browser.get(path)
    shown = time.perf_counter()
    browser.post(f"{path}/cancel", {"csrf_token": token})
    return (ordered - began) * 1000, (shown - ordered) * 1000


class _Browser:
    """One connection that keeps its cookies, as a browser does."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def sign_in(self, phone: str, password: str) -> None:
        """Sign in by the form."""
        token = self.token("/account/sign-in")
        self.post("/account/sign-in", {"csrf_token": token, "phone": phone, "password": password})

    def token(self, path: str) -> str:
        """The token of the form on a page."""
        found = _TOKEN.search(self.get(path))
        if found is None:
            sys.exit(f"The page {path} has no form.")
        return found.group(1)

    def get(self, path: str) -> str:
        """The text of a page."""
        return self._ask("GET", path, None)[2]

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, str]:
        """Send a form: status, headers and text of the answer."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, http.client.HTTPMessage, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers, text


class _Service:
    """The whole service as ``make run`` starts it, in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port, self.state = folder, port, folder / "state"

    def __enter__(self) -> "_Service":
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TRACE_", "DATABASE_URL"))
        }
        environ |= {"PYTHONPATH": str(ROOT), "TRACE_STATE_FOLDER": str(self.state)}
        command = [
            sys.executable,
            "-m",
            "trace.cli",
            "serve",
            "--port",
            str(self._port),
            "--stop-with-parent",
        ]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        give_up_at = time.monotonic() + SECONDS_TO_WAIT
        while "is running" not in (self._folder / "log").read_text(encoding="utf-8", errors="replace"):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                sys.exit((self._folder / "log").read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(SECONDS_TO_WAIT)


def _percentile(times: list[float]) -> float:
    """The 95th percentile: of fifty the third slowest."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
