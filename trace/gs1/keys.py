"""GS1 keys as digits: check digits, GTIN, GLN, SSCC, and the character set of lots and serials.

Predicates and normal forms only; nothing here raises. Whether a key is known, claimed or checked is for the
features above. Keys inside addresses are for ``trace.gs1.digital_link``.
"""

GTIN_LENGTHS = (8, 12, 13, 14)
LONGEST_LOT_NUMBER = 20

# GS1 General Specifications 7.11, table of "GS1 AI encodable character set 82".
CHARACTER_SET_82 = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
# GS1 General Specifications 7.11, "character set 39": only component and part identifiers (AI 8010).
CHARACTER_SET_39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")

# What people type between the digits of a printed number.
_TYPED_SEPARATORS = str.maketrans("", "", " -\u00a0\u2010\u2011\u2013")


def is_digits(text: str) -> bool:
    """Whether ``text`` is one or more of the ASCII digits (``str.isdigit`` alone also takes "²" and "٣")."""
    return text.isascii() and text.isdigit()


def check_digit(body: str) -> str:
    """The check digit of a GS1 key whose other digits are ``body`` (GS1 General Specifications 7.9).

    Weights 3 and 1 alternate, 3 on the rightmost digit of ``body``. ``body`` must be ASCII digits.
    """
    total = 3 * sum(map(int, body[-1::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


def has_valid_check_digit(text: str) -> bool:
    """Whether the last digit of ``text`` is the check digit of the others (GS1 General Specifications 7.9)."""
    return len(text) > 1 and is_digits(text) and check_digit(text[:-1]) == text[-1]


def is_valid_gtin(text: str) -> bool:
    """Whether ``text`` is a GTIN-8, -12, -13 or -14 as it stands (GS1 General Specifications 7.9).

    A number of zeros only has a right check digit and identifies nothing: it is not one.
    """
    return len(text) in GTIN_LENGTHS and has_valid_check_digit(text) and bool(text.strip("0"))


def normalise_gtin(text: str) -> str | None:
    """The GTIN as 14 digits, or None when it is not one.

    The same goods under GTIN-13 and GTIN-14 are the same goods: compare, store and hash this form only. Spaces
    and dashes between printed digits are taken out.
    """
    digits = text.strip().translate(_TYPED_SEPARATORS)
    return digits.zfill(14) if is_valid_gtin(digits) else None


def is_valid_gln(text: str) -> bool:
    """Whether ``text`` is a global location number: 13 digits (GS1 General Specifications 7.9)."""
    return len(text) == 13 and has_valid_check_digit(text)


def is_valid_sscc(text: str) -> bool:
    """Whether ``text`` is a serial shipping container code: 18 digits (GS1 General Specifications 7.9)."""
    return len(text) == 18 and has_valid_check_digit(text)


def is_in_character_set_82(text: str) -> bool:
    """Whether every character may stand in a GS1 element string (GS1 General Specifications 7.11)."""
    return CHARACTER_SET_82.issuperset(text)


def is_valid_lot_number(text: str) -> bool:
    """Whether ``text`` may be a lot number (AI 10): 1 to 20 of character set 82.

    GS1 General Specifications 7.11. Vietnamese letters with marks and spaces are not in the set.
    """
    return 1 <= len(text) <= LONGEST_LOT_NUMBER and is_in_character_set_82(text)
