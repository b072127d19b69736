"""Reading what people type: accents folded for search, characters that never belong in a field refused."""

import re
import unicodedata

# Controls (NUL included), and the marks that reorder what a reader sees: a name must read as it is stored.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_WHITE = re.compile(r"\s+")


def has_forbidden_character(text: str) -> bool:
    """Whether the text holds a control or bidirectional-override character, or half a surrogate pair."""
    return _FORBIDDEN.search(text) is not None


def tidy(text: str) -> str:
    """The text in NFC with white space trimmed and runs of it made one space."""
    return _WHITE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """The text for searching: lower case, no accents, đ as d. "Bưởi Diễn" and "buoi dien" fold alike."""
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return _WHITE.sub(" ", "".join(c for c in spread if not unicodedata.combining(c))).strip()
