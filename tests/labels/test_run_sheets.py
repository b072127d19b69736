"""PDF files of runs: ordering, the job with its crashes, what may not be printed, taking away, expiry."""

import re
from datetime import timedelta
from typing import Any

import pypdfium2 as pdfium
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from labels import run_sheet_jobs, run_sheets, runs
from labels.run_contents import HiddenCodesNotPrinted
from labels.run_sheet_jobs import make_sheets, remove_old_sheets
from labels.run_sheet_models import RunSheets
from labels.run_sheets import NoStampsLeft, SheetsNotReady, Stamps, TooManySheets
from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.stamps import SITE, GoOn, make_codes
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches import stamp_queries
from trace.batches.gate import LabelRefused
from trace.batches.models import Batch
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import RunNotFinished, Span
from trace.core import clock
from trace.core.errors import BadInput, NotFound
from trace.core.queue import EXTENSION
from trace.core.short_codes import pretty

CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]")


def _run(session: Session, app: Flask, producer: Actor, count: int = 130, **asked: Any) -> StampRun:
    settings, queue = app.config["SETTINGS"], app.extensions[EXTENSION]
    run = runs.start_roll(session, producer, queue, settings, count=count, address=SITE, **asked)
    settle(session)
    make_codes(run.id)
    session.expire_all()
    return session.get_one(StampRun, run.id)


def _order(
    session: Session, app: Flask, producer: Actor, run: StampRun, span: Span | None = None, **chosen: str
) -> RunSheets:
    sheets = run_sheets.order_sheets(
        session, producer, app.extensions[EXTENSION], run.id, {"size": "roll-50x30", **chosen}, span
    )
    settle(session)
    return sheets


def _make(session: Session, sheets: RunSheets, parts: int = 1_000) -> RunSheets:
    make_sheets(GoOn(parts), str(sheets.id))  # type: ignore[arg-type]  # of its worker the job asks one thing
    session.expire_all()
    return session.get_one(RunSheets, sheets.id)


def _codes_in(app: Flask, sheets: RunSheets) -> list[str]:
    path = run_sheets.path_of(app.config["SETTINGS"], sheets.id)
    document = pdfium.PdfDocument(path)
    return [code for page in document for code in CODE.findall(page.get_textpage().get_text_range())]


def _codes_of(session: Session, run: StampRun, span: Span | None = None) -> list[str]:
    rows = stamp_queries.codes_of(session, run, span or run_sheets.whole(run))
    return [pretty(code) for _, code in rows]


