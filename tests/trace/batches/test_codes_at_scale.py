"""A million stamps: each number and code once, little memory, and none of a million guesses finds one."""

import os
import resource

import pytest
from sqlalchemy import text

from tests.factories import actor_of_kind
from trace.batches import services_runs
from trace.batches.services_runs import Order, make_part
from trace.core.database import make_engine, new_session
from trace.core.short_codes import new_codes

pytestmark = pytest.mark.soak
COUNT = 1_000_000 if os.environ.get("SOAK") else 20_000
AT_ONCE = 10_000
MOST_GROWTH_KB = 150 * 1024


def test_a_million_guesses_find_none_of_a_million_stamps(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    with new_session(engine) as session:
        run_id = services_runs.issue_roll(
            session, actor_of_kind(session), Order(COUNT, "https://check.example")
        ).id
        session.commit()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        while make_part(session, run_id):
            session.commit()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KB
        counts = session.execute(
            text(
                "select count(*), count(distinct number), min(number), max(number) from codes where run_id = :run"
            ),
            {"run": run_id},
        ).one()
        assert counts == (COUNT, COUNT, 1, COUNT)
        found = 0
        for _ in range(COUNT // AT_ONCE):
            guesses = {"guesses": new_codes(AT_ONCE)}
            found += (
                session.scalar(text("select count(*) from codes where code = any(:guesses)"), guesses) or 0
            )
        assert found == 0
    engine.dispose()


RUNS = 10
EACH = 1_000_000 if os.environ.get("SOAK") else 5_000


def test_ten_million_serials_are_each_there_once_though_some_were_drawn_twice(fresh_database: str) -> None:
    """The database refuses a code that is taken, others are drawn, and the run goes on where it was."""
    engine = make_engine(fresh_database)
    refused = 0
    taken: list[str] = []

    def draw(count: int) -> list[str]:
        nonlocal refused
        codes = new_codes(count)
        if taken:
            # Once a run: the first part repeats a code of the run before.
            codes[count // 2] = taken.pop()
            refused += 1
        return codes

    with new_session(engine) as session:
        producer = actor_of_kind(session)
        for _ in range(RUNS):
            run = services_runs.issue_roll(session, producer, Order(EACH, "https://check.example"))
            while part := make_part(session, run.id, draw=draw):
                session.commit()
                last = part.codes[0]
            assert run.is_finished
            taken.append(last)
        # Counting ten million rows takes longer than the application lets a statement take. That no number and no code
        # is there twice the two unique indexes say.
        session.execute(text("set statement_timeout = 0"))
        counts = session.execute(
            text(
                "select count(*), min(number), max(number) from codes where run_id is not null group by run_id"
            )
        ).all()
    assert refused == RUNS - 1
    assert sorted(counts, key=lambda one: one[1]) == [
        (EACH, number * EACH + 1, (number + 1) * EACH) for number in range(RUNS)
    ]
    engine.dispose()
