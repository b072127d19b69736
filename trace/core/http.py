"""HTTP for every feature: the request's session, who a route is for, headers, and the one shape of errors.

A view parses, calls one service or builds one page, commits once, answers. Which person is asking is decided in
``trace.accounts.access``; here is only the word each route must carry.
"""

import random
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import structlog
from flask import Flask, Request, Response, current_app, g, jsonify, make_response, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from trace.core.errors import BadInput, NotFound, Refusal, TooManyTries

log = structlog.get_logger()

LARGEST_REQUEST = 6 * 1024 * 1024
LARGEST_FORM_FIELDS = 200
LARGEST_FORM_MEMORY = 512 * 1024
PROGRAM_PATHS = ("/api/", "/epcis/")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


class FormSession(SecureCookieSessionInterface):
    """Flask's session, for those who bring one: most requests read a page, and have none to open."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


class Audience(StrEnum):
    """Who a route is for. Every route says one; ``public`` is a word one has to write."""

    PUBLIC = "public"
    PERSON = "person"  # signed in, with or without an organisation
    MEMBER = "member"  # acting for an organisation
    PRODUCER = "producer"  # acting for one that registers batches
    OFFICER = "officer"  # acting for an approved authority
    PROGRAM = "program"  # an API key


View = TypeVar("View", bound=Callable[..., Any])


def audience(who: Audience) -> Callable[[View], View]:
    """Declare who a view is for; ``check_audiences`` refuses an application with a view that does not."""

    def declare(view: View) -> View:
        view.audience = who  # type: ignore[attr-defined]  # functions carry attributes; TypeVar bounds do not say so
        return view

    return declare


def by_secret_address(view: View) -> View:
    """Say that the address of a view is itself the secret: a form on it needs no other proof of where it comes from."""
    view.is_by_secret_address = True  # type: ignore[attr-defined]  # as above
    return view


def is_by_secret_address(app: Flask, endpoint: str) -> bool:
    """Whether only those who were given the address can send to it."""
    return bool(getattr(app.view_functions[endpoint], "is_by_secret_address", False))


def audience_of(app: Flask, endpoint: str) -> Audience | None:
    """The declared audience of an endpoint; static files are public."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return Audience.PUBLIC
    view = app.view_functions[endpoint]
    declared = getattr(view, "audience", None) or getattr(getattr(view, "view_class", None), "audience", None)
    return declared if isinstance(declared, Audience) else None


def check_audiences(app: Flask) -> None:
    """Raise at start when a route names no audience: forgetting it must not be possible."""
    undeclared = sorted(name for name in app.view_functions if audience_of(app, name) is None)
    if undeclared:
        raise RuntimeError(f"Routes without an audience: {', '.join(undeclared)}")


def db() -> Session:
    """The request's session; opened at first use, rolled back and closed at the end unless committed."""
    if "db" not in g:
        g.db = current_app.extensions["sessions"]()
    session: Session = g.db
    return session


def is_api_request() -> bool:
    """Whether the answer is for a program."""
    return request.path.startswith(PROGRAM_PATHS) or request.path == "/epcis"


