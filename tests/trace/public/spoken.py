"""Which language each text of a page is in, as a screen reader takes it: by the nearest ``lang`` above it."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Letters no English word has: what shows them is Vietnamese.
VIETNAMESE = re.compile(
    "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_UNREAD = frozenset({"style", "script"})
# Every title ends in the service's name, and an element in it is not possible.
_SERVICE = " · Nguồn Gốc"


@dataclass(frozen=True)
class Spoken:
    """One text of a page: the language it is read in, and the element it stands in."""

    text: str
    language: str
    element: str


@dataclass
class _Reader(HTMLParser):
    texts: list[Spoken] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        above = self._open[-1][1] if self._open else ""
        own = dict(attrs).get("lang")
        if own is not None:
            self.languages.append(own)
        if tag not in _VOID:
            self._open.append((tag, above if own is None else own))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_data(self, data: str) -> None:
        element, language = self._open[-1] if self._open else ("", "")
        text = " ".join(data.split())
        if element == "title" and language != "vi":
            text = text.removesuffix(_SERVICE)
        if text and element not in _UNREAD:
            self.texts.append(Spoken(text, language, element))


def texts_of(page: str) -> list[Spoken]:
    """Every text a person reads or hears, in order."""
    reader = _Reader()
    reader.feed(page)
    return reader.texts


def languages_of(page: str) -> set[str]:
    """Every value of ``lang`` on the page."""
    reader = _Reader()
    reader.feed(page)
    return set(reader.languages)
