"""What every page with a menu needs: where one can go and in which language, for whom one acts, what happened since."""

from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from trace.accounts import queries
from trace.accounts.access import find_actor, home_endpoint, signed_in
from trace.accounts.permissions import Actor
from trace.core import clock
from trace.core.http import db
from trace.core.installation import is_demo
from trace.core.language import is_public_page, language, languages, public_url, tongues
from trace.core.numbers import format_quantity
from trace.core.short_codes import pretty
from trace.public import build
from trace.reports.queries import count_waiting

PAGES = ("accounts", "authority", "labels", "printers", "producers", "shops")
# Pages that stand below another entry of the menu than their address says.
_BELOW = {
    "producers.list_batches": ("/labels",),
    "producers.list_products": ("/producer/certificates", "/producer/links"),
    "shops.show_goods": ("/labels",),
    "shops.list_shipments": ("/goods/claims", "/goods/receive"),
    "accounts.show_organisation": ("/labels/printers",),
}


def init_navigation(app: Flask) -> None:
    """Give templates their context and filters, and links the language that was asked for."""
    app.context_processor(_context)
    app.url_defaults(_keep_language)
    app.jinja_env.globals.update(public_url=public_url, keep_language=_kept_in_form)
    app.jinja_env.filters.update(
        quantity=lambda value: format_quantity(value, language()),
        day=lambda value: f"{value:%d/%m/%Y}",
        moment=lambda value: f"{clock.local(value):%H:%M, %d/%m/%Y}",
        code=pretty,
    )


def _context() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    context: dict[str, Any] = {
        "language": language(),
        "tongues": tongues(),
        "current_path": request.full_path.rstrip("?"),
        "frame": build.frame_without_reads(),
        "operator_name": settings.operator_name,
        "support_phone": settings.support_phone,
    }
    # An error page must not ask the very thing that failed.
    if g.get("is_failing"):
        return context
    context["is_demo"] = _is_demo()
    # Public pages are the same bytes for everybody: nothing below is even looked up for them.
    if is_public_page() or "ng_session" not in request.cookies:
        return context
    if not current_user.is_authenticated:
        return context
    context["current_user"] = current_user
    actor = find_actor()
    return context | {
        "home_url": url_for(home_endpoint()),
        "sign_out_url": url_for("accounts.sign_out"),
        "account_items": [
            (_("My account"), url_for("accounts.show_account")),
            (_("Devices signed in"), url_for("accounts.list_devices")),
        ],
        "current_organisation": actor.organisation if actor else None,
        "current_actor": actor,
        "account_notices": queries.list_notices(db(), signed_in().sign_in),
        "nav_items": _nav_items(actor) if actor else [],
    }


def _asked_language() -> str | None:
    """The language the address of a page with a menu asks for."""
    asked = request.args.get("lang") if request and request.blueprint in PAGES else None
    return asked if asked in languages() else None


def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """Whoever asked for a language by the address keeps it wherever links, forms and redirects lead."""
    asked = _asked_language()
    if asked is not None and endpoint.partition(".")[0] in PAGES:
        values.setdefault("lang", asked)


def _kept_in_form() -> Markup:
    """For a form that asks (GET): it leaves the query of its address behind, so the language goes along in it."""
    asked = _asked_language()
    return Markup('<input type="hidden" name="lang" value="{}">').format(asked) if asked else Markup()


def _is_demo() -> bool:
    if "is_demo" not in g:
        g.is_demo = is_demo(db())
    return bool(g.is_demo)


def _reports_label(actor: Actor) -> str:
    """The entry of reports, with how many nobody has answered."""
    waiting = count_waiting(db(), actor)
    return str(_("Reports (%(count)d)", count=waiting) if waiting else _("Reports"))


def _nav_items(actor: Actor) -> list[tuple[str, str, str | None]]:
    """Label and address of each entry, and how this page stands to it: the very "page", or below it ("true")."""
    organisation = actor.organisation
    endpoints = [("accounts.show_organisation", _("Organisation"))]
    if organisation.kind == "authority":
        endpoints = [
            ("authority.show_desk", _("Desk")),
            ("authority.list_organisations", _("Organisations")),
            ("authority.list_recalls", _("Recalls")),
            ("authority.list_holds", _("Paused sales")),
            ("authority.list_reports", _reports_label(actor)),
            *endpoints,
        ]
    else:
        goods = [
            ("shops.show_goods", _("Goods in hand")),
            ("shops.list_shipments", _("Shipments")),
            ("shops.list_parties", _("Address book")),
        ]
        making = [
            ("producers.list_batches", _("Batches")),
            ("producers.list_products", _("Products")),
            ("producers.list_reports", _reports_label(actor)),
        ]
        endpoints = [*(making if organisation.is_producer else []), *goods, *endpoints]
    # The entry whose address says most about this page's: /goods/parties/… is below the address book, not the goods.
    found = [
        (len(prefix), endpoint)
        for endpoint, _label in endpoints
        for prefix in (url_for(endpoint, lang=None).rstrip("/"), *_BELOW.get(endpoint, ()))
        if f"{request.path}/".startswith(f"{prefix}/")
    ]
    section = max(found, key=lambda one: one[0])[1] if found else None
    return [
        (
            label,
            url_for(endpoint),
            "page" if request.endpoint == endpoint else "true" if endpoint == section else None,
        )
        for endpoint, label in endpoints
    ]
