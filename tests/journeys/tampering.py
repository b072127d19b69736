"""An operator who forges: superuser in the database, triggers off, the log's own key at hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from trace.cli.verify_log import Wish, verify_database, verify_log
from trace.core import clock
from trace.core.addresses import libpq_url
from trace.core.config import Settings
from trace.core.database import APP_ROLE, make_engine, new_session
from trace.events.leaf_values import leaf_values, lots_of
from trace.events.models import Event, EventGoods, EventPrivate
from trace.ledger import leaves, merkle, tiles
from trace.ledger.keys import LastCheckpoint, load_signer
from trace.ledger.models import Leaf, LogCheckpoint, LogEntry, LogTile
from trace.ledger.notes import Checkpoint, Signer, sign_note
from trace.ledger.sequencing import Sequencer


@dataclass(frozen=True)
class Verdict:
    """What an audit said."""

    code: int
    said: str

    @property
    def first_bad_index(self) -> int | None:
        stated = self.said.rpartition("first_bad_index=")[2].split()[0]
        return None if stated == "-" else int(stated)


@dataclass(frozen=True)
class Place:
    """One running copy of the service: its address, its database, the folder of its key, an auditor's memory."""

    url: str
    database_url: str
    settings: Settings
    app: Flask
    folder: Path

    @property
    def signer(self) -> Signer:
        return load_signer(self.settings.log_key_file, self.settings.log_origin)

    def audit(self, **wish: Any) -> Verdict:
        """The public audit, with the memory of the audits before."""
        out, err = StringIO(), StringIO()
        code = verify_log(Wish(self.url, self.folder / "auditor", **wish), out, err)
        return Verdict(code, out.getvalue() + err.getvalue())

    def audit_database(self) -> Verdict:
        """The audit next to the database."""
        environ = {
            "DATABASE_URL": self.database_url,
            "TRACE_SECRET_KEY": self.settings.secret_key,
            "TRACE_STATE_FOLDER": str(self.settings.state_folder),
            "TRACE_LOG_ORIGIN": self.settings.log_origin,
        }
        out, err = StringIO(), StringIO()
        return Verdict(verify_database(environ, None, out, err), out.getvalue() + err.getvalue())

    def run_sql(self, *statements: str, **values: Any) -> None:
        """As superuser, triggers off: nothing in the database can refuse this."""
        with psycopg.connect(libpq_url(self.database_url)) as connection:
            connection.execute("set session_replication_role = replica")
            for statement in statements:
                connection.execute(statement, values)

    @contextmanager
    def forging(self) -> Iterator[Session]:
        """A session with the superuser's rights and the triggers off; commits at the end."""
        with working_on(self.database_url, role=None) as session:
            session.connection().exec_driver_sql("set session_replication_role = replica")
            yield session
            session.commit()

    def event_at(self, index: int) -> UUID:
        """The event of one entry."""
        with self.forging() as session:
            query = select(Leaf.event_id).join(LogEntry, LogEntry.leaf_id == Leaf.id)
            return session.scalars(query.where(LogEntry.log_index == index)).one()

    def sign_again(self) -> None:
        """Build tree, tiles and checkpoint anew from the leaves as they stand now, and sign with the same key."""
        with self.forging() as session:
            rows = session.execute(
                select(Leaf.id, Leaf.leaf)
                .join(LogEntry, LogEntry.leaf_id == Leaf.id)
                .order_by(LogEntry.log_index)
            ).all()
            session.execute(LogEntry.__table__.delete())  # type: ignore[attr-defined]  # a mapped class's table
            session.execute(LogTile.__table__.delete())  # type: ignore[attr-defined]  # the same
            session.execute(LogCheckpoint.__table__.delete())  # type: ignore[attr-defined]  # the same
            edge = tiles.Edge()
            for index, (leaf_id, leaf) in enumerate(rows):
                leaf_hash = merkle.leaf_hash(leaf)
                session.execute(insert(LogEntry).values(log_index=index, leaf_id=leaf_id))
                session.execute(update(Leaf).where(Leaf.id == leaf_id).values(leaf_hash=leaf_hash))
                for tile, hashes, root in edge.extend(leaf_hash):
                    stored = {"level": tile.level, "tile_index": tile.index}
                    session.execute(insert(LogTile).values(hashes=hashes, root_hash=root, **stored))
            checkpoint = Checkpoint(self.signer.name, edge.size, edge.root())
            note = sign_note(checkpoint.text, self.signer)
            session.add(
                LogCheckpoint(
                    tree_size=checkpoint.size,
                    root_hash=checkpoint.root,
                    note=note,
                    published_at=clock.now(),
                )
            )
        LastCheckpoint.beside(self.settings.log_key_file).path.write_text(note, encoding="utf-8")

    def rewrite_leaf(self, event_id: UUID) -> None:
        """Make the event's leaf fit what its rows say now: everything an operator can forge, forged."""
        with self.forging() as session:
            event, private = session.get_one(Event, event_id), session.get_one(EventPrivate, event_id)
            salts = leaves.unpack_salts(private.salts)
            lots = lots_of(session.scalars(select(EventGoods.lot).where(EventGoods.event_id == event_id)))
            values = leaf_values(event, private) | {"lots": leaves.lot_tags(lots, salts)}
            made = leaves.encode_leaf(self.settings.log_origin, values, salts)
            session.execute(update(Leaf).where(Leaf.event_id == event_id).values(leaf=made))

    def sequence(self) -> None:
        """What the honest sequencer does: place what waits, publish."""
        with working_on(self.database_url) as session:
            sequencer = Sequencer(session, self.signer, LastCheckpoint.beside(self.settings.log_key_file))
            sequencer.load()
            while sequencer.place_leaves():
                pass
            sequencer.publish()


@contextmanager
def working_on(database_url: str, role: str | None = APP_ROLE) -> Iterator[Session]:
    """A session on a database of the test's own, and no connection left behind."""
    engine = make_engine(database_url, role)
    try:
        with new_session(engine) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an application that answers over real HTTP until the end of the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
