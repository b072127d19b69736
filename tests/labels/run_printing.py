"""A printer on this machine, runs made for it, and what the tests of printing them read back."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from labels import printers, run_prints
from labels.printer_models import LabelPrinter
from labels.run_print_jobs import PORTION
from tests.labels.printers import PrintedPage, tspl_pages
from tests.stamps import SITE, make_codes
from tests.web import settle
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order
from trace.batches.stamp_models import RangeKind, StampRange, StampRun
from trace.batches.stamp_rules import Span
from trace.core.queue import EXTENSION

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
        self._taking.join(60)

    @property
    def is_taking(self) -> bool:
        return self._taking.is_alive()

    @property
    def pages(self) -> list[PrintedPage]:
        return [page for job in self.jobs for page in tspl_pages(job, 203)]


@pytest.fixture
def device() -> Iterator[Printer]:
    made = Printer()
    yield made
    if made.is_taking:
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


def start(
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


def codes_read(pages: list[PrintedPage]) -> list[str]:
    """The code of each page in the order of printing; each was asked for once."""
    assert {page.copies for page in pages} == {1}
    texts = [text for page in pages for text in _texts(page)]
    return [text.rsplit("/", 1)[1] for text in texts]


def _texts(page: PrintedPage) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(page.grey)]


def reprinted(session: Session, run_id: int) -> list[tuple[int, int]]:
    wanted = select(StampRange).where(StampRange.run_id == run_id, StampRange.kind == RangeKind.REPRINTED)
    return [(one.first_number, one.last_number) for one in session.scalars(wanted)]


def codes(session: Session, run_id: int, first: int, last: int) -> list[str]:
    run = session.get_one(StampRun, run_id)
    return [code for _, code in stamp_queries.codes_of(session, run, Span(first, last))]
