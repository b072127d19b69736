"""Problems that people report: what was told, the pictures, and what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0021_reports"
down_revision = "0020_scans"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STATES = "state in ('received', 'in_hand', 'answered', 'closed')"


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("may_producer_call", sa.Boolean(), nullable=False),
        sa.Column("bought_at", sa.String(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("private_removed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "kind in ('different', 'spoiled', 'felt_ill', 'past_date', 'label', 'other')",
            name=op.f("ck_reports_kind"),
        ),
        sa.CheckConstraint("pack in ('whole', 'opened', 'wrapper', 'gone')", name=op.f("ck_reports_pack")),
        sa.CheckConstraint(STATES, name=op.f("ck_reports_state")),
        sa.CheckConstraint(
            "(settled_at is not null) = (state in ('answered', 'closed'))", name=op.f("ck_reports_settled")
        ),
        sa.CheckConstraint(
            "private_removed_at is null or phone is null", name=op.f("ck_reports_phone_removed")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_reports_batch_id_batches")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_reports_product_id_products")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_reports_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("number", name="uq_reports_number"),
        sa.UniqueConstraint("form_key", name="uq_reports_form_key"),
    )
    op.create_index("ix_reports_organisation", "reports", ["organisation_id", "created_at"])
    op.create_index("ix_reports_state", "reports", ["state", "created_at"])
    op.create_index("ix_reports_batch", "reports", ["batch_id"])
    op.create_index(
        "ix_reports_private",
        "reports",
        ["settled_at"],
        postgresql_where=sa.text("private_removed_at is null"),
    )
    op.create_table(
        "report_pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_pictures_report_id_reports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_pictures")),
        sa.UniqueConstraint("report_id", "place", name="uq_report_pictures_place"),
    )
    op.create_table(
        "report_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("is_by_authority", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_report_steps_state")),
        sa.CheckConstraint(
            "state not in ('answered', 'closed') or words <> ''",
            name=op.f("ck_report_steps_answer_has_words"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_steps_report_id_reports")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_report_steps_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_steps")),
    )
    op.create_index("ix_report_steps_report", "report_steps", ["report_id", "created_at"])


def downgrade() -> None:
    for table in ("report_steps", "report_pictures", "reports"):
        op.drop_table(table)
