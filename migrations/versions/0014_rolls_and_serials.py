"""Runs of numbered stamps, and what happened to ranges of them; every stamp is a row of the one table of codes."""

import sqlalchemy as sa
from alembic import op

revision = "0014_rolls_and_serials"
down_revision = "0013_graph"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
_SPAN = "int8range((run_id << 32) + first_number, (run_id << 32) + last_number, '[]')"


def upgrade() -> None:
    _create_runs()
    _create_ranges()
    op.add_column("codes", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.add_column("codes", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("codes", sa.Column("secret_hash", sa.LargeBinary(), nullable=True))
    op.add_column("codes", sa.Column("secret_opened_at", INSTANT, nullable=True))
    op.create_foreign_key(op.f("fk_codes_run_id_stamp_runs"), "codes", "stamp_runs", ["run_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_codes_stamp_of_a_run"),
        "codes",
        "(kind in ('serial', 'roll')) = (run_id is not null) and (run_id is null) = (number is null)",
    )
    op.create_check_constraint(
        op.f("ck_codes_stamp_bound_by_range"),
        "codes",
        "run_id is null or (batch_id is null and unit_id is null)",
    )
    op.create_index(
        "uq_codes_run_number",
        "codes",
        ["run_id", "number"],
        unique=True,
        postgresql_where=sa.text("run_id is not null"),
    )
    # Of a million stamps none leads to a lot or a carton by itself: they stay out of these.
    for name in ("batch_id", "unit_id"):
        op.drop_index(op.f(f"ix_codes_{name}"), table_name="codes")
        op.create_index(
            op.f(f"ix_codes_{name}"), "codes", [name], postgresql_where=sa.text(f"{name} is not null")
        )


def _create_runs() -> None:
    op.create_table(
        "stamp_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("has_secrets", sa.Boolean(), nullable=False),
        sa.Column("secret_key_id", sa.String(), nullable=True),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("file_removed_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind in ('roll', 'serial')", name=op.f("ck_stamp_runs_kind")),
        sa.CheckConstraint(
            "(kind = 'serial') = (batch_id is not null)", name=op.f("ck_stamp_runs_serials_of_a_lot")
        ),
        sa.CheckConstraint("first_number between 1 and last_number", name=op.f("ck_stamp_runs_numbers")),
        sa.CheckConstraint(
            "made between 0 and last_number - first_number + 1", name=op.f("ck_stamp_runs_made")
        ),
        sa.CheckConstraint(
            "finished_at is null or made = last_number - first_number + 1",
            name=op.f("ck_stamp_runs_finished_when_made"),
        ),
        sa.CheckConstraint("finished_at is null or cancelled_at is null", name=op.f("ck_stamp_runs_one_end")),
        sa.CheckConstraint(
            "has_secrets = (secret_key_id is not null)", name=op.f("ck_stamp_runs_secret_key")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_stamp_runs_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_stamp_runs_product_id_products")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_stamp_runs_batch_id_batches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_runs")),
        sa.UniqueConstraint("organisation_id", "first_number", name="uq_stamp_runs_first_number"),
    )
    op.create_index(op.f("ix_stamp_runs_batch_id"), "stamp_runs", ["batch_id"])
    op.create_index(
        "ix_stamp_runs_unfinished", "stamp_runs", ["id"], postgresql_where=sa.text("finished_at is null")
    )


def _create_ranges() -> None:
    op.create_table(
        "stamp_ranges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('bound', 'voided', 'reprinted')", name=op.f("ck_stamp_ranges_kind")),
        sa.CheckConstraint(
            "(kind = 'bound') = (batch_id is not null)", name=op.f("ck_stamp_ranges_bound_to_a_lot")
        ),
        sa.CheckConstraint(
            "kind = 'bound' or undone_at is null", name=op.f("ck_stamp_ranges_only_bindings_are_undone")
        ),
        sa.CheckConstraint(
            "(kind = 'voided') = (reason is not null)", name=op.f("ck_stamp_ranges_voided_for_a_reason")
        ),
        sa.CheckConstraint("first_number between 1 and last_number", name=op.f("ck_stamp_ranges_numbers")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["stamp_runs.id"], name=op.f("fk_stamp_ranges_run_id_stamp_runs")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_stamp_ranges_batch_id_batches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_ranges")),
    )
    # By the range types of PostgreSQL itself; the run and the number are one line of numbers.
    for name, which in (("bound", "kind = 'bound' and undone_at is null"), ("voided", "kind = 'voided'")):
        op.execute(
            f"alter table stamp_ranges add constraint ex_stamp_ranges_{name}_once exclude using gist"
            f" ({_SPAN} with &&) where ({which})"
        )
    op.create_index("ix_stamp_ranges_run", "stamp_ranges", ["run_id", "made_at"])
    op.create_index(
        "ix_stamp_ranges_batch",
        "stamp_ranges",
        ["batch_id"],
        postgresql_where=sa.text("batch_id is not null"),
    )


def downgrade() -> None:
    for name in ("batch_id", "unit_id"):
        op.drop_index(op.f(f"ix_codes_{name}"), table_name="codes")
        op.create_index(op.f(f"ix_codes_{name}"), "codes", [name])
    op.drop_index("uq_codes_run_number", table_name="codes")
    # Constraints on them go with the columns. Codes of stamps cannot be without their run.
    op.execute("delete from codes where run_id is not null")
    for name in ("secret_opened_at", "secret_hash", "number", "run_id"):
        op.drop_column("codes", name)
    op.drop_table("stamp_ranges")
    op.drop_table("stamp_runs")
