"""Quantities as people type and read them. "12.5" and "12,5" are the same; "1.500" is asked about.

A quantity is a ``Decimal`` with at most 12 digits before and 6 after the point (``Numeric(18, 6)``). Pure, but for
``Figure``, which is written in the language of the answer.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from trace.core.errors import BadInput

MOST_DECIMALS = 6
LARGEST = Decimal(10) ** 12
LONGEST_TYPED = 30
_SMALLEST = Decimal(1).scaleb(-MOST_DECIMALS)

_DIGITS = re.compile(r"\d+")
_ONE_MARK = re.compile(r"(\d+)[.,](\d+)")
_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUP_SIZE = 3


class Meaning(StrEnum):
    """What the mark in "1.500" stands for."""

    THOUSANDS = "thousands"
    DECIMALS = "decimals"


class AmbiguousNumber(BadInput):
    """ "1.500" may be one and a half or fifteen hundred: a factor of a thousand is worth a question.

    ``as_thousands`` and ``as_decimals`` are the two readings.
    """

    code = "number-ambiguous"

    def __init__(self, typed: str, field: str, as_thousands: Decimal, as_decimals: Decimal) -> None:
        super().__init__(
            _l("Is %(typed)s more than a thousand, or a number with decimals? Choose below.", typed=typed),
            field=field,
            as_thousands=as_thousands,
            as_decimals=as_decimals,
        )
        self.as_thousands = as_thousands
        self.as_decimals = as_decimals


def parse_quantity(typed: str, field: str = "quantity", meaning: Meaning | None = None) -> Decimal:
    """The quantity somebody typed: above 0, at most 12 digits before and 6 after the mark.

    Raises ``AmbiguousNumber`` where one mark is followed by three digits and ``meaning`` does not say which it
    is, ``BadInput`` for everything else that is no such number.
    """
    text = re.sub(r"[\s\u00a0\u202f]", "", typed)
    malformed = BadInput(_l("Write a number, as in 12,5."), code="number-malformed", field=field)
    if not text.isascii() or len(text) > LONGEST_TYPED:
        raise malformed
    if _DIGITS.fullmatch(text):
        return _within(Decimal(text), field)
    single = _ONE_MARK.fullmatch(text)
    if single:
        whole, rest = single.groups()
        as_decimals = Decimal(f"{whole}.{rest}")
        if len(rest) != _GROUP_SIZE or len(whole) > _GROUP_SIZE or whole.startswith("0"):
            return _within(as_decimals, field)
        as_thousands = Decimal(whole + rest)
        if meaning is None:
            raise AmbiguousNumber(typed.strip(), field, as_thousands, as_decimals)
        return _within(as_thousands if meaning is Meaning.THOUSANDS else as_decimals, field)
    if _GROUPS.fullmatch(text):
        decimal_mark = max(text.rfind(","), text.rfind(".")) if {",", "."} <= set(text) else -1
        digits = "".join(
            "." if at == decimal_mark else c for at, c in enumerate(text) if c.isdigit() or at == decimal_mark
        )
        return _within(Decimal(digits), field)
    raise malformed


def format_quantity(quantity: Decimal, language: str = "vi") -> str:
    """``1234.5`` as ``1.234,5`` (vi) or ``1,234.5`` (en), without trailing zeros."""
    text = f"{quantity.normalize():,f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


@dataclass(frozen=True)
class Figure:
    """A quantity in a sentence that is said later, in whatever language it is said in then."""

    quantity: Decimal

    def __str__(self) -> str:
        return format_quantity(self.quantity, str(get_locale() or "vi"))


def in_words(quantity: Decimal) -> str:
    """A quantity read out in Vietnamese, to be compared with what was meant: 1234.5 is
    "một nghìn hai trăm ba mươi tư phẩy năm"."""
    whole, _, rest = f"{quantity.normalize():f}".partition(".")
    words = _read_whole(int(whole))
    if rest:
        zeros = len(rest) - len(rest.lstrip("0"))
        words += " phẩy " + " ".join(["không"] * zeros + [_read_whole(int(rest))])
    return words


_ONES = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ((10**9, "tỷ"), (10**6, "triệu"), (10**3, "nghìn"))


def _read_whole(number: int, *, full: bool = False) -> str:
    for size, word in _SCALES:
        if number >= size:
            high, low = divmod(number, size)
            head = f"{_read_whole(high, full=full)} {word}"
            return f"{head} {_read_whole(low, full=True)}" if low else head
    return _read_below_thousand(number, full=full)


def _read_below_thousand(number: int, *, full: bool) -> str:
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [f"{_ONES[hundreds]} trăm"] if hundreds or full else []
    if tens > 1:
        words.append(f"{_ONES[tens]} mươi")
    elif tens == 1:
        words.append("mười")
    elif ones and words:
        words.append("linh")
    if ones or not words:
        words.append(_last_digit(tens, ones))
    return " ".join(words)


def _last_digit(tens: int, ones: int) -> str:
    # After a ten, one, four and five change their names: hai mươi mốt, hai mươi tư, mười lăm.
    if tens > 1 and ones in (1, 4):
        return {1: "mốt", 4: "tư"}[ones]
    return "lăm" if tens >= 1 and ones == 5 else _ONES[ones]


def _within(quantity: Decimal, field: str) -> Decimal:
    if quantity <= 0:
        raise BadInput(_l("The quantity must be above 0."), code="quantity-not-positive", field=field)
    return check_storable(quantity, field)


def check_storable(quantity: Decimal, field: str = "quantity") -> Decimal:
    """The quantity, if its column takes it as it is; raises ``BadInput`` for one too large or too fine.

    For what was not typed as it is stored: sums, and quantities said in another unit.
    """
    if abs(quantity) >= LARGEST:
        raise BadInput(_l("This quantity is too large."), code="quantity-too-large", field=field)
    # Compared, not normalised: normalising rounds to 28 digits, and what is sent may have 30.
    if quantity != quantity.quantize(_SMALLEST):
        raise BadInput(_l("Use at most 6 decimals."), code="quantity-too-fine", field=field)
    return quantity
