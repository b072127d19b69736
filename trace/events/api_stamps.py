"""Stamps for programs: bound to lots, undone, voided, printed again; items sold by their code.

Ordering runs and their tables are in ``labels.api_runs``.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.batches import stamp_queries
from trace.batches.scanned import read_scanned
from trace.core.api import ApiBlueprint, IdempotencyHeader
from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.core.idempotency import once as done_once
from trace.core.short_codes import normalise
from trace.events import services_items, services_stamps
from trace.events.schemas_stamps import (
    ItemSaleAnswer,
    NewBinding,
    NewItemSale,
    NewReprint,
    NewVoiding,
    RangeAnswer,
    StampAnswer,
    VoidingAnswer,
    range_answer,
    sale_answer,
    stamp_answer,
)

blueprint = ApiBlueprint(
    "stamps", __name__, description="Stamps with a code each, and items sold by their code."
)

Answered = tuple[dict[str, Any], int]


@blueprint.route("/stamps/<code>")
@audience(Audience.PROGRAM)
@blueprint.response(200, StampAnswer, description="The stamp")
def show_stamp(code: str) -> dict[str, Any]:
    """Show where one of your own stamps stands: printed, active, sold or void."""
    stamp = stamp_queries.find_stamp(db(), normalise(code))
    if stamp is None or stamp.run.organisation_id != actor().organisation_id:
        raise NotFound(_l("Your organisation has no stamp with this code."), code="stamp-not-found")
    return stamp_answer(stamp)


@blueprint.route("/stamp-bindings", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewBinding)
@blueprint.response(201, RangeAnswer, description="The binding")
def bind_stamps(stated: Mapping[str, Any]) -> Answered:
    """Let stamps stand for a lot: those of a roll at packing, or the labels that were printed for it.

    Done twice it is done once. Refused with `label-refused` while the lot may have no labels, with
    `stamps-bound-already`, `stamps-for-another-product`, `stamps-void`, `run-not-finished`.
    """
    binding = services_stamps.bind_stamps(
        db(), actor(), stated["batch_id"], read_scanned(stated["first"]), read_scanned(stated["last"])
    )
    answer = range_answer(binding)
    db().commit()
    return answer, 201


@blueprint.route("/stamp-bindings/<uuid:binding_id>/undoing", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, RangeAnswer, description="The binding, undone")
def unbind_stamps(binding_id: UUID) -> dict[str, Any]:
    """Undo a binding. Refused with `binding-final` once goods of the lot were handed over or sold since."""
    answer = range_answer(services_stamps.unbind_stamps(db(), actor(), binding_id))
    db().commit()
    return answer


@blueprint.route("/stamp-voidings", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewVoiding)
@blueprint.response(201, VoidingAnswer, description="The ranges that are void now and were not before")
def void_stamps(stated: Mapping[str, Any]) -> Answered:
    """Void stamps for ever, bound or not. Those that were void before stay as they are."""
    first = read_scanned(stated["first"])
    last = read_scanned(stated["last"]) if stated["last"] else first
    made = services_stamps.void_stamps(db(), actor(), first, last, stated["reason"])
    answer = {"items": [range_answer(one) for one in made]}
    db().commit()
    return answer, 201


@blueprint.route("/stamp-reprints", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewReprint)
@blueprint.response(201, RangeAnswer, description="The reprint, noted")
def reprint_stamps(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Note that stamps are printed again with the same codes; each key is one more reprint."""
    with done_once(
        db(), actor().organisation_id, once["key"], {"verb": "reprint_stamps", **stated}
    ) as receipt:
        if receipt.answer is None:
            noted = services_stamps.reprint_stamps(
                db(), actor(), read_scanned(stated["first"]), read_scanned(stated["last"])
            )
            receipt.answer = {"id": str(noted.id)}
    noted_id = UUID(receipt.answer["id"])
    found = stamp_queries.find_range(db(), actor().organisation_id, noted_id)
    if found is None:
        raise NotFound(_l("There is no such reprint."), code="reprint-not-found")
    answer = range_answer(found)
    db().commit()
    return answer, 201


@blueprint.route("/item-sales", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(IdempotencyHeader, location="headers")
@blueprint.arguments(NewItemSale)
@blueprint.response(201, ItemSaleAnswer, description="The sale of the item, recorded")
def sell_item(once: Mapping[str, str], stated: Mapping[str, Any]) -> Answered:
    """Note that an item with a code of its own was sold. It changes no quantity: `POST /sales` does.

    Refused with `stamp-unknown` for labels on goods you have none of, with `item-sold`, `stamps-void`,
    `stamp-not-active`, and as a sale of the lot would be.
    """
    with done_once(db(), actor().organisation_id, once["key"], {"verb": "sell_item", **stated}) as receipt:
        if receipt.answer is None:
            sale = services_items.sell_item(db(), actor(), read_scanned(stated["code"]))
            receipt.answer = {"id": str(sale.id)}
    answer = _sale(UUID(receipt.answer["id"]))
    db().commit()
    return answer, 201


@blueprint.route("/item-sales/<uuid:sale_id>/undoing", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.response(200, ItemSaleAnswer, description="The sale, undone")
def unsell_item(sale_id: UUID) -> dict[str, Any]:
    """Undo a sale that was a wrong scan. Refused with `sale-final` after a week."""
    services_items.unsell_item(db(), actor(), sale_id)
    answer = _sale(sale_id)
    db().commit()
    return answer


def _sale(sale_id: UUID) -> dict[str, Any]:
    sale = stamp_queries.find_sale(db(), actor().organisation_id, sale_id)
    if sale is None:
        raise NotFound(_l("Your organisation noted no such sale."), code="sale-not-found")
    return sale_answer(sale, stamp_queries.find_code(db(), sale.run_id, sale.first_number))
