"""${message}

House rules: expand now, contract in a later release; a constraint on a big table comes in two steps
(NOT VALID, then VALIDATE); append-only tables are listed in trace/core/append_only.py and get their trigger here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
