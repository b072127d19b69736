"""Views of one's own account: language, password, devices, which organisation one acts for."""

from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import access, queries, services_members, sessions
from trace.accounts.access import find_actor, forget, my_memberships, safe_next, signed_in
from trace.accounts.schemas import ChosenOrganisationForm, LanguageForm, PasswordForm
from trace.accounts.views_base import _, blueprint, secret_key
from trace.accounts.views_signing import answer, counting_tries
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.language import languages, name_of


@blueprint.get("")
@audience(Audience.PERSON)
def show_account() -> ResponseReturnValue:
    """Name, number, language, devices, and the organisations one may act for."""
    me = signed_in()
    return render_template(
        "accounts/show_account.html",
        user=me.user,
        form=Form({"language": me.user.language}),
        language_names=[(tag, name_of(tag)) for tag in languages()],
        memberships=my_memberships(),
        invitations=queries.list_invitations(db(), me.user.id),
        acting=find_actor(),
        device_count=len(queries.list_sign_ins(db(), me.user.id)),
    )


@blueprint.route("/password", methods=["GET", "POST"])
@audience(Audience.PERSON)
def change_password() -> ResponseReturnValue:
    """A new password; every other device is signed out and told."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard(), counting_tries(form):
            typed = form.load(PasswordForm())
            sessions.change_password(
                db(), signed_in().sign_in, typed["old_password"], typed["new_password"], key=secret_key()
            )
            db().commit()
            flash(_("The new password is in use. All other devices were signed out."), "success")
            return redirect(url_for("accounts.show_account"), 303)
    return answer(render_template("accounts/change_password.html", form=form, user=signed_in().user), form)


@blueprint.get("/devices")
@audience(Audience.PERSON)
def list_devices() -> ResponseReturnValue:
    """Where this account is signed in."""
    me = signed_in()
    return render_template(
        "accounts/list_devices.html", devices=queries.list_sign_ins(db(), me.user.id), this_id=me.sign_in.id
    )


@blueprint.post("/devices/<uuid:device_id>/end")
@audience(Audience.PERSON)
def end_device(device_id: UUID) -> ResponseReturnValue:
    """Sign one of one's own devices out; ending the one in hand is signing out and being forgotten."""
    me = signed_in()
    is_this = device_id == me.sign_in.id
    sessions.end_device(db(), me.user, device_id)
    db().commit()
    if is_this:
        session.clear()
        return forget(redirect(url_for("accounts.sign_in"), 303))
    flash(_("The device was signed out."), "success")
    return redirect(url_for("accounts.list_devices"), 303)


@blueprint.post("/notices/dismiss")
@audience(Audience.PERSON)
def dismiss_notices() -> ResponseReturnValue:
    """This device has shown what happened to the account."""
    sessions.dismiss_notices(signed_in().sign_in)
    db().commit()
    return redirect(safe_next(request.form.get("next")) or url_for("accounts.show_account"), 303)


@blueprint.post("/language")
@audience(Audience.PERSON)
def change_language() -> ResponseReturnValue:
    """From now on everything is in this language, on every device."""
    chosen = Form.from_request().load(LanguageForm())["language"]
    signed_in().user.language = str(chosen)
    db().commit()
    return redirect(safe_next(request.form.get("next")) or url_for("accounts.show_account", lang=None), 303)


@blueprint.post("/organisation/choose")
@audience(Audience.PERSON)
def choose_organisation() -> ResponseReturnValue:
    """Act for another of one's organisations on this device."""
    access.choose_organisation(Form.from_request().load(ChosenOrganisationForm())["organisation_id"])
    db().commit()
    return redirect(url_for("accounts.go_home"), 303)


@blueprint.post("/invitations/<uuid:membership_id>/accept")
@audience(Audience.PERSON)
def accept_invitation(membership_id: UUID) -> ResponseReturnValue:
    """Agree to belong to an organisation that invited this person."""
    name = services_members.accept_invitation(db(), signed_in().user, membership_id).organisation.name
    db().commit()
    flash(_("This account now belongs to %(organisation)s.", organisation=name), "success")
    return redirect(url_for("accounts.show_account"), 303)


@blueprint.post("/invitations/<uuid:membership_id>/decline")
@audience(Audience.PERSON)
def decline_invitation(membership_id: UUID) -> ResponseReturnValue:
    """Do not agree; the organisation may invite again."""
    services_members.decline_invitation(db(), signed_in().user, membership_id)
    db().commit()
    flash(_("The invitation was declined."), "success")
    return redirect(url_for("accounts.show_account"), 303)
