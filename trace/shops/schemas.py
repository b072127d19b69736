"""What the forms of custody send."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.models import PartyKind
from trace.core.fields import Choice, Instant, Quantity, Text, Tick
from trace.events.rules import DisposalReason

LONGEST_NOTE = 500


def told(empty: Any) -> dict[str, Any]:
    """What to say where a field was left empty: the list on top of a form names the field by it."""
    return {"required": empty, "null": empty}


class MovementForm(ma.Schema):
    """How much, when, and a note. To whom goods go is read apart (``trace.shops.receivers``)."""

    quantity = Quantity(required=True, error_messages=told(_l("Write how much it is.")))
    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class ReceiptForm(ma.Schema):
    """When goods were taken in, and a note; what arrived is read by line."""

    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class DestroyForm(MovementForm):
    reason = Choice(DisposalReason, required=True, error_messages=told(_l("Choose why.")))


class PartyForm(ma.Schema):
    """Somebody without an account; the number is what one calls when goods are recalled."""

    party_kind = Choice(PartyKind, required=True, error_messages=told(_l("Choose what kind of buyer it is.")))
    party_name = Text(longest=120, required=True, error_messages=told(_l("Write who receives the goods.")))
    party_phone = Text(longest=30, load_default="")
    commune_code = Text(longest=5, load_default=None)
    is_named = Tick()
