"""Raw printing: bytes reach an approved address as they are, no other address is ever opened, waiting has an end."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from labels.raw_printing import (
    LARGEST_JOB,
    JobTooLarge,
    PrinterNotApproved,
    PrinterNotReached,
    PrinterStopped,
    send,
)

JOB = bytes(range(256)) * 500


@dataclass
class Printer:
    """A printer on this machine that keeps what it gets."""

    listener: socket.socket
    got: bytearray = field(default_factory=bytearray)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def take(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            while piece := connection.recv(65536):
                self.got += piece
        self.ended.set()


@pytest.fixture
def printer() -> Iterator[Printer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Printer(listener)


def test_a_job_arrives_byte_for_byte_and_is_ended(printer: Printer) -> None:
    threading.Thread(target=printer.take, daemon=True).start()
    send(JOB, printer.address, [printer.address])
    assert printer.ended.wait(60)
    assert bytes(printer.got) == JOB


@pytest.mark.parametrize("approved", [[], ["127.0.0.1:1"], ["127.0.0.1"]])
def test_no_other_address_is_opened(printer: Printer, approved: list[str]) -> None:
    with pytest.raises(PrinterNotApproved):
        send(JOB, printer.address, approved)
    printer.listener.settimeout(0.1)
    with pytest.raises(TimeoutError):
        printer.listener.accept()


def test_an_empty_address_is_not_approved() -> None:
    with pytest.raises(PrinterNotApproved):
        send(JOB, "", ["127.0.0.1:9100"])


def test_a_printer_that_is_off_is_told(printer: Printer) -> None:
    address = printer.address
    printer.listener.close()
    with pytest.raises(PrinterNotReached):
        send(JOB, address, [address])


def test_a_printer_that_takes_no_more_ends_the_waiting(printer: Printer) -> None:
    with pytest.raises(PrinterStopped):
        send(bytes(LARGEST_JOB), printer.address, [printer.address], send_seconds=0.2)


def test_a_job_beyond_the_bound_is_refused_before_anything_is_opened(printer: Printer) -> None:
    with pytest.raises(JobTooLarge):
        send(bytes(LARGEST_JOB + 1), printer.address, [printer.address])
