"""Print runs on their way to label printers: which stamps, how far, why one stopped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_run_prints"
down_revision = "0017_sold_items"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "run_prints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=True),
        sa.Column("printer_name", sa.String(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("sending_to", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("busy_s", sa.Float(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("stopped_for", sa.String(), nullable=True),
        sa.CheckConstraint("first_number between 1 and last_number", name=op.f("ck_run_prints_numbers")),
        sa.CheckConstraint(
            "next_number between first_number and last_number + 1", name=op.f("ck_run_prints_next_number")
        ),
        sa.CheckConstraint(
            "sending_to is null or sending_to between next_number and last_number",
            name=op.f("ck_run_prints_sending_to"),
        ),
        sa.CheckConstraint(
            "finished_at is null or next_number = last_number + 1",
            name=op.f("ck_run_prints_finished_when_sent"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(finished_at, cancelled_at, stopped_at) <= 1", name=op.f("ck_run_prints_one_end")
        ),
        sa.CheckConstraint(
            "(stopped_at is null) = (stopped_for is null)", name=op.f("ck_run_prints_stopped_for")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["stamp_runs.id"], name=op.f("fk_run_prints_run_id_stamp_runs")),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["label_printers.id"],
            name=op.f("fk_run_prints_printer_id_label_printers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_prints")),
    )
    op.create_index("ix_run_prints_run", "run_prints", ["run_id", "created_at"])
    op.create_index(
        "uq_run_prints_printer",
        "run_prints",
        ["printer_id"],
        unique=True,
        postgresql_where=sa.text("finished_at is null and cancelled_at is null"),
    )


def downgrade() -> None:
    op.drop_table("run_prints")
