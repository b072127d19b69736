"""The codes printed under a QR: alphabet, check character, and how a typed one is read.

Ten characters name a batch, thirteen a serial or a roll stamp; the last one is the check character
(design section 5). Pure: whether a code was issued is for ``trace.batches``.
"""

import itertools
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator
from operator import mul

# No 0 O, 1 I L: in most typefaces, and in most handwriting, they cannot be told apart.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BATCH_LENGTH = 10
SERIAL_LENGTH = 13
LENGTHS = (BATCH_LENGTH, SERIAL_LENGTH)
# Longer than any code with separators; what is longer is not read at all.
LONGEST_TYPED = 40

# Random bytes as symbols, each equally likely: those past the last whole alphabet are thrown away.
_FAIR = 256 - 256 % len(ALPHABET)
_SYMBOLS = bytes(ord(ALPHABET[value % len(ALPHABET)]) for value in range(256))
_UNFAIR = bytes(range(_FAIR, 256))

_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_PRIME = len(ALPHABET)
_SYMBOLS_ONLY = re.compile(f"[{ALPHABET}]*")


def check_character(body: str) -> str:
    """The character that makes the weighted sum of body and check a multiple of 31.

    Weights are 2, 3, 4 … from the left and 1 for the check character. 31 is prime and all weights differ, so any
    single wrong character and any two swapped neighbours change the sum.
    """
    total = sum(map(mul, itertools.count(2), map(_VALUES.__getitem__, body)))
    return ALPHABET[-total % _PRIME]


def new_code(length: int = BATCH_LENGTH) -> str:
    """A random code of ``length`` characters, check character included."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
    return body + check_character(body)


def new_codes(count: int, length: int = SERIAL_LENGTH) -> list[str]:
    """As many random codes as asked for, quickly; two may be equal by chance, and then the database refuses them."""
    return [body + check_character(body) for body in new_words(count, length - 1)]


def new_words(count: int, length: int) -> Iterator[str]:
    """Random words of the alphabet without a check character."""
    wanted, symbols = count * length, b""
    while len(symbols) < wanted:
        symbols += os.urandom(wanted - len(symbols) + 64).translate(_SYMBOLS, _UNFAIR)
    text = symbols[:wanted].decode("ascii")
    return (text[start : start + length] for start in range(0, wanted, length))


def normalise(text: str) -> str:
    """What was typed or scanned, in capitals, without spaces, dashes and dots; not yet known to be well formed."""
    if len(text) > LONGEST_TYPED:
        return ""
    if _SYMBOLS_ONLY.fullmatch(text):  # as every scanned one is
        return text
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in folded if not c.isspace() and c not in "-‐‑–—._")


def is_well_formed(code: str) -> bool:
    """Whether a normalised code has a known length, only letters of the alphabet, and the right check character."""
    if len(code) not in LENGTHS or not _SYMBOLS_ONLY.fullmatch(code):
        return False
    return check_character(code[:-1]) == code[-1]


def pretty(code: str) -> str:
    """The code in groups of four, as printed: ``7K3Q-X9ZP-AB``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
