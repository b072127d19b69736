"""A run on its way to a label printer by a real worker: portion after portion; killed in one, it asks before going on."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest
import zxingcpp
from flask import Flask

from labels import printers, run_prints
from labels.run_print_jobs import PORTION
from tests.conftest import LiveServer
from tests.factories import actor_of_kind
from tests.labels.printers import tspl_pages
from tests.stamps import make_codes
from trace import create_app
from trace.accounts.permissions import Actor
from trace.batches import services_runs
from trace.batches.services_runs import Order
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import Span
from trace.cli import processes
from trace.core.addresses import libpq_url
from trace.core.config import Settings
from trace.core.queue import EXTENSION

COUNT = 3 * PORTION
WITHIN_S = 120.0


class SlowPrinter:
    """Takes one connection after the other; while ``is_waiting`` it reads nothing of the second."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        # So small that a portion does not fit into what the machine keeps for it.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.jobs: list[bytes] = []
        self.go_on = threading.Event()
        self.holds = threading.Event()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            job = bytearray()
            with connection:
                if self.jobs:
                    self.holds.set()
                    self.go_on.wait(WITHIN_S)
                try:
                    while piece := connection.recv(65536):
                        job += piece
                except ConnectionError:
                    job.clear()
            self.jobs.append(bytes(job))

    def close(self) -> None:
        self.go_on.set()
        self._listener.close()


@pytest.fixture
def printer() -> Iterator[SlowPrinter]:
    made = SlowPrinter()
    yield made
    made.close()


def test_a_worker_killed_in_a_portion_sends_nothing_twice(
    live_server: Callable[..., LiveServer], printer: SlowPrinter
) -> None:
    service = live_server(worker=False)
    settings = Settings.from_environment(service.environ)
    app = create_app(settings)
    actor, print_id = _order(app, printer.address)
    environ = {**service.environ, "TRACE_PRINTERS": f"{actor.organisation_id} {printer.address}"}
    with psycopg.connect(libpq_url(service.database_url), autocommit=True) as connection:
        first = processes.start_worker(environ, settings.state_folder / "first")
        try:
            assert printer.holds.wait(WITHIN_S)
            _wait(connection, "sending_to is not null and next_number > 1")
        finally:
            os.kill(first.process.pid, signal.SIGKILL)
            first.stop()
        printer.go_on.set()
        second = processes.start_worker(environ, settings.state_folder / "second")
        try:
            _wait(connection, "stopped_for = 'interrupted'")
            assert len(list(filter(None, printer.jobs))) <= 2
            with app.app_context(), app.extensions["sessions"]() as session:
                # The second portion did not come out, says who looked.
                run_prints.go_on(session, actor, app.extensions[EXTENSION], print_id, PORTION + 1)
                session.commit()
            _wait(connection, "finished_at is not null")
        finally:
            second.stop()
        codes = [
            row[0]
            for row in connection.execute("select code from codes where run_id is not null order by number")
        ]
    _dispose(app)
    whole = [printer.jobs[0], *printer.jobs[-2:]]
    read = [
        one.text.rsplit("/", 1)[1]
        for job in whole
        for page in tspl_pages(job, 203)
        for one in zxingcpp.read_barcodes(page.grey)
    ]
    assert read == codes


def _order(app: Flask, address: str) -> tuple[Actor, UUID]:
    """A finished run, and its print ordered."""
    with app.app_context(), app.extensions["sessions"]() as session:
        actor = actor_of_kind(session)
        assert actor.organisation.seat.commune.name
        run = services_runs.issue_roll(session, actor, Order(COUNT, "https://check.example"))
        values = {
            "name": "máy", "language": "tspl", "dpi": "203", "design": "roll-50x30", "width": None, "height": None,
            "gap": 2, "offset_x": 0, "offset_y": 0, "is_turned": False, "address": address,
        }  # fmt: skip
        printer = printers.add_printer(session, actor, values, [address])
        session.commit()
        make_codes(run.id)
        session.refresh(run)
        started = run_prints.start_print(
            session,
            actor,
            app.extensions[EXTENSION],
            session.get_one(StampRun, run.id),
            printer,
            Span(1, COUNT),
            {},
            [address],
        )
        print_id = started.id
        session.commit()
        session.refresh(actor.organisation)
        session.expunge_all()  # read on, without this session
        return actor, print_id


def _dispose(app: Flask) -> None:
    with app.extensions["sessions"]() as session:
        engine = session.get_bind().engine
    engine.dispose()


def _wait(connection: psycopg.Connection, what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        row = connection.execute(f"select {what} from run_prints").fetchone()  # noqa: S608 - words of this module
        if row is not None and row[0]:
            return
        time.sleep(0.1)
    found = connection.execute("select next_number, sending_to, stopped_for from run_prints").fetchone()
    pytest.fail(f"not within {WITHIN_S} s: {what}; it is {found}")
