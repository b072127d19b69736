"""Sentences of a page with names in them: plain text for programs, and for readers each name marked as Vietnamese.

What people gave (producers, places) stands in their own words; the words around it are in the page's language.
"""

from typing import Self

from flask_babel import get_locale
from markupsafe import Markup, escape

from trace.core.language import DEFAULT


class Told(str):
    """Text of a page: itself as a string, and with its names marked where a template shows it."""

    __slots__ = ("_marked",)
    _marked: Markup

    def __new__(cls, text: str, marked: Markup) -> Self:
        told = super().__new__(cls, text)
        told._marked = marked
        return told

    def __html__(self) -> Markup:
        return self._marked


def given(text: str) -> Told:
    """A name as people gave it; what is told already stays as it is."""
    if isinstance(text, Told):
        return text
    locale = get_locale()
    is_marked = text and locale is not None and locale.language != DEFAULT
    return Told(text, Markup('<span lang="vi">%s</span>') % text if is_marked else escape(text))


def words(text: str) -> Told:
    """Words in the page's own language."""
    return Told(text, escape(text))


def told(message: str, **values: str | int) -> Told:
    """A translated message with its places filled: numbers as they are, names as they were given."""
    named = {name: value if isinstance(value, int) else given(value) for name, value in values.items()}
    marked = {name: value.__html__() if isinstance(value, Told) else value for name, value in named.items()}
    return Told(message % values, escape(message) % marked)


def joined(separator: str, parts: list[Told]) -> Told:
    """Several as one."""
    return Told(separator.join(parts), escape(separator).join(part.__html__() for part in parts))
