"""Words of making and packing that several faces use."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.batches.unit_models import UnitKind
from trace.events.rules_making import YieldReason

YIELD_REASONS: Final[Mapping[YieldReason, Any]] = {
    YieldReason.ADDED_INGREDIENTS: _l("Other ingredients were added"),
    YieldReason.ABSORBED_WATER: _l("It took up water"),
    YieldReason.DRIED_OR_PRESSED: _l("It was dried or pressed"),
    YieldReason.SORTED_OUT: _l("Most of it was sorted out"),
}
UNIT_KINDS: Final[Mapping[UnitKind, Any]] = {
    UnitKind.CARTON: _l("Carton"),
    UnitKind.PALLET: _l("Pallet"),
}
