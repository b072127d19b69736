"""The pages beside the resolver as frozen dataclasses: a product by its barcode, and the links of an address."""

from dataclasses import dataclass
from datetime import date

from trace.public.pages import CertificateLine, PublicFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnedLot:
    """A lot of the product that has a warning now; ``href`` is its verdict page."""

    lot_number: str
    state: str
    href: str
    date_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLink:
    """One link: ``label`` is what it is, ``site`` where it leads when that is not this service."""

    label: str
    title: str
    href: str
    site: str | None = None
    language: str | None = None
    is_for_programs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """What a barcode without a lot can say. ``unknown_lot`` is a lot number asked for that is not recorded."""

    frame: PublicFrame
    gtin: str
    name: str
    net_content: str
    producer_name: str
    commune: str
    is_checked: bool
    picture_url: str | None
    dense_picture_url: str | None
    report_url: str
    warned: tuple[WarnedLot, ...]
    links: tuple[ShownLink, ...]
    certificates: tuple[CertificateLine, ...]
    producer_words: str | None = None
    unknown_lot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksPage:
    """Everything linked to an address, for people: a browser that asks for the linkset gets this."""

    frame: PublicFrame
    description: str
    links: tuple[ShownLink, ...]
