"""Views of the authority: erasing personal values of a batch's events. What is erased is never shown here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from trace.accounts.access import actor
from trace.authority.blueprint import _, blueprint
from trace.authority.views_batches import get_batch
from trace.batches.models import Batch
from trace.core import clock
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import queries as event_queries
from trace.events.erasure import ERASABLE, erase, find_erasable
from trace.events.models import EventPrivate, Verb
from trace.events.texts import VERBS

FIELDS: Final[dict[str, Any]] = {
    "person": _l("Names of people"),
    "on_behalf_of": _l("For whom it was recorded"),
    "note": _l("Note"),
    "attachments": _l("Attached papers and photos"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasableEvent:
    """An event of the batch in which something personal still stands; ``fields`` says what kind, never what."""

    event_id: UUID
    title: Any
    who: str
    happened_at: datetime
    fields: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePage:
    batch: Batch
    events: Sequence[ErasableEvent]


@blueprint.route("/batches/<uuid:batch_id>/erasure", methods=["GET", "POST"])
@audience(Audience.OFFICER)
def erase_values(batch_id: UUID) -> ResponseReturnValue:
    """Erase names, notes and papers of a batch's events, for good; the rest of each event stays and still verifies."""
    batch = get_batch(batch_id)
    page = _page(batch)
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            chosen = _chosen(page, form.values("chosen"))
            unused: list[str] = []
            for event_id, fields in chosen.items():
                unused += erase(db(), actor(), event_id, fields)
            db().commit()
            # Only now: a file cannot be put back if the transaction fails.
            for sha256 in unused:
                current_app.extensions["papers"].remove(sha256)
            flash(_("Erased. What happened stays in the record, and its proofs still hold."), "success")
            return redirect(url_for("authority.show_batch", batch_id=batch.id), 303)
    return render_template(
        "authority/erase_values.html", page=page, form=form, field_names=FIELDS
    ), form.status


def _page(batch: Batch) -> ErasurePage:
    events = event_queries.list_batch_events(db(), batch.id)
    privates = {
        private.event_id: private
        for private in db().scalars(
            select(EventPrivate).where(EventPrivate.event_id.in_([event.id for event in events]))
        )
    }
    return ErasurePage(
        batch=batch,
        events=tuple(
            ErasableEvent(
                event_id=event.id,
                title=VERBS[Verb(event.verb)],
                who=event.organisation.name,
                happened_at=clock.local(event.event_time),
                fields=fields,
            )
            for event in events
            if event.id in privates and (fields := find_erasable(privates[event.id]))
        ),
    )


def _chosen(page: ErasurePage, values: Sequence[str]) -> dict[UUID, list[str]]:
    """What was ticked, by event; only what this page offered."""
    offered = {
        f"{event.event_id}:{field}": (event.event_id, field) for event in page.events for field in ERASABLE
    }
    chosen: dict[UUID, list[str]] = {}
    for value in values:
        if value in offered:
            event_id, field = offered[value]
            chosen.setdefault(event_id, []).append(field)
    if not chosen:
        raise BadInput(_("Tick what is to be erased."), field="chosen")
    return chosen
