"""Which tables are only ever appended to, and the SQL that makes the database hold to it.

Two guards: the app role has no right to change them, and a trigger refuses everybody, owner included, so that a
slip in a maintenance session is caught too. TRUNCATE passes row triggers, so it has one of its own.
"""

APPEND_ONLY = (
    "events",
    "event_goods",
    "leaves",
    "log_entries",
    "log_tiles",
    "log_checkpoints",
    "revisions",
    "audit",
    "scans",
    "diary_entries",
    "test_results",
)

GUARD_FUNCTION = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$
"""


def guard_statements(table: str) -> tuple[str, str]:
    """The two triggers that make ``table`` append-only."""
    return (
        f"create trigger {table}_append_only before update or delete on {table} "
        "for each row execute function refuse_change()",
        f"create trigger {table}_no_truncate before truncate on {table} "
        "for each statement execute function refuse_change()",
    )
