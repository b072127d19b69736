"""Any verbs, by anybody, in any order: see ``machine``."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.orm import Session

from tests.trace.events.machine import CustodyMachine, build_world

EXAMPLES = 300 if os.environ.get("SOAK") else 30


@pytest.mark.soak
def test_goods_are_never_made_lost_or_moved_by_others_than_their_holders(session: Session) -> None:
    world = build_world(session)
    machine = type("CustodyHere", (CustodyMachine,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
