"""Views of an organisation's places, and the list of communes they are chosen from."""

from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts import pages, queries, services_organisations
from trace.accounts.access import actor
from trace.accounts.models import Commune
from trace.accounts.schemas import LocationForm
from trace.accounts.services_organisations import Place
from trace.accounts.views_base import _, blueprint
from trace.accounts.views_organisation import is_changing_province
from trace.core.forms import Form
from trace.core.http import Audience, audience, db

LONGEST_SEARCH = 60


@blueprint.route("/organisation/places/new", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def add_location() -> ResponseReturnValue:
    """Another place of the acting organisation."""
    form = Form.opened()
    if request.method == "POST" and not is_changing_province():
        with form.guard():
            services_organisations.add_location(db(), actor().organisation, _place(form))
            db().commit()
            flash(_("The place was added."), "success")
            return redirect(url_for("accounts.show_organisation"), 303)
    page = render_template("accounts/add_location.html", form=form, choice=pages.commune_choice(db(), form))
    return page, form.status


@blueprint.route("/organisation/places/<uuid:location_id>", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def change_location(location_id: UUID) -> ResponseReturnValue:
    """Name, commune and address of one place; what they were stays in the history."""
    location = queries.get_location(db(), actor().organisation_id, location_id)
    form = (
        Form.from_request()
        if request.method == "POST"
        else Form(
            {
                "name": location.name,
                "province_code": location.commune.province_code,
                "commune_code": location.commune_code,
                "address": location.address_as_written,
            }
        )
    )
    if request.method == "POST" and not is_changing_province():
        with form.guard():
            services_organisations.change_location(db(), actor(), location_id, _place(form))
            db().commit()
            flash(_("Saved."), "success")
            return redirect(url_for("accounts.show_organisation"), 303)
    page = render_template(
        "accounts/change_location.html",
        form=form,
        location=location,
        choice=pages.commune_choice(db(), form),
    )
    return page, form.status


@blueprint.get("/communes")
@audience(Audience.PERSON)
def search_communes() -> ResponseReturnValue:
    """Communes as JSON: those of one province (``?province=01``), or up to 20 whose name holds ``?q=``."""
    province = request.args.get("province", "")
    typed = request.args.get("q", "").strip()
    if province:
        found = queries.list_communes(db(), province) if _is_code(province) else []
    elif typed and typed.isprintable() and len(typed) <= LONGEST_SEARCH:
        found = queries.search_communes(db(), typed)
    else:
        found = []
    return jsonify({"communes": [_as_json(commune) for commune in found]})


def _place(form: Form) -> Place:
    typed = form.load(LocationForm())
    return Place(typed["commune_code"], typed["address"], typed["name"])


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 2


def _as_json(commune: Commune) -> dict[str, str]:
    return {
        "code": commune.code,
        "name": commune.name,
        "full_name": commune.full_name,
        "province_code": commune.province_code,
    }
