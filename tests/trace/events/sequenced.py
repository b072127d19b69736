"""Placing and publishing what tests recorded, as the sequencer does, on the test's own session; and forging it after."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Update, text
from sqlalchemy.orm import Session

from trace.events.audit import audit_database
from trace.ledger import services
from trace.ledger.audit_report import Report
from trace.ledger.keys import LastCheckpoint, make_signer
from trace.ledger.notes import Signer
from trace.ledger.sequencing import Sequencer

Forge = Callable[[Update], Report]


def publish(session: Session, folder: Path) -> Signer:
    """Give every leaf its place and publish a checkpoint, once a test; returns the log's key, made in ``folder``."""
    path = folder / "log.key"
    signer = make_signer(path, services.log_origin(session))
    sequencer = Sequencer(session, signer, LastCheckpoint.beside(path))
    sequencer.load()
    while sequencer.place_leaves():
        pass
    sequencer.publish()
    return signer


@pytest.fixture
def forge(session: Session, connection: Connection, signer: Signer) -> Forge:
    """Change the database as its owner, triggers off, and audit it; ``signer`` published what is forged."""

    def run(statement: Update) -> Report:
        session.flush()
        connection.execute(text("set local role none"))
        connection.execute(text("set local session_replication_role = replica"))
        assert connection.execute(statement).rowcount == 1
        connection.execute(text("set local session_replication_role = origin"))
        connection.execute(text("set local role trace_app"))
        session.expire_all()
        return audit_database(session, signer.verifier)

    return run
