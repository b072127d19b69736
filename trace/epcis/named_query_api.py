"""Named queries over HTTP: make, list, show, delete, and read the events that satisfy one."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import lazy_gettext as _l

from trace.accounts.access import actor
from trace.core.http import Audience, audience, db
from trace.epcis import named_queries
from trace.epcis.models import NamedQuery
from trace.epcis.protocol import add_next_page, answer, page_start, per_page, read_body
from trace.epcis.query import read_query
from trace.epcis.query_api import answer_events, blueprint
from trace.epcis.refusals import SubscriptionInvalid

# With these a reader asks to be told over a WebSocket, which is not offered here: webhooks are.
_STREAMING = ("stream", "second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek", "reportIfEmpty")


@blueprint.get("/queries")
@audience(Audience.PROGRAM)
def list_queries() -> Response:
    """The organisation's own queries, by name."""
    start, limit = page_start(), per_page()
    after = "" if start is None else str(start.get("after", ""))
    rows = named_queries.list_queries(db(), actor().organisation_id, limit + 1, after)
    made = answer([_definition(row) for row in rows[:limit]])
    return add_next_page(made, {"after": rows[limit - 1].name} if len(rows) > limit else None)


@blueprint.post("/queries")
@audience(Audience.PROGRAM)
def create_query() -> Response:
    """Keep a query under a name."""
    made = named_queries.create_query(db(), actor().organisation_id, read_body())
    db().commit()
    created = answer(_definition(made), 201)
    created.headers["Location"] = url_for("epcis_query.show_query", query_name=made.name)
    return created


@blueprint.get("/queries/<query_name>")
@audience(Audience.PROGRAM)
def show_query(query_name: str) -> Response:
    """The definition of a query."""
    return answer(_definition(named_queries.get_query(db(), actor().organisation_id, query_name)))


@blueprint.delete("/queries/<query_name>")
@audience(Audience.PROGRAM)
def delete_query(query_name: str) -> Response:
    """Forget a query and end its subscriptions."""
    named_queries.delete_query(db(), actor().organisation_id, query_name)
    db().commit()
    return Response(status=204)


@blueprint.get("/queries/<query_name>/events")
@audience(Audience.PROGRAM)
def list_events_of_query(query_name: str) -> Response:
    """The events that satisfy a named query now."""
    found = named_queries.get_query(db(), actor().organisation_id, query_name)
    if request.headers.get("Upgrade") or any(name in request.args for name in _STREAMING):
        raise SubscriptionInvalid(
            _l("Events are not sent over a WebSocket here. Subscribe with the address of a webhook.")
        )
    return answer_events(read_query(found.query), found.name)


def _definition(query: NamedQuery) -> dict[str, Any]:
    return {"name": query.name, "query": query.query}
