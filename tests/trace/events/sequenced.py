"""Placing and publishing what tests recorded, as the sequencer does, on the test's own session."""

from pathlib import Path

from sqlalchemy.orm import Session

from trace.ledger import services
from trace.ledger.keys import LastCheckpoint, make_signer
from trace.ledger.notes import Signer
from trace.ledger.sequencing import Sequencer


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
