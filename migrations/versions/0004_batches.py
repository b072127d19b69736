"""Batches, codes, holdings and the balance the database checks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_batches"
down_revision = "0003_producers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("lot_number", sa.String(), nullable=False),
        sa.Column("date_kind", sa.String(), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=False),
        sa.Column("expiry_kind", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("uom", sa.String(), nullable=True),
        sa.Column("packaging_word", sa.String(), nullable=True),
        sa.Column("seal", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_recalled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("date_kind in ('harvest', 'production')", name=op.f("ck_batches_date_kind")),
        sa.CheckConstraint("expiry_kind = 'none' or expires_on is not null", name=op.f("ck_batches_expiry")),
        sa.CheckConstraint(
            "(activated_at is null) = (seal is null)", name=op.f("ck_batches_sealed_when_activated")
        ),
        sa.CheckConstraint("(uom is null) = (packaging_word is not null)", name=op.f("ck_batches_one_unit")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_batches_quantity")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_batches_location_id_locations")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_batches_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_batches_product_id_products")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("code", name=op.f("uq_batches_code")),
        sa.UniqueConstraint("product_id", "lot_number", name="uq_batches_product_lot_number"),
    )
    op.create_index(
        "ix_batches_organisation_created", "batches", ["organisation_id", "created_at"], unique=False
    )
    op.create_table(
        "balances",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("created", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("held", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("in_transit", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("in_question", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("outside", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("sold", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("destroyed", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("lost", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint(
            "created = held + in_transit + in_question + outside + sold + destroyed + lost",
            name=op.f("ck_balances_sums_balance"),
        ),
        sa.CheckConstraint(
            "least(created, held, in_transit, in_question, outside, sold, destroyed, lost) >= 0",
            name=op.f("ck_balances_not_negative"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_balances_batch_id_batches")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_balances")),
    )
    op.create_table(
        "codes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('batch', 'serial', 'roll')", name=op.f("ck_codes_kind")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_codes_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_codes_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_codes")),
    )
    op.create_index(op.f("ix_codes_batch_id"), "codes", ["batch_id"], unique=False)
    op.create_table(
        "holdings",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_holdings_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_holdings_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_holdings_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("batch_id", "organisation_id", name=op.f("pk_holdings")),
    )
    op.create_index("ix_holdings_organisation", "holdings", ["organisation_id", "batch_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_holdings_organisation", table_name="holdings")
    op.drop_table("holdings")
    op.drop_index(op.f("ix_codes_batch_id"), table_name="codes")
    op.drop_table("codes")
    op.drop_table("balances")
    op.drop_index("ix_batches_organisation_created", table_name="batches")
    op.drop_table("batches")
