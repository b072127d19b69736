"""Taking in goods from outside: without a code, from somebody without an account."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from producers.models import ExpiryKind
from producers.rules import MEASURES, OCOP_SETS, PACKAGING_WORDS
from trace.accounts import queries as account_queries
from trace.accounts.access import actor
from trace.accounts.models import PartyKind
from trace.batches.models import DateKind
from trace.core.errors import BadInput
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events.seals_made import OutsideFacts
from trace.events.services_outside import TakenIn, take_in
from trace.shops import receivers
from trace.shops.around import list_behalf, read_around
from trace.shops.blueprint import blueprint
from trace.shops.schemas_making import TakeInForm
from trace.shops.texts import PARTY_KINDS

COUNT = "count"
# Where goods on Hanoi's wholesale markets mostly come from; the rest by name.
_NEAR = ("VN", "CN", "TH", "KH", "LA", "MM", "IN", "AU", "NZ", "US", "KR", "JP", "ZA", "CL", "PE")


@blueprint.route("/take-in", methods=["GET", "POST"])
@audience(Audience.MEMBER)
def take_in_goods() -> ResponseReturnValue:
    """What came, from whom, what is known of it, and a photo of the papers."""
    opened = {"measure": "KGM", "country": "VN", "ocop_set": 1, "expiry_kind": ExpiryKind.NONE}
    form = Form.opened(opened)
    is_search = bool(form.value("find")) or receivers.typed_search(form) != form.value("searched")
    if request.method == "POST" and not is_search:
        with form.guard():
            stated, rest = _read(form)
            made = take_in(db(), actor(), stated, key=form.key, around=read_around(form), **rest)
            target = url_for("shops.show_holding", batch_id=made.batches[0].id)
            told = _("Taken in as lot %(lot)s.", lot=made.batches[0].lot_number)
            db().commit()
            flash(told, "success")
            return redirect(target, 303)
    return (
        render_template(
            "shops/take_in.html",
            form=form,
            offer=receivers.offer(db(), actor().organisation_id, form, with_organisations=False),
            value_of=receivers.value_of,
            party_kinds=[(str(kind), PARTY_KINDS[kind]) for kind in PartyKind],
            communes=[(c.code, c.name) for c in account_queries.list_communes(db())],
            provinces=[(p.name, p.name) for p in account_queries.list_provinces(db())],
            countries=_countries(),
            measures=[*MEASURES.items(), (COUNT, _("counted by the piece"))],
            words=PACKAGING_WORDS,
            ocop_sets=[(str(number), name) for number, name in OCOP_SETS.items()],
            behalf=list_behalf(db(), actor()),
        ),
        form.status,
    )


def _read(form: Form) -> tuple[TakenIn, dict[str, Any]]:
    """What was stated, and when. Raises ``BadInput``."""
    facts = form.load(TakeInForm())
    choice = receivers.read_choice(form, with_organisations=False)
    supplier = receivers.settle(db(), actor(), choice)
    if supplier.party_id is None:
        raise BadInput(_("Choose who brought the goods."), code="supplier-missing", field=receivers.FIELD)
    is_count = facts["measure"] == COUNT
    stated = TakenIn(
        supplier_id=supplier.party_id,
        quantity=facts["quantity"],
        uom=None if is_count else facts["measure"],
        packaging_word=(facts["packaging_word"] or None) if is_count else None,
        facts=OutsideFacts(
            product_name=facts["product_name"],
            country=facts["country"],
            province=facts["province"] if facts["country"] == "VN" else "",
            commune=facts["commune"],
            producer_name=facts["producer_name"],
            producer_address=facts["producer_address"],
            standards=(facts["standard"],) if facts["standard"] else (),
        ),
        ocop_set=facts["ocop_set"],
        lot_number=facts["lot_number"],
        date_kind=DateKind(facts["date_kind"]),
        produced_on=facts["produced_on"],
        expiry_kind=ExpiryKind(facts["expiry_kind"]),
        expires_on=facts["expires_on"],
    )
    return stated, {"event_time": facts["event_time"], "note": facts["note"]}


def _countries() -> list[tuple[str, str]]:
    """Countries by name in the page's language: the near ones first."""
    locale = get_locale()
    names = dict(locale.territories) if locale else {}
    known = {code: str(name) for code, name in names.items() if len(code) == 2 and code.isalpha()}
    known = {
        code: name for code, name in known.items() if code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")
    }
    rest = sorted((code for code in known if code not in _NEAR), key=lambda code: known[code])
    return [(code, known.get(code, code)) for code in (*_NEAR, *rest)]
