"""The page behind a code: how many a second, beside a bare Flask route on the same web server.

Behind the page stand 200,000 lots, 1,000,000 stamps and 1,000,000 events, in a PostgreSQL that runs as in production.
The web server is the real one with two workers; scans are recorded, answers compressed, and each request comes from an
address of its own, as a proxy would tell it. One request in ten is that of a browser that was there before
(``If-None-Match``). The bare route runs with the same settings, answers a constant as long as our pages are over the
wire, compressed already, and "not modified" to as many; wrk asks both for the same codes. They take turns, medians
count.

* zipf_ratio: pages a second over the bare route's, codes drawn by Zipf (s = 1.1).
* uniform_ratio: the same with each code as likely as any other.
* p99_ms: 99th percentile at half of the highest rate by Zipf (``hey -q``, eight codes at a time).

Beside them codes that are not there and codes that are none: what they cost next to known ones. Prints a table, then
one JSON line. wrk and hey are Debian packages: ``apt-get install wrk hey``. Run from the root:
``PYTHONPATH=. .venv/bin/python bench/lookup.py``; ``--trial`` is small and short, its figures mean little.
"""

import argparse
import gzip
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench import _bare_route
from bench._lookup_city import City, fill
from bench._lookup_load import HEYS, Answer, Draws, Told, ask, hey, tags_of, write_lines, wrk
from bench._lookup_warm import keep_pages
from tests.conftest import free_port
from trace.cli import processes, texts
from trace.cli.database import migrate, name_log
from trace.core.addresses import libpq_url
from trace.core.config import LOCAL_LOG_ORIGIN
from trace.core.embedded import EmbeddedPostgres
from trace.core.local_state import CHECKOUT
from trace.core.short_codes import new_codes
from trace.models import load_all

LOTS, SECONDS, ROUNDS = 200_000, 10.0, 3
TRIAL_LOTS, TRIAL_SECONDS = 2_000, 2.0
ROOM = 9 * 1024**3  # for all lots
# Codes of a run, more than are asked for in it: what comes twice even so is a scan of somebody else.
LINES_A_SECOND, TRIAL_LINES_A_SECOND = 6_000, 500
ONE_CAME_BACK_OF = 10
WARM_UPS = 3  # runs, as Zipf draws them, before any counts: a server that has run for a minute
LOOKED_AT = 100
WRITTEN_WITHIN_S = 2.0
NO_WARNING = "Chưa có cảnh báo"
BLOCKS = ('id="hanh-trinh"', 'id="log"')


@dataclass
class Service:
    """One web server under measurement."""

    site: str
    web: processes.Child
    environ: dict[str, str]
    told: dict[str, list[Told]] = field(default_factory=dict)

    def measure(self, name: str, file: Path, seconds: float, first_source: int) -> Told:
        """Have wrk ask it, and keep what it says under ``name``."""
        told = wrk(self.site, file, seconds, self.web.process.pid, first_source)
        if told.broken:
            raise SystemExit(f"{name}: {told.broken} requests were not answered.")
        self.told.setdefault(name, []).append(told)
        return told

    def rate(self, name: str) -> float:
        """Requests a second, the median of all runs."""
        return statistics.median(told.rate for told in self.told[name])


