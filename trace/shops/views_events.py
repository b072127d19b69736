"""One entry: what it says, its papers, the link by which the other side may confirm it, and its correction."""

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.accounts.security_log import Action, record
from trace.core.blobs import Size
from trace.core.errors import NotFound
from trace.core.fields import Choice, Day, Instant, Quantity, Text
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import queries_handover as handovers
from trace.events import services_confirm
from trace.events.corrective import Replacement
from trace.events.models import Event, Verb
from trace.events.rules import DisposalReason
from trace.events.rules_correction import CorrectionReason, NotCorrectable
from trace.events.services_activation import Source
from trace.events.services_correction import correct
from trace.events.texts import DISPOSAL_REASONS
from trace.events.texts_handover import CORRECTION_REASONS
from trace.shops import pages_events, receivers
from trace.shops.around import papers_store, read_around
from trace.shops.blueprint import blueprint
from trace.shops.pages_events import EventPage, typed
from trace.shops.schemas import LONGEST_NOTE, told

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WITH_BUYER = (Verb.SELL, Verb.SHIP)
_DATED = (Verb.ACTIVATE,)


class CorrectionForm(ma.Schema):
    """What was wrong; quantities, households and the other side are read apart."""

    kind = Choice(CorrectionReason, required=True, error_messages=told(_l("Choose what was wrong.")))
    event_time = Instant(load_default=None)
    reason = Choice(DisposalReason, load_default=None)
    lot_number = Text(longest=20, load_default=None)
    produced_on = Day(load_default=None)
    expires_on = Day(load_default=None)
    note = Text(longest=LONGEST_NOTE, multiline=True, load_default="")


@blueprint.get("/events/<uuid:event_id>")
@audience(Audience.MEMBER)
def show_event(event_id: UUID) -> ResponseReturnValue:
    """One entry this organisation made or is the other side of."""
    page = pages_events.event_page(db(), actor(), event_id)
    if page.event.is_declaration and page.event.corrects_id is not None:
        return redirect(url_for("shops.show_event", event_id=page.event.corrects_id))
    return _answer_event(page, Form())


@blueprint.get("/events/<uuid:event_id>/papers/<sha256>")
@audience(Audience.MEMBER)
def show_paper(event_id: UUID, sha256: str) -> ResponseReturnValue:
    """A photo of a paper: for the two sides of the entry, and for officers, whose reading is noted."""
    acting = actor()
    if acting.is_officer:
        event = db().get(Event, event_id)
        if event is None:
            raise handovers.event_not_found()
        record(
            db(),
            Action.OFFICER_READ,
            user_id=acting.user_id,
            organisation_id=acting.organisation_id,
            subject_id=event.id,
            what="paper",
        )
        db().commit()
    else:
        event = handovers.get_event(db(), acting.organisation_id, event_id)
    private = handovers.find_private(db(), event.id)
    known = (private.attachments or ()) if private is not None else ()
    if not _SHA256.fullmatch(sha256) or sha256 not in known:
        raise NotFound(_("There is nothing at this address."))
    path = papers_store().path(sha256, Size.SMALL if request.args.get("size") == "small" else Size.LARGE)
    if not path.is_file():
        raise NotFound(_("There is nothing at this address."))
    answer = send_file(path, mimetype="image/webp", etag=sha256)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("/events/<uuid:event_id>/link")
@audience(Audience.MEMBER)
def offer_confirmation(event_id: UUID) -> ResponseReturnValue:
    """Make a link by which the other side may confirm; it is shown on this answer and never again."""
    form = Form.from_request()
    with form.guard():
        offered = services_confirm.offer_confirmation(db(), actor(), event_id)
        db().commit()
    page = pages_events.event_page(db(), actor(), event_id)
    if form.errors:
        return _answer_event(page, form)
    # To somebody without an account: in Vietnamese, at the address people know.
    path = url_for("public.show_confirmation", token=offered.token)
    site = current_app.config["SETTINGS"].public_url or request.host_url.rstrip("/")
    return _answer_event(page, Form(), f"{site}{path}")


