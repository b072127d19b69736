"""Items with a code of their own are sold one by one: a range of one stamp, by whoever sold it, undone on a mistake."""

import sqlalchemy as sa
from alembic import op

revision = "0017_sold_items"
down_revision = "0016_links"
branch_labels = None
depends_on = None

_SPAN = "int8range((run_id << 32) + first_number, (run_id << 32) + last_number, '[]')"
_CHECKS = {
    "kind": (
        "kind in ('bound', 'voided', 'reprinted')",
        "kind in ('bound', 'voided', 'reprinted', 'sold')",
    ),
    "only_bindings_are_undone": ("kind = 'bound' or undone_at is null", None),
    "only_bindings_and_sales_are_undone": (None, "kind in ('bound', 'sold') or undone_at is null"),
    "sold_by_somebody": (None, "(kind = 'sold') = (organisation_id is not null)"),
    "sold_one_by_one": (None, "kind <> 'sold' or first_number = last_number"),
}


def upgrade() -> None:
    op.add_column("stamp_ranges", sa.Column("organisation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_stamp_ranges_organisation_id_organisations"),
        "stamp_ranges",
        "organisations",
        ["organisation_id"],
        ["id"],
    )
    for name, (before, after) in _CHECKS.items():
        _replace_check(name, before, after)
    # No item is sold twice, unless the sale before was undone: the database says so itself.
    op.execute(
        f"alter table stamp_ranges add constraint ex_stamp_ranges_sold_once exclude using gist ({_SPAN} with &&)"
        " where (kind = 'sold' and undone_at is null)"
    )
    op.create_index(
        "ix_stamp_ranges_organisation",
        "stamp_ranges",
        ["organisation_id", "made_at"],
        postgresql_where=sa.text("organisation_id is not null"),
    )


def downgrade() -> None:
    op.execute("delete from stamp_ranges where kind = 'sold'")
    op.drop_index("ix_stamp_ranges_organisation", table_name="stamp_ranges")
    op.drop_constraint("ex_stamp_ranges_sold_once", "stamp_ranges")
    for name, (before, after) in _CHECKS.items():
        _replace_check(name, after, before)
    op.drop_column("stamp_ranges", "organisation_id")


def _replace_check(name: str, before: str | None, after: str | None) -> None:
    full = op.f(f"ck_stamp_ranges_{name}")
    if before is not None:
        op.drop_constraint(full, "stamp_ranges")
    if after is not None:
        op.create_check_constraint(full, "stamp_ranges", after)
