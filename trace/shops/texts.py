"""Words of the custody pages for codes that are theirs alone."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.accounts.models import PartyKind

PARTY_KINDS: Final[Mapping[PartyKind, Any]] = {
    PartyKind.TRADER: _l("Trader"),
    PartyKind.KITCHEN: _l("Kitchen or restaurant"),
    PartyKind.SHOP: _l("Shop or stall"),
    PartyKind.HOUSEHOLD: _l("Household"),
    PartyKind.OTHER: _l("Another kind"),
}
