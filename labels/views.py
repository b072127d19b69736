"""Views of labels: a size and a QR are chosen, looked at, and taken away. For the batch's own organisation only."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from labels import pages, services, units
from labels.choices import DEFAULTS, Choices, ChoiceUnknown, read_choices
from labels.dot_pdf import dots_pdf
from labels.drawings import label_png, label_svg_file
from labels.images import qr_png, qr_svg
from labels.layout import lay_out
from labels.mending import mend_item, tell_obstacle
from labels.pages import LabelPage
from labels.pdf import sheet_pdf
from labels.qr import QrSymbol, qr_matrix, readable_site
from labels.spec import LabelContent, SheetSpec
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


@blueprint.get("/<uuid:batch_id>")
@audience(Audience.MEMBER)
def show_labels(batch_id: UUID) -> ResponseReturnValue:
    """A batch's labels: what can be chosen, how one looks, and in which forms it can be taken away."""
    return _answer(_batch(batch_id))


@blueprint.get("/<uuid:batch_id>/preview")
@audience(Audience.MEMBER)
def show_preview(batch_id: UUID) -> ResponseReturnValue:
    """The part of the page that changes with the choices; asked for as they are made."""
    page, form, _status = _page(_batch(batch_id))
    return render_template("labels/_preview.html", page=page, form=form)


@blueprint.get("/<uuid:batch_id>/qr.png")
@audience(Audience.MEMBER)
def download_png(batch_id: UUID) -> ResponseReturnValue:
    """The QR alone, in whole dots of the chosen printer."""
    return _download(batch_id, _qr_png, "image/png", "QR", "png")


@blueprint.get("/<uuid:batch_id>/qr.svg")
@audience(Audience.MEMBER)
def download_svg(batch_id: UUID) -> ResponseReturnValue:
    """The QR alone, as lines, for designers and print shops."""
    return _download(batch_id, _qr_svg, "image/svg+xml", "QR", "svg")


@blueprint.get("/<uuid:batch_id>/label.png")
@audience(Audience.MEMBER)
def download_label_png(batch_id: UUID) -> ResponseReturnValue:
    """One whole label in black and white dots of the chosen printer."""
    return _download(batch_id, _label_png, "image/png", "Tem", "png")


@blueprint.get("/<uuid:batch_id>/label.svg")
@audience(Audience.MEMBER)
def download_label_svg(batch_id: UUID) -> ResponseReturnValue:
    """One whole label as lines, for designers and print shops."""
    return _download(batch_id, _label_svg, "image/svg+xml", "Tem", "svg")


@blueprint.get("/<uuid:batch_id>/sheet.pdf")
@audience(Audience.MEMBER)
def download_sheet(batch_id: UUID) -> ResponseReturnValue:
    """Labels of the chosen size; with ``start`` the positions before it stay empty, for a sheet already begun."""
    return _download(batch_id, _sheet, "application/pdf", "Tem", "pdf")


@blueprint.get("/units/<uuid:unit_id>/logistic.pdf")
@audience(Audience.MEMBER)
def download_unit(unit_id: UUID) -> ResponseReturnValue:
    """The logistic label of a carton or pallet in hand, with its SSCC as GS1-128."""
    sheet = units.unit_pdf(db(), actor().organisation, unit_id, public_url())
    answer = make_response(sheet)
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = 'attachment; filename="sscc.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _download(
    batch_id: UUID, draw: Callable[[Batch], bytes], kind: str, name: str, ending: str
) -> ResponseReturnValue:
    """What ``draw`` makes, as a file; the page, with what is wrong, where a label or a choice is refused."""
    batch = _batch(batch_id)
    try:
        drawn = draw(batch)
    except (LabelRefused, BadInput) as refusal:
        return _answer(batch, refusal)
    return _file(drawn, kind, name, batch, ending)


def _qr_png(batch: Batch) -> bytes:
    choices = _choices()
    spec = choices.spec
    return qr_png(_symbol(batch, choices), dots_per_module=spec.dots_per_module, dpi=spec.dpi)


