"""Views of labels: a preview, one QR as a picture, a sheet to print. For the batch's own organisation only."""

import re
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from labels import services
from labels.images import qr_png, qr_svg
from labels.layout import lay_out
from labels.mending import Mending, ToldObstacle, mend_item, tell_obstacle
from labels.pdf import sheet_pdf
from labels.preview import label_svg
from labels.qr import qr_matrix
from labels.spec import A4_40, LabelContent, StartOutsideSheet
from trace.accounts.access import actor
from trace.batches.gate import LabelRefused
from trace.batches.models import Batch
from trace.batches.texts import ITEM_LABELS
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.text import fold

blueprint = Blueprint("labels", __name__, url_prefix="/labels")

_PLAIN = re.compile(r"[^a-z0-9.-]+")
# What Windows and Unix do not take in the name of a file; lot numbers may hold most of it.
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f"*/:<>?\\|]')


@dataclass(frozen=True)
class LabelPage:
    """The label page of one batch: either what a label looks like, or what stands in its way.

    ``missing`` are the names of missing items with the step that adds each (None once sealed); ``refusal`` is any other
    reason, such as a name too long for the paper.
    """

    batch: Batch
    labels_per_sheet: int = A4_40.labels_per_page
    preview: Markup | None = None
    address: str = ""
    site: str = ""
    obstacles: tuple[ToldObstacle, ...] = ()
    missing: tuple[tuple[str, Mending | None], ...] = ()
    refusal: str = ""


@blueprint.get("/<uuid:batch_id>")
@audience(Audience.MEMBER)
def show_labels(batch_id: UUID) -> ResponseReturnValue:
    """A batch's labels: how one looks, and in which forms it can be taken away."""
    return _answer(_batch(batch_id), Form({"start": 1}), 200)


@blueprint.get("/<uuid:batch_id>/qr.png")
@audience(Audience.MEMBER)
def download_png(batch_id: UUID) -> ResponseReturnValue:
    """The QR alone, in whole dots of a 203 dpi printer."""
    batch = _batch(batch_id)
    try:
        picture = qr_png(qr_matrix(_content(batch).address))
    except (LabelRefused, BadInput) as refusal:
        return _refuse(batch, refusal)
    return _file(picture, "image/png", "QR", batch, "png")


@blueprint.get("/<uuid:batch_id>/qr.svg")
@audience(Audience.MEMBER)
def download_svg(batch_id: UUID) -> ResponseReturnValue:
    """The QR alone, as lines, for designers and print shops."""
    batch = _batch(batch_id)
    try:
        content = _content(batch)
        drawing = qr_svg(qr_matrix(content.address), title=content.address)
    except (LabelRefused, BadInput) as refusal:
        return _refuse(batch, refusal)
    return _file(drawing.encode(), "image/svg+xml", "QR", batch, "svg")


@blueprint.get("/<uuid:batch_id>/sheet.pdf")
@audience(Audience.MEMBER)
def download_sheet(batch_id: UUID) -> ResponseReturnValue:
    """An A4 sheet of 40 labels; with ``start`` the positions before it stay empty, for a sheet already begun."""
    batch = _batch(batch_id)
    try:
        content = _content(batch)
        start = _start(request.args.get("start", ""))
        sheet = sheet_pdf([content] * (A4_40.labels_per_page - start + 1), A4_40, start)
    except (LabelRefused, BadInput) as refusal:
        return _refuse(batch, refusal)
    return _file(sheet, "application/pdf", "Tem", batch, "pdf")


def _batch(batch_id: UUID) -> Batch:
    return services.get_batch(db(), actor().organisation_id, batch_id)


def _content(batch: Batch) -> LabelContent:
    # Printed addresses are for ever: the configured one. Only a local run, which has none, prints where it is.
    public_url = current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")
    return services.label_content(db(), batch, public_url)


def _start(typed: str) -> int:
    text = typed.strip() or "1"
    start = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    A4_40.check_start(start)
    return start


def _page(batch: Batch) -> LabelPage:
    try:
        content = _content(batch)
        layout = lay_out(content, A4_40)
    except LabelRefused as refusal:
        return LabelPage(
            batch,
            obstacles=tuple(tell_obstacle(obstacle, batch) for obstacle in refusal.obstacles),
            missing=tuple(
                (str(ITEM_LABELS[number]), None if batch.is_activated else mend_item(number, batch))
                for number in refusal.missing
            ),
        )
    except BadInput as refusal:
        return LabelPage(batch, refusal=str(refusal))
    return LabelPage(
        batch,
        preview=label_svg(layout, _("Label of lot %(lot)s", lot=batch.lot_number)),
        address=content.address,
        site=content.readable_site,
    )


def _refuse(batch: Batch, refusal: LabelRefused | BadInput) -> ResponseReturnValue:
    """The label page with what is wrong, instead of a file."""
    form = Form({"start": request.args.get("start", "1")})
    if isinstance(refusal, StartOutsideSheet):
        form.refuse(refusal)
    return _answer(batch, form, refusal.http_status)


def _answer(batch: Batch, form: Form, status: int) -> ResponseReturnValue:
    return render_template("labels/show_labels.html", page=_page(batch), form=form), status


def _file(content: bytes, content_type: str, word: str, batch: Batch, ending: str) -> Response:
    """A download under a name of its own lot; plain letters for old programs, all letters for the others."""
    name = f"{word} {services.printed_name(batch)} {batch.lot_number}"
    plain = _PLAIN.sub("-", fold(name)).strip("-")
    whole = quote(f"{_UNSAFE_IN_NAMES.sub('-', name)}.{ending}", safe="")
    answer = make_response(content)
    answer.content_type = content_type
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{whole}"
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
