"""Views of custody: what is in hand and what is coming. Receiving and moving goods are in modules of their own."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from trace.accounts.access import actor
from trace.core.forms import Form
from trace.core.http import Audience, audience, db
from trace.events import queries as event_queries
from trace.shops import (
    pages,
    pages_handover,
    views_claims,
    views_events,
    views_handover,
    views_items,
    views_making,
    views_moves,
    views_observation,
    views_outside,
    views_parties,
    views_receive,
    views_stock,
    views_trace,
    views_units,
)
from trace.shops.blueprint import blueprint

# Importing those registers their views.
__all__ = [
    "blueprint",
    "views_claims",
    "views_events",
    "views_handover",
    "views_items",
    "views_making",
    "views_moves",
    "views_observation",
    "views_outside",
    "views_parties",
    "views_receive",
    "views_stock",
    "views_trace",
    "views_units",
]

MOST_PAGES = 10_000


@blueprint.get("/")
@audience(Audience.MEMBER)
def show_goods() -> ResponseReturnValue:
    """Where the day of everybody who handles goods begins."""
    if actor().is_officer:
        return redirect(url_for("authority.show_desk"))
    page = pages.goods_page(db(), actor(), _page_number())
    return render_template(
        "shops/show_goods.html",
        page=page,
        differences=pages_handover.list_differences(db(), actor()),
        claims_asked=pages_handover.count_to_answer(db(), actor()),
    )


@blueprint.get("/<uuid:batch_id>")
@audience(Audience.MEMBER)
def show_holding(batch_id: UUID) -> ResponseReturnValue:
    """One batch in the organisation's hands, and what the organisation did with it."""
    page = pages.holding_page(db(), actor(), batch_id)
    return render_template("shops/show_holding.html", page=page)


@blueprint.get("/shipments")
@audience(Audience.MEMBER)
def list_shipments() -> ResponseReturnValue:
    """What came and what went, each newest first."""
    side = "sent" if request.args.get("side") == "sent" else "received"
    read = event_queries.list_outgoing if side == "sent" else event_queries.list_inbound
    found = read(db(), actor().organisation_id, _page_number())
    rows = [pages.shipment_row(shipment, actor().organisation_id) for shipment in found.rows]
    return render_template("shops/list_shipments.html", rows=rows, pager_page=found, side=side)


@blueprint.get("/shipments/<uuid:shipment_id>")
@audience(Audience.MEMBER)
def show_shipment(shipment_id: UUID) -> ResponseReturnValue:
    """One shipment, for its two sides."""
    return views_handover.answer_shipment(shipment_id, Form())


def _page_number() -> int:
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), MOST_PAGES)
