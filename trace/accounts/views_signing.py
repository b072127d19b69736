"""Views for people who are not signed in yet: sign up, sign in, recover; and signing out."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from trace.accounts import queries, services_organisations, sessions, tries
from trace.accounts.access import SESSION_COOKIE, forget, remember, safe_next, signed_in
from trace.accounts.models import AccountNotice, SignIn
from trace.accounts.schemas import RecoveryForm, SignInForm, SignUpForm
from trace.accounts.user_agents import in_app_browser
from trace.accounts.views_base import (
    LONGEST_TOKEN,
    _,
    address,
    blueprint,
    device_token,
    home,
    label,
    secret_key,
)
from trace.core.errors import TooManyTries
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.language import language

# Waits longer than this are told in minutes.
LONGEST_IN_SECONDS = 90


@contextmanager
def counting_tries(form: Form) -> Iterator[None]:
    """Take a wrong or too early try as an error of the form, and keep what counts it: it must outlive the answer."""
    try:
        yield
    except (sessions.WrongPassword, sessions.WrongRecoveryCode) as refusal:
        db().commit()
        form.refuse(refusal)
    except TooManyTries as refusal:
        db().commit()
        form.refuse(refusal)
        form.errors[""] = _wait(refusal.retry_after)


def answer(page: str, form: Form) -> Response:
    """The page with the form's status, and when to come back where the person has to wait."""
    made = make_response(page, form.status)
    if form.retry_after:
        made.headers["Retry-After"] = str(form.retry_after)
    return made


@blueprint.route("/sign-up", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
def sign_up() -> ResponseReturnValue:
    """A name, a number and a password make an account, signed in at once; next it founds its organisation."""
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(home())
    form = Form.opened()
    if request.method == "POST":
        with form.guard(), counting_tries(form):
            typed = form.load(SignUpForm())
            tries.count_sign_up(db(), secret_key(), address())
            user = services_organisations.sign_up(
                db(), typed["phone"], typed["name"], typed["password"], language()
            )
            credentials = sessions.start_session(db(), user, label=label())
            db().commit()
            return remember(redirect(url_for("accounts.create_organisation"), 303), credentials)
    return answer(render_template("accounts/sign_up.html", form=form, in_app=_in_app()), form)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Number and password; a browser that was signed out from elsewhere is told why."""
    target = safe_next(request.args.get("next"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(target or home())
    previous = _find_previous()
    form = Form.opened()
    if request.method == "POST":
        with form.guard(), counting_tries(form):
            typed = form.load(SignInForm())
            credentials = sessions.sign_in(
                db(),
                typed["phone"],
                typed["password"],
                device_token=device_token(),
                label=label(),
                address=address(),
                key=secret_key(),
                previous=previous,
            )
            db().commit()
            return remember(redirect(target or url_for("accounts.go_home"), 303), credentials)
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        target=target,
        in_app=_in_app(),
        previous=previous,
        told=_list_told(previous),
    )
    return answer(page, form)


@blueprint.get("/home")
@audience(Audience.PERSON)
def go_home() -> ResponseReturnValue:
    """On to where the acting organisation's day begins."""
    return redirect(home())


@blueprint.post("/sign-out")
@audience(Audience.PERSON)
def sign_out() -> ResponseReturnValue:
    """End this device's session; the device stays known."""
    sessions.end_session(db(), signed_in().sign_in)
    db().commit()
    session.clear()
    flash(_("Signed out."), "success")
    return forget(redirect(url_for("accounts.sign_in"), 303))


@blueprint.route("/recover", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
def recover() -> ResponseReturnValue:
    """A printed code and a new password: signed in here, signed out everywhere else."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard(), counting_tries(form):
            typed = form.load(RecoveryForm())
            credentials = sessions.recover(
                db(),
                typed["phone"],
                typed["code"],
                typed["new_password"],
                label=label(),
                address=address(),
                key=secret_key(),
            )
            db().commit()
            flash(_("The new password is in use. All other devices were signed out."), "success")
            return remember(redirect(url_for("accounts.go_home"), 303), credentials)
    return answer(render_template("accounts/recover.html", form=form), form)


def _find_previous() -> SignIn | None:
    token = request.cookies.get(SESSION_COOKIE)
    return sessions.find_ended(db(), token) if token and len(token) <= LONGEST_TOKEN else None


def _list_told(previous: SignIn | None) -> list[AccountNotice]:
    return queries.list_notices(db(), previous) if previous else []


def _in_app() -> str | None:
    return in_app_browser(request.headers.get("User-Agent", ""))


def _wait(seconds: int) -> str:
    if seconds <= LONGEST_IN_SECONDS:
        return _("Too many wrong tries. Wait %(seconds)s seconds, then try again.", seconds=seconds)
    return _("Too many wrong tries. Wait %(minutes)s minutes, then try again.", minutes=-(-seconds // 60))
