"""Places of scans, where people offered them, and cases of labels that may have been copied."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023_places_and_copies"
down_revision = "0022_kept_pages"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DECISIONS = "decision in ('confirmed_copy', 'needs_check', 'no_copy')"


def upgrade() -> None:
    # Not by the month as scans are: few people offer their place, and what is past its time is deleted at night.
    op.create_table(
        "placed_scans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scanned_at", INSTANT, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("commune_code", sa.String(), nullable=False),
        sa.CheckConstraint(
            "device in ('phone', 'tablet', 'computer', 'unknown')", name=op.f("ck_placed_scans_device")
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["communes.code"], name=op.f("fk_placed_scans_commune_code_communes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placed_scans")),
    )
    op.create_index("ix_placed_scans_code", "placed_scans", ["code", "scanned_at"])
    op.create_index("ix_placed_scans_scanned_at", "placed_scans", ["scanned_at"])
    op.create_table(
        "scan_places",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("commune_code", sa.String(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.CheckConstraint("scans >= 1", name=op.f("ck_scan_places_scans")),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["communes.code"], name=op.f("fk_scan_places_commune_code_communes")
        ),
        sa.PrimaryKeyConstraint("code", "commune_code", name=op.f("pk_scan_places")),
    )
    op.create_index("ix_scan_places_last_at", "scan_places", ["last_at"])
    op.create_table(
        "copy_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("is_by_authority", sa.Boolean(), nullable=False),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_copy_cases_decision")),
        sa.CheckConstraint(
            "(decision is null) = (decided_at is null) and (decision is null) = (decided_by_id is null)"
            " and (decision is not null or not is_by_authority)",
            name=op.f("ck_copy_cases_decided"),
        ),
        sa.CheckConstraint("score between 0 and 100", name=op.f("ck_copy_cases_score")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_copy_cases_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_copy_cases_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["organisations.id"], name=op.f("fk_copy_cases_decided_by_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_cases")),
        sa.UniqueConstraint("code", name="uq_copy_cases_code"),
    )
    op.create_index("ix_copy_cases_organisation", "copy_cases", ["organisation_id", "opened_at"])
    op.create_index(
        "ix_copy_cases_open", "copy_cases", ["opened_at"], postgresql_where=sa.text("decision is null")
    )
    op.create_table(
        "copy_case_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("is_by_authority", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_copy_case_steps_decision")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["copy_cases.id"], name=op.f("fk_copy_case_steps_case_id_copy_cases")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_copy_case_steps_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_case_steps")),
    )
    op.create_index("ix_copy_case_steps_case", "copy_case_steps", ["case_id", "created_at"])


def downgrade() -> None:
    for table in ("copy_case_steps", "copy_cases", "scan_places", "placed_scans"):
        op.drop_table(table)
