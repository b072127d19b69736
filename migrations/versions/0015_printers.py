"""Label printers of organisations: what each is sent, its paper, its stored offsets."""

import sqlalchemy as sa
from alembic import op

revision = "0015_printers"
down_revision = "0014_rolls_and_serials"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label_printers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("design", sa.String(), nullable=False),
        sa.Column("width_mm", sa.Numeric(4, 1), nullable=True),
        sa.Column("height_mm", sa.Numeric(4, 1), nullable=True),
        sa.Column("gap_mm", sa.Numeric(3, 1), nullable=False),
        sa.Column("offset_x_mm", sa.Numeric(4, 2), nullable=False),
        sa.Column("offset_y_mm", sa.Numeric(4, 2), nullable=False),
        sa.Column("is_turned", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language in ('pdf', 'zpl', 'tspl')", name=op.f("ck_label_printers_language")),
        sa.CheckConstraint("dpi in (203, 300, 600)", name=op.f("ck_label_printers_dpi")),
        sa.CheckConstraint(
            "(width_mm is null) = (height_mm is null)", name=op.f("ck_label_printers_own_size")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_label_printers_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_printers")),
        sa.UniqueConstraint("organisation_id", "name", name="uq_label_printers_name"),
    )


def downgrade() -> None:
    op.drop_table("label_printers")
