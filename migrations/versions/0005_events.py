"""Custody: events, shipments, what is private, and the leaves of the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from trace.core.append_only import guard_statements
from trace.core.database import APP_ROLE

revision = "0005_events"
down_revision = "0004_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leaves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
        sa.UniqueConstraint("event_id", name=op.f("uq_leaves_event_id")),
    )
    op.create_table(
        "shipments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(receiver_id is null) <> (party_id is null)", name=op.f("ck_shipments_one_receiver")
        ),
        sa.CheckConstraint(
            "receiver_id is null or receiver_id <> sender_id", name=op.f("ck_shipments_takes_two")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_shipments_party_id_parties")),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["organisations.id"], name=op.f("fk_shipments_receiver_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["organisations.id"], name=op.f("fk_shipments_sender_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("number", name=op.f("uq_shipments_number")),
    )
    op.create_index("ix_shipments_receiver_open", "shipments", ["receiver_id", "received_at"], unique=False)
    op.create_index("ix_shipments_sender", "shipments", ["sender_id", "shipped_at"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("biz_step", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_time_zone_offset", sa.String(), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("counterpart_id", sa.Uuid(), nullable=True),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.Column("read_point", sa.String(), nullable=True),
        sa.Column("biz_location", sa.String(), nullable=True),
        sa.Column("quantity_list", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_list", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("destination_list", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("biz_transaction_list", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "persistent_disposition",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("ilmd", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("extensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("event_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["counterpart_id"], ["organisations.id"], name=op.f("fk_events_counterpart_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_events_location_id_locations")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_events_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_events_shipment_id_shipments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_counterpart_id"), "events", ["counterpart_id"], unique=False)
    op.create_index(op.f("ix_events_event_hash"), "events", ["event_hash"], unique=False)
    op.create_index(
        "ix_events_organisation_record", "events", ["organisation_id", "record_time"], unique=False
    )
    op.create_index(op.f("ix_events_shipment_id"), "events", ["shipment_id"], unique=False)
    op.create_table(
        "shipment_lines",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received_quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("lost_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("open_quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "lost_quantity >= 0 and open_quantity >= 0", name=op.f("ck_shipment_lines_not_negative")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity")),
        sa.CheckConstraint(
            "received_quantity between 0 and quantity", name=op.f("ck_shipment_lines_received_quantity")
        ),
        sa.CheckConstraint(
            "received_quantity is null or quantity = received_quantity + lost_quantity + open_quantity",
            name=op.f("ck_shipment_lines_sums_balance"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_shipment_lines_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_lines_shipment_id_shipments")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "batch_id", name=op.f("pk_shipment_lines")),
    )
    op.create_index("ix_shipment_lines_batch", "shipment_lines", ["batch_id"], unique=False)
    op.create_table(
        "event_batches",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_event_batches_batch_id_batches")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_batches_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", "batch_id", name=op.f("pk_event_batches")),
    )
    op.create_index("ix_event_batches_batch", "event_batches", ["batch_id", "event_id"], unique=False)
    op.create_table(
        "event_private",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("salts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_private_event_id_events")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_event_private_party_id_parties")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["users.id"], name=op.f("fk_event_private_recorded_by_users")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_private")),
    )
    for table in ("events", "event_batches", "leaves"):
        for statement in guard_statements(table):
            op.execute(statement)
        op.execute(f"revoke update, delete, truncate on {table} from {APP_ROLE}")
    # Personal values: written once, deleted by erasure only, which comes with a function of its own.
    op.execute(f"revoke update, delete, truncate on event_private from {APP_ROLE}")


def downgrade() -> None:
    op.drop_table("event_private")
    op.drop_index("ix_event_batches_batch", table_name="event_batches")
    op.drop_table("event_batches")
    op.drop_index("ix_shipment_lines_batch", table_name="shipment_lines")
    op.drop_table("shipment_lines")
    op.drop_index(op.f("ix_events_shipment_id"), table_name="events")
    op.drop_index("ix_events_organisation_record", table_name="events")
    op.drop_index(op.f("ix_events_event_hash"), table_name="events")
    op.drop_index(op.f("ix_events_counterpart_id"), table_name="events")
    op.drop_table("events")
    op.drop_index("ix_shipments_sender", table_name="shipments")
    op.drop_index("ix_shipments_receiver_open", table_name="shipments")
    op.drop_table("shipments")
    op.drop_table("leaves")
