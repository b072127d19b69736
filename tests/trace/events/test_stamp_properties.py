"""Stamps bound, undone, voided, sold, printed again, goods handed over, in any order: see ``stamp_machine``."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.trace.events.stamp_machine import StampMachine, build_stamp_world
from trace.core.database import make_engine

EXAMPLES = 200 if os.environ.get("SOAK") else 8


@pytest.mark.soak
def test_a_stamp_never_stands_for_two_lots_nor_is_sold_twice(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    machine = type("StampsHere", (StampMachine,), {"world": build_stamp_world(engine)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    engine.dispose()
