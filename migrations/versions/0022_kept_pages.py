"""Pages of lots, kept as bytes, and what makes them out of date: every change of anything they show, as it commits."""

import sqlalchemy as sa
from alembic import op

revision = "0022_kept_pages"
down_revision = "0021_reports"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

# One row for each thing and transaction: rows are only added, so that two who change the same thing never wait for
# each other here, whatever order they come in. For tables that change seldom the columns that hold ids of what changed
# are the trigger's arguments.
NOTE_CHANGE = """
create function note_page_change() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select distinct subject
    from unnest(tg_argv) as held (name),
        lateral (values ((to_jsonb(new) ->> name)::uuid), ((to_jsonb(old) ->> name)::uuid)) as changed (subject)
    where subject is not null
    on conflict do nothing;
    return null;
end $$
"""

NOTE_GOODS = """
create function note_page_change_of_goods() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select distinct batch_id from added where batch_id is not null
    on conflict do nothing;
    return null;
end $$
"""

# What was confirmed by a link is a handover of the goods of its event.
NOTE_EVENT = """
create function note_page_change_of_event() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select distinct batch_id from event_goods where event_id = new.event_id and batch_id is not null
    on conflict do nothing;
    return null;
end $$
"""

# Each table a page of a lot is made of, with the columns that say what changed. Not watched, because nothing of it ever
# changes: events, leaves, communes. Stamps, scans and what is decided of one item are read anew each time.
WATCHED = {
    "batches": "'id'",
    "products": "'id'",
    "certificates": "'product_id'",
    "organisations": "'id'",
    "locations": "'id', 'organisation_id'",
    "parties": "'id'",
    "revisions": "'subject_id'",
    "shipments": "'id'",
    "recalls": "'id', 'batch_id'",
    "recall_lots": "'recall_id', 'batch_id'",
    "holds": "'batch_id'",
}


def upgrade() -> None:
    op.create_table(
        "page_changes",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("subject_id", "transaction_id", name=op.f("pk_page_changes")),
    )
    op.create_table(
        "kept_pages",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("build", sa.String(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "language", name=op.f("pk_kept_pages")),
        # Made again from the record whenever they are gone: nothing is lost with them.
        prefixes=["UNLOGGED"],
    )
    # Compressed already; compressing it once more would only take time.
    op.execute("alter table kept_pages alter column content set storage external")
    for function in (NOTE_CHANGE, NOTE_GOODS, NOTE_EVENT):
        op.execute(function)
    for table, columns in WATCHED.items():
        op.execute(
            f"create trigger {table}_page_change after insert or update or delete on {table} "
            f"for each row execute function note_page_change({columns})"
        )
    op.execute(
        "create trigger event_goods_page_change after insert on event_goods "
        "referencing new table as added for each statement execute function note_page_change_of_goods()"
    )
    op.execute(
        "create trigger confirmations_page_change after insert or update on confirmations "
        "for each row execute function note_page_change_of_event()"
    )


def downgrade() -> None:
    op.execute("drop trigger confirmations_page_change on confirmations")
    op.execute("drop trigger event_goods_page_change on event_goods")
    for table in WATCHED:
        op.execute(f"drop trigger {table}_page_change on {table}")
    for function in ("note_page_change_of_event", "note_page_change_of_goods", "note_page_change"):
        op.execute(f"drop function {function}()")
    op.drop_table("kept_pages")
    op.drop_table("page_changes")
