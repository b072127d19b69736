"""Views of stamps: rolls ordered before any lot, labels with codes of their own, binding, voiding, printing again.

A run's codes are read by its own organisation alone.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import (
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labels import runs
from labels.run_files import RunFileGone, RunFiles
from producers import queries as product_queries
from producers.face import pages_stamps, texts_stamps
from producers.face.blueprint import blueprint
from trace.accounts.access import actor
from trace.batches import queries, services_runs, stamp_queries
from trace.batches.scanned import read_scanned
from trace.batches.stamp_models import StampRun
from trace.batches.stamp_rules import MOST_IN_RUN, RunNotFinished, Span, check_order, read_stamp
from trace.core.camera import lend_camera
from trace.core.errors import BadInput, NotFound
from trace.core.fields import Id, Text, Tick
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.idempotency import once
from trace.core.queue import EXTENSION
from trace.events import services_stamps

_AGAIN_S = "4"  # after so long the page of a run that is being made is asked for anew


class OrderForm(ma.Schema):
    """What a run is ordered by."""

    count = Text(required=True, longest=20, empty=_l("Write how many."))
    product_id = Id(load_default=None)
    has_secrets = Tick()


class SpanForm(ma.Schema):
    """First and last stamp, typed or scanned."""

    first = Text(required=True, longest=200, empty=_l("Write or scan the first stamp."))
    last = Text(required=True, longest=200, empty=_l("Write or scan the last stamp."))


@blueprint.get("/stamps")
@audience(Audience.PRODUCER)
def list_stamps() -> ResponseReturnValue:
    """Rolls and print runs, newest first."""
    number = request.args.get("page", "1")
    page = pages_stamps.run_list(
        db(),
        actor().organisation,
        int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1,
    )
    return render_template(
        "producers/list_stamps.html", page=page, page_url=lambda at: url_for("producers.list_stamps", page=at)
    )


@blueprint.route("/stamps/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def order_roll() -> ResponseReturnValue:
    """Order a roll of numbered stamps before any lot exists."""
    form = Form.opened()

    def order(asked: dict[str, Any]) -> StampRun:
        return runs.start_roll(
            db(), actor(), current_app.extensions[EXTENSION], current_app.config["SETTINGS"], **asked
        )

    if request.method == "POST":
        run_id = _order(form, order)
        if run_id is not None:
            return redirect(url_for("producers.show_run", run_id=run_id), 303)
    own = product_queries.list_products(db(), actor().organisation_id)
    products = [(product.id, product.name) for product in own]
    return render_template(
        "producers/order_roll.html", form=form, products=products, most=texts_stamps.figures(MOST_IN_RUN)
    ), form.status


@blueprint.route("/batches/<uuid:batch_id>/serials", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def order_serials(batch_id: UUID) -> ResponseReturnValue:
    """Order labels for a lot, each with a code of its own."""
    form = Form.opened()

    def order(asked: dict[str, Any]) -> StampRun:
        asked.pop("product_id")
        return runs.start_serials(
            db(),
            actor(),
            current_app.extensions[EXTENSION],
            current_app.config["SETTINGS"],
            batch_id,
            **asked,
        )

    if request.method == "POST":
        run_id = _order(form, order)
        if run_id is not None:
            return redirect(url_for("producers.show_run", run_id=run_id), 303)
    page = pages_stamps.bind_page(db(), queries.get_batch(db(), actor().organisation_id, batch_id))
    return render_template(
        "producers/order_serials.html", form=form, page=page, most=texts_stamps.figures(MOST_IN_RUN)
    ), form.status


@blueprint.get("/stamps/<int:run_id>")
@audience(Audience.PRODUCER)
def show_run(run_id: int) -> ResponseReturnValue:
    """One roll or run: how far it is, its table, what happened to its stamps."""
    return _show(_run(run_id), Form())


@blueprint.post("/stamps/<int:run_id>/cancel")
@audience(Audience.PRODUCER)
def cancel_run(run_id: int) -> ResponseReturnValue:
    """Stop making a run."""
    form = Form.from_request()
    with form.guard():
        services_runs.cancel_run(db(), actor(), run_id)
        db().commit()
    if form.errors:
        return _show(_run(run_id), form)
    return redirect(url_for("producers.show_run", run_id=run_id), 303)


@blueprint.get("/stamps/<int:run_id>/codes.csv")
@audience(Audience.PRODUCER)
def download_codes(run_id: int) -> ResponseReturnValue:
    """The table for a print shop: numbers, codes, addresses; ``first`` and ``last`` choose a part of it."""
    run, form = _run(run_id), Form()
    try:
        span = _asked_span(run)
        table = runs.run_table(db(), run, RunFiles(current_app.config["SETTINGS"]), span)
    except (RunNotFinished, RunFileGone, BadInput) as refusal:
        form.refuse(refusal)
        return _show(run, form)
    first, last = (span.first, span.last) if span else (run.first_number, run.last_number)
    return Response(
        stream_with_context(table),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="tem-{first}-{last}.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@blueprint.route("/stamps/<int:run_id>/reprint", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def reprint_stamps(run_id: int) -> ResponseReturnValue:
    """Note that stamps are printed again, then give their part of the table."""
    _run(run_id)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            loaded = form.load(SpanForm())
            found_id = services_stamps.reprint_stamps(
                db(), actor(), read_stamp(loaded["first"]), read_stamp(loaded["last"])
            ).run_id
            db().commit()
            flash(
                _("Noted. The table of these stamps stands below; the old ones must be voided or destroyed."),
                "ok",
            )
            return redirect(url_for("producers.show_run", run_id=found_id), 303)
    run = _run(run_id)
    return render_template(
        "producers/reprint_stamps.html", form=form, page=pages_stamps.run_page(db(), run)
    ), form.status


@blueprint.route("/batches/<uuid:batch_id>/stamps", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def bind_stamps(batch_id: UUID) -> ResponseReturnValue:
    """Bind stamps to a lot by the first and the last; those bound before can be undone for a while."""
    queries.get_batch(db(), actor().organisation_id, batch_id)
    form = Form.opened(_proposed(request.args.get("run", "")))
    if request.method == "POST":
        with form.guard():
            loaded = form.load(SpanForm())
            binding = services_stamps.bind_stamps(
                db(), actor(), batch_id, read_scanned(loaded["first"]), read_scanned(loaded["last"])
            )
            numbers = texts_stamps.numbers(binding.first_number, binding.last_number)
            db().commit()
            flash(_("Stamps %(numbers)s stand for this lot from now on.", numbers=numbers), "ok")
            return redirect(url_for("producers.bind_stamps", batch_id=batch_id), 303)
    return _show_binding(batch_id, form)


@blueprint.post("/stamps/bindings/<uuid:binding_id>/undo")
@audience(Audience.PRODUCER)
def unbind_stamps(binding_id: UUID) -> ResponseReturnValue:
    """Undo a binding."""
    form = Form.from_request()
    found = stamp_queries.find_range(db(), actor().organisation_id, binding_id)
    if found is None or found.batch_id is None:
        raise NotFound(_("There is no such binding of stamps."), code="binding-not-found")
    batch_id = found.batch_id
    with form.guard():
        services_stamps.unbind_stamps(db(), actor(), binding_id)
        db().commit()
    if form.errors:
        return _show_binding(batch_id, form)
    flash(_("The binding is undone. These stamps stand for no lot."), "ok")
    return redirect(url_for("producers.bind_stamps", batch_id=batch_id), 303)


def _order(form: Form, order: Callable[[dict[str, Any]], StampRun]) -> int | None:
    """Order a run once by the form's number; None where it was refused."""
    run_id: int | None = None
    with form.guard():
        loaded = form.load(OrderForm())
        count = read_stamp(loaded["count"]).number
        if count is None:
            raise BadInput(
                _l("Choose how many, from 1 to %(most)s.", most=texts_stamps.figures(MOST_IN_RUN)),
                code="run-size",
                field="count",
            )
        settings = current_app.config["SETTINGS"]
        # The configured address; a service without one is told so (``check_address``).
        address = settings.public_url or request.host_url.rstrip("/")
        asked = {**loaded, "count": count, "address": address}
        with once(db(), actor().organisation_id, form.key, {"view": request.endpoint, **asked}) as receipt:
            if not receipt.is_repeat:
                receipt.answer = {"run_id": order(dict(asked)).id}
        run_id = int((receipt.answer or {})["run_id"])
        db().commit()
    return run_id if not form.errors else None


