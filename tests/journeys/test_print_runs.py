"""kill -9 in the middle of a run (`make soak`: of 100,000 labels), and of the PDF of one: after another start everything is there once."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID

import psycopg
import pypdfium2 as pdfium
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from labels.run_files import RunFiles
from labels.run_sheets import order_sheets, path_of
from labels.runs import TASK, lock_of
from tests.conftest import LiveServer
from tests.factories import actor_of_kind
from trace import create_app
from trace.accounts.models import Role
from trace.accounts.permissions import Actor
from trace.batches import services_runs
from trace.batches.hidden_codes import first_key
from trace.batches.services_runs import Order
from trace.batches.stamp_models import StampRun
from trace.cli import processes
from trace.core import queue
from trace.core.addresses import libpq_url
from trace.core.config import Settings
from trace.core.short_codes import pretty

pytestmark = pytest.mark.soak
COUNT = 100_000 if os.environ.get("SOAK") else 30_000
SHEETS = 40_000 if os.environ.get("SOAK") else 20_000
WITHIN_S = 240.0
MADE: LiteralString = "select made from stamp_runs where id = %s"
CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]")


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


def test_a_worker_killed_in_a_file_leaves_no_label_out_and_none_in_twice(
    live_server: Callable[..., LiveServer],
) -> None:
    service = live_server()
    assert service.worker is not None
    settings = Settings.from_environment(service.environ)
    run_id = _order_run(settings, SHEETS, has_secrets=False)
    with psycopg.connect(libpq_url(service.database_url), autocommit=True) as connection:
        _wait(connection, run_id, more_than=SHEETS - 1)
        sheets_id = _order_sheets(settings, run_id)
        _wait_for(connection, "select made from run_sheets where id = %s", sheets_id, more_than=0)
        os.kill(service.worker.process.pid, signal.SIGKILL)
        service.worker.stop()
        left = _number(connection, "select made from run_sheets where id = %s", sheets_id)
        another = processes.start_worker(service.environ, settings.state_folder / "again")
        try:
            is_ready = "select (finished_at is not null)::int from run_sheets where id = %s"
            _wait_for(connection, is_ready, sheets_id, more_than=0)
        finally:
            another.stop()
        codes = connection.execute("select code from codes where run_id = %s order by number", [run_id])
        wanted = [pretty(code) for (code,) in codes]
    assert 0 < left < SHEETS, "it was too quick to be killed"
    pages = pdfium.PdfDocument(path_of(settings, sheets_id))
    told = [code for page in pages for code in CODE.findall(page.get_textpage().get_text_range())]
    assert told == wanted


def _order_run(settings: Settings, count: int = COUNT, *, has_secrets: bool = True) -> int:
    with _session(settings) as (app, session):
        key_id = first_key(settings.key_folder).key_id if has_secrets else None
        run = services_runs.issue_roll(
            session, actor_of_kind(session), Order(count, "https://check.example", key_id)
        )
        queue.enqueue(session, app.extensions[queue.EXTENSION], TASK, lock=lock_of(run.id), run_id=run.id)
        run_id = run.id
        session.commit()
    return run_id


def _order_sheets(settings: Settings, run_id: int) -> UUID:
    with _session(settings) as (app, session):
        owner = session.get_one(StampRun, run_id).organisation
        actor = Actor(None, owner, Role.OWNER)
        sheets = order_sheets(session, actor, app.extensions[queue.EXTENSION], run_id, {"size": "a4-40"})
        sheets_id = sheets.id
        session.commit()
    return sheets_id


@contextmanager
def _session(settings: Settings) -> Iterator[tuple[Flask, Session]]:
    app = create_app(settings)
    with app.app_context(), app.extensions["sessions"]() as session:
        yield app, session
        engine = session.get_bind().engine
    engine.dispose()


def _wait(connection: psycopg.Connection, run_id: int, *, more_than: int) -> int:
    return _wait_for(connection, MADE, run_id, more_than=more_than)


def _made(connection: psycopg.Connection, run_id: int) -> int:
    return _number(connection, MADE, run_id)


def _wait_for(connection: psycopg.Connection, query: LiteralString, of: int | UUID, *, more_than: int) -> int:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        number = _number(connection, query, of)
        if number > more_than:
            return number
        time.sleep(0.02)
    pytest.fail(f"only {_number(connection, query, of)} after {WITHIN_S} s")


def _number(connection: psycopg.Connection, query: LiteralString, of: int | UUID) -> int:
    row = connection.execute(query, [of]).fetchone()
    assert row is not None
    return int(row[0])
