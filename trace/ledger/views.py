"""The log over HTTP: checkpoint, tiles and entry bundles (C2SP tlog-tiles), and the key to verify them with.

Read-only, for everybody, the same bytes for all; whatever is wrong is one line of plain text, because programs read
here. What events say is opened elsewhere.
"""

from flask import Blueprint, Response

from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.ledger import queries, tiles
from trace.ledger.tiles import MalformedTile, Tile

blueprint = Blueprint("log", __name__, url_prefix="/log")

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
# Full tiles never change and are asked for again and again. Partial ones do not change either, and are of use only
# until they have grown.
CACHE_FULL = "public, max-age=31536000, immutable"
CACHE_PARTIAL = "public, max-age=300"
CACHE_CHECKPOINT = "public, max-age=1"


@blueprint.after_request
def open_to_other_origins(answer: Response) -> Response:
    """Pages of others may read the log too: a verifier in a browser needs no server of its own."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@blueprint.errorhandler(NotFound)
@blueprint.errorhandler(MalformedTile)
def tell_nothing_there(refusal: NotFound | MalformedTile) -> Response:
    """An address of no tile is as good as a tile that is not there."""
    return Response(f"{refusal}\n", 404, content_type=TEXT)


@blueprint.get("/checkpoint")
@audience(Audience.PUBLIC)
def show_checkpoint() -> Response:
    """The latest published checkpoint, a signed note."""
    published = queries.find_checkpoint(db())
    if published is None:
        raise NotFound("The log has published no checkpoint yet.")
    return _answer(published.note, TEXT, CACHE_CHECKPOINT)


@blueprint.get("/key")
@audience(Audience.PUBLIC)
def show_key() -> Response:
    """The verifier key. Whoever doubts the log takes it from somewhere else than the log."""
    key = queries.find_verifier_key(db())
    if key is None:
        raise NotFound("The log has no key yet.")
    return _answer(f"{key}\n", TEXT, CACHE_CHECKPOINT)


@blueprint.get("/tile/<level>/<path:path>")
@audience(Audience.PUBLIC)
def show_tile(level: str, path: str) -> Response:
    """The hashes of one tile of the published tree."""
    index, width = tiles.parse_index_path(path)
    tile = Tile(tiles.parse_level(level), index, width)
    queries.read_without_transaction(db())
    size = queries.published_size(db())
    if tiles.width_at(tile.level, tile.index, size) < tile.width:
        # What no published checkpoint covers is nobody's business yet.
        raise NotFound(f"The published tree of {size} entries has no such tile.")
    hashes = queries.find_tile(db(), tile)
    if hashes is None:
        raise NotFound(f"The tile {tile.path} is lost.")
    return _answer(hashes, BYTES, CACHE_FULL if tile.is_full else CACHE_PARTIAL)


@blueprint.get("/tile/entries/<path:path>")
@audience(Audience.PUBLIC)
def show_entries(path: str) -> Response:
    """The leaves below one tile of level 0.

    Not compressed: but for the log's name a leaf is hashes, and gzip makes 2 in 100 of it at a millisecond each.
    """
    tile = Tile(0, *tiles.parse_index_path(path))
    queries.read_without_transaction(db())
    bundle = queries.find_bundle(db(), tile.index, tile.width)
    if bundle is None:
        raise NotFound(f"The published tree has no entries {tile.entries_path}.")
    return _answer(bundle, BYTES, CACHE_FULL if tile.is_full else CACHE_PARTIAL)


def _answer(content: str | bytes, content_type: str, cached: str) -> Response:
    return Response(content, content_type=content_type, headers={"Cache-Control": cached})
