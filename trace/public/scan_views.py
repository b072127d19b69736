"""The page that scans: camera, photo or typed code, and from there to what the code stands for.

It works without a script: both forms are answered by the service. Nothing is written, and a photo is kept nowhere.
"""

from contextlib import closing
from dataclasses import dataclass

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from trace.core.camera import lend_camera
from trace.core.errors import BadInput, Refusal, TooManyTries
from trace.core.http import Audience, audience, by_secret_address, db
from trace.core.language import public_url
from trace.public import build
from trace.public.answers import inline_style
from trace.public.pages import PublicFrame
from trace.public.scan_photos import FIELD, PhotoReader
from trace.public.scan_reading import LONGEST_TEXT, Rank, Reading, read, read_all
from trace.public.views import blueprint

EXTENSION = "photo_reader"
STATUS = {Rank.UNKNOWN: 404, Rank.FOREIGN: 404}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPage:
    """The scanner. ``reading`` is a text that leads nowhere, ``several`` the codes of one photo to choose from."""

    frame: PublicFrame
    scan_url: str
    typed: str = ""
    photo_error: str | None = None
    reading: Reading | None = None
    several: tuple[Reading, ...] = ()

    @property
    def is_foreign(self) -> bool:
        return self.reading is not None and self.reading.rank is Rank.FOREIGN


def init_scanner(app: Flask) -> None:
    """Give the application its reader of photos, with the counts of this process."""
    app.extensions[EXTENSION] = PhotoReader()


@blueprint.get("/scan")
@audience(Audience.PUBLIC)
def show_scanner() -> ResponseReturnValue:
    """The scanner; with ``text``, what that stands for. ``kind`` is the symbology a camera read it from."""
    text = request.args.get("text", "").strip()
    if not text:
        return _page()
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    kind = request.args.get("kind", "")
    return _lead([read(db(), text, kind)], typed="" if kind else text)


@blueprint.post("/scan")
@audience(Audience.PUBLIC)
@by_secret_address  # nothing is written and nobody's account is used: a form of another site gains nothing by it
def scan_photo() -> ResponseReturnValue:
    """Read the codes on a photo, and lead to what they stand for."""
    try:
        photo = request.files.get(FIELD)
        if photo is None or not photo.filename:
            raise BadInput(_("Choose a photo first."), code="no-photo", field=FIELD)
        reader: PhotoReader = current_app.extensions[EXTENSION]
        # A large upload lies in a file without a name; with this it is gone.
        with closing(photo):
            found = reader.read(photo.stream, request.remote_addr or "")
    except RequestEntityTooLarge:
        return _page(status=413, photo_error=_("The picture is over 5 MB. Take a smaller one."))
    except (BadInput, TooManyTries) as refusal:
        return _refuse(refusal)
    return _lead(read_all(db(), found))


def _lead(readings: list[Reading], typed: str = "") -> ResponseReturnValue:
    """To the one page there is; else the scanner again, which says what was read."""
    first = readings[0]
    if first.url is None:
        return _page(status=STATUS[first.rank], reading=first, typed=typed)
    if len(readings) > 1:
        return _page(several=tuple(readings))
    answer = redirect(first.url, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refuse(refusal: Refusal) -> Response:
    answer = _page(status=refusal.http_status, photo_error=str(refusal))
    if isinstance(refusal, TooManyTries):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


def _page(
    status: int = 200,
    *,
    typed: str = "",
    photo_error: str | None = None,
    reading: Reading | None = None,
    several: tuple[Reading, ...] = (),
) -> Response:
    page = ScanPage(
        frame=build.frame(db()),
        scan_url=public_url("public.show_scanner"),
        typed=typed,
        photo_error=photo_error,
        reading=reading,
        several=several,
    )
    css, style_hash = inline_style()
    answer = make_response(render_template("public/scan.html", page=page, public_css=css), status)
    answer.headers["Cache-Control"] = "no-store"
    return lend_camera(answer, style_src=f"'self' 'sha256-{style_hash}'")
