"""The tables of Procrastinate, as its own release makes them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0007_jobs"
down_revision = "0006_recalls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The schema holds % and : signs that SQLAlchemy would read as parameters: the driver gets it as it is.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema().encode())


def downgrade() -> None:
    op.execute(
        """
        do $$
        declare thing record;
        begin
            for thing in select oid::regclass as name from pg_class
                where relname like 'procrastinate%' and relkind = 'r' loop
                execute format('drop table if exists %s cascade', thing.name);
            end loop;
            for thing in select oid::regprocedure as name from pg_proc where proname like 'procrastinate%' loop
                execute format('drop function if exists %s cascade', thing.name);
            end loop;
            for thing in select oid::regtype as name from pg_type
                where typname like 'procrastinate%' and typtype in ('e', 'c') loop
                execute format('drop type if exists %s cascade', thing.name);
            end loop;
        end $$
        """
    )
