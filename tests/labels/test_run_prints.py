"""Printing a run on a label printer: as a file of any length, and by a job in portions, never a stamp twice in silence."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from labels import printers, run_prints
from labels.bitmaps import layout_pages
from labels.printer_models import LabelPrinter
from labels.printers import AddressNotApproved
from labels.run_contents import HiddenCodesNotPrinted
from labels.run_dots import RunDots
from labels.run_print_jobs import PORTION, TRIES, portion_of, print_portion, resume_prints
from labels.run_print_models import RunPrint, Stop
from labels.run_prints import (
    PrintedAlready,
    PrinterBusy,
    PrintNotWaiting,
    run_labels,
    run_pages,
)
from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.labels.printers import PrintedPage, tspl_pages
from tests.stamps import SITE, make_codes
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import RunNotFinished, Span, StampUnknown, Typed, VoidReason
from trace.core.errors import NotFound
from trace.core.queue import EXTENSION
from trace.events.services_stamps import void_stamps

COUNT = 2 * PORTION + 30


class Printer:
    """A printer on this machine that takes one connection after the other."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.jobs: list[bytes] = []
        self._taking = threading.Thread(target=self._take, daemon=True)
        self._taking.start()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            job = bytearray()
            with connection:
                while piece := connection.recv(65536):
                    job += piece
            self.jobs.append(bytes(job))

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._taking.join(5)

    @property
    def pages(self) -> list[PrintedPage]:
        return [page for job in self.jobs for page in tspl_pages(job, 203)]


@pytest.fixture
def device() -> Iterator[Printer]:
    made = Printer()
    yield made
    if made._taking.is_alive():
        made.close()


@pytest.fixture
def service(app: Flask, producer: Actor, device: Printer, tmp_path: Path) -> Iterator[Flask]:
    """The application under its public address; the operator has approved the printer."""
    whole = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        whole,
        public_url=SITE,
        state_folder=tmp_path,
        printers=((producer.organisation_id, device.address),),
    )
    with app.app_context():
        yield app
    app.config["SETTINGS"] = whole


Make = Callable[..., tuple[StampRun, LabelPrinter]]


@pytest.fixture
def make(session: Session, service: Flask, producer: Actor, device: Printer) -> Make:
    """A finished run and a printer for it; ``batch_id`` for labels of a lot."""

    def made(
        count: int = COUNT, batch_id: UUID | None = None, **changed: Any
    ) -> tuple[StampRun, LabelPrinter]:
        order = Order(count, SITE)
        run = (
            services_runs.order_serials(session, producer, batch_id, order)
            if batch_id
            else services_runs.issue_roll(session, producer, order)
        )
        values = {
            "name": f"máy {run.id}", "language": "tspl", "dpi": "203", "design": "roll-50x30", "width": None, "height": None,
            "gap": 2, "offset_x": 0, "offset_y": 0, "is_turned": False, "address": device.address, **changed,
        }  # fmt: skip
        printer = printers.add_printer(session, producer, values, [device.address])
        run_id, printer_id = run.id, printer.id
        settle(session)
        make_codes(run_id)
        return session.get_one(StampRun, run_id), session.get_one(LabelPrinter, printer_id)

    return made


def _start(
    session: Session, app: Flask, producer: Actor, made: tuple[StampRun, LabelPrinter], **changed: Any
) -> UUID:
    run, printer = made
    asked: dict[str, Any] = {
        "span": Span(run.first_number, run.last_number),
        "chosen": {},
        "approved": [printer.address],
        **changed,
    }
    started = run_prints.start_print(session, producer, app.extensions[EXTENSION], run, printer, **asked)
    found = started.id
    settle(session)
    return found


def _codes_read(pages: list[PrintedPage]) -> list[str]:
    """The code of each page in the order of printing; each was asked for once."""
    assert {page.copies for page in pages} == {1}
    texts = [text for page in pages for text in _texts(page)]
    return [text.rsplit("/", 1)[1] for text in texts]


def _texts(page: PrintedPage) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(page.grey)]


def _reprinted(session: Session, run_id: int) -> list[tuple[int, int]]:
    wanted = select(StampRange).where(StampRange.run_id == run_id, StampRange.kind == RangeKind.REPRINTED)
    return [(one.first_number, one.last_number) for one in session.scalars(wanted)]


def _codes(session: Session, run_id: int, first: int, last: int) -> list[str]:
    run = session.get_one(StampRun, run_id)
    return [code for _, code in stamp_queries.codes_of(session, run, Span(first, last))]


