"""What is read under a lock is what the database holds."""

from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind, give
from trace.accounts.models import OrganisationKind
from trace.events import movements


def test_within_many_locks_another_organisations_holding_is_read_anew(session: Session) -> None:
    producer, shop = actor_of_kind(session), actor_of_kind(session, OrganisationKind.SHOP)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    give(session, batch, producer, shop)
    stale = movements.find_holding(session, batch.id, shop.organisation_id)
    assert stale is not None
    session.execute(
        text("update holdings set quantity = quantity - 1 where organisation_id = :id"),
        {"id": shop.organisation_id},
    )
    with movements.locked(session, [batch.id], producer.organisation_id):
        found = movements.find_holding(session, batch.id, shop.organisation_id)
    assert found is stale
    assert found.quantity == Decimal(9)


def test_goods_read_under_a_lock_are_as_fresh_as_the_lock(session: Session) -> None:
    producer = actor_of_kind(session)
    batch = ActiveBatchFactory.create(session=session, actor=producer)
    assert not batch.is_held
    session.execute(text("update batches set is_held = true"))
    movements.lock_balance(session, batch.id)
    found, holding = movements.read_goods(session, batch.id, producer.organisation_id)
    assert found is batch
    assert found.is_held
    assert holding is not None
