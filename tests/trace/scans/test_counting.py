"""Scans of real pages: what is recorded, what the page of an item tells, and that no number of scans is a verdict."""

import signal
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import LiveServer
from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.web import settle
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_rules import Span, Typed
from trace.core.config import Settings
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_code, normalise
from trace.events.services_stamps import bind_stamps
from trace.jobs import drop_scans
from trace.public import build, counting
from trace.scans.clones import Label, Sighting, Spot, suspect
from trace.scans.models import ScanCount, ScanRecord
from trace.scans.queries import tally_of
from trace.scans.recorder import EXTENSION, Recorder
from trace.scans.rules import Device
from trace.scans.services import Scan, drop_old_scans, write_scans

PHONE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)
COMPUTER = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
PREVIEW = "facebookexternalhit/1.1"
BEGIN = datetime.now(UTC)
CALM = "Chưa có cảnh báo"


@dataclass(frozen=True)
class Codes:
    lot: str
    item: str
    loose: str  # a stamp on no lot


def make_codes(session: Session) -> Codes:
    producer = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=producer)
    run = services_runs.issue_roll(session, producer, Order(2, "https://check.example"))
    make_part(session, run.id, None)
    bind_stamps(session, producer, lot.id, Typed(number=1), Typed(number=1))
    (_, item), (_, loose) = stamp_queries.codes_of(session, run, Span(1, 2))
    return Codes(lot.code, item, loose)


@pytest.fixture
def codes(app: Flask, connection: Connection, session: Session) -> Codes:
    made = make_codes(session)
    settle(session)
    app.extensions[EXTENSION] = counting.new_recorder(app)
    return made


def _open(
    app: Flask,
    code: str,
    agent: str = PHONE,
    address: str = "198.51.100.7",
    method: str = "GET",
    prefix: str = "",
) -> str:
    answer = app.test_client().open(
        f"{prefix}/T/{code}",
        method=method,
        headers={"User-Agent": agent},
        environ_base={"REMOTE_ADDR": address},
    )
    assert not answer.headers.get("Set-Cookie")
    return answer.text


def _recorded(app: Flask, connection: Connection) -> list[tuple[str, str, str]]:
    recorder: Recorder = app.extensions[EXTENSION]
    assert recorder.flush()
    assert recorder.lost == 0
    rows = connection.execute(
        select(ScanRecord.code, ScanRecord.verdict, ScanRecord.device).order_by(ScanRecord.id)
    )
    return [(code, verdict, device) for code, verdict, device in rows]


def test_a_scan_is_its_time_code_verdict_and_kind_of_device_and_nothing_else(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns("scans")}
    assert columns == {"id", "scanned_at", "code", "verdict", "device"}


def test_whoever_opens_the_page_is_recorded_and_programs_are_not(
    app: Flask, codes: Codes, connection: Connection
) -> None:
    _open(app, codes.lot)
    _open(app, codes.lot.lower(), prefix="/en")  # the same person, the other language
    _open(app, codes.lot, COMPUTER)
    _open(app, codes.loose)
    for agent in (PREVIEW, "Zalo", "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0"):
        _open(app, codes.lot, agent)
    _open(app, codes.lot, method="HEAD", address="203.0.113.9")
    assert _recorded(app, connection) == [
        (codes.lot, "no_warning", "phone"),
        (codes.lot, "no_warning", "computer"),
        (codes.loose, "not_activated", "phone"),
    ]


def test_codes_that_are_not_there_leave_nothing(app: Flask, codes: Codes, connection: Connection) -> None:
    for code in (new_code(13), "7K3Q", "x" * 500):
        _open(app, code)
    assert _recorded(app, connection) == []


def test_the_page_of_an_item_tells_when_it_was_first_scanned_and_how_often(app: Flask, codes: Codes) -> None:
    assert "Chưa có lượt quét nào trước lần này" in _open(app, codes.item)
    app.extensions[EXTENSION].flush()
    told = _open(app, codes.item)
    assert "Quét lần đầu:" in told
    assert "Đến nay đã quét 1 lần" in told
    assert "Scanned 1 time so far." in _open(app, codes.item, prefix="/en")


@pytest.mark.parametrize("kind", ["lot", "loose"])
def test_of_a_lot_and_of_a_stamp_on_nothing_no_scans_are_told(app: Flask, codes: Codes, kind: str) -> None:
    assert "Lượt quét mã này" not in _open(app, getattr(codes, kind))


def _item_scan(minutes: float, device: Device = Device.PHONE, code: str = "ITEM") -> Scan:
    return Scan(BEGIN + timedelta(minutes=minutes), code, "no_warning", device, is_item=True)


