"""The words of the producers' workspace: units, states, fields, what happened. No decisions and no reads."""

from decimal import Decimal

import flask_babel
from flask_babel import lazy_gettext as _l

from producers.models import ExpiryKind
from trace.batches.models import Batch, DateKind
from trace.batches.rules import BatchState
from trace.core.language import language
from trace.core.numbers import format_quantity, in_words

MEASURES = (
    ("KGM", _l("kg (kilograms)")),
    ("GRM", _l("g (grams)")),
    ("LTR", _l("l (litres)")),
    ("MLT", _l("ml (millilitres)")),
    ("count", _l("Counted: fruit, bunches, bags …")),
)
# Read out in Vietnamese whatever the page's language: the words stand beside "mười hai phẩy năm".
_UNITS_IN_WORDS = {"KGM": "ki-lô-gam", "GRM": "gam", "LTR": "lít", "MLT": "mi-li-lít"}

EXPIRY_KINDS = (
    (ExpiryKind.USE_BY, _l("Use by"), _l("After this day it must not be sold: meat, milk, cut vegetables.")),
    (
        ExpiryKind.BEST_BEFORE,
        _l("Best before"),
        _l("After this day only quality may drop: tea, dry vermicelli."),
    ),
    (ExpiryKind.NONE, _l("No expiry date"), _l("Fresh whole fruit, crafts.")),
)
EXPIRY_NAMES = {kind: name for kind, name, _hint in EXPIRY_KINDS}
DATE_KINDS = (
    (DateKind.HARVEST, _l("Harvested on")),
    (DateKind.PRODUCTION, _l("Made on")),
)
DATE_NAMES = dict(DATE_KINDS)
STATES = (
    (BatchState.DRAFT, _l("Draft")),
    (BatchState.ACTIVE, _l("Activated")),
    (BatchState.RECALLED, _l("Being recalled")),
    (BatchState.EXPIRED, _l("Out of date")),
)
STATE_TONES = {
    BatchState.DRAFT: "note",
    BatchState.ACTIVE: "ok",
    BatchState.RECALLED: "recall",
    BatchState.EXPIRED: "expired",
}
# Fields of a product as people know them; what is not here (folded names) is told to nobody.
PRODUCT_FIELDS = {
    "name": _l("Product name"),
    "ocop_set": _l("OCOP set"),
    "picture_sha256": _l("Picture"),
    "uom": _l("Unit"),
    "packaging_word": _l("Unit"),
    "second_unit": _l("Second unit"),
    "usual_weight_kg": _l("Usual weight"),
    "natural_loss_percent": _l("Natural loss"),
    "min_temperature": _l("Storage temperature"),
    "max_temperature": _l("Storage temperature"),
    "expiry_kind": _l("Shelf life"),
    "shelf_life_days": _l("Shelf life"),
    "gtin": _l("GTIN"),
    "brand": _l("Brand"),
    "net_content": _l("Net content"),
    "standards": _l("Standards applied"),
    "has_food_safety_commitment": _l("Food-safety commitment"),
    "description": _l("What the producer says"),
    "archived_at": _l("Taken out of the list"),
}


def _(message: str, **values: object) -> str:
    """``flask_babel.gettext``, typed."""
    return str(flask_babel.gettext(message, **values))


def state_chip(batch: Batch, state: BatchState) -> tuple[str, str]:
    """Words and tone of a batch's state; what runs out is said by its kind."""
    if state is BatchState.EXPIRED and batch.expiry_kind == ExpiryKind.BEST_BEFORE:
        return _("Past its best-before date"), "copy"
    if state is BatchState.EXPIRED:
        return _("Past its use-by date"), "expired"
    return str(dict(STATES)[state]), STATE_TONES[state]


def quantity_words(quantity: Decimal, uom: str | None, packaging_word: str | None) -> str:
    """A quantity read out: ``mười hai phẩy năm ki-lô-gam``."""
    return f"{in_words(quantity)} {packaging_word or _UNITS_IN_WORDS.get(uom or '', '')}"


def amount(quantity: Decimal, unit: str) -> str:
    """A quantity with its unit, in the figures of the page's language, never broken over lines."""
    return f"{format_quantity(quantity, language())}\u00a0{unit}"


def typed(number: Decimal | None) -> str:
    """A stored number as a form shows it: read back it is the same number and raises no question."""
    if number is None:
        return ""
    whole, _mark, decimals = f"{number.normalize():f}".partition(".")
    if not decimals:
        return whole
    # Three decimals would read like thousands; a fourth does not.
    return f"{whole}{'.' if language() == 'en' else ','}{decimals}{'0' if len(decimals) == 3 else ''}"


def shelf_life(expiry_kind: str, days: int | None) -> str:
    """A product's shelf life in one line."""
    if expiry_kind == ExpiryKind.NONE or days is None:
        return _("No expiry date")
    return _("%(kind)s: %(days)s days", kind=EXPIRY_NAMES[ExpiryKind(expiry_kind)], days=days)
