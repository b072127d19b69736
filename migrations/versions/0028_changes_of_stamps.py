"""What changes of a stamp is noted like what changes of a page, and changes are found by when they were made.

A process that saw a code a moment ago asks only what changed since, of all there is.
"""

from alembic import op

revision = "0028_changes_of_stamps"
down_revision = "0027_pages_in_their_rows"
branch_labels = None
depends_on = None

# A run has a number and no id: it stands among ids as that number.
ID_OF_RUN = """
create function id_of_run(run_id bigint) returns uuid language sql immutable strict parallel safe
return lpad(to_hex(run_id), 32, '0')::uuid
"""

NOTE_RUN = """
create function note_page_change_of_run() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select distinct id_of_run(run_id) from (values (new.run_id), (old.run_id)) as changed (run_id)
    where run_id is not null
    on conflict do nothing;
    return null;
end $$
"""

NOTE_LABEL = """
create function note_page_change_of_label() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select distinct id_of_run(run_id) from codes where code in (new.code, old.code) and run_id is not null
    on conflict do nothing;
    return null;
end $$
"""

# Codes stay with their lot or their run; should one ever leave it, that is noted too.
NOTE_CODE = """
create function note_page_change_of_code() returns trigger language plpgsql as $$
begin
    insert into page_changes (subject_id)
    select subject from (values (old.batch_id), (id_of_run(old.run_id))) as changed (subject)
    where subject is not null
    on conflict do nothing;
    return null;
end $$
"""

TRIGGERS = {
    "stamp_ranges": ("insert or update or delete", "note_page_change_of_run"),
    "copy_cases": ("insert or update of decision or delete", "note_page_change_of_label"),
    "codes": ("update of batch_id, run_id, number, secret_hash or delete", "note_page_change_of_code"),
}


def upgrade() -> None:
    op.create_index("ix_page_changes_transaction", "page_changes", ["transaction_id"])
    for function in (ID_OF_RUN, NOTE_RUN, NOTE_LABEL, NOTE_CODE):
        op.execute(function)
    for table, (events, function) in TRIGGERS.items():
        op.execute(
            f"create trigger {table}_page_change after {events} on {table} "
            f"for each row execute function {function}()"
        )


def downgrade() -> None:
    for table, (_events, function) in TRIGGERS.items():
        op.execute(f"drop trigger {table}_page_change on {table}")
        op.execute(f"drop function {function}()")
    op.execute("drop function id_of_run(bigint)")
    op.drop_index("ix_page_changes_transaction", table_name="page_changes")
