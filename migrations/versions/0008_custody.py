"""Every kind of custody event: goods by role, cartons, settlements, claims, holds, places, and the reach of recalls.

Events say in their own rows whatever their leaves commit to; ``event_goods`` takes the place of ``event_batches``.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from trace.core.append_only import guard_statements
from trace.core.database import APP_ROLE

revision = "0008_custody"
down_revision = "0007_jobs"
branch_labels = None
depends_on = None

_FILLED = (
    ("balances", "used"),
    ("batches", "origin"),
    ("batches", "is_under_review"),
    ("batches", "is_held"),
    ("events", "is_declaration"),
    ("events", "is_foreign"),
    ("events", "marks"),
    ("holdings", "packed"),
    ("holdings", "elsewhere"),
    ("holdings", "is_set_aside"),
    ("products", "is_from_outside"),
    ("shipment_lines", "settled_quantity"),
    ("shipments", "is_return"),
)
_CHECKS = (
    (
        "balances",
        "sums_balance",
        "created = held + in_transit + in_question + outside + sold + used + destroyed + lost",
        "created = held + in_transit + in_question + outside + sold + destroyed + lost",
    ),
    (
        "balances",
        "not_negative",
        "least(created, held, in_transit, in_question, outside, sold, used, destroyed, lost) >= 0",
        "least(created, held, in_transit, in_question, outside, sold, destroyed, lost) >= 0",
    ),
    (
        "shipment_lines",
        "sums_balance",
        "received_quantity is null or"
        " quantity = received_quantity + lost_quantity + open_quantity + settled_quantity",
        "received_quantity is null or quantity = received_quantity + lost_quantity + open_quantity",
    ),
    (
        "shipment_lines",
        "not_negative",
        "lost_quantity >= 0 and open_quantity >= 0 and settled_quantity >= 0",
        "lost_quantity >= 0 and open_quantity >= 0",
    ),
    ("codes", "kind", "kind in ('batch', 'serial', 'roll', 'unit')", "kind in ('batch', 'serial', 'roll')"),
)
_NEW_CHECKS = (
    ("batches", "origin", "origin in ('produced', 'transformed', 'split', 'merged', 'outside')"),
    ("holdings", "packed", "packed between 0 and quantity"),
    ("holdings", "elsewhere", "elsewhere between 0 and quantity"),
    ("products", "temperature", "min_temperature <= max_temperature"),
    ("shipments", "one_end", "num_nonnulls(received_at, cancelled_at, refused_at) <= 1"),
    ("events", "declaration", "not is_declaration or error_declaration is not null"),
)


def upgrade() -> None:
    op.create_table(
        "logistic_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sscc", sa.String(), nullable=True),
        sa.Column("packed_by", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('carton', 'pallet')", name=op.f("ck_logistic_units_kind")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_logistic_units_not_in_itself")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisations.id"], name=op.f("fk_logistic_units_holder_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["packed_by"], ["organisations.id"], name=op.f("fk_logistic_units_packed_by_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["logistic_units.id"], name=op.f("fk_logistic_units_parent_id_logistic_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistic_units")),
        sa.UniqueConstraint("code", name=op.f("uq_logistic_units_code")),
        sa.UniqueConstraint("sscc", name=op.f("uq_logistic_units_sscc")),
    )
    op.create_index("ix_logistic_units_holder", "logistic_units", ["holder_id", "created_at"], unique=False)
    op.create_index(op.f("ix_logistic_units_parent_id"), "logistic_units", ["parent_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claimant_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("(closed_at is null) = (outcome is null)", name=op.f("ck_claims_closed")),
        sa.CheckConstraint("claimant_id <> sender_id", name=op.f("ck_claims_takes_two")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_claims_quantity")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_claims_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["claimant_id"], ["organisations.id"], name=op.f("fk_claims_claimant_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["organisations.id"], name=op.f("fk_claims_sender_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_batch_id"), "claims", ["batch_id"], unique=False)
    op.create_index("ix_claims_claimant", "claims", ["claimant_id", "created_at"], unique=False)
    op.create_index(
        "ix_claims_sender_open",
        "claims",
        ["sender_id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("is_official", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_holds_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_holds_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(
        "uq_holds_in_force",
        "holds",
        ["batch_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "shipment_units",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("has_arrived", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["logistic_units.id"], name=op.f("fk_shipment_units_parent_id_logistic_units")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_units_shipment_id_shipments")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["logistic_units.id"], name=op.f("fk_shipment_units_unit_id_logistic_units")
        ),
        sa.PrimaryKeyConstraint("shipment_id", "unit_id", name=op.f("pk_shipment_units")),
    )
    op.create_table(
        "unit_contents",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_unit_contents_not_negative")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_unit_contents_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["logistic_units.id"], name=op.f("fk_unit_contents_unit_id_logistic_units")
        ),
        sa.PrimaryKeyConstraint("unit_id", "batch_id", name=op.f("pk_unit_contents")),
    )
    op.create_index(op.f("ix_unit_contents_batch_id"), "unit_contents", ["batch_id"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(answered_at is null) = (answer is null)", name=op.f("ck_confirmations_answered")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_confirmations_event_id_events")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_confirmations_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_confirmations_token_hash")),
    )
    op.create_index(op.f("ix_confirmations_event_id"), "confirmations", ["event_id"], unique=False)
    op.create_table(
        "event_goods",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("epc", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("uom", sa.String(), nullable=True),
        sa.CheckConstraint(
            "role in ('object', 'parent', 'child', 'input', 'output')", name=op.f("ck_event_goods_role")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_event_goods_batch_id_batches")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_goods_event_id_events")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["logistic_units.id"], name=op.f("fk_event_goods_unit_id_logistic_units")
        ),
        sa.PrimaryKeyConstraint("event_id", "position", name=op.f("pk_event_goods")),
    )
    op.create_index(
        "ix_event_goods_batch",
        "event_goods",
        ["batch_id", "event_id"],
        unique=False,
        postgresql_where=sa.text("batch_id is not null"),
    )
    op.create_index("ix_event_goods_epc", "event_goods", ["epc", "role"], unique=False)
    op.create_table(
        "placements",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_placements_not_negative")),
        sa.ForeignKeyConstraint(
            ["batch_id", "organisation_id"],
            ["holdings.batch_id", "holdings.organisation_id"],
            name="fk_placements_holding",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("fk_placements_location_id_locations")
        ),
        sa.PrimaryKeyConstraint("batch_id", "organisation_id", "location_id", name=op.f("pk_placements")),
    )
    op.create_table(
        "recall_lots",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.CheckConstraint(
            "relation in ('named', 'same_goods', 'made_from')", name=op.f("ck_recall_lots_relation")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_recall_lots_batch_id_batches")),
        sa.ForeignKeyConstraint(["recall_id"], ["recalls.id"], name=op.f("fk_recall_lots_recall_id_recalls")),
        sa.PrimaryKeyConstraint("recall_id", "batch_id", name=op.f("pk_recall_lots")),
    )
    op.create_index("ix_recall_lots_batch", "recall_lots", ["batch_id"], unique=False)
    op.add_column(
        "balances",
        sa.Column("used", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "batches", sa.Column("origin", sa.String(), server_default=sa.text("'produced'"), nullable=False)
    )
    op.add_column(
        "batches", sa.Column("is_under_review", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "batches", sa.Column("is_held", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("codes", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_codes_unit_id"), "codes", ["unit_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_codes_unit_id_logistic_units"), "codes", "logistic_units", ["unit_id"], ["id"]
    )
    op.add_column("event_private", sa.Column("on_behalf_of", sa.Uuid(), nullable=True))
    op.add_column(
        "event_private",
        sa.Column("people", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "event_private",
        sa.Column("attachments", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.create_foreign_key(
        op.f("fk_event_private_on_behalf_of_parties"), "event_private", "parties", ["on_behalf_of"], ["id"]
    )
    op.add_column("events", sa.Column("epcis_id", sa.String(), nullable=True))
    op.add_column(
        "events", sa.Column("is_declaration", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "events", sa.Column("is_foreign", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("events", sa.Column("corrects_id", sa.Uuid(), nullable=True))
    op.add_column("events", sa.Column("device_time", sa.DateTime(timezone=True), nullable=True))
    op.add_column("events", sa.Column("organisation_kind", sa.String(), nullable=True))
    op.add_column("events", sa.Column("commune", sa.String(), nullable=True))
    op.add_column("events", sa.Column("counterpart_kind", sa.String(), nullable=True))
    op.add_column("events", sa.Column("counterpart_commune", sa.String(), nullable=True))
    op.add_column(
        "events",
        sa.Column(
            "marks", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
    )
    op.add_column("events", sa.Column("parent_id", sa.String(), nullable=True))
    op.add_column(
        "events",
        sa.Column("epc_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "events",
        sa.Column("child_epcs", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "events",
        sa.Column(
            "input_epc_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "output_epc_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "child_quantity_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "input_quantity_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "output_quantity_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column("events", sa.Column("transformation_id", sa.String(), nullable=True))
    op.add_column(
        "events",
        sa.Column(
            "sensor_element_list", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "certification_info", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "error_declaration", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "events",
        sa.Column("sealed_items", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "events",
        sa.Column("context", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.alter_column(
        "events", "quantity_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True
    )
    op.alter_column(
        "events", "source_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True
    )
    op.alter_column(
        "events", "destination_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True
    )
    op.alter_column(
        "events", "biz_transaction_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True
    )
    _tell_the_past()
    op.create_index(
        "ix_events_corrects_id",
        "events",
        ["corrects_id"],
        unique=False,
        postgresql_where=sa.text("corrects_id is not null"),
    )
    op.create_index(
        "uq_events_epcis_id",
        "events",
        ["organisation_id", "epcis_id"],
        unique=True,
        postgresql_where=sa.text("not is_declaration"),
    )
    op.create_index(
        "uq_events_epcis_id_declaration",
        "events",
        ["organisation_id", "epcis_id"],
        unique=True,
        postgresql_where=sa.text("is_declaration"),
    )
    op.create_foreign_key(op.f("fk_events_corrects_id_events"), "events", "events", ["corrects_id"], ["id"])
    op.add_column(
        "holdings",
        sa.Column("packed", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "holdings",
        sa.Column(
            "elsewhere", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False
        ),
    )
    op.add_column(
        "holdings", sa.Column("is_set_aside", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("products", sa.Column("min_temperature", sa.Numeric(precision=18, scale=6), nullable=True))
    op.add_column("products", sa.Column("max_temperature", sa.Numeric(precision=18, scale=6), nullable=True))
    op.add_column(
        "products",
        sa.Column("is_from_outside", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "shipment_lines",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.add_column("shipment_lines", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.add_column(
        "shipment_lines",
        sa.Column(
            "settled_quantity", sa.Numeric(precision=18, scale=6), server_default=sa.text("0"), nullable=False
        ),
    )
    op.create_unique_constraint(
        "uq_shipment_lines_goods",
        "shipment_lines",
        ["shipment_id", "batch_id", "unit_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_foreign_key(
        op.f("fk_shipment_lines_unit_id_logistic_units"),
        "shipment_lines",
        "logistic_units",
        ["unit_id"],
        ["id"],
    )
    op.add_column("shipments", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shipments", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "shipments", sa.Column("is_return", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _change_checks()
    op.create_table(
        "settlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("agreed_at is null or declined_at is null", name=op.f("ck_settlements_one_end")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_settlements_quantity")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["shipment_lines.id"], name=op.f("fk_settlements_line_id_shipment_lines")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["organisations.id"], name=op.f("fk_settlements_proposed_by_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index(op.f("ix_settlements_line_id"), "settlements", ["line_id"], unique=False)
    op.create_index(
        "uq_settlements_line_open",
        "settlements",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("agreed_at is null and declined_at is null"),
    )
    for table, column in _FILLED:
        op.alter_column(table, column, server_default=None)
    op.alter_column("shipment_lines", "id", server_default=None)
    for statement in guard_statements("event_goods"):
        op.execute(statement)
    op.execute(f"revoke update, delete, truncate on event_goods from {APP_ROLE}")
    op.drop_table("event_batches")


def _tell_the_past() -> None:
    """Say of earlier events what their leaves committed to and their rows did not: kinds, communes, marks.

    The guards are lifted for this one statement; nothing an event already said is changed.
    """
    op.execute("alter table events disable trigger user")
    op.execute(
        """
        update events e set
            epcis_id = 'urn:uuid:' || e.id,
            organisation_kind = o.kind,
            commune = l.commune_code,
            counterpart_kind = coalesce(c.kind, p.kind),
            counterpart_commune = coalesce(
                (select s.commune_code from locations s where s.organisation_id = c.id
                 order by s.created_at, s.id limit 1),
                p.commune_code),
            marks = to_jsonb(array_remove(array[
                case when e.record_time - e.event_time > interval '24 hours' then 'late_entry' end,
                case when p.id is not null then 'one_sided' end], null)),
            sealed_items = case when e.verb = 'activate' then e.ilmd end,
            ilmd = case when e.verb = 'activate' then null else e.ilmd end
        from organisations o, events self
            left join locations l on l.id = self.location_id
            left join organisations c on c.id = self.counterpart_id
            left join event_private v on v.event_id = self.id
            left join parties p on p.id = v.party_id
        where o.id = e.organisation_id and self.id = e.id
        """
    )
    op.execute("alter table events enable trigger user")
    op.execute(
        """
        insert into event_goods (event_id, position, role, epc, lot, batch_id, quantity, uom)
        select g.event_id, row_number() over (partition by g.event_id order by g.batch_id) - 1, 'object',
               'urn:uuid:' || g.batch_id, 'urn:uuid:' || g.batch_id, g.batch_id, g.quantity, b.uom
        from event_batches g join batches b on b.id = g.batch_id
        """
    )
    op.alter_column("events", "epcis_id", nullable=False)
    op.alter_column("events", "organisation_kind", nullable=False)


def _change_checks() -> None:
    for table, name, new, _old in _CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, new)
    for table, name, condition in _NEW_CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.drop_constraint(op.f("pk_shipment_lines"), "shipment_lines", type_="primary")
    op.create_primary_key(op.f("pk_shipment_lines"), "shipment_lines", ["id"])


def downgrade() -> None:
    """Back to the form before; possible only while nothing new was recorded (a settled line, a carton, a merge)."""
    op.create_table(
        "event_batches",
        sa.Column("event_id", sa.UUID(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.UUID(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.NUMERIC(precision=18, scale=6), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_event_batches_batch_id_batches")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_batches_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", "batch_id", name=op.f("pk_event_batches")),
    )
    op.create_index(op.f("ix_event_batches_batch"), "event_batches", ["batch_id", "event_id"], unique=False)
    op.execute(
        "insert into event_batches select event_id, batch_id, sum(quantity) from event_goods"
        " where batch_id is not null group by event_id, batch_id"
    )
    for statement in guard_statements("event_batches"):
        op.execute(statement)
    op.execute(f"revoke update, delete, truncate on event_batches from {APP_ROLE}")
    for table, name, _condition in _NEW_CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    for table, name, _new, old in _CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, old)
    op.drop_table("settlements")
    op.drop_constraint(op.f("pk_shipment_lines"), "shipment_lines", type_="primary")
    op.create_primary_key(op.f("pk_shipment_lines"), "shipment_lines", ["shipment_id", "batch_id"])
    op.execute("alter table events disable trigger user")
    op.execute(
        "update events set ilmd = coalesce(ilmd, sealed_items), quantity_list = coalesce(quantity_list, '[]'),"
        " source_list = coalesce(source_list, '[]'), destination_list = coalesce(destination_list, '[]'),"
        " biz_transaction_list = coalesce(biz_transaction_list, '[]')"
    )
    op.execute("alter table events enable trigger user")
    op.drop_column("shipments", "is_return")
    op.drop_column("shipments", "refused_at")
    op.drop_column("shipments", "cancelled_at")
    op.drop_constraint(op.f("fk_shipment_lines_unit_id_logistic_units"), "shipment_lines", type_="foreignkey")
    op.drop_constraint("uq_shipment_lines_goods", "shipment_lines", type_="unique")
    op.drop_column("shipment_lines", "settled_quantity")
    op.drop_column("shipment_lines", "unit_id")
    op.drop_column("shipment_lines", "id")
    op.drop_column("products", "is_from_outside")
    op.drop_column("products", "max_temperature")
    op.drop_column("products", "min_temperature")
    op.drop_column("holdings", "is_set_aside")
    op.drop_column("holdings", "elsewhere")
    op.drop_column("holdings", "packed")
    op.drop_constraint(op.f("fk_events_corrects_id_events"), "events", type_="foreignkey")
    op.drop_index(
        "uq_events_epcis_id_declaration", table_name="events", postgresql_where=sa.text("is_declaration")
    )
    op.drop_index("uq_events_epcis_id", table_name="events", postgresql_where=sa.text("not is_declaration"))
    op.drop_index(
        "ix_events_corrects_id", table_name="events", postgresql_where=sa.text("corrects_id is not null")
    )
    op.alter_column(
        "events",
        "biz_transaction_list",
        existing_type=postgresql.JSONB(astext_type=sa.Text()),
        nullable=False,
    )
    op.alter_column(
        "events", "destination_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=False
    )
    op.alter_column(
        "events", "source_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=False
    )
    op.alter_column(
        "events", "quantity_list", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=False
    )
    op.drop_column("events", "context")
    op.drop_column("events", "sealed_items")
    op.drop_column("events", "error_declaration")
    op.drop_column("events", "certification_info")
    op.drop_column("events", "sensor_element_list")
    op.drop_column("events", "transformation_id")
    op.drop_column("events", "output_quantity_list")
    op.drop_column("events", "input_quantity_list")
    op.drop_column("events", "child_quantity_list")
    op.drop_column("events", "output_epc_list")
    op.drop_column("events", "input_epc_list")
    op.drop_column("events", "child_epcs")
    op.drop_column("events", "epc_list")
    op.drop_column("events", "parent_id")
    op.drop_column("events", "marks")
    op.drop_column("events", "counterpart_commune")
    op.drop_column("events", "counterpart_kind")
    op.drop_column("events", "commune")
    op.drop_column("events", "organisation_kind")
    op.drop_column("events", "device_time")
    op.drop_column("events", "corrects_id")
    op.drop_column("events", "is_foreign")
    op.drop_column("events", "is_declaration")
    op.drop_column("events", "epcis_id")
    op.drop_constraint(op.f("fk_event_private_on_behalf_of_parties"), "event_private", type_="foreignkey")
    op.drop_column("event_private", "attachments")
    op.drop_column("event_private", "people")
    op.drop_column("event_private", "on_behalf_of")
    op.drop_constraint(op.f("fk_codes_unit_id_logistic_units"), "codes", type_="foreignkey")
    op.drop_index(op.f("ix_codes_unit_id"), table_name="codes")
    op.drop_column("codes", "unit_id")
    op.drop_column("batches", "is_held")
    op.drop_column("batches", "is_under_review")
    op.drop_column("batches", "origin")
    op.drop_column("balances", "used")
    op.drop_index("ix_recall_lots_batch", table_name="recall_lots")
    op.drop_table("recall_lots")
    op.drop_table("placements")
    op.drop_index("ix_event_goods_epc", table_name="event_goods")
    op.drop_index(
        "ix_event_goods_batch", table_name="event_goods", postgresql_where=sa.text("batch_id is not null")
    )
    op.drop_table("event_goods")
    op.drop_index(op.f("ix_confirmations_event_id"), table_name="confirmations")
    op.drop_table("confirmations")
    op.drop_index(op.f("ix_unit_contents_batch_id"), table_name="unit_contents")
    op.drop_table("unit_contents")
    op.drop_table("shipment_units")
    op.drop_index("uq_holds_in_force", table_name="holds", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("holds")
    op.drop_index("ix_claims_sender_open", table_name="claims", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("ix_claims_claimant", table_name="claims")
    op.drop_index(op.f("ix_claims_batch_id"), table_name="claims")
    op.drop_table("claims")
    op.drop_index(op.f("ix_logistic_units_parent_id"), table_name="logistic_units")
    op.drop_index("ix_logistic_units_holder", table_name="logistic_units")
    op.drop_table("logistic_units")
