"""kill -9 in the middle of a run of 100,000 labels, start again: every number once, every code once, all in the file."""

import os
import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from labels.run_files import RunFiles
from labels.runs import TASK, lock_of
from tests.conftest import LiveServer
from tests.factories import actor_of_kind
from trace import create_app
from trace.batches import services_runs
from trace.batches.hidden_codes import first_key
from trace.batches.services_runs import Order
from trace.cli import processes
from trace.core import queue
from trace.core.config import Settings, libpq_url

COUNT = 100_000
WITHIN_S = 240.0


def test_a_worker_killed_in_a_run_leaves_no_gap_and_no_duplicate(
    live_server: Callable[..., LiveServer],
) -> None:
    service = live_server()
    assert service.worker is not None
    settings = Settings.from_environment(service.environ)
    run_id = _order_run(settings)
    with psycopg.connect(libpq_url(service.database_url), autocommit=True) as connection:
        made = _wait(connection, run_id, more_than=0)
        assert made < COUNT, "it was too quick to be killed"
        os.kill(service.worker.process.pid, signal.SIGKILL)
        service.worker.stop()
        left = _made(connection, run_id)
        another = processes.start_worker(service.environ, settings.state_folder / "again")
        try:
            _wait(connection, run_id, more_than=COUNT - 1)
        finally:
            another.stop()
        numbers = connection.execute(
            "select count(*), count(distinct number), min(number), max(number), count(distinct code) from codes"
            " where run_id = %s",
            [run_id],
        ).fetchone()
        codes = connection.execute(
            "select number, code from codes where run_id = %s order by number", [run_id]
        ).fetchall()
    assert made <= left < COUNT
    assert numbers == (COUNT, COUNT, 1, COUNT, COUNT)
    told = [(number, code) for number, code, _secret in RunFiles(settings).read(run_id)]
    assert told == codes


def _order_run(settings: Settings) -> int:
    app = create_app(settings)
    with app.app_context(), app.extensions["sessions"]() as session:
        key_id = first_key(settings.key_folder).key_id
        run = services_runs.issue_roll(
            session, actor_of_kind(session), Order(COUNT, "https://check.example", key_id)
        )
        queue.enqueue(session, app.extensions[queue.EXTENSION], TASK, lock=lock_of(run.id), run_id=run.id)
        run_id = run.id
        session.commit()
        engine = session.get_bind().engine
    engine.dispose()
    return run_id


def _wait(connection: psycopg.Connection, run_id: int, *, more_than: int) -> int:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        made = _made(connection, run_id)
        if made > more_than:
            return made
        time.sleep(0.05)
    pytest.fail(f"only {_made(connection, run_id)} codes were made")


def _made(connection: psycopg.Connection, run_id: int) -> int:
    row = connection.execute("select made from stamp_runs where id = %s", [run_id]).fetchone()
    assert row is not None
    return int(row[0])
