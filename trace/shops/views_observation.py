"""Looking after goods: inspected, sampled, measured, set aside and released by who has them."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.accounts.access import actor
from trace.core import clock
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import desk, services_holds, services_observation
from trace.events.rules_stock import InspectionResult, SetAsideReason
from trace.events.schemas_stock import TemperatureUnit
from trace.events.temperatures import Reading
from trace.events.texts_stock import RESULTS, SET_ASIDE_REASONS
from trace.shops import pages, pages_stock
from trace.shops.around import list_behalf, read_around, stated
from trace.shops.blueprint import blueprint
from trace.shops.schemas import MovementForm
from trace.shops.schemas_stock import InspectForm, SetAsideForm, TemperatureForm


@blueprint.route("/<uuid:batch_id>/inspect", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def inspect(batch_id: UUID) -> ResponseReturnValue:
    """Note an inspection of one's own and what it found."""
    batch = desk.find_goods(db(), actor(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(InspectForm())
            services_observation.inspect(
                db(),
                actor(),
                batch_id,
                facts["result"],
                **stated(form, facts),
            )
            db().commit()
            if facts["result"] is InspectionResult.FAILED:
                flash(_("Noted. Set the goods aside, or discard what is spoiled."), "warning")
            else:
                flash(_("The inspection is noted."), "success")
            return _to_holding(batch_id)
    batch = desk.find_goods(db(), actor(), batch_id)
    results = [(str(result), RESULTS[result]) for result in InspectionResult]
    return render_template(
        "shops/inspect.html",
        batch=batch,
        form=form,
        results=results,
        behalf=list_behalf(db(), actor()),
    ), form.status


@blueprint.route("/<uuid:batch_id>/sample", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def sample(batch_id: UUID) -> ResponseReturnValue:
    """Note a sample taken out of one's own goods."""
    pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(MovementForm())
            services_observation.sample(
                db(),
                actor(),
                batch_id,
                facts["quantity"],
                **stated(form, facts),
            )
            db().commit()
            flash(_("The sample is noted."), "success")
            return _to_holding(batch_id)
    page = pages.get_goods(db(), actor(), batch_id)
    return render_template(
        "shops/sample.html", page=page, form=form, behalf=list_behalf(db(), actor())
    ), form.status


@blueprint.route("/<uuid:batch_id>/temperatures", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def show_temperatures(batch_id: UUID) -> ResponseReturnValue:
    """The temperatures noted of one lot, and one more."""
    desk.find_goods(db(), actor(), batch_id)
    form = Form.opened({"uom": TemperatureUnit.CEL})
    if request.method == "POST":
        with form.guard():
            facts = form.load(TemperatureForm())
            reading = Reading(
                time=facts["event_time"] or clock.now(),
                value=facts["value"],
                low=facts["low"],
                high=facts["high"],
                uom=str(facts["uom"]),
            )
            event = services_observation.measure(
                db(),
                actor(),
                [batch_id],
                [reading],
                key=form.key,
                device=facts["device"],
                note=facts["note"],
                around=read_around(form),
            )
            is_breach = services_observation.BREACH in event.marks
            db().commit()
            if is_breach:
                flash(_("Noted. It is outside the limits: the public page says so."), "warning")
            else:
                flash(_("The temperature is noted."), "success")
            return redirect(url_for("shops.show_temperatures", batch_id=batch_id), 303)
    page = pages_stock.temperatures_page(db(), actor(), batch_id)
    units = [(str(TemperatureUnit.CEL), "°C"), (str(TemperatureUnit.FAH), "°F")]
    return render_template(
        "shops/show_temperatures.html",
        page=page,
        form=form,
        units=units,
        behalf=list_behalf(db(), actor()),
    ), form.status


@blueprint.route("/<uuid:batch_id>/set-aside", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def set_aside(batch_id: UUID) -> ResponseReturnValue:
    """Keep one's own goods apart: until released they are neither sold nor passed on."""
    pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(SetAsideForm())
            services_holds.hold(
                db(), actor(), batch_id, facts["reason"], note=facts["note"], around=read_around(form)
            )
            db().commit()
            flash(_("Set aside: nobody here can sell it or pass it on until you release it."), "success")
            return _to_holding(batch_id)
    page = pages.get_goods(db(), actor(), batch_id)
    reasons = [(str(reason), SET_ASIDE_REASONS[reason]) for reason in SetAsideReason]
    return render_template("shops/set_aside.html", page=page, form=form, reasons=reasons), form.status


@blueprint.post("/<uuid:batch_id>/release")
@audience(Audience.MEMBER)
def release(batch_id: UUID) -> ResponseReturnValue:
    """Let goods that were set aside move again."""
    pages.get_goods(db(), actor(), batch_id)
    form = Form.opened()
    with form.guard():
        services_holds.release(db(), actor(), batch_id)
        db().commit()
        flash(_("It may be sold again."), "success")
    for sentence in form.errors.values():
        flash(sentence, "warning")
    return _to_holding(batch_id)


def _to_holding(batch_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("shops.show_holding", batch_id=batch_id), 303)
