"""The events of one lot as a document to keep, or to capture elsewhere. Who sees what is ``visibility``."""

from collections.abc import Callable
from uuid import UUID

import marshmallow as ma
from flask import Response

from trace.accounts.access import actor
from trace.batches import queries as batch_queries
from trace.core import clock
from trace.core.api import Answer, ApiBlueprint
from trace.core.http import Audience, audience, db
from trace.epcis import queries
from trace.epcis.answers import SCHEMA_VERSION, event_document, json_text

JSON_LD = "application/ld+json"

View = Callable[[UUID], Response]

blueprint = ApiBlueprint(
    "epcis_documents", __name__, description="Events of a lot as EPCIS 2.0, to take along."
)


class EpcisBodyAnswer(Answer):
    events = ma.fields.List(
        ma.fields.Dict(metadata={"description": "An event as EPCIS-JSON-Schema of GS1 has it."}),
        data_key="eventList",
    )


class EpcisDocumentAnswer(Answer):
    """An `EPCISDocument` (EPCIS 2.0, JSON-LD)."""

    names = ma.fields.List(ma.fields.Raw(), data_key="@context")
    type = ma.fields.String(metadata={"enum": ["EPCISDocument"]})
    schema_version = ma.fields.String(data_key="schemaVersion", metadata={"enum": [SCHEMA_VERSION]})
    creation_date = ma.fields.AwareDateTime(data_key="creationDate")
    body = ma.fields.Nested(EpcisBodyAnswer, data_key="epcisBody")


# ``ApiBlueprint.response`` promises application/json.
_promise: Callable[[View], View] = super(ApiBlueprint, blueprint).response(
    200, EpcisDocumentAnswer, content_type=JSON_LD, description="The document, as an attachment"
)


@blueprint.route("/batches/<uuid:batch_id>/epcis-document")
@audience(Audience.PROGRAM)
@_promise
def show_epcis_document(batch_id: UUID) -> Response:
    """Take along the events of one lot as EPCIS 2.0, in the order they were recorded.

    Your own events, and of others' the handovers your organisation is a side of: what `/epcis/events` shows you too.
    Any EPCIS 2.0 repository can capture the document. A lot with more than 5,000 of them is read in pages there
    (`query-too-large`).
    """
    reader_id = actor().organisation_id
    found = queries.list_events_of_lot(db(), reader_id, batch_id)
    if not found.events:
        # An own draft has no events yet; of another's lot nobody learns more than that it is not theirs.
        batch_queries.get_batch(db(), reader_id, batch_id)
    document = event_document(found.documents, [event.context for event in found.events], clock.now())
    made = Response(json_text(document), mimetype=JSON_LD)
    made.headers.set("Content-Disposition", "attachment", filename=f"{batch_id}.jsonld")
    return made
