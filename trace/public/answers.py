"""How public pages are sent: the style in the page itself, compressed, the same bytes for everybody."""

import base64
import gzip
import hashlib
import re
from functools import cache

from flask import Response, current_app, make_response, render_template, request

from trace.core.http import content_security_policy, is_by_secret_address
from trace.kept.pieces import Piece, squeeze

# Of less than this, compression saves no packet.
WORTH_COMPRESSING = 1000
_LEVEL = 6
# Forms without an account that stand at the code of a label or a barcode: as they are sent, they hold no secret.
_OPEN_FORMS = frozenset({"report_code", "report_product", "show_places"})


def page_answer(template: str, page: object, status: int = 200) -> Response:
    """A page that nothing may keep for anybody."""
    answer = make_response(render(template, page), status)
    answer.headers["Content-Security-Policy"] = style_policy()
    answer.headers["Cache-Control"] = "no-store"
    return answer


def render(template: str, page: object, style: str | None = None) -> str:
    """A page with its style in it, one request for all; or with a mark in its place."""
    return render_template(template, page=page, public_css=style or inline_style()[0])


@cache
def style_policy() -> str:
    """The policy of a page whose style stands in it."""
    _css, style_hash = inline_style()
    return content_security_policy(style_src=f"'sha256-{style_hash}'")


@cache
def style_piece() -> Piece:
    """The style as a piece of kept pages."""
    return squeeze(inline_style()[0])


@cache
def inline_style() -> tuple[str, str]:
    """The style that stands in the page itself, one request for all, and its hash for the policy."""
    folder = current_app.config["ROOT"] / "static" / "css"
    css = "".join((folder / name).read_text(encoding="utf-8") for name in ("tokens.css", "public.css"))
    squeezed = re.sub(
        r"\s*([{};:,>])\s*", r"\1", re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    )
    digest = hashlib.sha256(squeezed.encode()).digest()
    return squeezed, base64.b64encode(digest).decode()


def takes_gzip() -> bool:
    """Whether who asks reads gzip."""
    return request.accept_encodings["gzip"] > 0


def _may_hold_a_secret() -> bool:
    if request.endpoint is None:
        return False
    # The same view in each language, under the language's own blueprint.
    if request.endpoint.rpartition(".")[2] in _OPEN_FORMS and request.method in ("GET", "HEAD"):
        return False
    return is_by_secret_address(current_app, request.endpoint)


def compress(answer: Response) -> Response:
    """Compress a page for who takes it; not where the address is a secret, which sizes could tell letter by letter."""
    if (
        "Content-Encoding" in answer.headers
        or answer.mimetype
        not in ("text/html", "application/json", "application/linkset+json", "application/ld+json")
        or answer.direct_passthrough
        or _may_hold_a_secret()
    ):
        return answer
    answer.vary.add("Accept-Encoding")
    content = answer.get_data()
    if len(content) >= WORTH_COMPRESSING and takes_gzip():
        answer.set_data(gzip.compress(content, _LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
