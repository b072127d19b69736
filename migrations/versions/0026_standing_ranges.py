"""What stands of a stamp (its lot, void, sold) by one look: each scan of an item asks for all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0026_standing_ranges"
down_revision = "0025_named_parties"
branch_labels = None
depends_on = None

_SPAN = "int8range((run_id << 32) + first_number, (run_id << 32) + last_number, '[]')"


def upgrade() -> None:
    op.create_index(
        "ix_stamp_ranges_standing",
        "stamp_ranges",
        [sa.text(f"({_SPAN})")],
        postgresql_using="gist",
        postgresql_where=sa.text("kind <> 'reprinted' and undone_at is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_stamp_ranges_standing", table_name="stamp_ranges")
