"""Every verb among eight parties, in any order: see ``trade``."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.trace.events.town import build_town
from tests.trace.events.trade import TradeMachine
from trace.core.database import make_engine

EXAMPLES = 150 if os.environ.get("SOAK") else 12
STEPS = 40
NEEDED = {"ship", "receive", "sell", "split", "pack", "count"}
MOST_ROUNDS = 5


@pytest.mark.soak
def test_whatever_anybody_does_the_books_are_the_sum_of_the_events(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    done: Counter[str] = Counter()
    machine = type("TradeHere", (TradeMachine,), {"town": build_town(engine), "done": done})
    # Chance may leave one of them out of a dozen ways: then there are a dozen more.
    for _ in range(MOST_ROUNDS):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
        if not NEEDED - set(done):
            break
    engine.dispose()
    # A machine that is refused everything proves nothing.
    assert not NEEDED - set(done), done
