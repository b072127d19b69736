"""Since when somebody without an account agrees to be named on public pages; nobody who is there has been asked."""

import sqlalchemy as sa
from alembic import op

revision = "0025_named_parties"
down_revision = "0024_diary_and_tests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parties", sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("parties", "agreed_at")
