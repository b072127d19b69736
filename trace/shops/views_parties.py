"""The address book: those without an account. Personal data, seen by the own organisation alone."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from trace.accounts import queries as account_queries
from trace.accounts import services_parties
from trace.accounts.access import actor
from trace.accounts.models import Party, PartyKind
from trace.accounts.rules import readable_phone
from trace.core.errors import NotFound
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.core.text import fold
from trace.shops.blueprint import blueprint
from trace.shops.receivers import typed_search
from trace.shops.schemas import PartyForm
from trace.shops.texts import PARTY_KINDS


@blueprint.get("/parties")
@audience(Audience.MEMBER)
def list_parties() -> ResponseReturnValue:
    """Everybody in the address book, by name."""
    typed = typed_search(Form(request.args.to_dict()))
    book = account_queries.list_parties(db(), actor().organisation_id)
    found = [party for party in book if fold(typed) in fold(party.name)] if typed else book
    return render_template(
        "shops/list_parties.html", parties=found, typed=typed, has_any=bool(book), kinds=PARTY_KINDS
    )


@blueprint.route("/parties/new", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def add_party() -> ResponseReturnValue:
    """Note somebody; the same name and number is the same entry."""
    form = Form.opened()
    if request.method == "POST":
        with form.guard():
            facts = form.load(PartyForm())
            services_parties.add_party(
                db(),
                actor(),
                facts["party_kind"],
                facts["party_name"],
                facts["party_phone"],
                facts["commune_code"],
                is_named=facts["is_named"],
            )
            db().commit()
            flash(_("Noted in the address book."), "success")
            return redirect(url_for("shops.list_parties"), 303)
    return _answer(form, None)


@blueprint.route("/parties/<uuid:party_id>", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def change_party(party_id: UUID) -> ResponseReturnValue:
    """Change what is noted about somebody: what was handed over to them stays theirs."""
    party = account_queries.find_party(db(), actor().organisation_id, party_id)
    if party is None:
        raise NotFound(_("There is no such entry in your address book."), code="party-not-found")
    form = Form.opened(_values(party))
    if request.method == "POST":
        with form.guard():
            facts = form.load(PartyForm())
            services_parties.change_party(
                db(),
                actor(),
                party_id,
                facts["party_kind"],
                facts["party_name"],
                facts["party_phone"],
                facts["commune_code"],
                is_named=facts["is_named"],
            )
            db().commit()
            flash(_("Changed in the address book."), "success")
            return redirect(url_for("shops.list_parties"), 303)
    return _answer(form, party_id)


def _values(party: Party) -> dict[str, Any]:
    return {
        "party_kind": party.kind,
        "party_name": party.name,
        "party_phone": readable_phone(party.phone) if party.phone else "",
        "commune_code": party.commune_code or "",
        "is_named": "true" if party.agreed_at else "",
    }


def _answer(form: Form, party_id: UUID | None) -> ResponseReturnValue:
    return (
        render_template(
            "shops/change_party.html",
            form=form,
            party_id=party_id,
            party_kinds=[(str(kind), PARTY_KINDS[kind]) for kind in PartyKind],
            communes=[(c.code, c.name) for c in account_queries.list_communes(db())],
        ),
        form.status,
    )
