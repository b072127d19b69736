"""The page of a product's links as frozen dataclasses, its form, and the words for what a link may be."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import marshmallow as ma
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers import queries as product_queries
from producers.models import Product
from trace.core.fields import Choice, Name, Text
from trace.gs1.link_uris import build_link
from trace.resolver import queries
from trace.resolver.models import MediaType, ProductLink
from trace.resolver.rules import CHOSEN_TYPES, LONGEST_TARGET
from trace.resolver.texts import TYPE_LABELS

LANGUAGES = (
    ("vi", _l("Vietnamese")),
    ("en", _l("English")),
    ("zh", _l("Chinese")),
    ("ko", _l("Korean")),
    ("ja", _l("Japanese")),
    ("fr", _l("French")),
)
MEDIA_TYPES = (
    (MediaType.PAGE, _l("A web page")),
    (MediaType.PDF, _l("A PDF file")),
    (MediaType.VIDEO, _l("A video")),
    (MediaType.PICTURE, _l("A picture file")),
    (MediaType.JSON, _l("Data for programs (JSON)")),
)
TYPES = tuple((name, TYPE_LABELS[name]) for name in CHOSEN_TYPES)


@dataclass(frozen=True)
class LinkRow:
    """One link in the list: what it is, and the site it leads to."""

    link: ProductLink
    label: str
    language: str
    media: str | None
    site: str


@dataclass(frozen=True)
class LinksPage:
    """The links of one product; ``address`` is its GS1 Digital Link, None without a GTIN."""

    product: Product
    rows: tuple[LinkRow, ...]
    address: str | None


class _Language(Text):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        chosen = super()._deserialize(value, attr, data, **more)
        if chosen not in dict(LANGUAGES):
            raise ma.ValidationError(_l("Choose one."))
        return chosen


class LinkForm(ma.Schema):
    """A link as its form has it; whether it may lead there is for the service."""

    link_type = Text(required=True, longest=60, empty=_l("Choose what the link leads to."))
    href = Text(required=True, longest=LONGEST_TARGET, empty=_l("Write the address of the page."))
    title = Name(required=True, longest=80, empty=_l("Write what people read before they open it."))
    language = _Language(required=True, longest=2, empty=_l("Choose the language of the page."))
    media_type = Choice(MediaType, load_default=MediaType.PAGE)


def links_page(session: Session, organisation_id: UUID, product_id: UUID, root: str) -> LinksPage:
    """The links of the organisation's product, or ``NotFound``."""
    product = product_queries.get_product(session, organisation_id, product_id)
    return LinksPage(
        product=product,
        rows=tuple(_row(link) for link in queries.list_links(session, product.id)),
        address=build_link([("01", product.gtin)], root) if product.gtin else None,
    )


def _row(link: ProductLink) -> LinkRow:
    return LinkRow(
        link=link,
        label=str(dict(TYPES).get(link.link_type, link.link_type)),
        language=str(dict(LANGUAGES).get(link.language, link.language)),
        media=None
        if link.media_type == MediaType.PAGE
        else str(dict(MEDIA_TYPES)[MediaType(link.media_type)]),
        site=urlsplit(link.href).netloc,
    )
