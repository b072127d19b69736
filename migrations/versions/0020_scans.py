"""Scans by the month, and how often each item was scanned. Months are made ahead with those of the security log."""

import sqlalchemy as sa
from alembic import op

from trace.core.append_only import guard_statements
from trace.core.database import APP_ROLE

revision = "0020_scans"
down_revision = "0019_run_sheets"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

MAKE_PARTITIONS = """
create or replace function make_month_partitions() returns void
language plpgsql security definer set search_path = public as $$
declare
    first date;
    parent record;
    part text;
begin
    for ahead in 0..2 loop
        first := date_trunc('month', now() at time zone 'UTC')::date + make_interval(months => ahead);
        for parent in select unnest(array[{tables}]) as name loop
            part := parent.name || '_y' || to_char(first, 'YYYYmMM');
            execute format(
                'create table if not exists %I partition of %I for values from (%L) to (%L)',
                part, parent.name, first::timestamp at time zone 'UTC',
                (first + interval '1 month')::timestamp at time zone 'UTC'
            );
            execute format('revoke update, delete, truncate on %I from trace_app', part);
        end loop;
    end loop;
end $$
"""

# The app role owns no table and drops none; and what it may ask for here leaves a month in any case.
DROP_OLD = """
create function drop_old_scans(days integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text;
    dropped integer := 0;
begin
    if days is null or days < 31 then
        raise exception 'scans are kept for 31 days at least' using errcode = 'insufficient_privilege';
    end if;
    for part in
        select child.relname from pg_inherits
        join pg_class child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = 'public.scans'::regclass
          and child.relname ~ '^scans_y[0-9]{4}m[0-9]{2}$'
          and (to_date(substr(child.relname, 8), 'YYYY"m"MM') + interval '1 month')
              <= (now() at time zone 'UTC') - make_interval(days => days)
    loop
        execute format('drop table public.%I', part);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "scans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scanned_at", INSTANT, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.CheckConstraint(
            "device in ('phone', 'tablet', 'computer', 'unknown')", name=op.f("ck_scans_device")
        ),
        sa.PrimaryKeyConstraint("id", "scanned_at", name=op.f("pk_scans")),
        postgresql_partition_by="RANGE (scanned_at)",
    )
    op.create_index("ix_scans_code", "scans", ["code", "scanned_at"])
    for statement in guard_statements("scans"):
        op.execute(statement)
    op.execute(f"revoke update, delete, truncate on scans from {APP_ROLE}")
    op.create_table(
        "scan_counts",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.CheckConstraint("scans >= 1", name=op.f("ck_scan_counts_scans")),
        sa.CheckConstraint("first_at <= last_at", name=op.f("ck_scan_counts_times")),
        sa.PrimaryKeyConstraint("code", "device", name=op.f("pk_scan_counts")),
    )
    op.execute(MAKE_PARTITIONS.format(tables="'audit', 'scans'"))
    op.execute("select make_month_partitions()")
    op.execute(DROP_OLD)
    op.execute("revoke execute on function drop_old_scans(integer) from public")
    op.execute(f"grant execute on function drop_old_scans(integer) to {APP_ROLE}")


def downgrade() -> None:
    op.execute("drop function drop_old_scans(integer)")
    op.execute(MAKE_PARTITIONS.format(tables="'audit'"))
    op.drop_table("scan_counts")
    op.drop_table("scans")
