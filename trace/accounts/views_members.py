"""Views of who belongs to an organisation: add, change, remove, and the printed code for a lost password."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import queries, rules, services_members, sessions, texts
from trace.accounts.access import actor, signed_in
from trace.accounts.models import Membership, Role
from trace.accounts.permissions import require_owner
from trace.accounts.schemas import MemberForm, RoleForm
from trace.accounts.views_base import _, blueprint
from trace.core import clock
from trace.core.forms import Form
from trace.core.http import Audience, audience, db

GROUP = 4


@blueprint.get("/organisation/members")
@audience(Audience.MEMBER)
def list_members() -> ResponseReturnValue:
    """Who belongs to the acting organisation, owners first."""
    organisation_id = actor().organisation_id
    return render_template(
        "accounts/list_members.html",
        members=queries.list_members(db(), organisation_id),
        invited=queries.list_invited(db(), organisation_id),
        owner_count=queries.count_owners(db(), organisation_id),
        my_id=signed_in().user.id,
    )


@blueprint.route("/organisation/members/new", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def add_member() -> ResponseReturnValue:
    """An owner invites somebody who has signed up."""
    require_owner(actor())
    form = Form.opened({"role": Role.STAFF})
    if request.method == "POST":
        with form.guard():
            typed = form.load(MemberForm())
            added = services_members.add_member(db(), actor(), typed["phone"], Role(typed["role"]))
            phone = rules.readable_phone(added.user.phone)
            db().commit()
            flash(
                _("Invited: %(phone)s. The person agrees on the page Account of the own phone.", phone=phone),
                "success",
            )
            return redirect(url_for("accounts.list_members"), 303)
    return render_template("accounts/add_member.html", form=form, roles=_roles()), form.status


@blueprint.route("/organisation/members/<uuid:user_id>", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def change_role(user_id: UUID) -> ResponseReturnValue:
    """One member: the role, a recovery code, the way out."""
    membership = _get_member(user_id)
    form = Form.opened({"role": membership.role})
    if request.method == "POST":
        with form.guard():
            services_members.change_role(db(), actor(), user_id, Role(form.load(RoleForm())["role"]))
            db().commit()
            flash(_("Saved."), "success")
            return redirect(url_for("accounts.list_members"), 303)
    page = render_template(
        "accounts/change_role.html",
        form=form,
        member=membership,
        roles=_roles(),
        is_me=user_id == signed_in().user.id,
    )
    return page, form.status


@blueprint.route("/organisation/members/<uuid:user_id>/remove", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def remove_member(user_id: UUID) -> ResponseReturnValue:
    """Asked once more, then the membership ends or the invitation is taken back; the last owner stays."""
    membership = queries.get_member_or_invited(db(), user_id, actor().organisation_id)
    require_owner(actor())
    is_me = user_id == signed_in().user.id
    form = Form()
    if request.method == "POST":
        with form.guard():
            was_member = membership.is_accepted
            services_members.remove_member(db(), actor(), user_id)
            db().commit()
            if not was_member:
                flash(_("The invitation was taken back."), "success")
                return redirect(url_for("accounts.list_members"), 303)
            if is_me:
                flash(_("You left the organisation."), "success")
                return redirect(url_for("accounts.show_account"), 303)
            flash(_("The person no longer belongs to this organisation."), "success")
            return redirect(url_for("accounts.list_members"), 303)
    page = render_template("accounts/remove_member.html", form=form, member=membership, is_me=is_me)
    return page, form.status


@blueprint.post("/organisation/members/<uuid:user_id>/recovery")
@audience(Audience.MEMBER)
def issue_recovery(user_id: UUID) -> ResponseReturnValue:
    """A one-time code on a page to print. Shown in this answer only: its hash is all that is kept."""
    member = _get_member(user_id).user
    code = sessions.issue_recovery_code(db(), actor(), user_id)
    page = render_template(
        "accounts/issue_recovery.html",
        person=member,
        code=" ".join(code[i : i + GROUP] for i in range(0, len(code), GROUP)),
        expires_at=clock.now() + rules.RECOVERY_VALID,
        back_url=url_for("accounts.list_members"),
    )
    db().commit()
    return page


def _get_member(user_id: UUID) -> Membership:
    """The member an owner looks at; staff may look at nobody, and other organisations' people are not there."""
    membership = queries.get_membership(db(), user_id, actor().organisation_id)
    require_owner(actor())
    return membership


def _roles() -> list[tuple[Role, object, object]]:
    return [(role, texts.ROLES[role], texts.ROLE_HINTS[role]) for role in Role]
