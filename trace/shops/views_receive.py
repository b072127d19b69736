"""Receiving goods: from the label in the hand to the shipment, and the one tap that takes it in."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import marshmallow as ma
from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from trace.accounts.access import actor
from trace.accounts.permissions import Actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.batches.unit_models import LogisticUnit
from trace.core.camera import lend_camera
from trace.core.errors import NotFound
from trace.core.fields import Quantity
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.language import language
from trace.core.numbers import format_quantity
from trace.core.short_codes import is_well_formed, normalise
from trace.events import queries as event_queries
from trace.events import queries_making, services_receiving, units
from trace.events.handover_models import Shipment
from trace.events.texts import quantity_in_words
from trace.events.texts_making import UNIT_KINDS
from trace.shops import pages
from trace.shops.around import list_behalf, read_around
from trace.shops.blueprint import blueprint
from trace.shops.schemas import ReceiptForm, told
from trace.shops.schemas_making import MISSING, read_ids

FULL = "full"


class Finding(StrEnum):
    """What a code means to an organisation that wants to receive."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    OWN = "own"
    RECEIVED = "received"
    UNDECLARED = "undeclared"
    UNIT = "unit"


STATUS = {Finding.MALFORMED: 400, Finding.UNKNOWN: 404}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """Why the code did not lead to one shipment, and what there is instead."""

    finding: Finding
    typed: str
    batch: Batch | None = None
    arriving: tuple[pages.ShipmentRow, ...] = ()
    received: Shipment | None = None
    is_held: bool = False


@blueprint.get("/receive")
@blueprint.get("/receive/<code>")
@audience(Audience.MEMBER)
def receive_code(code: str = "") -> ResponseReturnValue:
    """From a code to the shipment that waits for this organisation."""
    typed = code or request.args.get("code", "").strip()
    if actor().is_officer:
        return redirect(url_for("authority.find_batch", q=typed))
    unit = queries_making.find_unit_by_code(db(), units.read_code(typed))
    if unit is not None and unit.holder_id == actor().organisation_id:
        return redirect(url_for("shops.show_unit", unit_id=unit.id))
    page = _find_unit(typed, unit, actor()) if unit else _find(typed, actor())
    if len(page.arriving) == 1:
        return redirect(url_for("shops.receive", shipment_id=page.arriving[0].shipment.id))
    shown = render_template("shops/receive_code.html", page=page)
    return lend_camera(make_response(shown, STATUS.get(page.finding, 200)))


