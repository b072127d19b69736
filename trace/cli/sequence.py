"""The sequencer as a process: one at a time, until stopped. What it does is in ``trace.ledger.sequencing``."""

import signal
import threading
import time
from pathlib import Path

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from trace.core.config import Settings
from trace.core.database import make_engine, new_session
from trace.core.logs import configure_logs
from trace.ledger import keys, queries, services
from trace.ledger.cosigning import Witnesses
from trace.ledger.keys import LastCheckpoint, LogRefused
from trace.ledger.notes import Signer
from trace.ledger.sequencing import BATCH, Sequencer, take_lock

log = structlog.get_logger()

# Looking costs a millisecond, and a leaf has its place within this time. LISTEN would be no cheaper: a NOTIFY in every
# transaction makes their commits queue up one behind the other.
LOOK_EVERY_S = 0.25
# Under load there is at least one checkpoint a second, and not many more: each one costs two writes to disk.
CHECKPOINT_EVERY_S = 0.5
TRY_LOCK_EVERY_S = 1.0
RETRY_AFTER_S = (1.0, 2.0, 4.0, 8.0, 15.0)


def run(settings: Settings, *, make_key: bool = False, is_own_database: bool = False) -> None:
    """Sequence until SIGINT or SIGTERM. A database that goes away is waited for.

    ``make_key`` lets a log that has published nothing yet make its key. ``is_own_database`` says that the database is
    the checkout's own, so that an empty one is a new log and no lost one. Raises ``LogRefused`` and
    ``services.OriginUnknown``, whose messages are for the operator.
    """
    configure_logs(settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    witnesses = None
    if settings.log_witnesses:
        witnesses = Witnesses(settings.log_witnesses, settings.log_witness_quorum)
    # A pool of one: the lock lives as long as its connection.
    engine = make_engine(settings.database_url, pool_size=1, max_overflow=0)
    failures = 0
    while not stopping.is_set():
        began = time.monotonic()
        try:
            with engine.connect() as connection:
                session = new_session(connection)
                if not _wait_for_lock(session, stopping):
                    break
                signer = _signer(session, settings.log_key_file, make_key, is_own_database)
                last = LastCheckpoint.beside(settings.log_key_file)
                names = witnesses.names if witnesses else frozenset()
                _sequence(Sequencer(session, signer, last, witnesses, names), stopping)
        except (OperationalError, InterfaceError) as error:
            failures = 0 if time.monotonic() - began > RETRY_AFTER_S[-1] else failures + 1
            log.warning("database-unavailable", error=str(error.orig))
            stopping.wait(RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)])
    engine.dispose()


def _wait_for_lock(session: Session, stopping: threading.Event) -> bool:
    """Wait until no other process sequences; False when asked to stop before."""
    if not take_lock(session):
        log.info("waiting-for-the-other-sequencer")
        while not take_lock(session):
            if stopping.wait(TRY_LOCK_EVERY_S):
                return False
    return True


def _sequence(sequencer: Sequencer, stopping: threading.Event) -> None:
    sequencer.load()
    log.info("sequencing", size=sequencer.size)
    _loop(sequencer, stopping)


def _loop(sequencer: Sequencer, stopping: threading.Event) -> None:
    publish_at, failures = 0.0, 0
    while not stopping.is_set():
        began = time.monotonic()
        placed = sequencer.place_leaves()
        if sequencer.has_news() and time.monotonic() >= publish_at:
            if sequencer.publish():
                failures = 0
                publish_at = time.monotonic() + CHECKPOINT_EVERY_S
            else:
                publish_at = time.monotonic() + RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)]
                failures += 1
        if placed < BATCH:
            # While a long transaction keeps the floor down each look costs more: never more than half a core's time.
            stopping.wait(max(LOOK_EVERY_S, time.monotonic() - began))


def _signer(session: Session, key_file: Path, make_key: bool, is_own_database: bool) -> Signer:
    origin = services.log_origin(session)
    is_new = queries.find_checkpoint(session) is None and queries.tree_size(session) == 0
    session.commit()
    if is_new and is_own_database and LastCheckpoint.beside(key_file).path.exists():
        # The database of this checkout was made anew, or the checkout is a copy whose database is not: another log.
        log.warning("log-begins-anew", key_file=str(key_file))
        keys.set_aside(key_file)
    if is_new and make_key and not key_file.exists():
        return keys.make_signer(key_file, origin)
    return keys.load_signer(key_file, origin)


def make_log_key(settings: Settings) -> str:
    """Make the signing key of a new log; returns its verifier key. Raises ``LogRefused`` where there is one."""
    engine = make_engine(settings.database_url)
    try:
        with new_session(engine) as session:
            origin = services.log_origin(session)
            if queries.find_checkpoint(session) is not None:
                raise LogRefused(
                    f"The log “{origin}” has published checkpoints, and a new key would not be believed: put the old "
                    f"one back at {settings.log_key_file}."
                )
        return keys.make_signer(settings.log_key_file, origin).verifier.text
    finally:
        engine.dispose()
