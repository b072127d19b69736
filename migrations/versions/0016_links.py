"""Links a producer chose for a product; finding lots by the GTIN they were sealed with."""

import sqlalchemy as sa
from alembic import op

revision = "0016_links"
down_revision = "0015_printers"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "product_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("link_type", sa.String(), nullable=False),
        sa.Column("href", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.CheckConstraint("href like 'https://%'", name=op.f("ck_product_links_https")),
        sa.CheckConstraint("language ~ '^[a-z]{2}$'", name=op.f("ck_product_links_language")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_links_product_id_products")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_links")),
    )
    op.create_index(
        "uq_product_links_product_type",
        "product_links",
        ["product_id", "link_type", "language", "media_type"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    # Labels outlive a change of mind: a lot is found by the GTIN it was sealed with. Most lots have none.
    op.create_index(
        "ix_batches_sealed_gtin",
        "batches",
        [sa.text("(seal ->> 'gtin')")],
        postgresql_where=sa.text("seal ->> 'gtin' <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_batches_sealed_gtin", table_name="batches")
    op.drop_table("product_links")
