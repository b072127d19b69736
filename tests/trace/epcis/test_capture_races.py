"""Captures at the same moment: twins are one, goods are counted once, and pages go on being shown."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind
from tests.trace.epcis.capturing import about, selling
from tests.trace.epcis.conftest import StartReader
from tests.trace.epcis.documents import CONTEXT, a_document
from trace.accounts.models import Organisation, Role
from trace.accounts.permissions import Actor
from trace.batches.models import Balance
from trace.core.database import make_engine, new_session
from trace.epcis.capture import Behaviour
from trace.epcis.capture_jobs import capture_now
from trace.epcis.documents import read_document
from trace.events.models import Event

WORKERS, EVENTS = 4, 30


def test_the_same_document_from_several_sides_at_once_is_captured_once(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        actor = actor_of_kind(session)
        batch = ActiveBatchFactory.create(session=session, actor=actor)
        events = [selling(batch, 1, eventID=f"urn:x:{number}") for number in range(EVENTS)]
        organisation_id, batch_id = actor.organisation_id, batch.id
        session.commit()

    def send(_worker: int) -> tuple[int, int]:
        with new_session(engine) as session:
            mine = Actor(None, session.get_one(Organisation, organisation_id), Role.STAFF)
            document = read_document(a_document(*events))
            _job, outcome = capture_now(session, mine, document, Behaviour.ROLLBACK, "https://x.example")
            return len(outcome.captured), len(outcome.failures)

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(send, range(WORKERS)))
    with new_session(engine) as session:
        count = session.scalar(select(func.count()).select_from(Event).where(Event.epcis_id.like("urn:x:%")))
        sold = session.get_one(Balance, batch_id).sold
    engine.dispose()
    assert answers == [(EVENTS, 0)] * WORKERS
    assert (count, sold) == (EVENTS, Decimal(EVENTS))


def test_two_captures_of_the_same_lots_in_opposite_order_both_end(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        actor = actor_of_kind(session)
        lots = [ActiveBatchFactory.create(session=session, actor=actor) for _ in range(6)]
        orders = [
            [selling(lot, 1, eventID=f"urn:x:{worker}:{lot.id}") for lot in lots[:: 1 if worker % 2 else -1]]
            for worker in range(WORKERS)
        ]
        organisation_id = actor.organisation_id
        ids: list[UUID] = [lot.id for lot in lots]
        session.commit()

    def send(events: list[dict[str, Any]]) -> int:
        with new_session(engine) as session:
            mine = Actor(None, session.get_one(Organisation, organisation_id), Role.STAFF)
            document = read_document(a_document(*events))
            _job, outcome = capture_now(session, mine, document, Behaviour.PROCEED, "https://x.example")
            return len(outcome.captured)

    with ThreadPoolExecutor(WORKERS) as pool:
        assert list(pool.map(send, orders)) == [6] * WORKERS
    with new_session(engine) as session:
        assert {session.get_one(Balance, number).sold for number in ids} == {Decimal(WORKERS)}
    engine.dispose()


def test_pages_show_a_lot_of_which_captured_events_tell(
    app: Flask, session: Session, start_reader: StartReader, settled: Any
) -> None:
    program = start_reader()
    batch = ActiveBatchFactory.create(session=session, actor=program.actor)
    events = [
        about(batch, 10, bizStep="loading"),
        about(batch, 10, bizStep="https://words.example.com/drying"),
        about(batch, 10, bizStep="inspecting", disposition="conformant"),
        selling(batch, 1),
        selling(batch, 1, eventID="urn:x:1"),
        {
            **selling(batch, 1, eventID="urn:x:1"),
            "errorDeclaration": {"declarationTime": "2026-11-21T16:00:00+07:00", "reason": "did_not_occur"},
        },
    ]
    events[5]["eventTime"] = events[4]["eventTime"]
    code = batch.code
    settled()
    for event in events:
        answer = program.post("/events", {"@context": CONTEXT, **event})
        assert answer.status_code == 201, answer.text
    assert app.test_client().get(f"/T/{code}").status_code == 200
    assert len(program.events("/events", perPage=100)) == len(events) + 1
