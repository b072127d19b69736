"""Views of the public pages: the same bytes for everybody, no cookie, language in the address."""

import re
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.batches.queries import find_batch_by_code
from trace.core.blobs import Size
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, by_secret_address, db
from trace.core.language import public_url
from trace.core.short_codes import normalise
from trace.events.openings import proof_file
from trace.public import build, confirming, guessing, hidden, public_log
from trace.public.answers import compress, page_answer
from trace.public.code_answers import answer_code
from trace.public.filling import STATUS
from trace.public.pages import HomePage
from trace.verdict.rules import Verdict

blueprint = Blueprint("public", __name__)
blueprint.after_request(compress)

_SHA256 = re.compile(r"[0-9a-f]{64}")


@blueprint.get("/")
@audience(Audience.PUBLIC)
def show_home() -> ResponseReturnValue:
    """The front door: one field for a code."""
    around = build.frame(db())
    page = HomePage(
        frame=around,
        scan_url=public_url("public.show_scanner"),
        feed_url=around.origin + public_url("public.feed_recalls"),
        sign_in_url=url_for("accounts.sign_in"),
        sign_up_url=url_for("accounts.sign_up"),
    )
    return page_answer("public/home.html", page)


@blueprint.get("/find")
@audience(Audience.PUBLIC)
def find_code() -> ResponseReturnValue:
    """Where the field of a typed code leads: to the code's own address, so that it can be shared and kept."""
    typed = request.args.get("code", "")
    if not typed.strip():
        return redirect(public_url("public.show_home"))
    code = normalise(typed)
    if code and code.isascii() and code.isalnum():
        return redirect(public_url("public.show_code", code=code))
    page = build.code_page(db(), typed)
    return page_answer("public/show_code.html", page, STATUS[Verdict.MALFORMED])


@blueprint.get("/T/<code>")
@blueprint.get("/t/<code>", alias=True)
@audience(Audience.PUBLIC)
def show_code(code: str) -> ResponseReturnValue:
    """What may be said of this code now."""
    return answer_code(code)


@blueprint.route("/T/<code>/hidden", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
@by_secret_address  # the secret is what is sent: no other site knows it, and nobody's account is used
def show_hidden_code(code: str) -> ResponseReturnValue:
    """The second code under a scratch layer: a form, and what is known of the code that was typed into it."""
    guessing.admit()
    if request.method == "POST":
        page = hidden.take_try(db(), code, request.form.get("hidden_code", ""))
    else:
        page = hidden.form_page(db(), code)
    answer = page_answer("public/show_hidden_code.html", page, hidden.STATUS.get(page.state, 200))
    if page.wait:
        answer.headers["Retry-After"] = str(page.wait)
    return answer


@blueprint.get("/log/")
@audience(Audience.PUBLIC)
def show_log() -> ResponseReturnValue:
    """What the public log is, in plain words: what it proves, what not, and how to check it oneself."""
    return page_answer("public/show_log.html", public_log.log_page(db(), build.frame(db())))


@blueprint.get("/T/<code>/proof/<uuid:event_id>")
@audience(Audience.PUBLIC)
def show_proof(code: str, event_id: UUID) -> ResponseReturnValue:
    """The proof of one entry of this lot, to keep: a file that is checked without this service."""
    batch = find_batch_by_code(db(), normalise(code))
    if batch is None or public_log.find_shown_event(db(), batch, event_id) is None:
        raise NotFound(_("There is nothing at this address."))
    proof = proof_file(db(), event_id, batch.code)
    name = f"{batch.code}-{event_id}.tlog-proof"
    return Response(
        proof.text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@blueprint.route("/xn/<token>", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
@by_secret_address
def show_confirmation(token: str) -> ResponseReturnValue:
    """What somebody without an account was handed, and the two answers: right, or not so."""
    if request.method == "POST":
        confirming.take_answer(db(), token, request.form.get("answer", ""))
    page = confirming.confirmation_page(db(), token)
    if page.state == "unknown":
        key = current_app.config["SETTINGS"].secret_key.encode()
        confirming.count_miss(db(), request.remote_addr or "", key)
    answer = page_answer("public/show_confirmation.html", page, confirming.STATUS.get(page.state, 200))
    # The address is a secret: it goes to no other site. Under "no-referrer" a browser would not even say where the
    # answer comes from ("Origin: null"), and the answer would be refused as another site's.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@blueprint.get("/picture/<size>/<sha256>.webp")
@audience(Audience.PUBLIC)
def show_picture(size: str, sha256: str) -> ResponseReturnValue:
    """A product's picture; its name is its hash, so it never changes."""
    if size not in list(Size) or not _SHA256.fullmatch(sha256):
        raise NotFound(_("There is nothing at this address."))
    path = current_app.extensions["blobs"].find(sha256, Size(size))
    if path is None:
        raise NotFound(_("There is nothing at this address."))
    answer = send_file(path, mimetype="image/webp", max_age=31536000, etag=sha256, conditional=True)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
