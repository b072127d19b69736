"""The log: the order of leaves, full tiles, published checkpoints."""

import sqlalchemy as sa
from alembic import op

from trace.core.append_only import guard_statements
from trace.core.database import APP_ROLE

revision = "0009_log"
down_revision = "0008_custody"
branch_labels = None
depends_on = None

TABLES = ("log_entries", "log_tiles", "log_checkpoints")


def upgrade() -> None:
    op.create_table(
        "log_entries",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("log_index >= 0", name=op.f("ck_log_entries_log_index")),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("leaf_id", name=op.f("uq_log_entries_leaf_id")),
    )
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tile_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(hashes) = 8192", name=op.f("ck_log_tiles_hashes")),
        sa.CheckConstraint("octet_length(root_hash) = 32", name=op.f("ck_log_tiles_root_hash")),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_log_tiles")),
    )
    # Hashes do not compress; kept apart from the row, the roots of a partial tile's children are a few pages.
    op.execute("alter table log_tiles alter column hashes set storage external")
    op.create_table(
        "log_checkpoints",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_checkpoints")),
    )
    op.create_index("ix_log_checkpoints_size", "log_checkpoints", ["tree_size", "number"], unique=False)
    for table in TABLES:
        for statement in guard_statements(table):
            op.execute(statement)
        op.execute(f"revoke update, delete, truncate on {table} from {APP_ROLE}")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
