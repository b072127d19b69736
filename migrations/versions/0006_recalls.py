"""Recalls, their end and their withdrawal."""

import sqlalchemy as sa
from alembic import op

revision = "0006_recalls"
down_revision = "0005_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recalls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("recall_class", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decision_number", sa.String(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "recall_class in ('health', 'quality', 'labelling')", name=op.f("ck_recalls_recall_class")
        ),
        sa.CheckConstraint(
            "(decision_number is null) = (decided_on is null)", name=op.f("ck_recalls_decision")
        ),
        sa.CheckConstraint(
            "(withdrawn_at is null) = (withdrawal_reason is null)", name=op.f("ck_recalls_withdrawal_reason")
        ),
        sa.CheckConstraint("ended_at is null or withdrawn_at is null", name=op.f("ck_recalls_one_end")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["organisations.id"], name=op.f("fk_recalls_authority_id_organisations")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_recalls_batch_id_batches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalls")),
    )
    op.create_index("ix_recalls_batch", "recalls", ["batch_id", "started_at"], unique=False)
    op.create_index(
        "uq_recalls_batch_in_force",
        "recalls",
        ["batch_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null and withdrawn_at is null"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_recalls_batch_in_force",
        table_name="recalls",
        postgresql_where=sa.text("ended_at is null and withdrawn_at is null"),
    )
    op.drop_index("ix_recalls_batch", table_name="recalls")
    op.drop_table("recalls")
