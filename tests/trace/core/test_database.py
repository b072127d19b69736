"""Connections, of the pool and beside it."""

import gc

from sqlalchemy import text

from trace.core.database import Direct, make_engine


def test_a_connection_that_died_while_idle_is_replaced_unseen(template_url: str) -> None:
    engine = make_engine(template_url, role=None, pool_size=1, max_overflow=0)
    killer = make_engine(template_url, role=None)
    try:
        with engine.connect() as connection:
            pid = connection.scalar(text("select pg_backend_pid()"))
            record = connection.connection._connection_record  # the pool's own note of it
            assert record is not None
        record.info["used"] -= 60  # as if it had lain idle for a minute
        with killer.begin() as connection:
            connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        with engine.connect() as connection:
            assert connection.scalar(text("select pg_backend_pid()")) != pid
    finally:
        engine.dispose()
        killer.dispose()


def test_connections_beside_the_pool_are_closed_with_what_holds_them(template_url: str) -> None:
    engine = make_engine(template_url, role=None)
    try:
        direct = Direct(engine, lambda _connection: None)
        connection = direct.run("keep hold of it", lambda connection: connection)
        del direct
        gc.collect()
        assert connection.closed
    finally:
        engine.dispose()
