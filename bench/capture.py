"""How quickly custody is recorded: EPCIS documents captured over HTTP, and single handovers, beside bare writes.

Bulk: six organisations send documents of 1,000 events at once to the real web server (two worker processes; chance
decides which of them a connection reaches, so two senders would often share one); half of the events move goods (sales,
goods used up), the others are seen (loading) or are about goods of others. Beside it the very rows they made, COPYed
into a copy of the database as it was before, with all its tables, indexes and keys.

Single: one client ships over HTTP, one handover after the other, durable; beside it one client's single durable
INSERTs of a row. PostgreSQL runs as in production, with fsync. Prints a table, then one JSON line.
"""

import argparse
import http.client
import itertools
import json
import secrets
import socket
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from trace.accounts import api_keys
from trace.accounts.models import OrganisationKind
from trace.cli import processes
from trace.cli.database import migrate, name_log
from trace.core import clock
from trace.core.addresses import libpq_url
from trace.core.config import LOCAL_LOG_ORIGIN
from trace.core.database import make_engine, new_session
from trace.core.embedded import EmbeddedPostgres, create_database, with_database
from trace.core.ids import uuid7
from trace.demo.factories import ActiveBatchFactory, ActorFactory, ProductFactory
from trace.models import load_all

SENDERS = 6
LOTS = 50  # of each sender
EVENTS = 30_000
IN_A_DOCUMENT = 1_000
HANDOVERS = 400
TABLES = ("events", "event_goods", "event_private", "leaves")
BEFORE = "before"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@dataclass(frozen=True)
class Program:
    """An organisation's program: its key, its lots, and whom it ships to."""

    key: str
    lots: Sequence[str]
    receiver: str


class Client:
    """One connection to the service, kept open."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)

    def post(self, path: str, body: bytes, key: str, **headers: str) -> tuple[int, bytes, str]:
        """Status, body and Location of the answer to the program with this key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.connection.request("POST", path, body, named)
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Location", "")


def main() -> None:
    """Fill, measure, print the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--handovers", type=int, default=HANDOVERS)
    parser.add_argument(
        "--runs", type=int, default=3, help="how often each figure is measured; the median counts"
    )
    asked = parser.parse_args()
    load_all()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nguon-goc-bench-")))
        server = EmbeddedPostgres(folder / "server")
        stack.callback(server.discard)
        url = stack.enter_context(server.running())
        migrate(url)
        name_log(url, LOCAL_LOG_ORIGIN)
        programs = prepare(url, asked.events * asked.runs)
        site = stack.enter_context(service(url, folder))
        capture_rates, copy_rates, handover_rates, insert_rates = [], [], [], []
        # Connections, caches and the planner warm up for all figures alike.
        bulk(site, programs, IN_A_DOCUMENT * SENDERS)
        for run in range(asked.runs):
            name = f"{BEFORE}_{run}"
            clone(url, name, server_is_used=True)
            first = next_event(url)
            capture_rates.append(bulk(site, programs, asked.events))
            copy_rates.append(copy_rows(url, with_database(url, name), first, asked.events))
            handover_rates.append(handovers(site, programs[0], asked.handovers))
            insert_rates.append(inserts(url, asked.handovers))
    tell(capture_rates, copy_rates, handover_rates, insert_rates)


def tell(
    capture: Sequence[float], copy: Sequence[float], handover: Sequence[float], insert: Sequence[float]
) -> None:
    """Print the table and the JSON line."""
    print(f"{'what':<52} {'a second':>10} {'lowest':>10}")
    for name, rates in (
        ("events captured over HTTP, six senders", capture),
        ("the same rows by COPY", copy),
        ("single handovers over HTTP, one client", handover),
        ("single durable INSERTs, one client", insert),
    ):
        print(f"{name:<52} {statistics.median(rates):>10.0f} {min(rates):>10.0f}")
    figures = {
        "copy_ratio": round(statistics.median(c / r for c, r in zip(capture, copy, strict=True)), 3),
        "events_per_s": round(statistics.median(capture)),
        "handover_ratio": round(statistics.median(h / i for h, i in zip(handover, insert, strict=True)), 3),
    }
    print(json.dumps(figures))


def prepare(url: str, events: int) -> list[Program]:
    """Organisations with lots large enough for all that is sold, and their keys."""
    engine = make_engine(url)
    programs = []
    with new_session(engine) as session:
        receiver = ActorFactory.create(session=session, stated__kind=OrganisationKind.SHOP)
        for _ in range(SENDERS):
            actor = ActorFactory.create(session=session)
            product = ProductFactory.create(session=session, actor=actor)
            lots = [
                ActiveBatchFactory.create(
                    session=session, actor=actor, product=product, quantity=Decimal(events * 2)
                ).epc_class
                for _ in range(LOTS)
            ]
            key = api_keys.create_api_key(session, actor, "bench")
            programs.append(Program(key, lots, str(receiver.organisation_id)))
        session.commit()
    engine.dispose()
    return programs


class service:  # noqa: N801 - a context manager, used as a function is
    """The real web server with two worker processes, and the sequencer of the log."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.site = f"http://127.0.0.1:{port}"
        environ = {
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": url,
            "TRACE_PUBLIC_URL": self.site,
            "TRACE_SECRET_KEY": secrets.token_hex(32),
            "TRACE_STATE_FOLDER": str(folder / "state"),
        }
        self.web = processes.start_web(environ, "127.0.0.1", port, folder, 2)

    def __enter__(self) -> str:
        if not processes.wait_until_answering(self.site, self.web):
            raise RuntimeError(self.web.log_path.read_text(encoding="utf-8"))
        return self.site

    def __exit__(self, *_error: object) -> None:
        self.web.stop()


