"""The GS1 resolver over HTTP, and the page of a product by its barcode.

What an address is made of stands in ``trace.gs1.link_uris``, what it means in ``trace.resolver.items``, which links it
has in ``trace.public.resolving``. A producer's target is only ever redirected to; nothing here goes there.
"""

import json
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.routing import BaseConverter, PathConverter, ValidationError

from trace.core.errors import NotFound, Refusal, TooManyTries
from trace.core.http import Audience, audience, content_security_policy, db, problem
from trace.core.language import DEFAULT, languages, set_language
from trace.gs1 import linksets
from trace.gs1.element_strings import is_known
from trace.gs1.keys import is_valid_lot_number, normalise_gtin
from trace.gs1.link_uris import (
    QUALIFIERS,
    SHORT_NAMES,
    Fault,
    LinkUri,
    MalformedLink,
    looks_compressed,
    parse_path,
)
from trace.gs1.linksets import LinkContext
from trace.public import guessing, negotiation, resolver_texts, resolving
from trace.public.answers import inline_style
from trace.public.negotiation import Form
from trace.public.views import blueprint as pages
from trace.resolver.items import SUPPORTED_KEYS, Item, ItemUnknown, find_item

blueprint = Blueprint("resolver", __name__)

METHODS = ("GET", "HEAD", "OPTIONS")
_KEYS = (*QUALIFIERS, *(word for word, ai in SHORT_NAMES.items() if ai in QUALIFIERS))
CONTEXT_RELATION = "http://www.w3.org/ns/json-ld#context"
# What the members of a linkset are in JSON-LD (RFC 9264, appendix A): the link types are whole addresses already.
JSON_LD_CONTEXT = {
    "@context": {
        "@version": 1.1,
        "@vocab": "https://www.iana.org/assignments/relation/",
        "linkset": "@graph",
        "anchor": "@id",
        "href": "@id",
        "itemDescription": "http://www.w3.org/2000/01/rdf-schema#comment",
        "title": "http://purl.org/dc/terms/title",
        "type": "http://purl.org/dc/terms/format",
        "hreflang": {"@id": "http://purl.org/dc/terms/language", "@container": "@set"},
    }
}


class ResolverRefusal(Refusal):
    """The address cannot be answered."""

    code = "link-malformed"
    http_status = 400


class _CompressedSegment(BaseConverter):
    regex = "[A-Za-z0-9_-]{10,200}"


class _Identifier(BaseConverter):
    """An application identifier that is no key: what begins with it is a link without one, not a page of ours."""

    regex = "[0-9]{2,4}"

    def to_python(self, value: str) -> str:
        if not is_known(value):
            raise ValidationError
        return value


class _Rest(PathConverter):
    """All that follows, empty segments too: they are malformed, which is for the resolver to say."""

    regex = ".+"
    part_isolating = False


@blueprint.record_once
def _know_addresses(state: Any) -> None:
    state.app.url_map.converters |= {
        "compressed": _CompressedSegment,
        "identifier": _Identifier,
        "rest": _Rest,
    }


@blueprint.before_request
def _speak_the_readers_language() -> None:
    """The address is a barcode's: only the request can say which language its reader has."""
    set_language(request.accept_languages.best_match(languages()) or DEFAULT)