def test_an_item_counts_once_for_each_kind_of_device_in_ten_minutes(session: Session) -> None:
    write_scans(session, [_item_scan(0), _item_scan(5), _item_scan(5, Device.COMPUTER)])
    write_scans(session, [_item_scan(9)])  # by another process
    assert tally_of(session, "ITEM").scans == 2
    write_scans(session, [_item_scan(10), _item_scan(20), _item_scan(29), _item_scan(0, code="OTHER")])
    tally = tally_of(session, "ITEM")
    assert (tally.first_at, tally.scans) == (BEGIN, 4)
    assert tally_of(session, "NEVER").first_at is None


def test_an_attack_changes_no_verdict(
    app: Flask, codes: Codes, connection: Connection, session: Session
) -> None:
    with app.test_request_context():
        page = build.code_page(session, codes.item)
    settle(session)

    def scan(times: int, address: Callable[[int], str], agent: str = PHONE) -> None:
        """As ``show_code`` notes it, without drawing the page each time."""
        for number in range(times):
            from_there = {"REMOTE_ADDR": address(number)}
            with app.test_request_context(headers={"User-Agent": agent}, environ_base=from_there):
                counting.note_scan(normalise(page.code), page.band.verdict, is_item=page.is_item)
        assert CALM in _open(app, codes.item, PREVIEW)

    # One phone, five hundred times.
    scan(500, lambda _n: "198.51.100.7")
    assert len(_recorded(app, connection)) == 1
    # A picture in a group: a preview, then many phones in one minute.
    _open(app, codes.item, PREVIEW)
    scan(60, lambda n: f"203.0.113.{n}")
    # A paid attack: many phones and computers, over days, from everywhere.
    scan(60, lambda n: f"192.0.2.{n}", COMPUTER)
    paid = [_item_scan(11 * n, Device.PHONE if n % 2 else Device.COMPUTER, codes.item) for n in range(500)]
    write_scans(session, paid)
    session.commit()
    _recorded(app, connection)
    assert CALM in _open(app, codes.item)
    # Nobody offered a place, so nothing weighs; and places that were lied about open a case, never a verdict.
    assert suspect(Label(), [Sighting(scan.scanned_at, scan.device) for scan in paid]).score == 0
    lied = [
        Sighting(scan.scanned_at, scan.device, Spot(f"{n}", 20 + n / 1000, 105.0))
        for n, scan in enumerate(paid)
    ]
    assert suspect(Label(), lied).is_case
    assert CALM in _open(app, codes.item)


def test_months_past_their_time_are_dropped_at_night_and_counts_stay(
    app: Flask, connection: Connection, session: Session
) -> None:
    connection.execute(text("set role none"))
    for month, after in (("2024-01", "2024-02"), ("2024-02", "2024-03")):
        connection.execute(
            text(
                f"create table scans_y{month.replace('-', 'm')} partition of scans"
                f" for values from ('{month}-01 00:00+00') to ('{after}-01 00:00+00')"
            )
        )
    connection.execute(text("set role trace_app"))
    old = Scan(datetime(2024, 1, 31, 23, 59, tzinfo=UTC), "OLD", "no_warning", Device.PHONE, is_item=True)
    write_scans(session, [old, _item_scan(0)])
    long = (datetime.now(UTC) - datetime(2024, 2, 15, tzinfo=UTC)).days
    assert drop_old_scans(session, long) == 1
    assert session.scalars(select(ScanRecord.code)).all() == ["ITEM"]
    settle(session)
    with app.app_context():
        drop_scans(0)
    assert drop_old_scans(session, 31) == 0  # the months before this one are gone, and it is not over
    left = connection.scalars(text("select relname from pg_class where relname like 'scans_y2024%'"))
    assert left.all() == []
    assert session.scalars(select(ScanCount.code).order_by(ScanCount.code)).all() == ["ITEM", "OLD"]


def test_no_setting_drops_what_is_younger_than_a_month(session: Session) -> None:
    with pytest.raises(DBAPIError, match="31 days"), session.begin_nested():
        drop_old_scans(session, 30)


def test_a_server_writes_scans_soon_and_what_waits_when_it_is_stopped(
    live_server: Callable[..., LiveServer],
) -> None:
    running = live_server(worker=False, workers=2)
    engine = make_engine(Settings.from_environment(running.environ).database_url)
    with new_session(engine) as session:
        made = make_codes(session)
        session.commit()
    request = urllib.request.Request(f"{running.url}/T/{made.item}", headers={"User-Agent": PHONE})  # noqa: S310 - our own
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own
        assert answer.status == 200
    running.web.process.send_signal(signal.SIGTERM)
    running.web.process.wait(30)
    with new_session(engine) as session:
        assert session.scalars(select(ScanRecord.code)).all() == [made.item]
        assert tally_of(session, made.item).scans == 1
    engine.dispose()
