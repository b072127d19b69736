"""What a recall reaches: the decision on each lot under review; transformations told in several events."""

import sqlalchemy as sa
from alembic import op

revision = "0013_graph"
down_revision = "0012_capture"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recall_lots", sa.Column("decision", sa.String(), nullable=True))
    op.add_column("recall_lots", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    for name, rule in (
        ("decision", "decision in ('not_affected', 'recalled')"),
        ("decided", "(decision is null) = (decided_at is null)"),
        ("reviewed", "decision is null or relation = 'made_from'"),
    ):
        op.create_check_constraint(op.f(f"ck_recall_lots_{name}"), "recall_lots", rule)
    # Recalls of before: no batch led to another then, so each reaches the batch it names.
    op.execute(
        "insert into recall_lots (recall_id, batch_id, relation) select id, batch_id, 'named' from recalls"
        " on conflict do nothing"
    )
    op.create_index(
        "ix_events_transformation_id",
        "events",
        ["transformation_id"],
        unique=False,
        postgresql_where=sa.text("transformation_id is not null"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_events_transformation_id",
        table_name="events",
        postgresql_where=sa.text("transformation_id is not null"),
    )
    # Constraints on them go with the columns.
    op.drop_column("recall_lots", "decided_at")
    op.drop_column("recall_lots", "decision")
