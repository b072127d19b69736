"""Named queries of EPCIS, subscriptions to them, and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_epcis"
down_revision = "0009_log"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "epcis_queries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_epcis_queries_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_queries")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_epcis_queries_organisation_id_name")),
    )
    op.create_table(
        "epcis_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("dest", sa.String(), nullable=False),
        sa.Column("epc_format", sa.String(), nullable=False),
        sa.Column("is_stream", sa.Boolean(), nullable=False),
        sa.Column("schedule", JSON, nullable=True),
        sa.Column("report_if_empty", sa.Boolean(), nullable=False),
        sa.Column("initial_record_time", INSTANT, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("most_events", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("last_run_at", INSTANT, nullable=True),
        sa.Column("last_notified_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "is_stream <> (schedule is not null)", name=op.f("ck_epcis_subscriptions_stream_or_schedule")
        ),
        sa.CheckConstraint(
            "(paused_at is null) = (pause_reason is null)", name=op.f("ck_epcis_subscriptions_paused")
        ),
        sa.ForeignKeyConstraint(
            ["query_id"],
            ["epcis_queries.id"],
            name=op.f("fk_epcis_subscriptions_query_id_epcis_queries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_epcis_subscriptions_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_subscriptions")),
    )
    op.create_index(op.f("ix_epcis_subscriptions_query_id"), "epcis_subscriptions", ["query_id"])
    op.create_index(
        op.f("ix_epcis_subscriptions_organisation_id"), "epcis_subscriptions", ["organisation_id"]
    )
    op.create_index(
        "ix_epcis_subscriptions_due",
        "epcis_subscriptions",
        ["next_at"],
        postgresql_where=sa.text("paused_at is null"),
    )
    op.create_table(
        "epcis_subscription_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["epcis_subscriptions.id"],
            name=op.f("fk_epcis_subscription_keys_subscription_id_epcis_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_subscription_keys")),
    )
    op.create_index(
        op.f("ix_epcis_subscription_keys_subscription_id"), "epcis_subscription_keys", ["subscription_id"]
    )
    op.create_table(
        "epcis_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("from_index", sa.BigInteger(), nullable=False),
        sa.Column("to_index", sa.BigInteger(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("is_dropped", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("attempts", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["epcis_subscriptions.id"],
            name=op.f("fk_epcis_deliveries_subscription_id_epcis_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_deliveries")),
    )
    op.create_index(
        "uq_epcis_deliveries_open",
        "epcis_deliveries",
        ["subscription_id"],
        unique=True,
        postgresql_where=sa.text("delivered_at is null and not is_test and not is_dropped"),
    )
    op.create_index("ix_epcis_deliveries_subscription", "epcis_deliveries", ["subscription_id", "created_at"])


def downgrade() -> None:
    op.drop_table("epcis_deliveries")
    op.drop_table("epcis_subscription_keys")
    op.drop_table("epcis_subscriptions")
    op.drop_table("epcis_queries")
