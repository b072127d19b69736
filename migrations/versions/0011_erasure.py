"""Erasing personal values: the one way to change ``event_private``, a function with its owner's rights."""

from alembic import op

from trace.core.database import APP_ROLE

revision = "0011_erasure"
down_revision = "0010_epcis"
branch_labels = None
depends_on = None

# Places of the salts in ``event_private.salts``, 16 bytes each: the leaf of version 1 is for ever (docs/log.md).
FUNCTION = """
create function erase_event_private(the_event uuid, the_fields text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    places constant jsonb := '{"on_behalf_of": 43, "person": 44, "note": 45, "attachments": 46}';
    field text;
begin
    foreach field in array the_fields loop
        if places -> field is null then
            raise exception 'the field % is never erased', field using errcode = 'insufficient_privilege';
        end if;
        update public.event_private set
            salts = overlay(salts placing decode(repeat('00', 16), 'hex') from (places ->> field)::int * 16 + 1),
            on_behalf_of = case field when 'on_behalf_of' then null else on_behalf_of end,
            recorded_by = case field when 'person' then null else recorded_by end,
            people = case field when 'person' then null else people end,
            note = case field when 'note' then '' else note end,
            attachments = case field when 'attachments' then null else attachments end
        where event_id = the_event;
        if not found then
            return false;
        end if;
    end loop;
    return true;
end $$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("revoke execute on function erase_event_private(uuid, text[]) from public")
    op.execute(f"grant execute on function erase_event_private(uuid, text[]) to {APP_ROLE}")


def downgrade() -> None:
    op.execute("drop function erase_event_private(uuid, text[])")