def bulk(site: str, programs: Sequence[Program], events: int) -> float:
    """Events captured a second, all senders together; every answer is looked at."""
    each = [documents_of(program, events // len(programs)) for program in programs]
    # Whoever is free sends the next document: a connection on the busier worker holds up nobody.
    waiting = deque(
        (program.key, body)
        for turn in zip(*each, strict=True)
        for program, body in zip(programs, turn, strict=True)
    )
    failures: list[str] = []

    def send() -> None:
        client = Client(site)
        while waiting:
            try:
                key, body = waiting.popleft()
            except IndexError:
                return
            status, text, _location = client.post("/epcis/capture", body, key)
            if status != 202:
                failures.append(text.decode()[:500])

    threads = [threading.Thread(target=send) for _ in programs]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    if failures:
        raise RuntimeError(failures[0])
    return events / taken


def documents_of(program: Program, events: int) -> Iterator[bytes]:
    """Documents a program of the trade might send."""
    numbers = itertools.count()
    for start in range(0, events, IN_A_DOCUMENT):
        made = [event(program, next(numbers)) for _ in range(min(IN_A_DOCUMENT, events - start))]
        document = {
            "@context": [CONTEXT, {"till": "https://till.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": now(),
            "epcisBody": {"eventList": made},
        }
        yield json.dumps(document).encode()


def event(program: Program, number: int) -> dict[str, Any]:
    """One event: a sale, goods used up, goods loaded, or a delivery of goods of others."""
    step, lot = number % 4, program.lots[number % len(program.lots)]
    about: dict[str, Any] = {"quantityList": [{"epcClass": lot, "quantity": 0.5, "uom": "KGM"}]}
    if step == 3:
        about = {"epcList": [f"urn:epc:id:sgtin:4012345.011111.{uuid7().int % 10**12}"]}
    words = ("retail_selling", "dispensing", "loading", "receiving")[step]
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid7()}",
        "eventTime": now(),
        "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE",
        "bizStep": words,
        "disposition": "in_progress",
        **about,
        "bizTransactionList": [{"type": "inv", "bizTransaction": f"urn:till:{number}"}],
        "till:number": number % 7,
    }


def now() -> str:
    """This moment, as EPCIS writes it."""
    return clock.now().isoformat(timespec="milliseconds")


def clone(url: str, name: str, *, server_is_used: bool) -> None:
    """The database as it is now, under another name: what COPY fills has the same parents and the same size."""
    if server_is_used:
        with psycopg.connect(libpq_url(with_database(url, "postgres")), autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [urlsplit(url).path.lstrip("/")],
            )
    create_database(url, name, urlsplit(url).path.lstrip("/"))


def next_event(url: str) -> int:
    """How many leaves there are: what comes behind them is this run's."""
    with psycopg.connect(libpq_url(url)) as connection:
        found = connection.execute("select coalesce(max(id), 0) from leaves").fetchone()
    return int(found[0]) if found else 0


def copy_rows(url: str, into: str, first: int, events: int) -> float:
    """Events a second when the rows of a run are only copied, in one durable transaction."""
    rows: dict[str, list[bytes]] = {}
    with psycopg.connect(libpq_url(url)) as source:
        for table in TABLES:
            column = "id" if table == "events" else "event_id"
            query = sql.SQL(
                "copy (select * from {} where {} in (select event_id from leaves where id > {})) to stdout"
            ).format(sql.Identifier(table), sql.Identifier(column), first)
            with source.cursor().copy(query) as copy:
                rows[table] = [bytes(part) for part in copy]
    with psycopg.connect(libpq_url(into)) as target:
        began = time.perf_counter()
        for table in TABLES:
            with target.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copy:
                for start in range(0, len(rows[table]), 1000):
                    copy.write(b"".join(rows[table][start : start + 1000]))
        target.commit()
        taken = time.perf_counter() - began
    return events / taken


def handovers(site: str, program: Program, count: int) -> float:
    """Single shipments a second, one client: each answered when it is durable."""
    client = Client(site)
    lots = [lot.removeprefix("urn:uuid:") for lot in program.lots]
    began = time.perf_counter()
    for number in range(count):
        body = {"batch_id": lots[number % len(lots)], "quantity": "0.5", "receiver_id": program.receiver}
        key = str(uuid7())
        status, text, _ = client.post(
            "/api/v1/shipments", json.dumps(body).encode(), program.key, Idempotency_Key=key
        )
        if status != 201:
            raise RuntimeError(text.decode()[:500])
    return count / (time.perf_counter() - began)


def inserts(url: str, count: int) -> float:
    """Single durable INSERTs a second of a row like a leaf's, one client."""
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("create table if not exists bench_rows (id uuid primary key, content bytea)")
        content = secrets.token_bytes(1600)
        began = time.perf_counter()
        for _ in range(count):
            connection.execute("insert into bench_rows values (%s, %s)", [uuid7(), content])
        return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
