"""A recall and new lots at the same moment: whoever is first, no lot of the goods stays free."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, a_key, actor_of_kind, officer_of
from tests.trace.events.test_concurrency import Somebody, at_once
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core.database import make_engine, new_session
from trace.events import services_making
from trace.recalls import reach
from trace.recalls import services as recalls
from trace.recalls.models import Recall
from trace.recalls.rules import RecallClass, RecallReason

KG = Decimal(1)
SPLITTERS = 6


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    made = make_engine(fresh_database, pool_size=16)
    yield made
    made.dispose()


def test_a_lot_split_off_while_the_recall_commits_is_recalled_or_refused(engine: Engine) -> None:
    with new_session(engine) as session:
        farm, officer = actor_of_kind(session), officer_of(session)
        batch = ActiveBatchFactory.create(session=session, actor=farm)
        first = _split(session, farm, batch.id, 10 * KG)
        session.commit()
        batch_id, lot_number, part_id = batch.id, batch.lot_number, first
        people = [Somebody(one.user_id, one.organisation_id) for one in (farm, officer) if one.user_id]
    farmer, officer_there = people

    def call_back(session: Session) -> None:
        recalls.recall(
            session, officer_there.act(session), batch_id, RecallClass.HEALTH, RecallReason.MICROBIAL, None,
            typed_lot_number=lot_number,
        )  # fmt: skip

    def split(of: UUID) -> object:
        return lambda session: _split(session, farmer.act(session), of)

    # Parts of the lot and parts of its part: the recall meets new lots on two levels.
    tasks = [split(batch_id if number % 2 else part_id) for number in range(SPLITTERS)]
    outcomes = at_once(engine, *tasks[:3], call_back, *tasks[3:])  # type: ignore[arg-type]  # lambdas of a session
    assert set(outcomes) <= {"done", "batch-recalled"}
    with new_session(engine) as session:
        recall = session.scalars(select(Recall)).one()
        lots = session.scalars(select(Batch)).unique().all()
        assert len(lots) == 1 + outcomes["done"]  # the first part, and one less: the recall is done too
        assert all(lot.is_recalled for lot in lots)
        assert {lot.batch_id for lot in reach.list_lots(session, recall.id)} == {lot.id for lot in lots}


def _split(session: Session, actor: Actor, batch_id: UUID, quantity: Decimal = KG) -> UUID:
    return services_making.split(session, actor, batch_id, [quantity], key=a_key()).batches[0].id
