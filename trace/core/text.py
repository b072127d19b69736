"""Reading what people type: accents folded for search, characters that never belong in a field refused."""

import re
import unicodedata

# Controls (NUL included), and the marks that reorder what a reader sees: a name must read as it is stored.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# What the label's typeface draws: Latin-1, the letters of Vietnamese, common punctuation (a test asks the font).
_PRINTABLE = re.compile(
    "[\x20-\x7e\xa0-\xac\xae-\xff\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0"
    "\u1ea0-\u1ef9\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u2030\u2039\u203a\u20ab\u20ac\u2122\u2212"
    "\u2264\u2265]"
)
_WHITE = re.compile(r"\s+")


def has_forbidden_character(text: str) -> bool:
    """Whether the text holds a control or bidirectional-override character, or half a surrogate pair."""
    return _FORBIDDEN.search(text) is not None


def unprintable_characters(text: str) -> list[str]:
    """The characters no label can carry: emoji, other scripts. What is named once is printed for years."""
    return sorted({c for c in text if not _PRINTABLE.match(c)})


def is_printable(character: str) -> bool:
    """Whether the label's typeface draws this character."""
    return _PRINTABLE.match(character) is not None


def tidy(text: str) -> str:
    """The text in NFC with white space trimmed and runs of it made one space."""
    return _WHITE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """The text for searching: lower case, no accents, đ as d. "Bưởi Diễn" and "buoi dien" fold alike."""
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return _WHITE.sub(" ", "".join(c for c in spread if not unicodedata.combining(c))).strip()