@pytest.mark.parametrize("design", ["roll-50x30", "roll-35x22-2", "roll-100x150"])
def test_labels_of_a_run_are_those_that_are_laid_out_one_by_one(
    session: Session, make: Make, design: str
) -> None:
    run, printer = make(count=7, design=design)
    labels = run_labels(session, run, printer, {})
    span = Span(run.first_number, run.last_number)
    rows = list(stamp_queries.codes_of(session, run, span))
    alone = layout_pages([labels.lay_out(code, number) for number, code in rows], labels.spec)
    together = list(run_pages(session, run, printer, labels, span))
    assert [page.picture().tobytes() for page in together] == [page.picture().tobytes() for page in alone]


def test_a_row_already_begun_goes_on_at_its_position(session: Session, make: Make) -> None:
    run, printer = make(count=3, design="roll-35x22-2")
    labels = run_labels(session, run, printer, {})
    rows = list(stamp_queries.codes_of(session, run, Span(1, 3)))
    pages = list(RunDots(labels).pages(rows, start=2))
    assert [[placed.symbol.address[-13:] for placed in page.symbols] for page in pages] == [
        [rows[0][1]],
        [rows[1][1], rows[2][1]],
    ]


def test_a_stamp_without_a_lot_says_whose_it_is_and_its_number(
    session: Session, make: Make, producer: Actor
) -> None:
    run, printer = make(count=3)
    labels = run_labels(session, run, printer, {})
    said = [text.text for text in labels.layout.texts]
    assert labels.sample.product_name == producer.organisation.name
    assert "Số tem" in said
    assert "3" in said
    assert not any(text.startswith("Số lô") for text in said)


def test_a_label_of_a_lot_says_its_lot_and_its_own_code(
    session: Session, make: Make, producer: Actor
) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    lot = batch.lot_number
    run, printer = make(count=3, batch_id=batch.id)
    labels = run_labels(session, run, printer, {})
    assert any(lot in text.text for text in labels.layout.texts)
    (code,) = _codes(session, run.id, 2, 2)
    assert labels.lay_out(code, 2).qr.address == f"https://CHECK.EXAMPLE.VN/T/{code}"


def test_a_run_goes_to_the_printer_portion_by_portion_each_stamp_once(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make()
    run_id = made[0].id
    print_id = _start(session, service, producer, made)
    for sent in (PORTION, 2 * PORTION, COUNT):
        print_portion(str(print_id))
        print_ = session.get_one(RunPrint, print_id)
        assert (print_.sent, print_.sending_to) == (sent, None)
        settle(session)
    assert session.get_one(RunPrint, print_id).finished_at is not None
    print_portion(str(print_id))  # a job too many sends nothing
    device.close()
    assert len(device.jobs) == 3
    assert _codes_read(device.pages) == _codes(session, run_id, 1, COUNT)


def test_a_portion_is_fewer_large_labels(session: Session, make: Make) -> None:
    _, small = make(count=1)
    _, large = make(count=1, design="roll-100x150", dpi="300")
    assert portion_of(printers.paper_of(small)) == PORTION
    assert portion_of(printers.paper_of(large)) == 6


def test_a_worker_that_died_in_a_portion_leaves_the_question_to_a_person(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make()
    run_id = made[0].id
    print_id = _start(session, service, producer, made)
    print_portion(str(print_id))
    settle(session)
    session.get_one(RunPrint, print_id).sending_to = 2 * PORTION  # noted, and then the power went
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.INTERRUPTED
    assert len(device.jobs) == 1
    # Ten of them are on paper, says who looked.
    run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, PORTION + 11)
    assert _reprinted(session, run_id) == []
    settle(session)
    print_portion(str(print_id))
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).finished_at is not None
    device.close()
    read = _codes_read(device.pages)
    assert read == _codes(session, run_id, 1, PORTION) + _codes(session, run_id, PORTION + 11, COUNT)


def test_going_back_to_stamps_that_were_sent_is_a_reprint(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make()
    run_id = made[0].id
    print_id = _start(session, service, producer, made)
    print_portion(str(print_id))
    print_ = session.get_one(RunPrint, print_id)
    run_prints.stop(print_, Stop.PARTLY)
    run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, 101)
    assert _reprinted(session, run_id) == [(101, PORTION)]


def test_printing_a_range_again_is_refused_until_it_is_meant_and_then_noted(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=50)
    run_id = made[0].id
    print_id = _start(session, service, producer, made, span=Span(1, 40))
    print_portion(str(print_id))
    settle(session)
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, made[1].id)
    with pytest.raises(PrintedAlready) as refused:
        _start(session, service, producer, again, span=Span(31, 50))
    assert (refused.value.numbers["first"], refused.value.numbers["last"]) == (31, 40)
    _start(session, service, producer, again, span=Span(31, 50), is_again=True)
    assert _reprinted(session, run_id) == [(31, 40)]


