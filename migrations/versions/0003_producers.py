"""Products and their OCOP certificates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_producers"
down_revision = "0002_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.String(), nullable=False),
        sa.Column("ocop_set", sa.Integer(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("net_content", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("picture_sha256", sa.String(), nullable=True),
        sa.Column("uom", sa.String(), nullable=True),
        sa.Column("packaging_word", sa.String(), nullable=True),
        sa.Column("second_unit", sa.String(), nullable=True),
        sa.Column("usual_weight_kg", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("natural_loss_percent", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("expiry_kind", sa.String(), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("gtin", sa.String(), nullable=True),
        sa.Column("gtin_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("standards", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("has_food_safety_commitment", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "expiry_kind in ('use_by', 'best_before', 'none')", name=op.f("ck_products_expiry_kind")
        ),
        sa.CheckConstraint(
            "(second_unit is null) = (usual_weight_kg is null)", name=op.f("ck_products_second_unit")
        ),
        sa.CheckConstraint("(uom is null) = (packaging_word is not null)", name=op.f("ck_products_one_unit")),
        sa.CheckConstraint(
            "natural_loss_percent between 0 and 30", name=op.f("ck_products_natural_loss_percent")
        ),
        sa.CheckConstraint("ocop_set between 1 and 26", name=op.f("ck_products_ocop_set")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_products_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_gtin"), "products", ["gtin"], unique=False)
    op.create_index(op.f("ix_products_organisation_id"), "products", ["organisation_id"], unique=False)
    op.create_index(
        "uq_products_organisation_name",
        "products",
        ["organisation_id", "name_folded"],
        unique=True,
        postgresql_where=sa.text("archived_at is null"),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("decision_number", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column(
            "expires_on",
            sa.Date(),
            sa.Computed("(decided_on + interval '36 months')::date", persisted=True),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stars between 3 and 5", name=op.f("ck_certificates_stars")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_certificates_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_product_id"), "certificates", ["product_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_certificates_product_id"), table_name="certificates")
    op.drop_table("certificates")
    op.drop_index(
        "uq_products_organisation_name",
        table_name="products",
        postgresql_where=sa.text("archived_at is null"),
    )
    op.drop_index(op.f("ix_products_organisation_id"), table_name="products")
    op.drop_index(op.f("ix_products_gtin"), table_name="products")
    op.drop_table("products")
