"""Views of an organisation's profile: found one, see it, change it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import pages, services_organisations, texts
from trace.accounts.access import actor, my_memberships, signed_in
from trace.accounts.models import OrganisationKind
from trace.accounts.permissions import require_owner
from trace.accounts.rules import readable_phone
from trace.accounts.schemas import FoundedKind, OrganisationForm, ProfileForm
from trace.accounts.services_organisations import NewOrganisation, Place
from trace.accounts.views_base import _, blueprint
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.idempotency import once

# The button that asks for another province's communes sends this; nothing is checked or saved then.
CHANGE_PROVINCE = "change_province"


def is_changing_province() -> bool:
    """Whether the form was sent only to see the communes of another province."""
    return request.method == "POST" and CHANGE_PROVINCE in request.form


@blueprint.route("/organisation/new", methods=["GET", "POST"])
@audience(Audience.PERSON)
def create_organisation() -> ResponseReturnValue:
    """Found an organisation; it waits for approval, drafts are allowed meanwhile."""
    me = signed_in()
    form = (
        Form.from_request()
        if request.method == "POST"
        else Form({"organisation_phone": readable_phone(me.user.phone)})
    )
    if request.method == "POST" and not is_changing_province():
        with form.guard():
            typed = form.load(OrganisationForm())
            # The person's own keys: there is no organisation yet whose keys these could be.
            with once(db(), me.user.id, form.key, typed) as receipt:
                if not receipt.is_repeat:
                    organisation = services_organisations.create_organisation(
                        db(),
                        me.user,
                        NewOrganisation(
                            kind=OrganisationKind(typed["kind"]),
                            name=typed["name"],
                            phone=typed["organisation_phone"],
                            place=Place(typed["commune_code"], typed["address"]),
                            tax_code=typed["tax_code"],
                        ),
                    )
                    me.sign_in.organisation_id = organisation.id
                    receipt.answer = {"organisation_id": str(organisation.id)}
            db().commit()
            flash(_("The organisation is registered and waits for approval."), "success")
            return redirect(url_for("accounts.show_organisation"), 303)
    page = render_template(
        "accounts/create_organisation.html",
        form=form,
        choice=pages.commune_choice(db(), form),
        kinds=[(kind, texts.KINDS[kind], texts.KIND_HINTS[kind]) for kind in FoundedKind],
        is_first=not my_memberships(),
        user=me.user,
    )
    return page, form.status


@blueprint.get("/organisation")
@audience(Audience.MEMBER)
def show_organisation() -> ResponseReturnValue:
    """The acting organisation: state of approval, profile, places, people, latest changes."""
    return render_template("accounts/show_organisation.html", page=pages.organisation_page(db(), actor()))


@blueprint.route("/organisation/change", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def change_organisation() -> ResponseReturnValue:
    """Owners change the profile; what it was stays in the history."""
    mine = actor()
    require_owner(mine)
    organisation = mine.organisation
    form = (
        Form.from_request()
        if request.method == "POST"
        else Form(
            {
                "name": organisation.name,
                "phone": readable_phone(organisation.phone),
                "tax_code": organisation.tax_code,
                "description": organisation.description,
                "is_named_publicly": "true" if organisation.is_named_publicly else "",
            }
        )
    )
    if request.method == "POST":
        with form.guard():
            services_organisations.change_organisation(db(), mine, **form.load(ProfileForm()))
            db().commit()
            flash(_("Saved."), "success")
            return redirect(url_for("accounts.show_organisation"), 303)
    page = render_template("accounts/change_organisation.html", form=form, organisation=organisation)
    return page, form.status
