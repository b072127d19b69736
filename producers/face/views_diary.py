"""Views of the production diary: the list, noting, correcting, taking back."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from producers.diary import queries, services
from producers.diary.models import DiaryEntry
from producers.diary.schemas import EntryForm, WorkForm
from producers.diary.services import Ground, Work
from producers.face import pages, pages_growing
from producers.face.blueprint import blueprint
from producers.face.texts_growing import WORK_KINDS
from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core import clock
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.ids import parse_uuid

_WORK = ("kind", "done_on", "used", "active_ingredient", "purpose", "waiting_days", "party_id")


@blueprint.get("/diary")
@audience(Audience.PRODUCER)
def list_diary() -> ResponseReturnValue:
    """What was done, the last first."""
    typed = request.args.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) <= 5 else 1
    page = pages_growing.diary_page(db(), actor().organisation, max(number, 1))

    def page_url(wanted_page: int) -> str:
        return url_for("producers.list_diary", page=wanted_page)

    return render_template("producers/list_diary.html", page=page, page_url=page_url)


@blueprint.route("/diary/new", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def note_entry() -> ResponseReturnValue:
    """Note what was done; the next entry opens as this one was, for another household or place."""
    batch = _named_batch(request.values.get("batch_id", ""))
    form = Form.opened(_opening(batch))
    if request.method == "POST":
        batch_id = batch.id if batch else None
        with form.guard():
            stated = form.load(EntryForm())
            ground = Ground(stated.pop("product_id"), stated.pop("location_id"), stated.pop("batch_id"))
            services.note_entry(db(), actor(), ground, Work(**stated), key=form.key)
            db().commit()
            flash(_("It is noted in the diary."), "ok")
            return redirect(_back_to(batch_id), 303)
    # What was refused was rolled back, and the lot with it.
    batch = _named_batch(request.values.get("batch_id", ""))
    return _entry_form(form, batch, None)


@blueprint.route("/diary/<uuid:entry_id>", methods=["GET", "POST"])
@audience(Audience.PRODUCER)
def correct_entry(entry_id: UUID) -> ResponseReturnValue:
    """State an entry anew; what it said is kept."""
    entry = queries.get_entry(db(), actor().organisation_id, entry_id)
    form = Form.opened({name: getattr(entry, name) for name in _WORK})
    if request.method == "POST":
        batch_id = entry.batch_id
        with form.guard():
            services.correct_entry(db(), actor(), entry_id, Work(**form.load(WorkForm())))
            db().commit()
            flash(_("The correction is noted. What stood there before is kept."), "ok")
            return redirect(_back_to(batch_id), 303)
    entry = queries.get_entry(db(), actor().organisation_id, entry_id)
    return _entry_form(form, None, entry)


@blueprint.post("/diary/<uuid:entry_id>/take-back")
@audience(Audience.PRODUCER)
def take_back_entry(entry_id: UUID) -> ResponseReturnValue:
    """Say that an entry was noted by mistake."""
    services.take_back_entry(db(), actor(), entry_id)
    db().commit()
    flash(_("The entry is taken back. Pages that showed it say so."), "ok")
    return redirect(url_for("producers.list_diary"), 303)


def _named_batch(typed: str) -> Batch | None:
    batch_id = parse_uuid(typed)
    return None if batch_id is None else batch_queries.get_batch(db(), actor().organisation_id, batch_id)


def _opening(batch: Batch | None) -> dict[str, Any]:
    values: dict[str, Any] = {"done_on": clock.today(), "location_id": actor().organisation.seat.id}
    if batch is not None:
        return values | {
            "product_id": batch.product_id,
            "location_id": batch.location_id,
            "batch_id": batch.id,
        }
    return values | {"product_id": request.args.get("product", "")}


def _back_to(batch_id: UUID | None) -> str:
    if batch_id is None:
        return url_for("producers.list_diary")
    return url_for("producers.show_batch", batch_id=batch_id)


def _entry_form(form: Form, batch: Batch | None, entry: DiaryEntry | None) -> ResponseReturnValue:
    page = pages_growing.entry_form_page(db(), actor().organisation, batch, entry)
    answer = render_template(
        "producers/note_entry.html", form=form, page=page, kinds=WORK_KINDS, place_name=pages.place_name
    )
    return answer, form.status