def _qr_svg(batch: Batch) -> bytes:
    choices = _choices()
    spec, symbol = choices.spec, _symbol(batch, choices)
    drawing = qr_svg(symbol, title=symbol.address, dots_per_module=spec.dots_per_module, dpi=spec.dpi)
    return drawing.encode()


def _label_png(batch: Batch) -> bytes:
    content, spec = _chosen(batch, pages.dotted(_choices()))
    return label_png(lay_out(content, spec), spec)


def _label_svg(batch: Batch) -> bytes:
    content, spec = _chosen(batch, _choices())
    return label_svg_file(lay_out(content, spec), spec, content.product_name).encode()


def _sheet(batch: Batch) -> bytes:
    choices = _choices()
    content, spec = _chosen(batch, choices)
    make = dots_pdf if choices.is_dotted else sheet_pdf
    return make([content] * choices.labels, spec, choices.start, choices.pages)


def _chosen(batch: Batch, choices: Choices) -> tuple[LabelContent, SheetSpec]:
    content = _content(batch, choices)
    return content, pages.chosen_spec(content, choices)


def _batch(batch_id: UUID) -> Batch:
    return services.get_batch(db(), actor().organisation_id, batch_id)


def public_url() -> str:
    """The address that is printed."""
    # Printed addresses are for ever: the configured one. Only a local run, which has none, prints where it is.
    return current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")


def _values() -> Mapping[str, str]:
    return request.args.to_dict()


def _choices() -> Choices:
    choices = read_choices(_values())
    if choices.is_gs1 and not answers_digital_links():
        raise ChoiceUnknown("form")
    return choices


def _content(batch: Batch, choices: Choices) -> LabelContent:
    content = services.label_content(db(), batch, public_url())
    return pages.chosen_content(content, batch, choices, public_url())


def _symbol(batch: Batch, choices: Choices) -> QrSymbol:
    spec = choices.spec
    return qr_matrix(_content(batch, choices).address, spec.error_correction, has_mark=spec.has_mark)


def _page(batch: Batch, found: LabelRefused | BadInput | None = None) -> tuple[LabelPage, Form, int]:
    """The page, its form and its status; ``found`` is a refusal that a download met."""
    form = Form({**DEFAULTS, **_values()})
    try:
        content = services.label_content(db(), batch, public_url())
    except LabelRefused as refusal:
        return _obstructed(batch, refusal), form, 200 if found is None else refusal.http_status
    except BadInput as refusal:
        return LabelPage(batch, refusal=str(refusal)), form, 200 if found is None else refusal.http_status
    offer = pages.make_offer(batch, has_digital_links=answers_digital_links())
    page = LabelPage(batch, offer=offer, site=readable_site(public_url()))
    try:
        choices = _choices()
    except BadInput as refusal:
        form.refuse(refusal)
        return page, form, refusal.http_status
    try:
        chosen = pages.chosen_content(content, batch, choices, public_url())
        preview = pages.make_preview(chosen, choices)
    except BadInput as refusal:
        told = pages.tell_refusal(refusal)
        if pages.form_field(refusal):
            form.errors[pages.form_field(refusal)] = told
        return (
            LabelPage(batch, offer=offer, site=page.site, refusal=told),
            form,
            200 if found is None else refusal.http_status,
        )
    return LabelPage(batch, offer=offer, site=page.site, preview=preview), form, 200


def _obstructed(batch: Batch, refusal: LabelRefused) -> LabelPage:
    return LabelPage(
        batch,
        obstacles=tuple(tell_obstacle(obstacle, batch) for obstacle in refusal.obstacles),
        missing=tuple(
            (str(ITEM_LABELS[number]), None if batch.is_activated else mend_item(number, batch))
            for number in refusal.missing
        ),
    )


def answers_digital_links() -> bool:
    """Whether this service opens ``/01/…/10/…``: what nobody answers is not put on paper."""
    try:
        current_app.url_map.bind("").match("/01/08935001800019/10/L1")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def _answer(batch: Batch, found: LabelRefused | BadInput | None = None) -> ResponseReturnValue:
    """The label page; with what is wrong where a file was asked for."""
    page, form, status = _page(batch, found)
    return render_template("labels/show_labels.html", page=page, form=form), status


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
