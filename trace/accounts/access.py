"""Who is asking: the session cookie or API key of a request, the organisation it acts for, and whether the route's
audience lets it in. Runs before every view."""

from typing import Any, TypeVar
from uuid import UUID

import werkzeug.wrappers
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect

from trace.accounts import api_keys, queries, sessions
from trace.accounts.models import Membership, OrganisationKind, Role, SignIn, User
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.errors import Forbidden, NotFound, SignInNeeded
from trace.core.http import UNSAFE, Audience, audience_of, db, is_api_request, is_by_secret_address
from trace.core.language import set_language

SESSION_COOKIE = "ng_session"
DEVICE_COOKIE = "ng_device"
DEVICE_YEARS = 2
SESSION_DAYS = 180  # a shop's phone stays signed in for a season; each device can be ended from another

csrf = CSRFProtect()
Answer = TypeVar("Answer", bound=werkzeug.wrappers.Response)


class SignedIn(UserMixin):  # type: ignore[misc]  # the library has no annotations
    """What Flask-Login calls the user: one session of one person."""

    def __init__(self, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.user: User = sign_in.user
        self.id = str(sign_in.id)


def init_access(app: Flask) -> None:
    """Install sign-in, the CSRF token and the audience check."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    csrf.init_app(app)
    # Templates get current_user from trace.navigation, which knows when asking would fail again.
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None  # it binds to the address, and phones change theirs all day
    manager.request_loader(_load_session)
    # We have no remember cookie; looking after one would read the form session on every answer, and each would then
    # say that it varies by cookie: nothing between could keep a public answer.
    app.after_request_funcs[None].remove(manager._update_remember_cookie)
    app.before_request(_admit)


def signed_in() -> SignedIn:
    """The signed-in person; raises ``SignInNeeded``."""
    if not current_user.is_authenticated:
        raise SignInNeeded(_("Sign in first."))
    found: SignedIn = current_user._get_current_object()
    return found


def actor() -> Actor:
    """Who acts in this request; raises ``Forbidden`` for somebody without an organisation."""
    found = find_actor()
    if found is None:
        raise Forbidden(
            _("Found an organisation first, or ask its owner to add you."), code="no-organisation"
        )
    return found


def find_actor() -> Actor | None:
    """The acting organisation of this request, or None."""
    if "actor" not in g:
        g.actor = _find_actor()
    found: Actor | None = g.actor
    return found


def my_memberships() -> list[Membership]:
    """The organisations the signed-in person may act for."""
    if not current_user.is_authenticated:
        return []
    if "memberships" not in g:
        g.memberships = queries.list_memberships(db(), signed_in().user.id)
    found: list[Membership] = g.memberships
    return found


def choose_organisation(organisation_id: UUID) -> None:
    """Act for another of one's organisations from now on, on this device."""
    if all(m.organisation_id != organisation_id for m in my_memberships()):
        raise NotFound(_("There is no such organisation."), code="organisation-not-found")
    signed_in().sign_in.organisation_id = organisation_id


def home_endpoint() -> str:
    """Where the acting organisation's day begins; somebody without one begins at the own account."""
    mine = find_actor()
    if mine is None:
        return "accounts.show_account"
    if mine.organisation.kind == OrganisationKind.AUTHORITY:
        return "authority.show_desk"
    return "producers.list_batches" if mine.organisation.is_producer else "shops.show_goods"


def remember(answer: Answer, credentials: sessions.Credentials) -> Answer:
    """Give the browser its cookies."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    common: dict[str, Any] = {"httponly": True, "secure": secure, "samesite": "Lax", "path": "/"}
    answer.set_cookie(SESSION_COOKIE, credentials.token, max_age=SESSION_DAYS * 86400, **common)
    answer.set_cookie(DEVICE_COOKIE, credentials.device_token, max_age=DEVICE_YEARS * 365 * 86400, **common)
    return answer


def forget(answer: Answer) -> Answer:
    """Take the session's cookie back; the device stays known."""
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def safe_next(target: str | None) -> str | None:
    """The address to go on to after signing in, if it is a path of ours."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 500:
        return None
    return target if target.isprintable() and "\\" not in target else None


def _load_session(_request: Any) -> SignedIn | None:
    token = request.cookies.get(SESSION_COOKIE)
    if not token or len(token) > 200:
        return None
    found = sessions.find_sign_in(db(), token)
    if found is None:
        return None
    now = clock.now()
    if (now - found.last_seen_at).days >= SESSION_DAYS:
        return None
    if sessions.is_worth_noting(found, now):
        sessions.note_seen(db(), found.id, now)
    set_language(found.user.language)
    return SignedIn(found)


def _find_actor() -> Actor | None:
    key = g.get("api_key")
    if key is not None:
        return Actor(user_id=None, organisation=key.organisation, role=Role.STAFF)
    mine = my_memberships()
    if not mine:
        return None
    wanted = signed_in().sign_in.organisation_id
    chosen = next((m for m in mine if m.organisation_id == wanted), mine[0])
    return Actor(user_id=chosen.user_id, organisation=chosen.organisation, role=Role(chosen.role))


def _admit() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such address; the 404 comes by itself
    who = audience_of(current_app, endpoint)
    if who is Audience.PROGRAM:
        _admit_program()
        return None
    if request.method in UNSAFE:
        _check_origin()
        is_guessable = not is_by_secret_address(current_app, endpoint)
        if is_guessable and request.cookies.get(SESSION_COOKIE) and current_user.is_authenticated:
            csrf.protect()
    if who is Audience.PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    return _admit_person(who)


def _admit_person(who: Audience | None) -> Response | None:
    if who is Audience.PERSON:
        return None
    mine = find_actor()
    if mine is None:
        return redirect(url_for("accounts.create_organisation"))  # type: ignore[return-value]  # werkzeug's own class
    if who is Audience.PRODUCER and not mine.organisation.is_producer:
        raise Forbidden(
            _("This page is for producers. Choose another organisation in the menu."), code="not-a-producer"
        )
    if who is Audience.OFFICER and not mine.is_officer:
        # Officers' pages are not there for anybody else.
        raise NotFound(_("There is nothing at this address."))
    return None


def _admit_program() -> None:
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    found = (
        api_keys.find_api_key(db(), key.strip()) if scheme.lower() == "bearer" and len(key) < 200 else None
    )
    if found is None:
        raise SignInNeeded(
            _("Send a key of your organisation: Authorization: Bearer ng_…"), code="api-key-needed"
        )
    g.api_key = found


def _check_origin() -> None:
    """Browsers say where a form comes from; one from another site is refused. Programs send neither header."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(_("This form was sent from another site."), code="cross-site")
    origin = request.headers.get("Origin")
    # Behind a proxy that ends TLS our own scheme is plain; what browsers see is the public address.
    public_url = current_app.config["SETTINGS"].public_url
    if origin is not None and origin not in (public_url, request.host_url.rstrip("/")):
        raise Forbidden(_("This form was sent from another site."), code="cross-site")


def _to_sign_in() -> Response | None:
    if is_api_request():
        raise SignInNeeded(_("Sign in first."))
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=target))  # type: ignore[return-value]  # werkzeug's own class
