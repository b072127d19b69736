"""The shortest way from a scan to its answer: a page that is kept and holds is sent before any framework wakes up.

Whatever is not so simple is left to the application behind, which answers the same (``trace.public.code_answers``):
pages to be made, strangers to be slowed, everything else the service does.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from trace.core.http import OVER_TLS, STANDING_HEADERS, new_request_id
from trace.core.language import DEFAULT
from trace.core.logs import note_request
from trace.core.short_codes import is_well_formed, normalise
from trace.core.strangers import Guesses
from trace.public import counting, guessing, keeping
from trace.public.answers import style_piece, style_policy
from trace.public.filling import Filled, fill
from trace.public.item_blocks import item_blocks
from trace.public.keeping import Keeper
from trace.scans import recorder
from trace.verdict.rules import CodeState

Environ = Mapping[str, Any]
Begin = Callable[..., Any]

_ADDRESS = re.compile(r"(?:/([a-z]{2,3}))?/[Tt]/([^/]+)")
# What ``trace.scans.rules.is_read_ahead`` reads.
_READ_AHEAD = (
    ("Sec-Purpose", "HTTP_SEC_PURPOSE"),
    ("Purpose", "HTTP_PURPOSE"),
    ("X-Moz", "HTTP_X_MOZ"),
    ("X-Purpose", "HTTP_X_PURPOSE"),
)
_LATIN = "latin-1"  # how WSGI hands bytes of an address over as text (PEP 3333)


class Front:
    """A WSGI application in front of another."""

    def __init__(self, behind: Callable[[Any, Begin], Iterable[bytes]], app: Flask) -> None:
        self._behind = behind
        self._app = app
        with app.app_context():
            style_policy()  # read from the files of the application, once
            style_piece()

    def __call__(self, environ: Any, begin: Begin) -> Iterable[bytes]:
        """Answer a scan, or let the application behind do it."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
            return self._behind(environ, begin)
        asked = _ADDRESS.fullmatch(environ["PATH_INFO"])
        tongue = (asked[1] or DEFAULT) if asked else ""
        if asked is None or tongue not in self._app.config["LANGUAGES"] or asked[1] == DEFAULT:
            return self._behind(environ, begin)
        started = time.perf_counter()
        filled = self._answer(environ, tongue, asked[2])
        if filled is None:
            return self._behind(environ, begin)
        return _send(filled, environ, begin, started)

    def _answer(self, environ: Environ, tongue: str, written: str) -> Filled | None:
        extensions = self._app.extensions
        keeper: Keeper | None = extensions[keeping.EXTENSION]
        guesses: Guesses = extensions[guessing.EXTENSION]
        address = environ.get("REMOTE_ADDR", "")
        if keeper is None or not keeper.has_address or guesses.wait_before(address):
            return None
        try:
            typed = written.encode(_LATIN).decode()
        except UnicodeDecodeError:
            return None
        code = normalise(typed)
        if not is_well_formed(code):
            page = keeper.find_plain(CodeState.MALFORMED, tongue, _site(environ))
            return _filled(page, typed, quote(typed, safe=""), "", environ) if page else None
        try:
            seen, page = keeper.look(code, tongue)
        except SQLAlchemyError:  # the application says what is the matter, on a page
            return None
        if seen is None:
            page = keeper.find_plain(CodeState.UNKNOWN, tongue, _site(environ))
            if page is None or guesses.wait_after_unknown(address):
                return None
            return _filled(page, code, code, "", environ)
        if page is None:
            return None
        headers = {name: environ[key] for name, key in _READ_AHEAD if key in environ}
        agent = environ.get("HTTP_USER_AGENT", "")
        asking = counting.Asking(environ["REQUEST_METHOD"], address, agent, headers)
        counting.note(extensions[recorder.EXTENSION], asking, code, page.verdict, is_item=seen.is_item)
        item = item_blocks(self._app, tongue, code, seen) if seen.is_item else ""
        return _filled(page, code, code, item, environ)


def _filled(page: keeping.Kept, typed: str, in_address: str, item: str, environ: Environ) -> Filled:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "").replace(" ", "")
    return fill(
        page,
        typed,
        in_address,
        item,
        has=environ.get("HTTP_IF_NONE_MATCH", ""),
        takes_gzip="gzip" in accepted and "gzip;q=0" not in accepted,
    )


def _site(environ: Environ) -> str:
    return f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}/"


def _send(filled: Filled, environ: Environ, begin: Begin, started: float) -> Iterable[bytes]:
    own = dict(filled.headers)
    name = new_request_id()
    headers = [
        *filled.headers,
        *(header for header in STANDING_HEADERS if header[0] not in own),
        ("X-Request-Id", name),
    ]
    if filled.status != HTTPStatus.NOT_MODIFIED:
        headers.append(("Content-Length", str(len(filled.content))))
    if environ["wsgi.url_scheme"] == "https":
        headers.append(OVER_TLS)
    begin(f"{filled.status} {HTTPStatus(filled.status).phrase}", headers)
    note_request(environ["REQUEST_METHOD"], "/T/<code>", filled.status, time.perf_counter() - started, name)
    # The web server sends a list at once, and asks anything else for one piece after another.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [filled.content]
