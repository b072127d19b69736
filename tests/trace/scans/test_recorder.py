"""Scans on their way to the database: never waited for, bounded, told when lost, and nobody kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event

from sqlalchemy.exc import IntegrityError, OperationalError

from trace.core.strangers import DAY_S
from trace.scans.recorder import Recorder, Repeats
from trace.scans.rules import Device
from trace.scans.services import Scan

BEGIN = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


class Shelf:
    """Where scans are written; ``away`` while the database is."""

    def __init__(self) -> None:
        self.written: list[Scan] = []
        self.away = False
        self.refuses = False
        self.was_written = Event()

    def __call__(self, scans: Sequence[Scan]) -> None:
        if self.away:
            raise OperationalError("copy", None, OSError("nobody answers"))
        if self.refuses:
            raise IntegrityError("copy", None, ValueError("no partition"))
        self.written += scans
        self.was_written.set()


class Hours:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _scan(number: int) -> Scan:
    return Scan(BEGIN, f"CODE{number}", "no_warning", Device.PHONE)


def test_what_was_taken_is_written_once() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf)
    for number in range(3):
        recorder.take(_scan(number), HOME)
    assert recorder.flush()
    assert recorder.flush()
    assert [scan.code for scan in shelf.written] == ["CODE0", "CODE1", "CODE2"]


def test_a_page_that_is_read_again_is_no_scan_again_but_another_phone_is() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf)
    for _ in range(500):
        recorder.take(_scan(1), HOME)
    recorder.take(_scan(1), ELSEWHERE)
    recorder.flush()
    assert len(shelf.written) == 2


def test_what_waits_is_written_when_the_database_is_back() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf)
    shelf.away = True
    recorder.take(_scan(1), HOME)
    assert not recorder.flush()
    recorder.take(_scan(2), HOME)
    shelf.away = False
    assert recorder.flush()
    assert [scan.code for scan in shelf.written] == ["CODE1", "CODE2"]
    assert recorder.lost == 0


def test_while_the_database_is_away_the_newest_are_kept_and_the_rest_counted() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf, most_waiting=10)
    shelf.away = True
    for number in range(25):
        recorder.take(_scan(number), HOME)
        recorder.flush()
    shelf.away = False
    recorder.flush()
    assert [scan.code for scan in shelf.written] == [f"CODE{number}" for number in range(15, 25)]
    assert recorder.lost == 15


def test_scans_the_database_refuses_do_not_hold_up_others() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf)
    shelf.refuses = True
    recorder.take(_scan(1), HOME)
    assert recorder.flush()
    shelf.refuses = False
    recorder.take(_scan(2), HOME)
    recorder.flush()
    assert ([scan.code for scan in shelf.written], recorder.lost) == (["CODE2"], 1)


def test_the_thread_writes_by_itself_and_at_the_end_once_more() -> None:
    shelf = Shelf()
    recorder = Recorder(shelf)
    recorder.begin()
    recorder.take(_scan(1), HOME)
    assert shelf.was_written.wait(30)
    recorder.take(_scan(2), HOME)
    recorder.end()
    assert len(shelf.written) == 2


def test_after_ten_minutes_the_same_counts_again() -> None:
    hours = Hours()
    repeats = Repeats(hours)
    assert not repeats.is_repeated("C", "phone", HOME)
    hours.now = 599.0
    assert repeats.is_repeated("C", "phone", HOME)
    hours.now = 600.0
    assert not repeats.is_repeated("C", "phone", HOME)


def test_repeats_forget_the_oldest_first_and_everything_every_day() -> None:
    hours = Hours()
    repeats = Repeats(hours, most=100)
    for number in range(10_000):
        repeats.is_repeated(f"C{number}", "phone", HOME)
    assert len(repeats) == 100
    hours.now = DAY_S
    repeats.is_repeated("C", "phone", HOME)
    assert len(repeats) == 1


def test_no_address_is_kept_in_memory() -> None:
    repeats = Repeats()
    repeats.is_repeated("CODE", "phone", HOME)
    held = repr(vars(repeats))
    assert HOME not in held
    assert "CODE" not in held
