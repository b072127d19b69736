"""Starting print runs: the address gate, the job, the table for a print shop and its end."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from labels import runs
from labels.run_files import RunFileGone, RunFiles
from labels.run_jobs import remove_old_files
from tests.factories import ActiveBatchFactory
from tests.stamps import SITE, make_codes
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import AddressNotForPrint, RunNotFinished, Span
from trace.core import clock
from trace.core.installation import DEMO_FILLED, set_fact
from trace.core.queue import EXTENSION


def _start(session: Session, app: Flask, producer: Actor, **changed: Any) -> StampRun:
    asked: dict[str, Any] = {"count": 25, "address": SITE, **changed}
    return runs.start_roll(session, producer, app.extensions[EXTENSION], app.config["SETTINGS"], **asked)


def _read(session: Session, app: Flask, run_id: int, span: Span | None = None) -> list[list[str]]:
    run = session.get_one(StampRun, run_id)
    table = "".join(runs.run_table(session, run, RunFiles(app.config["SETTINGS"]), span))
    assert table.startswith("\ufeff")
    return list(csv.reader(io.StringIO(table[1:])))


def test_a_run_and_its_job_are_there_together(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _start(session, public_app, producer)
    job = session.execute(text("select task_name, lock, args from procrastinate_jobs")).one()
    assert job == ("labels:make_run", f"stamp-run-{run.id}", {"run_id": run.id})


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "https://other.example"])
def test_nothing_is_printed_under_another_address(
    session: Session, public_app: Flask, producer: Actor, address: str
) -> None:
    with pytest.raises(AddressNotForPrint) as refused:
        _start(session, public_app, producer, address=address)
    assert address in str(refused.value)
    assert session.scalar(text("select count(*) from stamp_runs")) == 0


def test_a_local_run_prints_nothing_and_the_demo_does(
    session: Session, app: Flask, producer: Actor, tmp_path: Path
) -> None:
    local = "http://127.0.0.1:8000"
    with app.app_context():
        with pytest.raises(AddressNotForPrint):
            _start(session, app, producer, address=local)
        set_fact(session, DEMO_FILLED, "2026-11-22")
        assert _start(session, app, producer, address=local).address == local


def test_labels_with_codes_of_their_own_are_ordered_for_a_lot(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    settings = public_app.config["SETTINGS"]
    run = runs.start_serials(
        session, producer, public_app.extensions[EXTENSION], settings, batch.id, count=5, address=SITE
    )
    assert (run.kind, run.batch_id) == ("serial", batch.id)


def test_the_table_has_numbers_codes_and_addresses(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run_id = _start(session, public_app, producer).id
    settle(session)
    make_codes(run_id)
    head, *rows = _read(session, public_app, run_id)
    assert head == ["Số tem", "Mã tra cứu", "Địa chỉ QR"]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 26)]
    assert all(row[2] == f"https://CHECK.EXAMPLE.VN/T/{row[1].replace('-', '')}" for row in rows)
    assert _read(session, public_app, run_id, Span(3, 4))[1:] == rows[2:4]


def test_there_is_no_table_before_all_codes_are_there(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run = _start(session, public_app, producer)
    with pytest.raises(RunNotFinished):
        runs.run_table(session, run, RunFiles(public_app.config["SETTINGS"]))


def test_a_worker_that_stops_leaves_the_rest_to_the_next(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run_id = _start(session, public_app, producer, count=2 * services_runs.PART + 5, has_secrets=True).id
    settle(session)
    make_codes(run_id, parts=1)
    assert session.get_one(StampRun, run_id).made == services_runs.PART
    assert runs.list_unfinished(session) == [run_id]
    settle(session)
    make_codes(run_id)
    assert runs.list_unfinished(session) == []
    rows = _read(session, public_app, run_id)[1:]
    assert [int(row[0]) for row in rows] == list(range(1, 2 * services_runs.PART + 6))
    known = [(int(row[0]), row[1].replace("-", "")) for row in rows]
    run = session.get_one(StampRun, run_id)
    assert known == list(stamp_queries.codes_of(session, run, Span(run.first_number, run.last_number)))


def test_hidden_codes_stand_in_the_file_until_it_expires(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run_id = _start(session, public_app, producer, has_secrets=True).id
    settle(session)
    make_codes(run_id)
    head, *rows = _read(session, public_app, run_id)
    assert head[-1] == "Mã bí mật"
    assert len({row[3] for row in rows}) == 25
    folder = RunFiles(public_app.config["SETTINGS"]).folder / str(run_id)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    run = session.get_one(StampRun, run_id)
    run.finished_at = clock.now() - timedelta(days=29)
    settle(session)
    remove_old_files(0)
    assert len(_read(session, public_app, run_id)) == 26
    session.get_one(StampRun, run_id).finished_at = clock.now() - timedelta(days=31)
    settle(session)
    remove_old_files(0)
    assert not folder.exists()
    with pytest.raises(RunFileGone):
        _read(session, public_app, run_id)


def test_a_cancelled_run_is_not_gone_on_with(session: Session, public_app: Flask, producer: Actor) -> None:
    run_id = _start(session, public_app, producer).id
    services_runs.cancel_run(session, producer, run_id)
    settle(session)
    make_codes(run_id)
    assert session.get_one(StampRun, run_id).made == 0
    assert runs.list_unfinished(session) == []
