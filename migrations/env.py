"""How a migration runs: as the owner of the tables, one at a time, never waiting long for a lock."""

from alembic import context
from sqlalchemy import text

from trace.core.database import Base, make_engine
from trace.models import load_all

# Two servers that start together must not both migrate: the second waits here.
MIGRATION_LOCK = 4_803_265_001

load_all()


def include_object(
    candidate: object, name: str | None, kind: str, reflected: bool, compare_to: object
) -> bool:
    """Procrastinate brings and migrates its own tables; partitions are made by the month."""
    return not (kind == "table" and name and name.startswith(("procrastinate_", "audit_y", "scans_y")))


def run() -> None:
    """Run the asked-for migrations on the connection or the URL of the Alembic configuration."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise SystemExit("Migrations need a database: run `flask --app trace migrate`.")
    engine = make_engine(url.replace("%%", "%"), role=None)
    with engine.connect() as connection:
        _migrate(connection)
        connection.commit()
    engine.dispose()


def _migrate(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]  # Alembic's own attribute dictionary is untyped
        target_metadata=Base.metadata,
        include_object=include_object,  # type: ignore[arg-type]  # narrower names than Alembic's literal types
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        # A migration that cannot have its lock fails fast; it must not queue every reader behind it.
        context.execute("set local lock_timeout = '5s'")
        context.execute(text(f"select pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.run_migrations()


run()
