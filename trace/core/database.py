"""Engine, session and the base of all mapped classes. Every table of every feature hangs on ``Base``."""

import contextlib
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import psycopg
from sqlalchemy import DateTime, Engine, MetaData, Numeric, String, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker

APP_ROLE = "trace_app"
Result = TypeVar("Result")
_USED = "used"
_SURELY_ALIVE_SECONDS = 1.0
# A migration may wait for locks, and work, for as long as it takes.
_OF_MIGRATIONS = "-c timezone=UTC"
# Requests are many and small: a planner that knows a table badly starts two processes to read 256 rows.
_OF_REQUESTS = (
    f"{_OF_MIGRATIONS} -c lock_timeout=10s -c statement_timeout=30s -c max_parallel_workers_per_gather=0"
)

# Named by rule, so that a migration can drop by name what another made.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Typed columns: instants are timestamptz, quantities Numeric(18, 6), documents jsonb."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(18, 6),
        str: String,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


def make_engine(url: str, role: str | None = APP_ROLE, **options: Any) -> Engine:
    """An engine whose connections act as ``role`` (None: as whoever the URL names, for migrations).

    The role is set when the connection is made: the application never holds the rights of the tables' owner,
    even where one URL serves both.
    """
    settings = _OF_MIGRATIONS if role is None else f"{_OF_REQUESTS} -c role={role}"
    options.setdefault("pool_size", 8)
    options.setdefault("max_overflow", 8)
    engine = create_engine(url, connect_args={"options": settings}, **options)
    _ping_when_idle(engine)
    return engine


def _ping_when_idle(engine: Engine) -> None:
    """Ask a pooled connection whether it still lives, unless it was in use a moment ago.

    ``pool_pre_ping`` asks every time, and under load that is one more answer each request waits for.
    """

    def note_use(_connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(_USED, 0.0) < _SURELY_ALIVE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError from error  # the pool tries another, and a new one in the end

    event.listen(engine, "checkin", note_use)
    event.listen(engine, "checkout", ping)


def session_factory(bind: Any) -> sessionmaker[Session]:
    """Sessions on ``bind`` (an engine, or a test's connection inside an outer transaction)."""
    factory = sessionmaker(bind, join_transaction_mode="create_savepoint")
    event.listen(factory, "after_soft_rollback", _forget_what_was_taken_back)
    return factory


def _forget_what_was_taken_back(session: Session, ended: SessionTransaction) -> None:
    """Have everything read anew after a rollback to a savepoint, as after one of the whole transaction.

    The session itself forgets only what it knows to have changed; rows written by ``trace.core.writing`` it does not.
    """
    if ended.nested:
        session.expire_all()


def new_session(bind: Any) -> Session:
    """One session on ``bind``; whoever makes it commits and closes it."""
    return session_factory(bind)()


@contextlib.contextmanager
def driver_of(session: Session, doing: str) -> Iterator[Any]:
    """The driver's own connection of a session, for statements that the ORM would take too long over.

    What it raises comes out as if SQLAlchemy had run ``doing``: whoever waits for its errors must not miss these.
    """
    connection = session.connection()
    try:
        yield connection.connection.driver_connection
    except psycopg.Error as error:
        raise DBAPIError.instance(doing, None, error, psycopg.Error, dialect=connection.dialect) from error


class Direct:
    """Connections of the driver's own, each statement a transaction by itself: it sees whatever committed before it.

    For the one read that every scan waits for: a session, and a pool that looks after transactions, take longer than
    that. As many connections are made as are used at once. What fails comes out as if SQLAlchemy had run it.
    """

    def __init__(self, engine: Engine, prepare: Callable[[Any], None]) -> None:
        """``prepare`` is given each new connection before it is used."""
        self._engine = engine
        self._prepare = prepare
        self._idle: deque[Any] = deque()
        # With an application that is thrown away go its connections.
        weakref.finalize(self, _close_all, self._idle)

    def run(self, doing: str, work: Callable[[Any], Result]) -> Result:
        """The result of ``work`` with a connection. On one that died while it was idle it is tried once more."""
        connection, was_idle = self._take()
        try:
            result = work(connection)
        except psycopg.Error as error:
            if not connection.closed:
                self._idle.append(connection)
            elif was_idle:
                self.close()  # they died together
                return self.run(doing, work)
            raise DBAPIError.instance(
                doing, None, error, psycopg.Error, dialect=self._engine.dialect
            ) from error
        self._idle.append(connection)
        return result

    def close(self) -> None:
        """Close what is idle."""
        _close_all(self._idle)

    def _take(self) -> tuple[Any, bool]:
        with contextlib.suppress(IndexError):
            return self._idle.pop(), True
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()
        driver.autocommit = True
        self._prepare(driver)
        return driver, False


def _close_all(idle: deque[Any]) -> None:
    with contextlib.suppress(IndexError):
        while True:
            idle.pop().close()
