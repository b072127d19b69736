"""Which language an answer is in: the address says it on public pages, the person's choice elsewhere."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from flask_babel import Babel

LANGUAGES = ("vi", "en")
DEFAULT = "vi"
ENGLISH_PREFIX = "/en"


def is_english_address(path: str) -> bool:
    """Whether the path is below /en."""
    return path == ENGLISH_PREFIX or path.startswith(f"{ENGLISH_PREFIX}/")


def language() -> str:
    """The language of this answer: "vi" or "en"."""
    if not request:
        return DEFAULT
    found = g.get("language")
    if found is None:
        asked = request.args.get("lang", "")
        found = "en" if is_english_address(request.path) else asked if asked in LANGUAGES else DEFAULT
        g.language = found
    return str(found)


def set_language(chosen: str) -> None:
    """Use this language for the rest of the request, unless the address names one."""
    if chosen in LANGUAGES and not is_english_address(request.path) and "lang" not in request.args:
        g.language = chosen


def public_url(endpoint: str, **values: Any) -> str:
    """The address of a public page in the language of this answer."""
    blueprint, _, view = endpoint.partition(".")
    name = f"{blueprint}_en.{view}" if language() == "en" else endpoint
    return url_for(name, **values)


def other_language_url() -> str:
    """This page in the other language, with what was asked of it.

    What was asked is appended as text: an argument named like one of the route's, or of ``url_for``, must not be
    taken for it.
    """
    chosen = "en" if language() == "vi" else "vi"
    if request.endpoint is None:
        return f"{ENGLISH_PREFIX}/" if chosen == "en" else "/"
    blueprint, _, view = request.endpoint.partition(".")
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    if blueprint in ("public", "public_en"):
        endpoint = f"public_en.{view}" if chosen == "en" else f"public.{view}"
    else:
        endpoint = request.endpoint
        asked.append(("lang", chosen))
    # Without what every link of this page keeps: it is said anew.
    path = url_for(endpoint, **(request.view_args or {})).partition("?")[0]
    return f"{path}?{urlencode(asked)}" if asked else path


def init_language(app: Flask) -> None:
    """Install translations; texts are English in the source, Vietnamese in the catalogue."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(app.config["ROOT"] / "translations"))
    Babel(app, default_locale=DEFAULT, default_timezone="Asia/Ho_Chi_Minh", locale_selector=language)
