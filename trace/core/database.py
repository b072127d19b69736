"""Engine, session and the base of all mapped classes. Every table of every feature hangs on ``Base``."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Numeric, String, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

APP_ROLE = "trace_app"

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


BigInt = BigInteger


def make_engine(url: str, role: str | None = APP_ROLE, **options: Any) -> Engine:
    """An engine whose connections act as ``role`` (None: as whoever the URL names, for migrations).

    The role is set when the connection is made: the application never holds the rights of the tables' owner,
    even where one URL serves both.
    """
    settings = "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s"
    if role:
        settings += f" -c role={role}"
    else:
        settings = "-c timezone=UTC"
    options.setdefault("pool_size", 8)
    options.setdefault("max_overflow", 8)
    return create_engine(url, connect_args={"options": settings}, pool_pre_ping=True, **options)


def session_factory(bind: Any) -> sessionmaker[Session]:
    """Sessions on ``bind`` (an engine, or a test's connection inside an outer transaction)."""
    return sessionmaker(bind, join_transaction_mode="create_savepoint")


def new_session(bind: Any) -> Session:
    """One session on ``bind``; whoever makes it commits and closes it."""
    return session_factory(bind)()