@blueprint.route("/events/<uuid:event_id>/correct", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def correct_event(event_id: UUID) -> ResponseReturnValue:
    """Say what was wrong with an own entry, and what was really so."""
    page = pages_events.event_page(db(), actor(), event_id)
    if not page.told.is_mine:
        raise handovers.event_not_found()
    form = Form.opened(_as_entered(page))
    if request.method == "POST":
        with form.guard():
            done = _correct(form, page)
            new_id = done.corrective.id if done.corrective is not None else page.event.id
            db().commit()
            flash(_("Corrected. Both what was entered and what took its place stay on record."), "success")
        if not form.errors:
            return redirect(url_for("shops.show_event", event_id=new_id), 303)
        page = pages_events.event_page(db(), actor(), event_id)
    if not page.can_correct:
        if not form.errors:
            form.refuse(_not_correctable(page))
        return _answer_event(page, form)
    return _answer_correction(page, form)


def _correct(form: Form, page: EventPage) -> Any:
    facts = form.load(CorrectionForm())
    around = read_around(form)
    replacement = None
    if facts["kind"] == CorrectionReason.INCORRECT_DATA and page.can_replace:
        replacement = _replacement(form, page, facts)
    return correct(
        db(),
        actor(),
        page.event.id,
        facts["kind"],
        replacement,
        key=form.key,
        note=facts["note"],
        around=around,
    )


def _replacement(form: Form, page: EventPage, facts: dict[str, Any]) -> Replacement:
    """Only what differs from the entry: what was right stays as it was said."""
    quantities, sources = _quantities(form, page)
    dates = {name: facts[name] for name in ("produced_on", "expires_on")} if _is_dated(page) else {}
    is_new_lot = _is_dated(page) and facts["lot_number"] != page.lines[0].batch.lot_number
    return Replacement(
        quantities=quantities or None,
        event_time=facts["event_time"],
        to=_receiver(form, page),
        reason=facts["reason"] if page.event.verb == Verb.DESTROY else None,
        lot_number=facts["lot_number"] if is_new_lot else None,
        sources=sources,
        **dates,
    )


def _quantities(form: Form, page: EventPage) -> tuple[dict[UUID, Decimal], list[Source] | None]:
    """What was really there: of each household where the harvest came from several, else of each batch."""
    empty = told(_l("Write how much it is."))
    if page.households:
        names = [f"household_{place}" for place in range(1, len(page.households) + 1)]
        schema = ma.Schema.from_dict({name: Quantity(required=True, error_messages=empty) for name in names})
        found = form.load(schema())
        said = [found[name] for name in names]
        if said == [one.quantity for one in page.households]:
            return {}, None
        sources = [
            Source(quantity, one.party_id, one.plot)
            for quantity, one in zip(said, page.households, strict=True)
        ]
        return {page.lines[0].batch.id: sum(said, Decimal(0))}, sources
    named = _quantity_fields(page)
    schema = ma.Schema.from_dict({name: Quantity(required=True, error_messages=empty) for name in named})
    found = form.load(schema())
    return {line.batch.id: found[name] for name, line in named.items() if found[name] != line.quantity}, None


def _receiver(form: Form, page: EventPage) -> Any:
    if page.event.verb not in _WITH_BUYER or not form.value(receivers.FIELD):
        return None
    with_organisations = page.event.verb == Verb.SHIP
    choice = receivers.read_choice(form, with_organisations=with_organisations)
    return receivers.settle(db(), actor(), choice)


def _quantity_fields(page: EventPage) -> dict[str, pages_events.GoodsLine]:
    lines = [line for line in page.lines if line.quantity is not None]
    if len(lines) == 1:
        return {"quantity": lines[0]}
    return {f"quantity_{place}": line for place, line in enumerate(lines, start=1)}


def _is_dated(page: EventPage) -> bool:
    return page.event.verb in _DATED


def _as_entered(page: EventPage) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: typed(line.quantity)
        for name, line in _quantity_fields(page).items()
        if line.quantity is not None
    }
    for place, one in enumerate(page.households, start=1):
        values[f"household_{place}"] = typed(one.quantity)
    if _is_dated(page):
        batch = page.lines[0].batch
        values |= {"lot_number": batch.lot_number, "produced_on": batch.produced_on}
        values |= {"expires_on": batch.expires_on} if isinstance(batch.expires_on, date) else {}
    if not page.can_replace:
        values["kind"] = CorrectionReason.DID_NOT_OCCUR
    elif page.must_replace:
        values["kind"] = CorrectionReason.INCORRECT_DATA
    values["reason"] = page.event.extensions.get("disposal_reason", "")
    return values


def _not_correctable(page: EventPage) -> NotCorrectable:
    if page.correction is not None:
        return NotCorrectable(_("This entry was corrected before. Look at what took its place."))
    return NotCorrectable(_("This kind of entry is not corrected here."))


def _answer_event(page: EventPage, form: Form, address: str = "") -> ResponseReturnValue:
    own_address = url_for("shops.show_event", event_id=page.event.id)
    text = ""
    if address:
        text = _(
            "%(name)s asks: is this handover right? Please look and answer: %(address)s",
            name=actor().organisation.name,
            address=address,
        )
    return (
        render_template(
            "shops/show_event.html",
            page=page,
            form=form,
            address=address,
            sms_text=text,
            own_address=own_address,
        ),
        form.status,
    )


def _answer_correction(page: EventPage, form: Form) -> ResponseReturnValue:
    reasons = [(str(reason), CORRECTION_REASONS[reason]) for reason in CorrectionReason]
    offer = None
    if page.event.verb in _WITH_BUYER:
        with_organisations = page.event.verb == Verb.SHIP
        offer = receivers.offer(db(), actor().organisation_id, form, with_organisations=with_organisations)
    return (
        render_template(
            "shops/correct_event.html",
            page=page,
            form=form,
            fields=_quantity_fields(page),
            reasons=reasons if page.can_replace and not page.must_replace else [],
            offer=offer,
            value_of=receivers.value_of,
            walk_in=receivers.WALK_IN,
            disposals=[(str(one), DISPOSAL_REASONS[one]) for one in DisposalReason],
            is_dated=_is_dated(page),
        ),
        form.status,
    )
