"""The schema of stamps, brought to a database that has some."""

from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, actor_of_kind
from trace.batches import services_runs, stamp_queries
from trace.batches.services_runs import Order, make_part
from trace.batches.stamp_rules import Typed, VoidReason
from trace.cli.database import _alembic_config
from trace.core.database import make_engine, new_session
from trace.events.services_items import sell_item
from trace.events.services_stamps import bind_stamps, reprint_stamps, unbind_stamps, void_stamps

_RANGES = text("select kind, first_number, last_number, undone_at is not null from stamp_ranges order by id")


def _use_stamps(session: Session) -> str:
    """Every kind of range but sold ones; returns the code of a stamp that stands for a lot."""
    producer = actor_of_kind(session)
    lot = ActiveBatchFactory.create(session=session, actor=producer)
    run = services_runs.issue_roll(session, producer, Order(20, "https://check.example"))
    make_part(session, run.id)
    undone = bind_stamps(session, producer, lot.id, Typed(number=1), Typed(number=20))
    unbind_stamps(session, producer, undone.id)
    bind_stamps(session, producer, lot.id, Typed(number=1), Typed(number=10))
    void_stamps(session, producer, Typed(number=9), Typed(number=12), VoidReason.SPOILED)
    reprint_stamps(session, producer, Typed(number=3), Typed(number=4))
    code = stamp_queries.find_code(session, run.id, 1)
    session.commit()
    return code


def test_sales_of_items_come_to_a_database_with_stamps_and_go_again(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        code = _use_stamps(session)
        before = session.execute(_RANGES).all()
    engine.dispose()
    config = _alembic_config(fresh_database)
    command.downgrade(config, "0016_links")
    command.upgrade(config, "head")
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        assert session.execute(_RANGES).all() == before
        stamp = stamp_queries.find_stamp(session, code)
        assert stamp is not None
        assert stamp.batch is not None
        seller = actor_of_kind(session)
        seller = type(seller)(seller.user_id, stamp.batch.organisation, seller.role)
        sell_item(session, seller, Typed(code=code))
        session.commit()
    engine.dispose()
    # Back to before there were sales: they are forgotten, the rest stays.
    command.downgrade(config, "0016_links")
    command.upgrade(config, "head")
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        assert session.execute(_RANGES).all() == before
    engine.dispose()