@blueprint.after_request
def _open_to_other_origins(answer: Response) -> Response:
    """Pages of others may resolve too (GS1-Conformant Resolver: SHALL support CORS)."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
    answer.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language"
    answer.headers["Access-Control-Expose-Headers"] = "Link, Location, Content-Language"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.vary.update(("Accept", "Accept-Language"))
    # A recall is visible from the moment it commits: nothing may keep this answer for anybody.
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.errorhandler(Refusal)
def _tell(refusal: Refusal) -> Response:
    """A refusal as a page for people and as a problem for programs."""
    if "db" in g:
        db().rollback()
    if _is_for_people():
        page = render_template(
            "public/error.html", code=refusal.code, status=refusal.http_status, detail=str(refusal)
        )
        answer = make_response(page, refusal.http_status)
    else:
        answer = problem(refusal.code, refusal.http_status, str(refusal))
    if isinstance(refusal, TooManyTries):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


def resolve(key: str, rest: str = "") -> ResponseReturnValue:
    """Where an address leads: the default, a link of the type asked for, or the list of all of them."""
    if request.method == "OPTIONS":
        return Response(status=204, headers={"Allow": ", ".join(METHODS)})
    link, segments = _read()
    item = _find(link)
    contexts = resolving.link_contexts(db(), link, item, segments)
    asked = linksets.link_type_name(_asked_type())
    if asked in linksets.LINKSET_WORDS or negotiation.asks_for_linkset(request.accept_mimetypes):
        return _answer_linkset(contexts)
    found = linksets.find_links(contexts, asked) if asked else linksets.default_links(contexts)
    if not found:
        raise NotFound(_("No link of this kind is recorded for these goods."), code="link-type-not-found")
    tongues = negotiation.languages(request.accept_languages)
    chosen = linksets.choose(found, tongues, negotiation.quality_of(request.accept_mimetypes, _destination()))
    if chosen is None and _is_for_people():
        # Only data for programs: a phone is shown what there is instead.
        return _show_links(contexts, 300)
    target = chosen or linksets.choose(found, tongues)
    if target is None:
        raise NotFound(_("No link of this kind is recorded for these goods."), code="link-type-not-found")
    is_default = not asked or asked == linksets.DEFAULT
    extra = resolving.walked_up(link, item) if is_default else ""
    return _redirect(target.href, extra)


for _rule, _defaults in (
    *((rule, {"key": key}) for key in _KEYS for rule in (f"/{key}/<rest:rest>", f"/{key}/")),
    ("/<identifier:key>/<rest:rest>", {}),
):
    blueprint.add_url_rule(
        _rule,
        endpoint="resolve",
        view_func=audience(Audience.PUBLIC)(resolve),
        methods=["GET", "OPTIONS"],
        defaults=_defaults,
        merge_slashes=False,
        strict_slashes=False,
        provide_automatic_options=False,
    )


@blueprint.route("/<compressed:segment>", methods=["GET", "OPTIONS"], provide_automatic_options=False)
@audience(Audience.PUBLIC)
def refuse_compressed(segment: str) -> ResponseReturnValue:
    """A compressed address is told apart from one that is not there: it is right, and not supported."""
    if not looks_compressed(segment):
        raise NotFound(_("There is nothing at this address."))
    if request.method == "OPTIONS":
        return Response(status=204, headers={"Allow": ", ".join(METHODS)})
    raise _malformed(Fault.COMPRESSED)


@blueprint.get("/.well-known/gs1resolver")
@audience(Audience.PUBLIC)
def describe_resolver() -> Response:
    """What this resolver can do (GS1-Conformant Resolver, Resolver Description File)."""
    settings = current_app.config["SETTINGS"]
    contact = {"fn": settings.operator_name}
    if settings.support_phone:
        contact["hasTelephone"] = settings.support_phone
    return _json(
        {
            "name": "Nguồn Gốc",
            "resolverRoot": resolving.root(),
            "supportedPrimaryKeys": list(SUPPORTED_KEYS),
            "supportedLinkType": [{"namespace": linksets.VOCABULARY, "prefix": "gs1:"}],
            "linkTypeDefaultCanBeLinkset": False,
            "supportsSemanticInterpretation": False,
            "validatesCheckDigits": True,
            "jsonLdContextLocation": _context_url(),
            "contact": contact,
        },
        "application/json",
    )


@blueprint.get("/.well-known/gs1resolver-context.jsonld")
@audience(Audience.PUBLIC)
def show_context() -> Response:
    """How a linkset is read as JSON-LD."""
    return _json(JSON_LD_CONTEXT, "application/ld+json")


@pages.get("/san-pham/<gtin>")
@audience(Audience.PUBLIC)
def show_product(gtin: str) -> ResponseReturnValue:
    """What a barcode without a lot can say: the product, and which of its lots have a warning."""
    number = normalise_gtin(gtin)
    if number is None:
        raise _malformed(Fault.CHECK_DIGIT if gtin.isascii() and gtin.isdigit() else Fault.KEY)
    lot = request.args.get("10", "")
    page = resolving.product_page(db(), number, lot if is_valid_lot_number(lot) else "")
    return _page("public/show_product.html", page)


# ----------------------------------------------------------------------------------------------------- the request


def _find(link: LinkUri) -> Item:
    """What the address means; serials and cartons that are not there are counted on who asks for them.

    An unknown serial of a known lot is counted and still answered: the lot may be recalled.
    """
    guessing.admit()
    depth = next((number for number, (ai, _value) in enumerate(link.qualifiers, 1) if ai == "21"), None)
    try:
        item = find_item(db(), link)
    except ItemUnknown:
        if depth is not None or link.key_ai == "00":
            guessing.note_unknown()
        raise
    if depth is not None and all(level.depth != depth for level in item.levels):
        guessing.note_unknown(is_refused=False)
    return item


def _read() -> tuple[LinkUri, list[str]]:
    """The link in the request and its path segments as they came. Raises ``ResolverRefusal``."""
    raw = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or ""
    query = request.query_string.decode("latin-1")
    if raw.startswith("/"):
        path = raw.partition("?")[0]
        return _parse(path, query), path.removesuffix("/").split("/")[1:]
    # A server that only tells the decoded path: a slash inside a value looks like one between values there.
    path = quote(request.path, safe="/!$&'()*+,;=:@-._~")
    segments = path.removesuffix("/").split("/")[1:]
    try:
        return _parse(path, query), segments
    except ResolverRefusal:
        for joined in resolving.known_readings(db(), segments):
            return _parse("/" + "/".join(joined), query), joined
        raise


def _parse(path: str, query: str) -> LinkUri:
    try:
        link = parse_path(path, query, short_gtins=True, short_names=True, check_digits=True)
    except MalformedLink as wrong:
        raise _malformed(wrong.fault) from wrong
    if link.depth:
        raise _malformed(Fault.QUALIFIERS)
    return link


def _malformed(fault: Fault) -> ResolverRefusal:
    is_unsupported = fault is Fault.COMPRESSED
    return ResolverRefusal(
        str(resolver_texts.FAULTS[fault]),
        code="link-compressed" if is_unsupported else "link-malformed",
        http_status=501 if is_unsupported else 400,
    )


def _asked_type() -> str:
    """The link type in the query; the name of the parameter is taken in any case."""
    return next((value for name, value in request.args.items() if name.lower() == "linktype"), "")


def _destination() -> str:
    return request.headers.get("Sec-Fetch-Dest", "")


def _is_for_people() -> bool:
    return negotiation.is_for_people(request.accept_mimetypes, _destination())


# ------------------------------------------------------------------------------------------------------ the answer


def _redirect(href: str, extra: str) -> Response:
    """To the target, with the query passed on as it came; the linkset is one header away."""
    query = quote(request.query_string, safe="%/:?#[]@!$&'()*+,;=-._~").replace("#", "%23")
    target, has_fragment, fragment = href.partition("#")
    more = "&".join(part for part in (extra, query) if part)
    if more:
        target += ("&" if "?" in target else "?") + more
    answer = Response(status=307)
    answer.headers["Location"] = target + (f"#{fragment}" if has_fragment else "")
    here = resolving.root() + quote(request.path, safe="/!$&'()*+,;=:@-._~")
    answer.headers["Link"] = (
        f'<{here}?linkType=linkset>; rel="linkset"; type="{Form.LINKSET}"; title="Linkset"'
    )
    return answer


def _answer_linkset(contexts: list[LinkContext]) -> ResponseReturnValue:
    form = negotiation.form_of_linkset(request.accept_mimetypes, _destination())
    if form is Form.PAGE:
        return _show_links(contexts, 200)
    body = linksets.document(contexts, is_plain=form is Form.JSON)
    if form is Form.JSON_LD:
        body = {"@context": _context_url(), **body}
    answer = _json(body, form)
    answer.headers["Link"] = f'<{_context_url()}>; rel="{CONTEXT_RELATION}"; type="application/ld+json"'
    return answer


def _show_links(contexts: list[LinkContext], status: int) -> Response:
    return _page("public/show_links.html", resolving.links_page(db(), contexts), status)


def _page(template: str, page: object, status: int = 200) -> Response:
    css, style_hash = inline_style()
    answer = make_response(render_template(template, page=page, public_css=css), status)
    answer.headers["Content-Security-Policy"] = content_security_policy(style_src=f"'sha256-{style_hash}'")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _json(body: Any, media_type: str) -> Response:
    # No charset: RFC 9264 defines none, and a client compares the type as a whole.
    return Response(json.dumps(body, ensure_ascii=False), content_type=str(media_type))


def _context_url() -> str:
    return f"{resolving.root()}/.well-known/gs1resolver-context.jsonld"