def main() -> None:
    """Fill, measure, print the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batches", type=int, help="lots behind the page")
    parser.add_argument("--seconds", type=float, help="how long one run of wrk or hey takes")
    parser.add_argument("--rounds", type=int, help="how often each figure is measured")
    parser.add_argument("--trial", action="store_true", help="small and short")
    parser.add_argument(
        "--drawn", action="store_true", help="keep the pages of those lots alone that are asked for"
    )
    asked = parser.parse_args()
    if shutil.which("wrk") is None or shutil.which("hey") is None:
        sys.exit("This needs wrk and hey, which ask for pages: `apt-get install wrk hey`.")
    lots = asked.batches or (TRIAL_LOTS if asked.trial else LOTS)
    seconds = asked.seconds or (TRIAL_SECONDS if asked.trial else SECONDS)
    rounds = asked.rounds or (1 if asked.trial else ROUNDS)
    load_all()
    texts.compile_texts(only_if_older=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nguon-goc-bench-")))
        server = EmbeddedPostgres(folder / "server", room_for_data=ROOM * lots // LOTS)
        stack.callback(server.discard)
        url = stack.enter_context(server.running())
        migrate(url)
        name_log(url, LOCAL_LOG_ORIGIN)
        began = time.perf_counter()
        city = fill(url, lots)
        print(
            f"{city.lots:,} lots, {city.codes:,} codes, written in {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        real = stack.enter_context(_real_site(url, folder))
        lines = round(seconds * (TRIAL_LINES_A_SECOND if asked.trial else LINES_A_SECOND))
        plan = Plan.drawn(city, lines, rounds)
        _warm(url, real, city, plan.lots if asked.drawn else range(city.lots))
        size = _look_at(real.site, plan.paths(plan.looked_at), is_trial=asked.trial)
        bare = stack.enter_context(_bare_site(folder, size))
        bench = Bench(plan, real, bare, folder, url, seconds)
        bench.warm_up()
        for number in range(rounds):
            bench.round(number)
        p99_ms = bench.p99_ms()
    tell(real, bare, p99_ms)


@dataclass(frozen=True)
class Plan:
    """What is asked for, drawn before: numbers of codes; in each round by Zipf and uniformly."""

    city: City
    looked_at: list[int]
    warm_ups: list[list[int]]
    rounds: list[dict[str, list[int]]]
    of_hey: list[list[int]]

    @classmethod
    def drawn(cls, city: City, lines: int, rounds: int) -> "Plan":
        """``lines`` codes for each run; the same at every start."""
        draws = Draws(city, seed=1)
        return cls(
            city,
            draws.uniform(LOOKED_AT),
            [draws.zipf(lines) for _ in range(WARM_UPS)],
            [{"zipf": draws.zipf(lines), "uniform": draws.uniform(lines)} for _ in range(rounds)],
            [list(dict.fromkeys(draws.zipf(HEYS * 4)))[:HEYS] for _ in range(rounds)],
        )

    @property
    def lots(self) -> list[int]:
        """The lots whose codes are asked for, each once."""
        runs = [
            self.looked_at,
            *self.warm_ups,
            *self.of_hey,
            *(run for one in self.rounds for run in one.values()),
        ]
        return sorted({self.city.lot_of(number) for run in runs for number in run})

    def paths(self, numbers: Sequence[int]) -> list[str]:
        """Where the pages of these codes are."""
        return [f"/T/{self.city.code(number)}" for number in numbers]


@dataclass
class Bench:
    """Everything that is measured, and where."""

    plan: Plan
    real: Service
    bare: Service
    folder: Path
    url: str
    seconds: float
    sources: int = 0

    def warm_up(self) -> None:
        """Connections, caches and the planner warm up on both sides alike."""
        for numbers in self.plan.warm_ups:
            self._pair("warm-up", numbers)
        for service in (self.real, self.bare):
            service.told.clear()

    def round(self, number: int) -> None:
        """Each figure once: the bare route before each of them that is compared with it."""
        for name, numbers in self.plan.rounds[number].items():
            self._pair(name, numbers)
        unknown = [f"/T/{code}" for code in new_codes(len(self.plan.warm_ups[0]))]
        # The last character is the check: another one, or a letter of no alphabet of codes.
        malformed = [path[:-1] + ("0" if at % 2 else "%C3%A0") for at, path in enumerate(unknown)]
        for name, paths in (("unknown", unknown), ("malformed", malformed)):
            write_lines(self.folder / name, paths, {})
            told = self._ask(self.real, name, self.folder / name)
            if told.refused != told.requests:
                raise SystemExit(f"Of {told.requests} codes that are {name} {told.refused} were refused.")

    def _pair(self, name: str, numbers: Sequence[int]) -> None:
        """The bare route, then the real page, asked for the same codes."""
        paths = self.plan.paths(numbers)
        back = range(0, len(paths), ONE_CAME_BACK_OF)
        tags = dict(zip(back, tags_of(self.real.site, [paths[at] for at in back]), strict=True))
        write_lines(self.folder / name, paths, tags)
        constant = {at: _bare_route.TAG for at, tag in tags.items() if tag}
        write_lines(self.folder / f"{name} of the bare route", paths, constant)
        self._ask(self.bare, name, self.folder / f"{name} of the bare route")
        before = self._scans()
        told = self._ask(self.real, name, self.folder / name)
        time.sleep(WRITTEN_WITHIN_S)
        recorded = self._scans() - before
        print(f"{name}: {told.requests:,} requests, {recorded:,} scans recorded", flush=True)
        if told.refused or not recorded:
            raise SystemExit(
                f"{told.refused} of {told.requests} requests were refused, {recorded} scans recorded."
            )

    def _ask(self, service: Service, name: str, file: Path) -> Told:
        self.sources += 1 << 18  # nobody asks twice
        return service.measure(name, file, self.seconds, self.sources)

    def _scans(self) -> int:
        with psycopg.connect(libpq_url(self.url)) as connection:
            found = connection.execute("select count(*) from scans").fetchone()
        return int(found[0]) if found else 0

    def p99_ms(self) -> float:
        """The 99th percentile at half of the highest rate."""
        took: list[float] = []
        for numbers in self.plan.of_hey:
            took += hey(self.real.site, self.plan.paths(numbers), self.real.rate("zipf") / 2, self.seconds)
        return statistics.quantiles(took, n=100)[98]


def _warm(url: str, real: Service, city: City, lots: Sequence[int]) -> None:
    """The page of each lot is made once, as it would be by the first scan of its day."""
    began = time.perf_counter()
    keep_pages(real.environ, [city.code(lot) for lot in lots])
    took = time.perf_counter() - began
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("vacuum analyze kept_pages")
        connection.execute("checkpoint")
        found = connection.execute("select count(*), avg(octet_length(content)) from kept_pages").fetchone()
    count, size = found or (0, 0)
    print(
        f"{count:,} pages kept in {took:.0f} s, {count / took:,.0f} a second, {size:,.0f} bytes each",
        flush=True,
    )


def _look_at(site: str, paths: Sequence[str], *, is_trial: bool) -> int:
    """What is measured is what is asked for; bytes of a page over the wire, on average."""
    answers = list(ask(site, paths))
    for path, answer in zip(paths, answers, strict=True):
        _check_page(path, answer)
    tag = next(iter(tags_of(site, paths[:1])))
    again = next(ask(site, paths[:1], **{"If-None-Match": tag})) if tag else None
    off = [
        *(["compression"] if any("content-encoding" not in answer.headers for answer in answers) else []),
        *(["conditional requests"] if again is None or again.status != 304 else []),
    ]
    if off and not is_trial:
        raise SystemExit(f"Of the service is not on: {', '.join(off)}.")
    size = round(statistics.mean(len(answer.body) for answer in answers))
    print(f"pages of {size:,} bytes over the wire; not on: {', '.join(off) or 'nothing'}", flush=True)
    return size


def _check_page(path: str, answer: Answer) -> None:
    body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
    page = body.decode()
    missing = [words for words in (NO_WARNING, *BLOCKS) if words not in page]
    if answer.status != 200 or missing:
        raise SystemExit(f"{path} answered {answer.status} without {missing}.")


@contextmanager
def _real_site(url: str, folder: Path) -> Iterator[Service]:
    """The web server as it is deployed, behind a proxy that tells who asks."""
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRACE_")},
        "DATABASE_URL": url,
        "TRACE_PUBLIC_URL": site,
        "TRACE_SECRET_KEY": secrets.token_hex(32),
        "TRACE_STATE_FOLDER": str(folder / "state"),
        "TRACE_PROXIES": "1",
    }
    web = processes.start_web(environ, "127.0.0.1", port, folder, processes.WEB_WORKERS)
    with _running(Service(site, web, environ)) as service:
        yield service


@contextmanager
def _bare_site(folder: Path, size: int) -> Iterator[Service]:
    """The bare route, which answers so many bytes that cannot be made fewer."""
    content, log_path, port = folder / "constant", folder / "bare.log", free_port()
    content.write_bytes(secrets.token_bytes(size))
    command = [sys.executable, "-m", "bench._bare_route", str(port), str(processes.WEB_WORKERS)]
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT), _bare_route.CONTENT: str(content)}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    web = processes.Child("bare route", process, log_path)
    with _running(Service(f"http://127.0.0.1:{port}", web, environ)) as service:
        yield service


@contextmanager
def _running(service: Service) -> Iterator[Service]:
    try:
        give_up_at = time.monotonic() + processes.ANSWER_WITHIN_S
        while not _is_answering(service.site):
            if service.web.has_ended() or time.monotonic() > give_up_at:
                raise SystemExit(service.web.log_path.read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield service
    finally:
        service.web.stop()


def _is_answering(site: str) -> bool:
    try:
        return bool(list(ask(site, ["/T/nothing"])))
    except OSError:
        return False


def tell(real: Service, bare: Service, p99_ms: float) -> None:
    """Print the table and the JSON line."""
    print(
        f"{'what is asked for':<32} {'a second':>9} {'lowest':>9} {'p99 ms':>8} {'web CPU ms':>11} {'ratio':>6}"
    )
    ratios = {}
    for name in ("zipf", "uniform"):
        ratios[name] = statistics.median(
            ours.rate / anchor.rate for ours, anchor in zip(real.told[name], bare.told[name], strict=True)
        )
        _row(f"bare route, {name}", bare.told[name], 1.0)
        _row(f"page, {name}", real.told[name], ratios[name])
    print("codes that are not there, and codes that are none, beside known ones (uniform):")
    for name in ("unknown", "malformed"):
        _row(name, real.told[name], real.rate(name) / real.rate("uniform"))
    print(f"99th percentile at {real.rate('zipf') / 2:,.0f} requests a second: {p99_ms:.1f} ms")
    figures = {"zipf_ratio": ratios["zipf"], "uniform_ratio": ratios["uniform"], "p99_ms": p99_ms}
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


def _row(name: str, told: Sequence[Told], ratio: float) -> None:
    rates = [one.rate for one in told]
    p99, cpu = (statistics.median(values) for values in ([o.p99_ms for o in told], [o.cpu_ms for o in told]))
    print(
        f"{name:<32} {statistics.median(rates):>9,.0f} {min(rates):>9,.0f} {p99:>8.1f} {cpu:>11.2f} {ratio:>6.2f}"
    )


if __name__ == "__main__":
    main()
