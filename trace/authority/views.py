"""Views of the authority: the desk, organisations and their approval. Batches and recalls have their own modules."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import queries as account_queries
from trace.accounts import rules as account_rules
from trace.accounts import services_approval, sessions
from trace.accounts.access import actor
from trace.accounts.models import Approval, Organisation, OrganisationKind, User
from trace.authority import (
    pages,
    queries,
    views_batches,
    views_copies,
    views_erasure,
    views_gtins,
    views_holds,
    views_recalls,
    views_reports,
    views_trace,
)
from trace.authority.blueprint import _, blueprint, note_reading, page_number
from trace.authority.schemas import ChangesForm
from trace.core import clock
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.text import has_forbidden_character, tidy

__all__ = [
    "blueprint",
    "views_batches",
    "views_copies",
    "views_erasure",
    "views_gtins",
    "views_holds",
    "views_recalls",
    "views_reports",
    "views_trace",
]  # importing those registers their views

LONGEST_SEARCH = 100
GROUP = 4  # a code is read out and copied by hand in groups


@blueprint.get("/")
@audience(Audience.OFFICER)
def show_desk() -> ResponseReturnValue:
    """Where an officer's day begins: what waits, and what is being recalled."""
    return render_template("authority/show_desk.html", page=pages.desk_page(db(), actor()))


@blueprint.get("/organisations")
@audience(Audience.OFFICER)
def list_organisations() -> ResponseReturnValue:
    """Organisations by state of approval; those that wait first."""
    asked = request.args.get("approval", Approval.PENDING)
    approval = Approval(asked) if asked in set(Approval) else None
    typed = request.args.get("q", "")[:LONGEST_SEARCH]
    typed = "" if has_forbidden_character(typed) else tidy(typed)
    found = queries.list_organisations(db(), approval, typed, page_number())
    return render_template(
        "authority/list_organisations.html",
        page=found,
        approval=approval,
        typed=typed,
        counts=queries.count_organisations(db()),
    )


@blueprint.get("/organisations/<uuid:organisation_id>")
@audience(Audience.OFFICER)
def show_organisation(organisation_id: UUID) -> ResponseReturnValue:
    """The one screen an approval is decided on; reading it is logged."""
    organisation = _get_organisation(organisation_id)
    note_reading(organisation.id, "organisation")
    return _show(organisation, Form())


@blueprint.post("/organisations/<uuid:organisation_id>/approve")
@audience(Audience.OFFICER)
def approve(organisation_id: UUID) -> ResponseReturnValue:
    """Let an organisation in as the officer saw it; twice is once."""
    was_approved = _get_organisation(organisation_id).is_approved
    seen = request.form.get("seen", "")[:LONGEST_SEARCH]
    organisation = services_approval.approve(db(), actor(), organisation_id, seen)
    name = organisation.name
    db().commit()
    if was_approved:
        flash(_("%(name)s had been approved before.", name=name), "note")
    else:
        flash(_("Approved: %(name)s may ship, receive and sell from now on.", name=name), "success")
    return redirect(url_for("authority.show_organisation", organisation_id=organisation_id), 303)


@blueprint.post("/organisations/<uuid:organisation_id>/ask-for-changes")
@audience(Audience.OFFICER)
def ask_for_changes(organisation_id: UUID) -> ResponseReturnValue:
    """Say what is missing; the organisation reads it word for word."""
    organisation = _get_organisation(organisation_id)
    form = Form.from_request()
    with form.guard():
        facts = form.load(ChangesForm())
        services_approval.ask_for_changes(db(), actor(), organisation_id, facts["note"])
        db().commit()
        flash(_("Sent. The organisation sees your note and can mend what is missing."), "success")
    if form.errors:
        return _show(organisation, form)
    return redirect(url_for("authority.show_organisation", organisation_id=organisation_id), 303)


@blueprint.post("/organisations/<uuid:organisation_id>/members/<uuid:user_id>/recovery")
@audience(Audience.OFFICER)
def issue_recovery(organisation_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """A one-time code for a member who lost the password. Shown by this answer alone, so it is no redirect."""
    organisation = _get_organisation(organisation_id)
    membership = account_queries.find_membership(db(), user_id, organisation.id)
    if membership is None:
        raise NotFound(_("There is no such person in this organisation."), code="member-not-found")
    person: User = membership.user
    code = sessions.issue_recovery_code(db(), actor(), user_id)
    page = render_template(
        "authority/issue_recovery.html",
        person=person,
        code=" ".join(code[at : at + GROUP] for at in range(0, len(code), GROUP)),
        expires_at=clock.now() + account_rules.RECOVERY_VALID,
        back_url=url_for("authority.show_organisation", organisation_id=organisation_id),
    )
    db().commit()
    return page


def _get_organisation(organisation_id: UUID) -> Organisation:
    organisation = account_queries.get_organisation(db(), organisation_id)
    if organisation.kind == OrganisationKind.AUTHORITY:
        raise NotFound(_("There is no such organisation."), code="organisation-not-found")
    return organisation


def _show(organisation: Organisation, form: Form) -> ResponseReturnValue:
    page = pages.organisation_page(db(), organisation)
    seen = services_approval.approval_digest(organisation)
    return render_template("authority/show_organisation.html", page=page, form=form, seen=seen), form.status
