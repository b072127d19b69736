"""The list of recalls for everybody, as a page and as a feed. Read anew for each answer, so true from the commit on."""

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from trace.core.errors import NotFound
from trace.core.http import Audience, audience, db
from trace.core.language import public_url
from trace.public import build
from trace.public.answers import page_answer
from trace.public.recall_feed import MEDIA_TYPE, write_feed
from trace.public.recall_list import RecallEntry, entries_of, recall_list_page
from trace.public.speech import _
from trace.public.views import blueprint
from trace.recalls.published import LONGEST_SEARCH, Standing, find_last_change, list_changed

IDENTITY = "feed_of_recalls"
LAST_PAGE = 10_000
# May be kept, and is asked for again each time: a recall must not be missed for a minute.
_ASK_AGAIN = "public, no-cache"


def init_recalls(app: Flask) -> None:
    """Give the application the name its feeds go by for ever."""
    app.extensions[IDENTITY] = f"{app.config['SETTINGS'].log_origin}/recalls"


@blueprint.get("/thu-hoi")
@audience(Audience.PUBLIC)
def list_recalls() -> ResponseReturnValue:
    """Recalls in force, then those that ended, then those withdrawn lately."""
    words = [("", _("All")), (Standing.CURRENT, _("In force")), (Standing.PAST, _("Past"))]
    asked = request.args.get("state", "")
    standing = Standing(asked) if asked in list(Standing) else None
    search = " ".join(request.args.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH]
    page = recall_list_page(db(), _page_number(), standing, search, words)
    if page is None:
        raise NotFound(_("There is nothing at this address."))
    answer = page_answer("public/recalls.html", page)
    # Weak: compressed or not, it says the same. It names the minute of the look, so it holds for a minute.
    answer.add_etag(weak=True)
    return _conditional(answer)


@blueprint.get("/thu-hoi.atom")
@audience(Audience.PUBLIC)
def feed_recalls() -> ResponseReturnValue:
    """The same recalls for programs that look again by themselves (RFC 4287, paged as RFC 5005 has it)."""
    number = _page_number()
    found = list_changed(db(), number)
    if number > 1 and not found.rows:
        raise NotFound(_("There is nothing at this address."))
    around = build.frame(db())
    entries = entries_of(db(), found, around)

    def address(page: int) -> str:
        return around.origin + public_url("public.feed_recalls", page=page if page > 1 else None)

    links = [
        ("self", MEDIA_TYPE, address(number)),
        ("alternate", "text/html", around.origin + public_url("public.list_recalls")),
        ("first", MEDIA_TYPE, address(1)),
    ]
    if number > 1:
        links.append(("previous", MEDIA_TYPE, address(number - 1)))
    if found.has_more:
        links.append(("next", MEDIA_TYPE, address(number + 1)))
    document = write_feed(
        entries,
        frame=around,
        title=_("Recalls"),
        names=[_name(entry) for entry in entries],
        links=links,
        identity=current_app.extensions[IDENTITY],
        changed_at=find_last_change(db()),
    )
    answer = Response(document, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    return _conditional(answer)


def _conditional(answer: Response) -> Response:
    # No Last-Modified: a recall that took a second to commit would be older than what was last seen.
    answer.headers["Cache-Control"] = _ASK_AGAIN
    answer.make_conditional(request)
    return answer


def _name(entry: RecallEntry) -> str:
    """The title of an entry: plain text, as readers of feeds show it in lists."""
    lots = ", ".join(lot.lot_number for lot in entry.lots)
    return _("%(state)s: %(product)s, lot %(lot)s", state=entry.title, product=entry.product_name, lot=lots)


def _page_number() -> int:
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:6]) <= LAST_PAGE):
        raise NotFound(_("There is nothing at this address."))
    return int(asked[:6])