@blueprint.route("/shipments/<uuid:shipment_id>/receive", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def receive(shipment_id: UUID) -> ResponseReturnValue:
    """Take a shipment in: all of it by one tap, or what really arrived."""
    page = pages.shipment_page(db(), actor(), shipment_id)
    if not page.row.is_inbound:
        raise NotFound(_("There is no such shipment."), code="shipment-not-found")
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            is_full = bool(form.value(FULL))
            received = None if is_full else _counted(form, page)
            missing = [] if is_full else read_ids(form, MISSING)
            facts = form.load(ReceiptForm())
            shipment = services_receiving.receive(
                db(),
                actor(),
                shipment_id,
                received,
                missing_units=missing,
                event_time=facts["event_time"],
                note=facts["note"],
                around=read_around(form),
            )
            _tell(shipment, is_repeat=not page.is_mine_to_receive)
            db().commit()
            return redirect(url_for("shops.show_shipment", shipment_id=shipment_id), 303)
    elif not page.is_mine_to_receive:
        return redirect(url_for("shops.show_shipment", shipment_id=shipment_id))
    if form.errors:
        # A refusal rolled everything back: what the page says is read anew.
        page = pages.shipment_page(db(), actor(), shipment_id)
    behalf = list_behalf(db(), actor())
    return render_template(
        "shops/receive.html",
        page=page,
        form=form,
        names=_names(page),
        behalf=behalf,
        unit_kinds=UNIT_KINDS,
    ), form.status


def _find_unit(typed: str, unit: LogisticUnit, acting: Actor) -> CodePage:
    """What a carton's code means to who wants to receive it: the shipment it is in, or that none was declared."""
    arriving = queries_making.list_incoming_with_unit(db(), acting.organisation_id, unit.id)
    rows = tuple(pages.shipment_row(shipment, acting.organisation_id) for shipment in arriving)
    return CodePage(finding=Finding.UNIT, typed=typed[:40], arriving=rows)


def _find(typed: str, acting: Actor) -> CodePage:
    if not typed:
        return CodePage(finding=Finding.EMPTY, typed="")
    code = normalise(typed)
    if not is_well_formed(code):
        return CodePage(finding=Finding.MALFORMED, typed=typed[:40])
    batch = batch_queries.find_batch_by_code(db(), code)
    if batch is None or not batch.is_activated:
        return CodePage(finding=Finding.UNKNOWN, typed=typed)
    mine = acting.organisation_id
    arriving = event_queries.list_incoming(db(), mine, batch.id)
    received = event_queries.find_last_received(db(), mine, batch.id)
    if arriving:
        finding = Finding.SEVERAL
    elif received is not None:
        finding = Finding.RECEIVED
    elif batch.organisation_id == mine:
        finding = Finding.OWN
    else:
        finding = Finding.UNDECLARED
    return CodePage(
        finding=finding,
        typed=typed,
        batch=batch,
        arriving=tuple(pages.shipment_row(shipment, mine) for shipment in arriving),
        received=received,
        is_held=batch_queries.find_holding(db(), batch.id, mine) is not None,
    )


def _names(page: pages.ShipmentPage) -> list[str]:
    """The name of each line's quantity field."""
    if len(page.loose_lines) == 1:
        return ["quantity"]
    return [f"quantity_{place}" for place in range(1, len(page.loose_lines) + 1)]


def _counted(form: Form, page: pages.ShipmentPage) -> dict[UUID, Decimal]:
    """What was counted of each batch. Raises ``BadInput``."""
    names = _names(page)
    empty = told(_l("Write what really arrived."))
    schema = ma.Schema.from_dict({name: Quantity(required=True, error_messages=empty) for name in names})
    counted = form.load(schema())
    return {line.batch.id: counted[name] for name, line in zip(names, page.loose_lines, strict=True)}


def _tell(shipment: Shipment, *, is_repeat: bool) -> None:
    if is_repeat:
        flash(_("This shipment had been received before. Nothing was counted twice."), "note")
        return
    for line in shipment.lines:
        if line.unit_id is None:
            _tell_line(pages.line_of(line))
    if shipment.units:
        _tell_units(shipment)


def _tell_units(shipment: Shipment) -> None:
    """Cartons came or did not; what is in them is on the shipment's page."""
    packed = {line.unit_id for line in shipment.lines if line.unit_id is not None}
    missing = sum(1 for row in shipment.units if row.has_arrived is False and row.unit_id in packed)
    arrived = len(packed) - missing
    flash(ngettext("%(num)d carton received.", "%(num)d cartons received.", arrived), "success")
    if missing:
        flash(
            ngettext(
                "%(num)d carton is missing. What is in it stays open until both sides settle it: call the sender now.",
                "%(num)d cartons are missing. What is in them stays open until both sides settle it: call the sender"
                " now.",
                missing,
            ),
            "warning",
        )


def _tell_line(line: pages.Line) -> None:
    """Repeat what was received in figures and words, and how a difference stands."""
    batch, unit = line.batch, line.batch.unit_word

    def figures(quantity: Decimal) -> str:
        return format_quantity(quantity, language())

    if line.received is None:
        return
    sentence = _(
        "Received %(quantity)s %(unit)s of %(product)s (%(words)s).",
        quantity=figures(line.received),
        unit=unit,
        product=batch.product.name,
        words=quantity_in_words(line.received, batch),
    )
    if line.lost:
        sentence += " " + _(
            "%(lost)s %(unit)s short, within the natural loss of %(percent)s %% for these goods: closed by itself.",
            lost=figures(line.lost),
            unit=unit,
            percent=figures(line.tolerance_percent),
        )
    flash(sentence, "success")
    if line.open:
        flash(
            _(
                "%(open)s %(unit)s short, more than the natural loss of %(percent)s %%. It stays open until both"
                " sides settle it: call the sender now.",
                open=figures(line.open),
                unit=unit,
                percent=figures(line.tolerance_percent),
            ),
            "warning",
        )
