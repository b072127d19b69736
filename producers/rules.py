"""Pure decisions about products and certificates: the OCOP sets, validity, the units a batch may have."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from trace.core.errors import BadInput

# The 26 product sets of QĐ 26/2026/QĐ-TTg; the first 18 are eaten or drunk.
OCOP_SETS = {
    1: _l("Fresh vegetables, roots, fruit and seeds"),
    2: _l("Fresh meat, seafood, eggs and milk"),
    3: _l("Rice, cereals and semi-processed seeds"),
    4: _l("Honey and other foodstuffs"),
    5: _l("Fast food"),
    6: _l("Processed from rice and cereals"),
    7: _l("Processed from vegetables, fruit and seeds"),
    8: _l("Processed from meat, seafood, eggs, milk and honey"),
    9: _l("Sauces and liquid condiments"),
    10: _l("Other spices"),
    11: _l("Tea"),
    12: _l("Teas from other plants"),
    13: _l("Coffee and cocoa"),
    14: _l("White spirits"),
    15: _l("Other alcoholic drinks"),
    16: _l("Mineral and bottled water"),
    17: _l("Other soft drinks"),
    18: _l("Functional food and traditional medicine"),
    19: _l("Herbal cosmetics"),
    20: _l("Essential oils and other herbal products"),
    21: _l("Handicrafts"),
    22: _l("Cloth and garments"),
    23: _l("Flowers"),
    24: _l("Ornamental plants"),
    25: _l("Ornamental animals"),
    26: _l("Tourism services"),
}

# UN/ECE Rec 20 codes for mass and volume; everything else is a count with a packaging word.
MEASURES = {"KGM": "kg", "GRM": "g", "LTR": "lít", "MLT": "ml"}
# Offered in forms; any word may be typed.
PACKAGING_WORDS = (
    "quả",
    "bó",
    "mớ",
    "túi",
    "hộp",
    "chai",
    "lọ",
    "con",
    "khay",
    "thùng",
    "gói",
    "bánh",
    "cái",
)
LONGEST_SHELF_LIFE_DAYS = 3650
MOST_NATURAL_LOSS_PERCENT = 30
# °C between which a product may say it is to be kept.
KEPT_BETWEEN = (-40, 60)


@dataclass(frozen=True)
class Unit:
    """The one unit of a batch: a Rec 20 measure, or a count of something packed."""

    uom: str | None
    packaging_word: str | None


def parse_unit(measure: str, packaging_word: str) -> Unit:
    """The unit a form asks for: ``measure`` is a Rec 20 code or "count". Raises ``BadInput`` on the field."""
    if measure in MEASURES:
        return Unit(measure, None)
    if measure != "count":
        raise BadInput(_l("Choose a unit."), code="unit-unknown", field="measure")
    if not packaging_word:
        raise BadInput(
            _l("Say what is counted: quả, bó, túi …"), code="packaging-word-missing", field="packaging_word"
        )
    return Unit(None, packaging_word)


def expiry_of(produced_on: date, kind: str, shelf_life_days: int | None) -> date | None:
    """The last day of a batch's shelf life, derived from the product; None where it has none."""
    if kind == ExpiryKind.NONE or shelf_life_days is None:
        return None
    return produced_on + timedelta(days=shelf_life_days)


def is_certificate_valid(decided_on: date, expires_on: date, today: date) -> bool:
    """OCOP stars are shown from the decision until 36 months after it, last day included."""
    return decided_on <= today <= expires_on
