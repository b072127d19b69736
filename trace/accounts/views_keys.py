"""Views of the keys with which programs act for an organisation."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import api_keys, queries
from trace.accounts.access import actor
from trace.accounts.permissions import require_owner
from trace.accounts.schemas import ApiKeyForm
from trace.accounts.views_base import _, blueprint
from trace.core.forms import Form
from trace.core.http import Audience, audience, db


@blueprint.get("/organisation/keys")
@audience(Audience.MEMBER)
def list_api_keys() -> ResponseReturnValue:
    """The keys that still work, by name and first characters."""
    require_owner(actor())
    keys = queries.list_api_keys(db(), actor().organisation_id)
    return render_template("accounts/list_api_keys.html", keys=keys)


@blueprint.route("/organisation/keys/new", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def create_api_key() -> ResponseReturnValue:
    """A key, shown in the answer to this form only: its hash is all that is kept."""
    require_owner(actor())
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            name = form.load(ApiKeyForm())["name"]
            key = api_keys.create_api_key(db(), actor(), name)
            page = render_template("accounts/show_api_key.html", key=key, name=name)
            db().commit()
            return page
    return render_template("accounts/create_api_key.html", form=form), form.status


@blueprint.post("/organisation/keys/<uuid:key_id>/revoke")
@audience(Audience.MEMBER)
def revoke_api_key(key_id: UUID) -> ResponseReturnValue:
    """Stop a key at once; programs that use it are refused from now on."""
    api_keys.revoke_api_key(db(), actor(), key_id)
    db().commit()
    flash(_("The key no longer works."), "success")
    return redirect(url_for("accounts.list_api_keys"), 303)