def test_a_file_has_every_stamp_once_and_in_order(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run = _run(session, public_app, producer)
    sheets = _order(session, public_app, producer, run, size="a4-40", start="3")
    sheets = _make(session, sheets)
    assert sheets.is_ready
    assert sheets.made == sheets.labels == 130
    assert _codes_in(public_app, sheets) == _codes_of(session, run)


def test_a_part_of_a_run_is_a_file_too(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer)
    sheets = _order(session, public_app, producer, run, Span(20, 31))
    sheets = _make(session, sheets)
    assert _codes_in(public_app, sheets) == _codes_of(session, run, Span(20, 31))


def test_void_stamps_are_left_out(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer)
    for first, last in ((1, 3), (50, 50), (129, 130)):
        session.add(
            StampRange(run=run, kind=RangeKind.VOIDED, first_number=first, last_number=last, reason="lost")
        )
    settle(session)
    sheets = _order(session, public_app, producer, run)
    sheets = _make(session, sheets)
    assert sheets.labels == 124
    assert _codes_in(public_app, sheets) == (
        _codes_of(session, run, Span(4, 49)) + _codes_of(session, run, Span(51, 128))
    )


def test_of_void_stamps_alone_there_is_no_file(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    session.add(StampRange(run=run, kind=RangeKind.VOIDED, first_number=1, last_number=10, reason="lost"))
    settle(session)
    with pytest.raises(NoStampsLeft):
        _order(session, public_app, producer, run)


@pytest.mark.parametrize("damage", ["nothing", "written on", "offsets cut", "folder lost"])
def test_a_job_that_was_cut_off_goes_on_to_the_same_file(
    session: Session, public_app: Flask, producer: Actor, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(run_sheet_jobs, "_PART", 64)
    run = _run(session, public_app, producer, 200)
    whole, cut = (_order(session, public_app, producer, run) for _ in range(2))
    whole = _make(session, whole)
    cut = _make(session, cut, parts=2)
    assert not cut.is_ready
    assert cut.made == 128
    settings = public_app.config["SETTINGS"]
    path, offsets = run_sheets.path_of(settings, cut.id), run_sheets.offsets_path_of(settings, cut.id)
    if damage == "written on":
        for one in (path, offsets):
            with one.open("ab") as out:
                out.write(b"what a worker wrote and did not note" * 40)
    elif damage == "offsets cut":
        offsets.write_bytes(offsets.read_bytes()[:80])
    elif damage == "folder lost":
        path.unlink()
        offsets.unlink()
    cut = _make(session, cut)
    assert cut.is_ready
    assert path.read_bytes() == run_sheets.path_of(settings, whole.id).read_bytes()


def test_two_workers_do_not_write_one_file(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    sheets = _order(session, public_app, producer, run)
    path = run_sheets.path_of(public_app.config["SETTINGS"], sheets.id)
    path.parent.mkdir(parents=True)
    with run_sheet_jobs._alone(path):
        sheets = _make(session, sheets)
        assert not sheets.is_ready
    sheets = _make(session, sheets)
    assert sheets.is_ready


def test_a_cancelled_file_is_not_made(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    sheets = _order(session, public_app, producer, run)
    run_sheets.cancel_sheets(session, producer, sheets.id)
    settle(session)
    sheets = _make(session, sheets)
    assert sheets.made == 0
    with pytest.raises(SheetsNotReady):
        run_sheets.open_sheets(session, producer, public_app.config["SETTINGS"], sheets.id)


def test_a_recall_stops_a_file_and_keeps_a_ready_one_back(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    settings, queue = public_app.config["SETTINGS"], public_app.extensions[EXTENSION]
    run = runs.start_serials(session, producer, queue, settings, batch.id, count=10, address=SITE)
    settle(session)
    make_codes(run.id)
    session.expire_all()
    ready, waiting = (_order(session, public_app, producer, run) for _ in range(2))
    ready = _make(session, ready)
    session.get_one(Batch, batch.id).is_recalled = True
    settle(session)
    waiting = _make(session, waiting)
    assert waiting.stopped_for == "label-refused"
    assert not waiting.is_running
    with pytest.raises(LabelRefused):
        run_sheets.open_sheets(session, producer, settings, ready.id)
    with pytest.raises(LabelRefused):
        _order(session, public_app, producer, run)


def test_codes_that_are_not_all_there_are_not_printed(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    settings, queue = public_app.config["SETTINGS"], public_app.extensions[EXTENSION]
    run = runs.start_roll(session, producer, queue, settings, count=10, address=SITE)
    with pytest.raises(RunNotFinished):
        _order(session, public_app, producer, run)


def test_stamps_with_hidden_codes_are_for_a_print_shop(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run = _run(session, public_app, producer, 10, has_secrets=True)
    with pytest.raises(HiddenCodesNotPrinted):
        _order(session, public_app, producer, run)


@pytest.mark.parametrize("span", [Span(0, 5), Span(5, 11), Span(12, 20)])
def test_numbers_of_another_run_are_refused(
    session: Session, public_app: Flask, producer: Actor, span: Span
) -> None:
    run = _run(session, public_app, producer, 10)
    with pytest.raises(BadInput):
        _order(session, public_app, producer, run, span)


def test_a_fourth_file_at_once_waits(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    for _ in range(3):
        _order(session, public_app, producer, run)
    with pytest.raises(TooManySheets):
        _order(session, public_app, producer, run)


def test_nobody_else_gets_a_file(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    sheets = _order(session, public_app, producer, run)
    sheets = _make(session, sheets)
    other = actor_of_kind(session)
    with pytest.raises(NotFound):
        run_sheets.open_sheets(session, other, public_app.config["SETTINGS"], sheets.id)
    with pytest.raises(NotFound):
        _order(session, public_app, other, run)


def test_a_file_is_removed_after_its_days(session: Session, public_app: Flask, producer: Actor) -> None:
    run = _run(session, public_app, producer, 10)
    old, new = (_order(session, public_app, producer, run) for _ in range(2))
    new_id = _make(session, new).id
    old = _make(session, old)
    old.finished_at = clock.now() - run_sheets.FILES_KEPT - timedelta(minutes=1)
    settle(session)
    remove_old_sheets(0)
    settings = public_app.config["SETTINGS"]
    assert not run_sheets.path_of(settings, old.id).exists()
    assert not session.get_one(RunSheets, old.id).is_ready
    assert run_sheets.path_of(settings, new_id).exists()


def test_any_part_of_the_stamps_is_read_as_it_stands(
    session: Session, public_app: Flask, producer: Actor
) -> None:
    run = _run(session, public_app, producer, 60)
    spans = [Span(1, 7), Span(9, 9), Span(20, 60)]
    stamps = Stamps(session, run, spans)
    numbers = [number for span in spans for number in range(span.first, span.last + 1)]
    assert len(stamps) == len(numbers)

    @given(st.integers(0, 48), st.integers(1, 60))
    def is_read(first: int, count: int) -> None:
        assert [number for _, number in stamps.read(first, count)] == numbers[first : first + count]

    is_read()
