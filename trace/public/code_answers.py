"""The answer to a scan: the page of the code as it must be now, from kept bytes where they still hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote

from flask import Response, current_app, make_response, request
from markupsafe import escape

from trace.core import clock
from trace.core.http import db
from trace.core.language import public_url
from trace.core.short_codes import is_well_formed, normalise, pretty
from trace.kept.pieces import fill_gzip, fill_plain
from trace.public import build, counting, guessing
from trace.public.answers import page_answer, style_policy, takes_gzip
from trace.public.keeping import EXTENSION, Keeper, Kept
from trace.public.marks import shown, shown_iso
from trace.public.pages import ScanBlock
from trace.verdict.glance import Glance
from trace.verdict.rules import CodeState, Verdict

STATUS: Mapping[Verdict, int] = {Verdict.MALFORMED: 400, Verdict.UNKNOWN: 404}
_NAME_BYTES = 6


@dataclass(frozen=True, slots=True)
class ItemBlocks:
    """What ``public/_item.html`` is drawn with."""

    scans: ScanBlock
    hidden_code_url: str | None


def answer_code(typed: str) -> Response:
    """What may be said of a scanned or typed code now, and the scan noted. Raises ``TooManyUnknownCodes``."""
    guessing.admit()
    keeper: Keeper | None = current_app.extensions[EXTENSION]
    code = normalise(typed)
    if keeper is None:
        return _live(typed)
    if not is_well_formed(code):
        return _filled(keeper.plain(CodeState.MALFORMED), typed, quote(typed, safe=""), None)
    seen, page = keeper.look(code)
    if seen is None:
        guessing.note_unknown()
        return _filled(keeper.plain(CodeState.UNKNOWN), code, code, None)
    page = page or keeper.make(code, seen)
    if page is None:
        return _live(typed)
    counting.note_scan(code, page.verdict, is_item=seen.is_item)
    return _filled(page, code, code, seen)


def _live(typed: str) -> Response:
    """The page of a code that is not kept: of a carton, a draft, a label that is void or whose item was sold."""
    page = build.code_page(db(), typed)
    if page.band.verdict is Verdict.UNKNOWN:
        guessing.note_unknown()
    counting.note_scan(normalise(typed), page.band.verdict, is_item=page.is_item)
    return page_answer("public/show_code.html", page, STATUS.get(page.band.verdict, 200))


def _filled(page: Kept, typed: str, in_address: str, seen: Glance | None) -> Response:
    """A page with this reading's own values in it. ``in_address`` is the code as addresses hold it."""
    moment = clock.local(clock.now()).replace(second=0, microsecond=0)
    values = {
        "code": str(escape(in_address)),
        "pretty": pretty(typed),
        "typed": str(escape(typed[: build.LONGEST_ECHO])),
        "iso": shown_iso(moment),
        "time": shown(moment),
        "item": _told_of_item(in_address, seen) if seen is not None and seen.is_item else "",
    }
    status = STATUS.get(Verdict(page.verdict), 200)
    name = _name_of(page, values)
    if status == 200 and request.if_none_match.contains_weak(name):
        answer = make_response(b"", 304)
    else:
        filled = {gap: value.encode() for gap, value in values.items()}
        is_packed = takes_gzip()
        answer = make_response((fill_gzip if is_packed else fill_plain)(page.pieces, filled), status)
        if is_packed:
            answer.headers["Content-Encoding"] = "gzip"
    answer.set_etag(name, weak=True)
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Content-Security-Policy"] = style_policy()
    # A recall is visible from the moment it commits: whoever keeps this answer asks each time whether it still holds.
    answer.headers["Cache-Control"] = "no-cache" if status == 200 else "no-store"
    return answer


def _name_of(page: Kept, values: Mapping[str, str]) -> str:
    """Names the bytes of this reading: within one minute, and until it is scanned again, they are the same."""
    own = blake2b("\0".join(values.values()).encode(), digest_size=_NAME_BYTES).hexdigest()
    return f"{page.name}-{own}"


def _told_of_item(code: str, seen: Glance) -> str:
    scans = counting.told(code, seen.first_scan_at, seen.scans, seen.places)
    hidden_url = public_url("public.show_hidden_code", code=code) if seen.has_secret else None
    # Drawn by itself: what every page is told of who is asking, and of the demo, is nothing to this.
    return current_app.jinja_env.get_template("public/_item.html").render(page=ItemBlocks(scans, hidden_url))
