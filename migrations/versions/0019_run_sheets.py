"""PDF files of print runs: which stamps, what was chosen, how far."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_run_sheets"
down_revision = "0018_run_prints"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
IS_RUNNING = "finished_at is null and cancelled_at is null"


def upgrade() -> None:
    op.create_table(
        "run_sheets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("stopped_for", sa.String(), nullable=True),
        sa.Column("file_removed_at", INSTANT, nullable=True),
        sa.CheckConstraint("first_number between 1 and last_number", name=op.f("ck_run_sheets_numbers")),
        sa.CheckConstraint(
            "labels between 1 and last_number - first_number + 1", name=op.f("ck_run_sheets_labels")
        ),
        sa.CheckConstraint("made between 0 and labels", name=op.f("ck_run_sheets_made")),
        sa.CheckConstraint(
            "finished_at is null or made = labels", name=op.f("ck_run_sheets_finished_when_made")
        ),
        sa.CheckConstraint("finished_at is null or cancelled_at is null", name=op.f("ck_run_sheets_one_end")),
        sa.CheckConstraint(
            "stopped_for is null or cancelled_at is not null", name=op.f("ck_run_sheets_stopped_is_over")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["stamp_runs.id"], name=op.f("fk_run_sheets_run_id_stamp_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_sheets")),
    )
    op.create_index("ix_run_sheets_run", "run_sheets", ["run_id", "created_at"])
    op.create_index("ix_run_sheets_unfinished", "run_sheets", ["id"], postgresql_where=sa.text(IS_RUNNING))


def downgrade() -> None:
    op.drop_table("run_sheets")
