"""What programs ask for before or beside a public page: the picture of a link preview, and what may be crawled."""

from flask import Blueprint, Flask, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.batches.queries import find_batch_by_code
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.core.language import languages, public_prefix
from trace.core.short_codes import normalise
from trace.public import build, sharing
from trace.public.share_pictures import EXTENSION, SharePictures, digest_of

blueprint = Blueprint("sharing", __name__)

# Nothing there is for readers of a search engine: files to keep, what needs an account, what is for programs. A form at
# a code is not closed: what may not be read cannot say to which page it belongs.
_CLOSED = ("/account", "/api/", "/authority", "/epcis", "/goods", "/health", "/labels", "/producer")
_CLOSED_PUBLIC = ("/T/*/proof/", "/find", "/phan-anh/", "/xn/")
NEUTRAL = "img/share.png"


def init_sharing(app: Flask) -> None:
    """Give the application its folder of pictures for link previews."""
    folder = app.config["SETTINGS"].blob_folder / "share"
    app.extensions[EXTENSION] = SharePictures(folder, app.config["ROOT"] / "static" / "fonts")


@blueprint.get("/share/<code>/<digest>.png")
@audience(Audience.PUBLIC)
def show_picture(code: str, digest: str) -> ResponseReturnValue:
    """The picture of a lot, drawn when it is first asked for; only under the name it has now."""
    batch = find_batch_by_code(db(), normalise(code))
    if batch is None or batch.seal is None:
        raise NotFound(_("There is nothing at this address."))
    card = sharing.share_card(build.compare_card(batch, batch.seal))
    if digest_of(card) != digest:
        raise NotFound(_("There is nothing at this address."))
    stored = current_app.extensions["blobs"].path(card.picture_sha256) if card.picture_sha256 else None
    pictures: SharePictures = current_app.extensions[EXTENSION]
    path = pictures.find_or_draw(card, stored)
    if path is None:
        return redirect(url_for("static", filename=NEUTRAL))
    answer = Response(path.read_bytes(), mimetype="image/png")
    answer.set_etag(digest)
    # Not for ever: who takes a name back from the page wants it gone from here too.
    answer.headers["Cache-Control"] = "public, max-age=86400"
    answer.make_conditional(request)
    return answer


@blueprint.get("/robots.txt")
@audience(Audience.PUBLIC)
def show_robots() -> Response:
    """What may be crawled: what is public, in every language; pages say themselves what may be kept of them."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: {path}" for path in _CLOSED]
    lines += [f"Disallow: {public_prefix(tag)}{path}" for tag in languages() for path in _CLOSED_PUBLIC]
    answer = Response("\n".join(lines) + "\n", mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
