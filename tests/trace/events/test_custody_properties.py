"""Any verbs, by anybody, in any order: see ``machine``."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.trace.events.custody_model import build_world
from tests.trace.events.machine import CustodyMachine
from trace.core.database import make_engine

EXAMPLES = 200 if os.environ.get("SOAK") else 10


@pytest.mark.soak
def test_goods_are_never_made_lost_or_moved_by_others_than_their_holders(fresh_database: str) -> None:
    engine = make_engine(fresh_database)
    world = build_world(engine)
    machine = type("CustodyHere", (CustodyMachine,), {"world": world})
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
