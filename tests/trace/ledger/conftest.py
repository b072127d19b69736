"""A log on a database of its own, sequenced by the real sequencer with the application's rights."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.orm import Session

from tests.databases import LOG_ORIGIN
from trace.core.database import make_engine, new_session
from trace.core.ids import uuid7
from trace.ledger import keys
from trace.ledger.keys import LastCheckpoint
from trace.ledger.models import Leaf
from trace.ledger.notes import Signer
from trace.ledger.sequencing import Cosign, Sequencer
from trace.ledger.services import make_leaf


class Log:
    """One log: its database, its key file and a way to have leaves, sequencers and checkpoints."""

    def __init__(self, engine: Engine, key_file: Path, stack: ExitStack) -> None:
        self.engine = engine
        self.key_file = key_file
        self.signer: Signer = keys.make_signer(key_file, LOG_ORIGIN)
        self.last = LastCheckpoint.beside(key_file)
        self._stack = stack

    def connect(self) -> Connection:
        return self._stack.enter_context(self.engine.connect())

    def session(self) -> Session:
        return self._stack.enter_context(new_session(self.connect()))

    def add_leaves(self, count: int, session: Session | None = None) -> list[bytes]:
        """Write leaves of events nobody asks about; committed unless a session is given. Returns their hashes."""
        own = session or self.session()
        rows = [make_leaf(own, uuid7(), set(), {"verb": "ship"})[0] for _ in range(count)]
        if rows:
            own.execute(insert(Leaf), rows)
        if session is None:
            own.commit()
        return [row["leaf_hash"] for row in rows]

    def sequencer(self, cosign: Cosign | None = None, names: frozenset[str] = frozenset()) -> Sequencer:
        """A loaded sequencer on a connection of its own, without the lock."""
        made = Sequencer(self.session(), self.signer, self.last, cosign, names)
        made.load()
        return made

    def publish(self, count: int = 0) -> Sequencer:
        """Add leaves, give them places and publish a checkpoint over them."""
        self.add_leaves(count)
        sequencer = self.sequencer()
        while sequencer.place_leaves():
            pass
        assert sequencer.publish()
        return sequencer


@pytest.fixture
def log(fresh_database: str, tmp_path: Path) -> Iterator[Log]:
    # A test opens as many connections as it has parties.
    engine = make_engine(fresh_database, pool_size=0)
    with ExitStack() as stack:
        yield Log(engine, tmp_path / "keys" / "log.key", stack)
    engine.dispose()
