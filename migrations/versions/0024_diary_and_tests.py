"""The production diary and test results, appended and corrected, and noted for the pages that show them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from trace.core.append_only import guard_statements
from trace.core.database import APP_ROLE

revision = "0024_diary_and_tests"
down_revision = "0023_places_and_copies"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# What a page of a lot depends on: the diary of its product at its place, its own test results.
WATCHED = {"diary_entries": "'product_id'", "test_results": "'batch_id'"}


def upgrade() -> None:
    op.create_table(
        "diary_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("used", sa.String(), nullable=False),
        sa.Column("active_ingredient", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("waiting_days", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("is_taken_back", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('spray', 'fertilise', 'other')", name=op.f("ck_diary_entries_kind")),
        sa.CheckConstraint("waiting_days between 0 and 365", name=op.f("ck_diary_entries_waiting_days")),
        sa.CheckConstraint(
            "waiting_days is null or kind <> 'other'", name=op.f("ck_diary_entries_waiting_of_what")
        ),
        sa.CheckConstraint(
            "not is_taken_back or corrects_id is not null", name=op.f("ck_diary_entries_taken_back")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_diary_entries_{column}_{table}")
            )
            for column, table in (
                ("organisation_id", "organisations"),
                ("product_id", "products"),
                ("location_id", "locations"),
                ("batch_id", "batches"),
                ("party_id", "parties"),
                ("corrects_id", "diary_entries"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_entries")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_diary_entries_corrects_id")),
    )
    op.create_index("ix_diary_entries_growing", "diary_entries", ["product_id", "location_id", "done_on"])
    op.create_index("ix_diary_entries_organisation", "diary_entries", ["organisation_id", "done_on"])
    op.create_table(
        "test_results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory", sa.String(), nullable=False),
        sa.Column("report_number", sa.String(), nullable=False),
        sa.Column("sampled_on", sa.Date(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("picture_sha256", sa.String(), nullable=True),
        sa.Column("is_picture_public", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("is_taken_back", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("sampled_on <= reported_on", name=op.f("ck_test_results_dates")),
        sa.CheckConstraint(
            "not is_taken_back or corrects_id is not null", name=op.f("ck_test_results_taken_back")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_test_results_{column}_{table}"))
            for column, table in (
                ("organisation_id", "organisations"),
                ("batch_id", "batches"),
                ("corrects_id", "test_results"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_results")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_test_results_corrects_id")),
    )
    op.create_index("ix_test_results_batch", "test_results", ["batch_id", "recorded_at"])
    for table, columns in WATCHED.items():
        for statement in guard_statements(table):
            op.execute(statement)
        op.execute(f"revoke update, delete, truncate on {table} from {APP_ROLE}")
        op.execute(
            f"create trigger {table}_page_change after insert or update or delete on {table} "
            f"for each row execute function note_page_change({columns})"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.drop_table(table)
