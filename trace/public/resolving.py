"""Builds what the resolver answers: the links of each level of an address, with their words, and the pages beside it.

Where the goods lead by default is never a producer's choice: a scan shows the record first. While a lot has a warning
every link of it leads there.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import current_app, request
from flask_babel import force_locale
from sqlalchemy.orm import Session

from producers.models import Product
from trace.batches.models import Batch
from trace.core import clock
from trace.core.blobs import Size
from trace.core.language import languages, public_url, public_url_in
from trace.gs1 import linksets
from trace.gs1.keys import normalise_gtin
from trace.gs1.link_uris import LinkUri, encode_query
from trace.gs1.linksets import Link, LinkContext
from trace.public import build, resolver_texts, wording
from trace.public.pages import CertificateLine
from trace.public.resolver_pages import LinksPage, ProductPage, ShownLink, WarnedLot
from trace.resolver import items, queries
from trace.resolver.items import Item, Level
from trace.verdict.queries import look_up
from trace.verdict.rules import decide

HTML = "text/html"


def root() -> str:
    """Where this service is reached by whoever asks, without a slash: what is linked stays on the host they know.

    Behind a proxy that ends TLS only the settings know that the address begins with https.
    """
    stated = urlsplit(current_app.config["SETTINGS"].public_url or "")
    if stated.netloc == request.host:
        return f"{stated.scheme}://{stated.netloc}"
    return request.host_url.rstrip("/")


def link_contexts(session: Session, link: LinkUri, item: Item, segments: Sequence[str]) -> list[LinkContext]:
    """The links of each level that is known, finest first; ``segments`` are those of the path as it was asked for."""
    product_links = _product_links(session, link.key, item)
    found = [
        LinkContext(
            _anchor(link, segments, level.depth),
            resolver_texts.lot_description(level.known),
            _level_links(level, list(product_links)),
        )
        for level in item.levels
    ]
    if item.product is not None:
        found.append(LinkContext(_anchor(link, segments, 0), item.product.name, product_links))
    return found


def _anchor(link: LinkUri, segments: Sequence[str], depth: int) -> str:
    """The address of a level as it was asked for: RFC 9264 takes that for the context of its links."""
    return "/".join((root(), *segments[: link.depth + 2 * (depth + 1)]))


def _both(endpoint: str, words: str, **values: Any) -> tuple[Link, ...]:
    """One of our pages in both languages; ``words`` names its title."""
    found = []
    for tag in languages():
        with force_locale(tag):
            title = resolver_texts.title(words)
        found.append(Link(_page(endpoint, tag, **values), title, tag, HTML))
    return tuple(found)


def _page(endpoint: str, tag: str, **values: Any) -> str:
    return root() + public_url_in(tag, f"public.{endpoint}", **values)


def _defaults(endpoint: str, words: str, **values: Any) -> dict[str, tuple[Link, ...]]:
    variants = _both(endpoint, words, **values)
    return {
        # The default itself carries a title and nothing else; what language it is in its variants say.
        linksets.DEFAULT: (Link(variants[0].href, variants[0].title),),
        linksets.DEFAULT_MULTI: variants,
    }


def _level_links(level: Level, product_types: Sequence[str]) -> dict[str, tuple[Link, ...]]:
    state = resolver_texts.recall_words(level.verdict)
    words = resolver_texts.page_words(level.verdict, is_warned=level.is_warned)
    found = {
        **_defaults("show_code", words, code=level.code),
        "traceability": _both("show_code", "traceability", code=level.code),
        "recallStatus": _both("show_code", state, code=level.code),
    }
    if level.is_warned:
        for name in product_types:
            found.setdefault(name, _both("show_code", "warned", code=level.code))
    batch = level.known.batch
    if batch is not None and batch.is_activated:
        asked = f"/epcis/events?MATCH_anyEPCClass={quote(batch.epc_class, safe='')}"
        found["epcis"] = (Link(root() + asked, resolver_texts.title("epcis"), None, "application/json"),)
    return found


def _product_links(session: Session, gtin: str, item: Item) -> dict[str, tuple[Link, ...]]:
    product = item.product
    if product is None:
        return {}
    warned = queries.list_warned_lots(session, [each.id for each in item.products])
    found = {
        **_defaults("show_product", "product", gtin=gtin),
        "recallStatus": _both("show_product", "lots-warned" if warned else "no-lots-warned", gtin=gtin),
        "pip": _both("show_product", "product", gtin=gtin),
        "certificationInfo": _both("show_product", "certificates", gtin=gtin),
    }
    chosen: dict[str, list[Link]] = {}
    for stated in queries.list_links(session, product.id):
        target = Link(stated.href, stated.title, stated.language, stated.media_type)
        chosen.setdefault(stated.link_type, []).append(target)
    # What a producer chose stands instead of ours: two of one kind and language nobody could choose between.
    return found | {name: tuple(links) for name, links in chosen.items()}


def walked_up(link: LinkUri, item: Item) -> str:
    """What the product's page has to know of a lot that is not recorded, as a query; empty where there is none."""
    if item.product is None or item.levels or item.lot_number is None:
        return ""
    return f"10={encode_query(item.lot_number)}"


