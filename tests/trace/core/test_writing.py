"""Rows written by the driver: by INSERT, by COPY, as objects, as updates."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import pytest
from sqlalchemy import Table, func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from tests.factories import ActiveBatchFactory, actor_of_kind
from trace.accounts.models import OrganisationKind
from trace.batches.models import Balance
from trace.core.idempotency import IdempotencyKey
from trace.core.ids import uuid7
from trace.core.writing import Writes
from trace.events.handover_models import Shipment, ShipmentLine

KEYS = cast("Table", IdempotencyKey.__table__)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _row(number: int) -> dict[str, object]:
    return {
        "organisation_id": uuid7(),
        "key": str(number),
        "request_hash": "",
        "answer": {"it": number} if number % 2 else None,
        "created_at": NOW,
    }


@pytest.mark.parametrize("count", [1, 19, 20, 100])
def test_few_rows_and_many_are_written_alike(session: Session, count: int) -> None:
    writes = Writes()
    for number in range(count):
        writes.insert(KEYS, _row(number))
    writes.send(session)
    answers = session.scalars(select(IdempotencyKey.answer).order_by(IdempotencyKey.created_at)).all()
    assert sorted(answer["it"] for answer in answers if answer) == list(range(1, count, 2))
    assert len(answers) == count


def test_a_new_object_belongs_to_the_session_and_has_its_number(session: Session) -> None:
    sender, receiver = actor_of_kind(session), actor_of_kind(session, OrganisationKind.SHOP)
    batch = ActiveBatchFactory.create(session=session, actor=sender)
    made = Shipment(
        id=uuid7(), sender_id=sender.organisation_id, receiver_id=receiver.organisation_id, shipped_at=NOW
    )
    made.lines.append(ShipmentLine(id=uuid7(), shipment_id=made.id, batch_id=batch.id, quantity=Decimal(1)))
    writes = Writes()
    writes.insert_new(made, *made.lines)
    writes.send(session)
    assert made in session
    assert made not in session.new
    number = made.number
    session.expire_all()
    stored = session.get_one(Shipment, made.id)
    assert (stored.number, stored.is_return, stored.created_at is not None) == (number, False, True)
    assert [line.quantity for line in stored.lines] == [Decimal(1)]


def test_an_update_writes_the_columns_named_and_no_others(session: Session) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session), quantity=Decimal(10))
    session.flush()
    balance = session.get_one(Balance, batch.id)
    set_committed_value(balance, "held", Decimal(7))
    set_committed_value(balance, "sold", Decimal(3))
    set_committed_value(balance, "lost", Decimal(99))
    writes = Writes()
    writes.update(balance, ["held", "sold"])
    writes.send(session)
    session.expire_all()
    assert [balance.held, balance.sold, balance.lost] == [7, 3, 0]


def test_what_the_database_refuses_is_an_error_of_sqlalchemy(session: Session) -> None:
    writes = Writes()
    row = _row(1)
    writes.insert(KEYS, row)
    writes.insert(KEYS, row)
    with pytest.raises(IntegrityError), session.begin_nested():
        writes.send(session)
    assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


def test_what_a_savepoint_takes_back_is_taken_back_from_objects_too(session: Session) -> None:
    batch = ActiveBatchFactory.create(session=session, actor=actor_of_kind(session), quantity=Decimal(10))
    session.flush()
    balance = session.get_one(Balance, batch.id)
    attempt = session.begin_nested()
    set_committed_value(balance, "held", Decimal(7))
    set_committed_value(balance, "sold", Decimal(3))
    writes = Writes()
    writes.update(balance, ["held", "sold"])
    writes.send(session)
    attempt.rollback()
    assert [balance.held, balance.sold] == [10, 0]


def test_an_object_whose_writing_a_savepoint_takes_back_is_no_more(session: Session) -> None:
    sender, receiver = actor_of_kind(session), actor_of_kind(session, OrganisationKind.SHOP)
    made = Shipment(
        id=uuid7(), sender_id=sender.organisation_id, receiver_id=receiver.organisation_id, shipped_at=NOW
    )
    attempt = session.begin_nested()
    writes = Writes()
    writes.insert_new(made)
    writes.send(session)
    attempt.rollback()
    assert session.get(Shipment, inspect(made).identity) is None