def test_a_cancelled_print_sends_nothing_more(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = _start(session, service, producer, make())
    print_portion(str(print_id))
    settle(session)
    run_prints.cancel_print(session, producer, print_id)
    settle(session)
    print_portion(str(print_id))
    device.close()
    assert len(device.jobs) == 1
    with pytest.raises(PrintNotWaiting):
        run_prints.go_on(session, producer, service.extensions[EXTENSION], print_id, 5)
    with pytest.raises(PrintNotWaiting):
        run_prints.cancel_print(session, producer, print_id)


def test_a_printer_that_does_not_answer_is_tried_again_and_then_told(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = _start(session, service, producer, make())
    device.close()
    for _ in range(TRIES):
        assert session.get_one(RunPrint, print_id).is_running
        settle(session)
        print_portion(str(print_id))
    print_ = session.get_one(RunPrint, print_id)
    assert (print_.stopped_for, print_.sent, print_.sending_to) == (Stop.NOT_REACHED, 0, None)


def test_an_approval_that_was_withdrawn_stops_a_print(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    print_id = _start(session, service, producer, make())
    service.config["SETTINGS"] = replace(service.config["SETTINGS"], printers=())
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.NOT_APPROVED
    assert device.jobs == []


def test_a_printer_that_was_removed_stops_a_print(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make()
    printer_id = made[1].id
    print_id = _start(session, service, producer, made)
    printers.remove_printer(session, producer, printer_id)
    settle(session)
    print_portion(str(print_id))
    assert session.get_one(RunPrint, print_id).stopped_for == Stop.NOT_APPROVED
    assert device.jobs == []


def test_two_runs_do_not_mix_on_one_printer(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=5)
    run_id, printer_id = made[0].id, made[1].id
    _start(session, service, producer, made, span=Span(1, 2))
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, printer_id)
    with pytest.raises(PrinterBusy):
        _start(session, service, producer, again, span=Span(3, 4))


def test_void_stamps_are_not_printed(
    session: Session, service: Flask, producer: Actor, make: Make, device: Printer
) -> None:
    made = make(count=6)
    run_id, printer_id = made[0].id, made[1].id
    void_stamps(session, producer, Typed(number=2), Typed(number=3), VoidReason.SPOILED)
    settle(session)
    again = session.get_one(StampRun, run_id), session.get_one(LabelPrinter, printer_id)
    print_id = _start(session, service, producer, again)
    print_portion(str(print_id))
    device.close()
    assert _codes_read(device.pages) == _codes(session, run_id, 1, 1) + _codes(session, run_id, 4, 6)


def test_what_cannot_be_printed_is_refused_at_once(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    made = make(count=5)
    run_id, printer_id = made[0].id, made[1].id
    with pytest.raises(AddressNotApproved):
        _start(session, service, producer, made, approved=[])
    with pytest.raises(StampUnknown):
        _start(session, service, producer, made, span=Span(1, 6))
    run = session.get_one(StampRun, run_id)
    run.has_secrets, run.secret_key_id = True, "k"
    with pytest.raises(HiddenCodesNotPrinted):
        _start(session, service, producer, (run, session.get_one(LabelPrinter, printer_id)))
    session.rollback()
    unfinished = services_runs.issue_roll(session, producer, Order(5, SITE))
    with pytest.raises(RunNotFinished):
        _start(session, service, producer, (unfinished, session.get_one(LabelPrinter, printer_id)))


def test_a_print_whose_job_failed_is_found_and_goes_on(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    print_id = _start(session, service, producer, make(count=5))
    assert run_prints.list_forgotten(session) == []
    session.execute(
        text("update procrastinate_jobs set status = 'failed' where args ->> 'print_id' is not null")
    )
    assert [one.id for one in run_prints.list_forgotten(session)] == [print_id]
    settle(session)
    resume_prints(0)
    assert run_prints.list_forgotten(session) == []


def test_prints_of_others_are_not_there(
    session: Session, service: Flask, producer: Actor, make: Make
) -> None:
    print_id = _start(session, service, producer, make(count=5))
    stranger = actor_of_kind(session)
    with pytest.raises(NotFound):
        run_prints.get_print(session, stranger.organisation_id, print_id)
    with pytest.raises(NotFound):
        run_prints.cancel_print(session, stranger, print_id)


def test_codes_of_a_portion_are_dots_that_differ(session: Session, make: Make) -> None:
    run, printer = make(count=2)
    labels = run_labels(session, run, printer, {})
    first, second = run_pages(session, run, printer, labels, Span(1, 2))
    assert not np.array_equal(np.asarray(first.rest), np.asarray(second.rest))
