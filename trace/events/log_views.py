"""The log's entries opened for everybody over HTTP: what they say now, and the proof of one of them to take away.

Beside the tiles of ``trace.ledger.views``, under the same address, in its plain manner.
"""

import json
from uuid import UUID

from flask import Blueprint, Response

from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.events import openings
from trace.ledger import queries, tiles
from trace.ledger.tiles import MalformedTile
from trace.ledger.views import TEXT, open_to_other_origins, tell_nothing_there

blueprint = Blueprint("log_openings", __name__, url_prefix="/log")
blueprint.after_request(open_to_other_origins)
blueprint.register_error_handler(NotFound, tell_nothing_there)
blueprint.register_error_handler(MalformedTile, tell_nothing_there)

JSON = "application/json"


@blueprint.get("/openings/<path:path>")
@audience(Audience.PUBLIC)
def show_openings(path: str) -> Response:
    """The public fields of the events of one entry bundle, as they are now: never kept by anybody on the way."""
    index, width = tiles.parse_index_path(path)
    published = queries.find_checkpoint(db())
    if tiles.width_at(0, index, published.tree_size if published else 0) < width:
        raise NotFound("No published checkpoint covers these entries.")
    content = {"openings": openings.open_bundle(db(), index, width)}
    return Response(json.dumps(content, ensure_ascii=False, separators=(",", ":")), content_type=JSON)


@blueprint.get("/proof/<uuid:event_id>")
@audience(Audience.PUBLIC)
def show_proof(event_id: UUID) -> Response:
    """The proof of one event (C2SP tlog-proof), to keep and to check without this service."""
    proof = openings.proof_file(db(), event_id)
    return Response(
        proof.text,
        content_type=TEXT,
        headers={"Content-Disposition": f'attachment; filename="{event_id}.tlog-proof"'},
    )
