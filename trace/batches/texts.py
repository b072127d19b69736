"""The words of batches that more than one face needs."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

# The ten items of Circular 02/2024/TT-BKHCN, in its order.
ITEM_LABELS: Final[Mapping[int, Any]] = {
    1: _l("Product name"),
    2: _l("Product picture"),
    3: _l("Producing or trading unit"),
    4: _l("Its address"),
    5: _l("Stages, with product code, place code and time"),
    6: _l("Time of production or trade"),
    7: _l("Traceability code"),
    8: _l("Brand, mark, model, serial (if any)"),
    9: _l("Expiry (if any)"),
    10: _l("Standards applied"),
}
