"""The answer to a scan: the page of the code as it must be now, from kept bytes where they still hold."""

from urllib.parse import quote

from flask import Response, current_app, make_response, request

from trace.core.http import db
from trace.core.language import language
from trace.core.short_codes import is_well_formed, normalise
from trace.public import build, counting, guessing
from trace.public.answers import page_answer, takes_gzip
from trace.public.filling import STATUS, fill
from trace.public.item_blocks import item_blocks
from trace.public.keeping import EXTENSION, Keeper, Kept
from trace.verdict.rules import CodeState, Verdict


def answer_code(typed: str) -> Response:
    """What may be said of a scanned or typed code now, and the scan noted. Raises ``TooManyUnknownCodes``."""
    guessing.admit()
    keeper: Keeper | None = current_app.extensions[EXTENSION]
    code = normalise(typed)
    if keeper is None:
        return _live(typed)
    if not is_well_formed(code):
        return _filled(keeper.plain(CodeState.MALFORMED), typed, quote(typed, safe=""))
    seen, page = keeper.look(code)
    if seen is None:
        guessing.note_unknown()
        return _filled(keeper.plain(CodeState.UNKNOWN), code, code)
    page = page or keeper.make(code, seen)
    if page is None:
        return _live(typed)
    counting.note_scan(code, page.verdict, is_item=seen.is_item)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy is typed as what it stands for
    return _filled(page, code, code, item_blocks(app, language(), code, seen) if seen.is_item else "")


def _live(typed: str) -> Response:
    """The page of a code that is not kept: of a carton, a draft, a label that is void or whose item was sold."""
    page = build.code_page(db(), typed)
    if page.band.verdict is Verdict.UNKNOWN:
        guessing.note_unknown()
    counting.note_scan(normalise(typed), page.band.verdict, is_item=page.is_item)
    return page_answer("public/show_code.html", page, STATUS.get(page.band.verdict, 200))


def _filled(page: Kept, typed: str, in_address: str, item: str = "") -> Response:
    has = request.headers.get("If-None-Match", "")
    filled = fill(page, typed, in_address, item, has=has, takes_gzip=takes_gzip())
    answer = make_response(filled.content, filled.status)
    answer.headers.update(filled.headers)
    return answer
