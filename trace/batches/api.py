"""Batches and holdings for programs. Activating a batch is an event (``trace.events.api``)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from trace.accounts.access import actor
from trace.batches import queries, services
from trace.batches.schemas import BatchAnswer, BatchPage, HoldingPage, NewBatch, batch_answer, holding_answer
from trace.batches.services import BatchFacts
from trace.core.api import PREFIX, ApiBlueprint, Pages, page_answer
from trace.core.http import Audience, audience, db

blueprint = ApiBlueprint("batches", __name__, description="Lots, and what is in hand of them.")


@blueprint.route("/batches")
@audience(Audience.PROGRAM)
@blueprint.arguments(Pages, location="query")
@blueprint.response(200, BatchPage, description="One page of batches")
def list_batches(asked: Mapping[str, int]) -> dict[str, Any]:
    """List the batches your organisation registered, newest first."""
    return page_answer(queries.list_batches(db(), actor().organisation_id, asked["page"]), batch_answer)


@blueprint.route("/batches", methods=["POST"])
@audience(Audience.PROGRAM)
@blueprint.arguments(NewBatch)
@blueprint.response(201, BatchAnswer, description="The draft, with its code")
def register_batch(stated: Mapping[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register a draft batch and issue its code.

    Allowed before the organisation is approved. A lot number is taken once for each product: a request that
    arrives twice is refused with `lot-number-taken`.
    """
    batch = services.register_batch(db(), actor(), BatchFacts(**stated))
    db().commit()
    return batch_answer(batch), 201, {"Location": f"{PREFIX}/batches/{batch.id}"}


@blueprint.route("/batches/<uuid:batch_id>")
@audience(Audience.PROGRAM)
@blueprint.response(200, BatchAnswer, description="The batch")
def show_batch(batch_id: UUID) -> dict[str, Any]:
    """Show one batch your organisation registered."""
    return batch_answer(queries.get_batch(db(), actor().organisation_id, batch_id))


@blueprint.route("/holdings")
@audience(Audience.PROGRAM)
@blueprint.arguments(Pages, location="query")
@blueprint.response(200, HoldingPage, description="One page of what is in hand")
def list_holdings(asked: Mapping[str, int]) -> dict[str, Any]:
    """List what your organisation has in hand, soonest expiry first."""
    return page_answer(queries.list_holdings(db(), actor().organisation_id, asked["page"]), holding_answer)
