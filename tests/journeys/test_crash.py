"""kill -9 while goods move: whatever was acknowledged is there and in the log, and nothing is half-done.

The whole service runs as ``make run`` starts it. Each round moves goods over HTTP from several clients, kills
processes at a random moment, starts again and sends once more, under the same keys, what was never answered.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import free_port
from tests.factories import ActiveBatchFactory, a_key, actor_of_kind
from tests.trace.cli.test_serve import family_of, wait_until_gone
from trace.accounts import api_keys
from trace.accounts.models import OrganisationKind
from trace.core import local_state
from trace.core.addresses import libpq_url
from trace.core.database import make_engine, new_session
from trace.core.embedded import EmbeddedPostgres

pytestmark = pytest.mark.soak
ROUNDS = 50 if os.environ.get("SOAK") else 2
CLIENTS = 4
STOCK = Decimal(1_000_000)


@dataclass
class Asked:
    """One request that moves goods, and how it was answered; ``answer`` None until it was."""

    who: str
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=a_key)
    answer: dict[str, Any] | None = None


@dataclass
class Traders:
    """A producer and a shop with programs of their own."""

    batch_id: str
    shop_id: str
    keys: dict[str, str]


class Service:
    """``make run`` in a folder of its own, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        port = free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
        environ.pop("DATABASE_URL", None)
        environ |= {
            "PYTHONPATH": str(local_state.CHECKOUT),
            "TRACE_STATE_FOLDER": str(self.folder),
            "DEMO": "0",
            "PORT": str(port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trace.cli", "serve"],
            cwd=local_state.CHECKOUT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        told = ""
        for line in self.process.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail(f"it did not start again: {told}")
        self.url = f"http://127.0.0.1:{port}"

    @property
    def database_url(self) -> str:
        running = local_state.find_running(self.folder)
        assert running is not None
        return running.database_url

    def kill(self, what: str) -> None:
        """SIGKILL everything, or the database with all its processes; then nothing may be left."""
        assert self.process is not None
        family = family_of(self.process.pid)
        victims = family if what == "everything" else self._database_of(family)
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.communicate(timeout=60)
        wait_until_gone(family)

    def _database_of(self, family: list[int]) -> list[int]:
        for pid in family:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            if name == "postgres":
                return family_of(pid)
        pytest.fail("no database is running")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate(timeout=60)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "state")
    yield made
    if made.process is not None and made.process.poll() is None:
        for pid in family_of(made.process.pid):
            os.kill(pid, signal.SIGKILL)
        made.process.communicate()
    EmbeddedPostgres(made.folder).discard()


def settle_in(service: Service) -> Traders:
    engine = make_engine(service.database_url)
    with new_session(engine) as session:
        producer = actor_of_kind(session)
        shop = actor_of_kind(session, OrganisationKind.SHOP)
        batch = ActiveBatchFactory.create(session=session, actor=producer, quantity=STOCK)
        keys = {
            "producer": api_keys.create_api_key(session, producer, "a"),
            "shop": api_keys.create_api_key(session, shop, "b"),
        }
        session.commit()
        traders = Traders(str(batch.id), str(shop.organisation_id), keys)
    engine.dispose()
    return traders


def ask(service: Service, traders: Traders, asked: Asked) -> bool:
    """Send it; whether it was answered. A refusal is a fault here: everything asked for is allowed."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=20)
    headers = {
        "Authorization": f"Bearer {traders.keys[asked.who]}",
        "Content-Type": "application/json",
        "Idempotency-Key": asked.key,
    }
    try:
        connection.request("POST", f"/api/v1{asked.path}", json.dumps(asked.body), headers)
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    if answer.status >= 500:  # the database is going down: nothing was done
        return False
    assert answer.status in (200, 201), said
    asked.answer = json.loads(said)
    return True


def trade(service: Service, traders: Traders, told: list[Asked], stop: threading.Event, seed: int) -> None:
    """Ship, receive and sell one kilogram at a time until told to stop or nobody answers."""
    chance = random.Random(seed)
    waiting: list[str] = []
    while not stop.is_set():
        if waiting and chance.random() < 0.5:
            asked = Asked("shop", f"/shipments/{waiting.pop()}/receipt", {})
        elif chance.random() < 0.5:
            body = {"batch_id": traders.batch_id, "quantity": 1, "receiver_id": traders.shop_id}
            asked = Asked("producer", "/shipments", body)
        else:
            asked = Asked("producer", "/sales", {"batch_id": traders.batch_id, "quantity": 1})
        told.append(asked)
        if not ask(service, traders, asked):
            return
        if asked.path == "/shipments" and asked.answer:
            waiting.append(asked.answer["id"])


def one_round(service: Service, traders: Traders, told: list[Asked], chance: random.Random) -> None:
    stop = threading.Event()
    before = sum(1 for asked in told if asked.answer)
    clients = [
        threading.Thread(target=trade, args=(service, traders, told, stop, chance.random()))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    give_up_at = time.monotonic() + 60
    while sum(1 for asked in told if asked.answer) < before + CLIENTS and time.monotonic() < give_up_at:
        time.sleep(0.01)
    time.sleep(chance.random() * 0.5)
    service.kill(chance.choice(["everything", "database"]))
    stop.set()
    for client in clients:
        client.join()


def test_what_was_acknowledged_survives_and_is_in_the_log(service: Service) -> None:
    chance = random.Random(20261122)
    service.start()
    traders = settle_in(service)
    told: list[Asked] = []
    for _ in range(ROUNDS):
        one_round(service, traders, told, chance)
        service.start()
        for asked in told:
            if asked.answer is None:
                assert ask(service, traders, asked), asked
    check(service, traders, told)
    service.stop()


def check(service: Service, traders: Traders, told: list[Asked]) -> None:
    shipped = [asked for asked in told if asked.path == "/shipments"]
    received = {asked.path for asked in told if asked.path.endswith("/receipt")}
    sold = [asked for asked in told if asked.path == "/sales"]
    with psycopg.connect(libpq_url(service.database_url), autocommit=True) as connection:

        def one(statement: str) -> Any:
            row = connection.execute(statement).fetchone()
            return row[0] if row else None

        counts: dict[str, int] = dict(
            connection.execute("select verb, count(*) from events group by verb").fetchall()
        )
        assert counts.get("ship", 0) == len(shipped)
        assert counts.get("sell", 0) == len(sold)
        assert counts.get("receive", 0) == len(received)
        sales = {row[0] for row in connection.execute("select epcis_id from events where verb = 'sell'")}
        assert sales == {asked.answer["id"] for asked in sold if asked.answer}
        shipments = {str(row[0]) for row in connection.execute("select id from shipments")}
        assert shipments == {asked.answer["id"] for asked in shipped if asked.answer}
        for part in ("event_goods", "event_private", "leaves"):
            assert one(f"select count(*) from events e where not exists"  # noqa: S608 - names of this file
                       f" (select from {part} p where p.event_id = e.id)") == 0, part  # fmt: skip
        assert one("select count(*) from leaves where event_id not in (select id from events)") == 0
        balance = connection.execute(
            "select held, in_transit, sold, lost, in_question from balances where batch_id = %s",
            [traders.batch_id],
        ).fetchone()
        on_the_way = len(shipped) - len(received)
        assert balance == (STOCK - on_the_way - len(sold), on_the_way, len(sold), 0, 0)
        give_up_at = time.monotonic() + 60
        while one("select count(*) from log_entries") < one("select count(*) from leaves"):
            assert time.monotonic() < give_up_at, "the sequencer does not catch up"
            time.sleep(0.2)
        assert one(
            "select max(log_index) + 1 = count(*) and count(distinct leaf_id) = count(*) from log_entries"
        )