def content_security_policy(**changed: str) -> str:
    """The policy as a header value; ``style_src="'sha256-…'"`` replaces a directive for one answer."""
    directives = CONTENT_SECURITY_POLICY | {name.replace("_", "-"): value for name, value in changed.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def problem(code: str, status: int, detail: str, **more: Any) -> Response:
    """An error for programs (RFC 9457)."""
    body = {"type": f"/problems/{code}", "title": code.replace("-", " "), "status": status, "detail": detail,
            "code": code, "request_id": g.get("request_id")}  # fmt: skip
    answer = jsonify({**body, **{name: _plain(value) for name, value in more.items()}})
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def init_http(app: Flask) -> None:
    """Install request ids, the session's end, headers, and the error handlers."""
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_PARTS=LARGEST_FORM_FIELDS,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_MEMORY,
    )
    app.session_interface = FormSession()
    app.before_request(_start)
    app.after_request(_finish)
    app.teardown_request(_close)
    app.register_error_handler(Refusal, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(DataError, _answer_data_error)
    app.register_error_handler(IntegrityError, _answer_conflict)
    app.register_error_handler(OperationalError, _answer_unavailable)
    app.register_error_handler(NoConnectionFree, _answer_unavailable)
    app.register_error_handler(500, _answer_unexpected)


def _start() -> None:
    g.request_id = new_request_id()
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


# What every answer carries that does not say otherwise.
STANDING_HEADERS = (
    ("Content-Security-Policy", content_security_policy()),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
OVER_TLS = ("Strict-Transport-Security", "max-age=31536000")


def new_request_id() -> str:
    """What one request is called in the log and in its answer: a name, and no secret.

    Chance of the system would be asked of it, and other threads let run meanwhile, at each request.
    """
    return f"{random.getrandbits(64):016x}"


def _finish(answer: Response) -> Response:
    headers = answer.headers
    for name, value in STANDING_HEADERS:
        headers.setdefault(name, value)
    headers["X-Request-Id"] = g.get("request_id", "")
    if request.is_secure:
        headers.setdefault(*OVER_TLS)
    log.info(
        "request",
        method=request.method,
        # The rule, not the path: codes and ids of others do not belong in a log that many read.
        route=request.url_rule.rule if request.url_rule else None,
        status=answer.status_code,
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
    )
    return answer


def _close(_error: BaseException | None) -> None:
    session = g.pop("db", None)
    if session is not None:
        session.close()


def _answer_refusal(refusal: Refusal) -> Response:
    if "db" in g:
        g.db.rollback()
    errors = refusal.errors if isinstance(refusal, BadInput) else {}
    answer = _answer(refusal.code, refusal.http_status, str(refusal), errors=errors, **refusal.numbers)
    if isinstance(refusal, TooManyTries):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.http_status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110: a 401 says how to sign in
    return answer


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    code, detail = _WORDS.get(status, ("http-error", None))
    answer = _answer(code, status, detail() if detail else (error.description or ""))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _answer_data_error(error: DataError) -> Response:
    """Input that PostgreSQL itself cannot read slipped past a schema: the sender's fault, and ours to log."""
    log.warning("data-error", error=str(error.orig))
    return _answer_refusal(BadInput(_("Something in this form cannot be stored. Check what you typed.")))


def _answer_conflict(error: IntegrityError) -> Response:
    """Two requests met at one constraint of the database and this one came second: nothing of it is kept."""
    log.warning("conflict", error=str(error.orig))
    return _answer_refusal(
        Refusal(
            _("Somebody changed this at the same moment. Look again, then repeat."), code="changed-meanwhile"
        )
    )


def _answer_unavailable(error: OperationalError | NoConnectionFree) -> Response:
    g.is_failing = True
    if "db" in g:
        g.pop("db").invalidate()
    log.error("database-unavailable", error=str(getattr(error, "orig", error)))
    return _answer(
        "service-unavailable", 503, _("The service cannot be reached right now. Try again in a minute.")
    )


def _answer_unexpected(error: BaseException) -> Response:
    g.is_failing = True
    cause = getattr(error, "original_exception", None) or error
    log.error("unexpected", exc_info=cause)
    return _answer("unexpected", 500, _("Something went wrong on our side. Nothing was saved. Try again."))


def _answer(code: str, status: int, detail: str, **more: Any) -> Response:
    if is_api_request():
        return problem(code, status, detail, **{k: v for k, v in more.items() if v not in ({}, None)})
    page = render_template("public/error.html", code=code, status=status, detail=detail)
    return make_response(page, status)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if value is None or isinstance(value, bool | int) else str(value)


_WORDS: Mapping[int, tuple[str, Callable[[], str]]] = {
    400: ("bad-request", lambda: _("This request cannot be read.")),
    404: (NotFound.code, lambda: _("There is nothing at this address.")),
    405: ("method-not-allowed", lambda: _("This address does not take this kind of request.")),
    413: ("too-large", lambda: _("What was sent is too large. A picture may have 5 MB.")),
    415: ("unsupported-media-type", lambda: _("This kind of content is not taken here.")),
    429: (TooManyTries.code, lambda: _("Too many tries. Wait a moment.")),
}