def _run(run_id: int) -> StampRun:
    return stamp_queries.get_run(db(), actor().organisation_id, run_id)


def _show(run: StampRun, form: Form) -> ResponseReturnValue:
    page = pages_stamps.run_page(db(), run)
    answer = current_app.make_response(
        (render_template("producers/show_run.html", page=page, form=form), form.status)
    )
    if page.is_moving and not form.errors:
        answer.headers["Refresh"] = _AGAIN_S
    return answer


def _show_binding(batch_id: UUID, form: Form) -> ResponseReturnValue:
    page = pages_stamps.bind_page(db(), queries.get_batch(db(), actor().organisation_id, batch_id))
    shown = render_template("producers/bind_stamps.html", page=page, form=form)
    return lend_camera(make_response(shown, form.status))


def _proposed(run_id: str) -> dict[str, Any]:
    """First and last of a run whose labels are about to be activated, where the address names one."""
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 18):
        return {}
    unused = pages_stamps.run_page(db(), _run(int(run_id))).unused
    return {"first": unused.first, "last": unused.last} if unused else {}


def _asked_span(run: StampRun) -> Span | None:
    first, last = (read_stamp(request.args.get(name, "")).number for name in ("first", "last"))
    if first is None or last is None:
        return None
    check_order(Span(first, last))
    return Span(first, last).overlap(Span(run.first_number, run.last_number))
