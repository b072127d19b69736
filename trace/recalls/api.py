"""The trace of a batch for programs: whole for the authority, one step back and one forward for everybody else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core.api import Amount, Answer, ApiBlueprint
from trace.core.errors import NotFound
from trace.core.fields import Choice, Instant
from trace.core.http import Audience, audience, db
from trace.recalls.graph import Direction, Nearness, Trace
from trace.recalls.graph_events import Step
from trace.recalls.graph_links import Fault
from trace.recalls.graph_queries import trace_lot

blueprint = ApiBlueprint("trace", __name__, description="What a lot came from, and what became of it.")


class TraceQuery(ma.Schema):
    direction = Choice(Direction, load_default=Direction.FORWARD)
    as_of = Instant(load_default=None)


class TracedLotAnswer(Answer):
    """A lot, carton or pallet by its EPC URI; ``hops``: how many steps from the batch that was asked about."""

    epc = ma.fields.String()
    hops = ma.fields.Integer()
    nearness = ma.fields.String(metadata={"enum": [str(one) for one in Nearness]})
    is_lot = ma.fields.Boolean()
    holders = ma.fields.List(
        ma.fields.String(), metadata={"description": "URIs of who made or had it, in order."}
    )


class TraceLinkAnswer(Answer):
    """``giver`` went into ``taker``."""

    giver = ma.fields.String()
    taker = ma.fields.String()
    way = ma.fields.String(metadata={"enum": [str(one) for one in Step]})
    at = ma.fields.AwareDateTime()
    until = ma.fields.AwareDateTime(allow_none=True)


class TraceHandoverAnswer(Answer):
    """Goods from one hand to another. ``taker_kind`` says what somebody without an account is."""

    epc = ma.fields.String()
    giver = ma.fields.String(allow_none=True)
    taker = ma.fields.String(allow_none=True)
    taker_kind = ma.fields.String(attribute="other_kind", allow_none=True)
    shipped_at = ma.fields.AwareDateTime(attribute="at")
    received_at = ma.fields.AwareDateTime(allow_none=True)
    shipped = Amount(allow_none=True)
    received = Amount(allow_none=True)
    is_void = ma.fields.Boolean()


class TraceProblemAnswer(Answer):
    """What does not fit in the record."""

    fault = ma.fields.String(metadata={"enum": [str(one) for one in Fault]})
    epcs = ma.fields.List(ma.fields.String())


class TraceAnswer(Answer):
    """The trace as the record stood at ``as_of`` (null: now), as far as your organisation may see it."""

    direction = ma.fields.String(metadata={"enum": [str(one) for one in Direction]})
    start = ma.fields.String()
    as_of = ma.fields.AwareDateTime(allow_none=True)
    lots = ma.fields.List(ma.fields.Nested(TracedLotAnswer))
    links = ma.fields.List(ma.fields.Nested(TraceLinkAnswer))
    handovers = ma.fields.List(ma.fields.Nested(TraceHandoverAnswer))
    problems = ma.fields.List(ma.fields.Nested(TraceProblemAnswer))


@blueprint.route("/batches/<uuid:batch_id>/trace")
@audience(Audience.PROGRAM)
@blueprint.arguments(TraceQuery, location="query")
@blueprint.response(200, TraceAnswer, description="The trace")
def show_trace(asked: Mapping[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Trace a batch back or forward, now or as the record stood at an earlier instant.

    One step back, one step forward: your own events and the handovers your organisation is a side of.
    """
    whole = actor().is_officer
    batch = _batch(batch_id)
    found = trace_lot(
        db(),
        batch.epc_class,
        asked["direction"],
        as_of=asked["as_of"],
        viewer_id=None if whole else actor().organisation_id,
    )
    return _answer(found) | {"as_of": asked["as_of"]}


def _batch(batch_id: UUID) -> Batch:
    """A batch the asker registered or ever held; for officers any that is activated."""
    batch = db().get(Batch, batch_id)
    mine = actor()
    if (
        batch is None
        or not (batch.is_activated or batch.organisation_id == mine.organisation_id)
        or not (
            mine.is_officer
            or batch.organisation_id == mine.organisation_id
            or batch_queries.find_holding(db(), batch_id, mine.organisation_id) is not None
        )
    ):
        raise NotFound(_l("There is no such batch among your goods."), code="batch-not-found")
    return batch


def _answer(found: Trace) -> dict[str, Any]:
    return {
        "direction": found.direction,
        "start": found.start,
        "lots": [{**lot._asdict(), "holders": list(found.holders.get(lot.epc, ()))} for lot in found.lots],
        "links": found.links,
        "handovers": found.handovers,
        "problems": found.problems,
    }
