"""What the forms of custody send."""

import marshmallow as ma

from trace.accounts.models import PartyKind
from trace.core.fields import Choice, Instant, Quantity, Text
from trace.events.rules import DisposalReason

LONGEST_NOTE = 500


class MovementForm(ma.Schema):
    """How much, when, and a note. To whom goods go is read apart (``trace.shops.receivers``)."""

    class Meta:
        # What an ambiguous number means comes beside it, as quantity_meaning.
        unknown = ma.EXCLUDE

    quantity = Quantity(required=True)
    event_time = Instant(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


class DestroyForm(MovementForm):
    reason = Choice(DisposalReason, required=True)


class PartyForm(ma.Schema):
    """Somebody without an account; the number is what one calls when goods are recalled."""

    party_kind = Choice(PartyKind, required=True)
    party_name = Text(longest=120, required=True)
    party_phone = Text(longest=30, load_default="")
    commune_code = Text(longest=5, load_default=None)