def known_readings(session: Session, segments: Sequence[str]) -> Iterator[list[str]]:
    """Other readings of a path whose slashes may have stood inside a lot number, as far as such a lot is recorded.

    ``segments`` are those of the decoded path; of a lot nobody recorded the address stays malformed.
    """
    if len(segments) < 5 or "10" not in segments[2::2] or segments[0] not in ("01", "gtin"):
        return
    gtin = normalise_gtin(segments[1])
    if gtin is None:
        return
    start = segments.index("10", 2) + 1
    products = queries.list_claims(session, gtin)
    for end in range(len(segments), start + 1, -1):
        lot = "/".join(segments[start:end])
        if queries.list_lots(session, products, gtin, unquote(lot)):
            yield [*segments[:start], lot.replace("/", "%2F"), *segments[end:]]


# ---------------------------------------------------------------------------------------------------------- pages


def links_page(session: Session, contexts: Sequence[LinkContext]) -> LinksPage:
    """Every link of the address for people, the finest level's first, each type once."""
    around = build.frame(session)
    shown: list[ShownLink] = []
    told: set[str] = set()
    for context in contexts:
        for name, links in context.links.items():
            if name in (linksets.DEFAULT, linksets.DEFAULT_MULTI) or name in told:
                continue
            told.add(name)
            shown += [_shown(name, link) for link in links if _is_worth_showing(link, around.language, links)]
    return LinksPage(frame=around, description=contexts[0].description, links=tuple(shown))


def _is_worth_showing(link: Link, language: str, links: Sequence[Link]) -> bool:
    """Our own pages in the page's language alone; a producer's in every language there is."""
    is_ours = urlsplit(link.href).netloc == request.host
    return not is_ours or link.language in (None, language) or len(links) == 1


def _shown(name: str, link: Link) -> ShownLink:
    site = urlsplit(link.href).netloc
    return ShownLink(
        label=resolver_texts.type_label(name),
        title=link.title,
        href=link.href,
        site=None if site == request.host else site,
        language=link.language,
        is_for_programs=link.media_type == "application/json",
    )


def product_page(session: Session, gtin: str, asked_lot: str) -> ProductPage:
    """The page of a GTIN. Raises ``ItemUnknown``, ``GtinContested``."""
    products = items.resolved_products(session, gtin)
    product = products[0]
    around = build.frame(session)
    warned = queries.list_warned_lots(session, [each.id for each in products])
    is_recorded = bool(asked_lot) and bool(queries.list_lots(session, products, gtin, asked_lot))
    return ProductPage(
        frame=around,
        gtin=gtin,
        name=product.name,
        net_content=product.net_content,
        producer_name=product.organisation.name,
        commune=product.organisation.seat.commune.full_name,
        is_checked=product.gtin == gtin and product.gtin_checked_at is not None,
        picture_url=build.picture_url(product.picture_sha256, Size.SMALL),
        dense_picture_url=build.picture_url(product.picture_sha256, Size.DENSE),
        report_url=public_url("public.report_product", gtin=gtin),
        warned=tuple(_warned_lot(session, lot, around.language) for lot in warned),
        links=tuple(
            _shown(link.link_type, Link(link.href, link.title, link.language, link.media_type))
            for link in queries.list_links(session, product.id)
        ),
        certificates=_certificates(product),
        producer_words=product.description or None,
        unknown_lot=asked_lot if asked_lot and not is_recorded else None,
    )


def _warned_lot(session: Session, lot: Batch, language: str) -> WarnedLot:
    verdict = decide(look_up(session, lot.code).facts).verdict
    return WarnedLot(
        lot_number=lot.lot_number,
        state=resolver_texts.lot_state(verdict),
        href=public_url_in(language, "public.show_code", code=lot.code),
        date_on=lot.produced_on,
    )


def _certificates(product: Product) -> tuple[CertificateLine, ...]:
    today = clock.today()
    who = wording.declared_by_producer(product.organisation.name)
    return tuple(
        build.certificate_line(paper, who, today)
        for paper in product.certificates
        if paper.removed_at is None
    )
