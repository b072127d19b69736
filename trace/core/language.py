"""Which language an answer is in: the address says it on public pages, the person's choice elsewhere.

Languages are files: beside Vietnamese, the default, and English, in which the texts of the code are written, every
folder of ``translations`` with a catalogue in it is one more (docs/languages.md). The address of a public page begins
with the language's tag (``/en/…``), but for the default.
"""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from flask import Flask, current_app, g, request, url_for
from flask_babel import Babel

DEFAULT = "vi"
SOURCE = "en"
# The pages every visitor may read, registered once for each language.
PUBLIC = "public"


class Tongue(NamedTuple):
    """This page in another language: its tag, what it calls itself, and where."""

    tag: str
    name: str
    url: str


def catalogues(translations: Path) -> list[str]:
    """The tags of the folders with texts in them, in order; a folder that is no language is none."""
    return sorted(
        path.name
        for path in translations.iterdir()
        if path.is_dir() and _is_tag(path.name) and any(path.glob("*.po"))
    )


def find_languages(translations: Path) -> tuple[str, ...]:
    """Every language of the pages: the default, English, then the others by their tags."""
    more = (tag for tag in catalogues(translations) if tag not in (DEFAULT, SOURCE))
    return (DEFAULT, SOURCE, *more)


def _is_tag(name: str) -> bool:
    """Whether this names a language as addresses and ``lang`` do: ``fr``, ``km``. Scripts and regions are not taken."""
    try:
        return name.isalpha() and name.islower() and str(Locale.parse(name)) == name
    except (UnknownLocaleError, ValueError):
        return False


def languages() -> tuple[str, ...]:
    """The languages of this application, the default first."""
    found: tuple[str, ...] = current_app.config["LANGUAGES"]
    return found


def name_of(tag: str) -> str:
    """What a language calls itself: "Tiếng Việt", "English", "Français"."""
    name = Locale.parse(tag).get_display_name() or tag
    return name[:1].upper() + name[1:]


def with_country(tag: str) -> str:
    """A language with the country most of its readers are in, as the Open Graph protocol names it: ``vi_VN``."""
    likely = Locale.parse(get_global("likely_subtags").get(tag, tag))
    return f"{likely.language}_{likely.territory}" if likely.territory else likely.language


def public_blueprint(tag: str) -> str:
    """The name under which the public pages of a language are registered."""
    return PUBLIC if tag == DEFAULT else f"{PUBLIC}_{tag}"


def public_prefix(tag: str) -> str:
    """How the addresses of a language's public pages begin."""
    return "" if tag == DEFAULT else f"/{tag}"


def is_public_page() -> bool:
    """Whether this request is for one of the pages that are the same bytes for everybody."""
    return request.blueprint in {public_blueprint(tag) for tag in languages()}


def _language_of_address(path: str) -> str | None:
    first = path[1:].partition("/")[0]
    return first if first != DEFAULT and first in languages() else None


def language() -> str:
    """The language of this answer, by its tag: "vi", "en"."""
    if not request:
        return DEFAULT
    found = g.get("language")
    if found is None:
        asked = request.args.get("lang", "")
        found = _language_of_address(request.path) or (asked if asked in languages() else DEFAULT)
        g.language = found
    return str(found)


def set_language(chosen: str) -> None:
    """Use this language for the rest of the request, unless the address names one."""
    if chosen in languages() and not _language_of_address(request.path) and "lang" not in request.args:
        g.language = chosen


def public_url(endpoint: str, **values: Any) -> str:
    """The address of a public page in the language of this answer."""
    return public_url_in(language(), endpoint, **values)


def public_url_in(tag: str, endpoint: str, **values: Any) -> str:
    """The address of a public page in a language."""
    return url_for(f"{public_blueprint(tag)}.{endpoint.partition('.')[2]}", **values)


def tongues() -> tuple[Tongue, ...]:
    """This page in every other language, with what was asked of it.

    What was asked is appended as text: an argument named like one of the route's, or of ``url_for``, must not be
    taken for it.
    """
    return tuple(Tongue(tag, name_of(tag), url_in(tag)) for tag in languages() if tag != language())


def url_in(tag: str, **replaced: Any) -> str:
    """This page in a language, with what was asked of it; ``replaced`` are values of its route."""
    if request.endpoint is None:
        return f"{public_prefix(tag)}/"
    view = request.endpoint.partition(".")[2]
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    if is_public_page():
        endpoint = f"{public_blueprint(tag)}.{view}"
    else:
        endpoint = request.endpoint
        asked.append(("lang", tag))
    # Without what every link of this page keeps: it is said anew.
    path = url_for(endpoint, **((request.view_args or {}) | replaced)).partition("?")[0]
    return f"{path}?{urlencode(asked)}" if asked else path


def init_language(app: Flask) -> None:
    """Install translations; texts are English in the source, other languages in their catalogues."""
    app.config["LANGUAGES"] = find_languages(Path(app.config["BABEL_TRANSLATION_DIRECTORIES"]))
    Babel(app, default_locale=DEFAULT, default_timezone="Asia/Ho_Chi_Minh", locale_selector=language)
