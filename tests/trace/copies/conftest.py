"""A roll with two items on a lot, browsers for its owner and an officer, and people who scan and say where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, officer_of
from tests.web import settle, sign_in_as
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_rules import Span, Typed
from trace.copies.models import CopyCase
from trace.core import clock
from trace.core.database import new_session
from trace.events.services_stamps import bind_stamps
from trace.public import counting
from trace.public.place_views import init_places
from trace.scans.recorder import EXTENSION as RECORDER

PHONE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)
COMPUTER = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
# Ba Đình, Hoàn Kiếm, Long Biên, Cầu Giấy, Thanh Xuân, Hà Đông, Sơn Tây.
COMMUNES = ("00004", "00070", "00145", "00166", "00367", "09556", "09574")
CALM = "Chưa có cảnh báo"
COPIED = "Tem đã bị sao chép"
SUSPECTED = "Tem này cần kiểm tra lại"


@dataclass
class Street:
    """Who scans: ``item`` and ``other`` stand on one pack each, ``loose`` on none, ``lot`` on every pack."""

    app: Flask
    connection: Connection
    producer: Actor
    officer: Actor
    batch_id: UUID
    lot_number: str
    lot: str
    item: str
    other: str
    loose: str

    def read(self, code: str, prefix: str = "") -> str:
        """The page of a code as a link preview gets it: it counts nowhere."""
        answer = self.app.test_client().get(
            f"{prefix}/T/{code}", headers={"User-Agent": "facebookexternalhit/1.1"}
        )
        assert answer.status_code == 200
        return answer.text

    def say(
        self, code: str, commune: str, agent: str = PHONE, address: str = "198.51.100.7", **headers: str
    ) -> int:
        """Say on the page that ``code`` was scanned in a commune; returns the status."""
        answer = self.app.test_client().post(
            f"/T/{code}/noi-quet",
            data={"commune_code": commune},
            headers={"User-Agent": agent, **headers},
            environ_base={"REMOTE_ADDR": address},
        )
        assert not answer.headers.get("Set-Cookie")
        return answer.status_code

    def say_everywhere(self, code: str, times: int = len(COMMUNES)) -> None:
        """Have many phones in many communes scan a code and say so, a quarter of an hour after each other."""
        for turn in range(times):
            clock.shift(timedelta(minutes=15 * (turn + 1)))
            assert self.say(code, COMMUNES[turn % len(COMMUNES)], address=f"203.0.113.{turn}") == 303
        clock.shift(timedelta(0))

    def case_of(self, code: str) -> CopyCase | None:
        """The case of a label as the database has it."""
        with new_session(self.connection) as session:
            return session.scalar(select(CopyCase).where(CopyCase.code == code))

    def case_id(self, code: str) -> UUID:
        found = self.case_of(code)
        assert found is not None
        return found.id

    def browser(self, actor: Actor) -> FlaskClient:
        return sign_in_as(self.app, self.connection, actor)


@pytest.fixture
def street(app: Flask, connection: Connection, session: Session) -> Iterator[Street]:
    producer = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=producer)
    run = services_runs.issue_roll(session, producer, Order(3, "https://check.example"))
    make_part(session, run.id, None)
    bind_stamps(session, producer, lot.id, Typed(number=1), Typed(number=2))
    (_, item), (_, other), (_, loose) = stamp_queries.codes_of(session, run, Span(1, 3))
    officer = officer_of(session)
    made = Street(app, connection, producer, officer, lot.id, lot.lot_number, lot.code, item, other, loose)
    settle(session)
    app.extensions[RECORDER] = counting.new_recorder(app)
    init_places(app)
    yield made
    clock.shift(timedelta(0))
