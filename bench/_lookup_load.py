"""Who asks in ``lookup``: codes drawn by chance, wrk and hey with them, and what their processes and ours tell.

The underscore keeps it out of ``make bench``.
"""

import csv
import http.client
import io
import json
import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from urllib.parse import urlsplit

from bench._lookup_city import City

SCRIPT = Path(__file__).with_name("_lookup_load.lua")
# As a phone sends them. Robots' requests would be no scans.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "vi-VN,vi;q=0.9",
    "Accept-Encoding": "gzip",
}
SENT = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
CONNECTIONS = 64
# Each a program, each with one code and so many connections: together they ask at the rate that is wanted.
HEYS, CONNECTIONS_OF_HEY = 8, 4
ZIPF = 1.1
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """What wrk says of a run, and how many milliseconds of processor the web server took for each request."""

    requests: int
    seconds: float
    bytes: int
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Draws:
    """Codes drawn by chance, the same at every run of the same seed."""

    def __init__(self, city: City, seed: int) -> None:
        self._city = city
        self._chance = random.Random(seed)
        self._heaped: list[float] = []

    def uniform(self, count: int) -> list[int]:
        """Numbers of codes, each as likely as any other."""
        return [self._chance.randrange(self._city.codes) for _ in range(count)]

    def zipf(self, count: int) -> list[int]:
        """The code of rank k as likely as 1/k to the 1.1; lots and stamps are mixed at every rank."""
        self._heaped = self._heaped or list(
            accumulate(rank**-ZIPF for rank in range(1, self._city.codes + 1))
        )
        ranks = self._chance.choices(range(self._city.codes), cum_weights=self._heaped, k=count)
        return [self._place(rank) for rank in ranks]

    def _place(self, rank: int) -> int:
        # A prime larger than any number of codes has no divisor in common with it: each rank has a place of its own.
        return rank * 2_147_483_647 % self._city.codes


def ask(site: str, paths: Sequence[str], **headers: str) -> Iterator[Answer]:
    """Ask for pages over one connection."""
    address = urlsplit(site)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    for path in paths:
        connection.request("GET", path, headers=HEADERS | headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        yield Answer(answer.status, told, answer.read())
    connection.close()


def tags_of(site: str, paths: Sequence[str]) -> list[str]:
    """What a browser would keep of each page, to ask with when it comes back; empty where it may keep nothing."""
    parts = [paths[start::CONNECTIONS_OF_HEY] for start in range(CONNECTIONS_OF_HEY)]
    with ThreadPoolExecutor(len(parts)) as pool:
        told = list(pool.map(lambda part: [_tag(answer) for answer in ask(site, part)], parts))
    return [told[at % len(parts)][at // len(parts)] for at in range(len(paths))]


def _tag(answer: Answer) -> str:
    return "" if "no-store" in answer.headers.get("cache-control", "") else answer.headers.get("etag", "")


def write_lines(file: Path, paths: Sequence[str], tags: dict[int, str]) -> None:
    """What wrk asks for, line by line; ``tags`` by the place of the path."""
    lines = (f"{path}\t{tags.get(at, '')}\n" for at, path in enumerate(paths))
    file.write_text("".join(lines), encoding="ascii")


def wrk(site: str, file: Path, seconds: float, leader: int, first_source: int) -> Told:
    """Ask as fast as answers come; ``leader`` is the web server's first process."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(SCRIPT)]
    before = _cpu_s(leader)
    told = subprocess.run(
        ["wrk", *options, site, "--", str(file), SENT, str(first_source)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    figures = json.loads(told.strip().splitlines()[-1])
    return Told(**figures, cpu_ms=(_cpu_s(leader) - before) * 1000 / max(figures["requests"], 1))


def hey(site: str, paths: Sequence[str], rate: float, seconds: float) -> list[float]:
    """Milliseconds of each answer while so many are asked for a second, all ``paths`` at once."""
    each = rate / (len(paths) * CONNECTIONS_OF_HEY)
    options = ["-z", f"{seconds:.0f}s", "-c", str(CONNECTIONS_OF_HEY), "-q", f"{each:.3f}", "-o", "csv"]
    for name, value in HEADERS.items():
        options += ["-H", f"{name}: {value}"]
    running = [
        subprocess.Popen(
            ["hey", *options, "-H", f"X-Forwarded-For: 15.0.0.{number}", site + path],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, path in enumerate(paths)
    ]
    with ThreadPoolExecutor(len(running)) as pool:
        told = list(pool.map(lambda one: one.communicate()[0], running))
    rows = [row for text in told for row in csv.DictReader(io.StringIO(text))]
    if {row["status-code"] for row in rows} != {"200"}:
        raise SystemExit("hey was not always answered 200.")
    return [float(row["response-time"]) * 1000 for row in rows]


def _cpu_s(leader: int) -> float:
    """Seconds of processor that the processes of this group took."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader:
            ticks += int(fields[11]) + int(fields[12])
    return ticks * _TICK_S
