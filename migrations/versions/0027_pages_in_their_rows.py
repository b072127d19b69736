"""Kept pages lie in their rows where a row has room for them: a scan reads one place and not three.

They are compressed already: to compress them again would cost time and save nothing.
"""

from alembic import op

revision = "0027_pages_in_their_rows"
down_revision = "0026_standing_ranges"
branch_labels = None
depends_on = None

_LARGEST_ROW = 8160


def upgrade() -> None:
    op.execute(f"alter table kept_pages set (toast_tuple_target = {_LARGEST_ROW})")
    op.execute("alter table kept_pages alter column content set storage external")


def downgrade() -> None:
    op.execute("alter table kept_pages alter column content set storage extended")
    op.execute("alter table kept_pages reset (toast_tuple_target)")
