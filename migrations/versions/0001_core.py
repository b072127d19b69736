"""The floor: idempotency keys, revisions, pictures, what this installation is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from trace.core.append_only import GUARD_FUNCTION, guard_statements
from trace.core.database import APP_ROLE

revision = "0001_core"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The application acts as a role of its own that owns nothing; the owner of the tables only migrates.
    op.execute(
        f"do $$ begin if not exists (select from pg_roles where rolname = '{APP_ROLE}') "
        f"then create role {APP_ROLE} nologin; end if; end $$"
    )
    op.execute(f"grant {APP_ROLE} to current_user")
    op.execute(f"grant usage on schema public to {APP_ROLE}")
    op.execute(
        f"alter default privileges in schema public grant select, insert, update, delete on tables to {APP_ROLE}"
    )
    op.execute(f"alter default privileges in schema public grant usage, select on sequences to {APP_ROLE}")
    # Every worker asks which revision the database has (/readyz); Alembic's table was there before the rights.
    op.execute(f"grant select on alembic_version to {APP_ROLE}")
    op.execute(GUARD_FUNCTION)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "installation",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(
        "ix_revisions_subject", "revisions", ["subject_kind", "subject_id", "revised_at"], unique=False
    )
    for table in ("revisions",):
        for statement in guard_statements(table):
            op.execute(statement)
        op.execute(f"revoke update, delete, truncate on {table} from {APP_ROLE}")


def downgrade() -> None:
    op.drop_index("ix_revisions_subject", table_name="revisions")
    op.drop_table("revisions")
    op.drop_table("installation")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("blobs")
    op.execute("drop function refuse_change()")
    op.execute(f"alter default privileges in schema public revoke all on tables from {APP_ROLE}")
    op.execute(f"alter default privileges in schema public revoke all on sequences from {APP_ROLE}")
