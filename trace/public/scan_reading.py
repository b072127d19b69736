"""What a scanned or typed text stands for here, and the address of ours that shows it.

Only our own pages are led to: an address on a label is read for the code in it, never followed. Text that is none of
ours is shown as text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.batches.queries import find_code
from trace.core.errors import NotFound
from trace.core.language import public_url
from trace.core.short_codes import LONGEST_TYPED, is_well_formed, normalise
from trace.gs1.keys import normalise_gtin
from trace.gs1.link_uris import LinkUri, MalformedLink, parse_link
from trace.gs1.scanned import read_link
from trace.public import guessing
from trace.public.scan_photos import Found
from trace.resolver.items import GtinContested, Item, ItemUnknown, find_item

LONGEST_TEXT = 2000
LONGEST_SHOWN = 300
RETAIL_KINDS = frozenset({"ean_13", "ean_8", "upc_a"})

_label_address = re.compile(
    r"https?://(?P<host>[^/?#\s]+)(?:/en)?/t/(?P<code>[^/?#\s]+)/?", re.IGNORECASE
).match


class Rank(IntEnum):
    """Which of several codes on one pack says most: the smallest. Those of the last two lead nowhere."""

    CODE = 0
    LOT = 1
    PRODUCT = 2
    UNKNOWN = 3
    FOREIGN = 4


@dataclass(frozen=True)
class Reading:
    """What a text stands for: a page of ours (``url``), or why there is none (``told``)."""

    rank: Rank
    text: str
    url: str | None = None
    told: str | None = None


def read(session: Session, text: str, kind: str = "") -> Reading:
    """What one text stands for; ``kind`` is the symbology as ``BarcodeDetector`` names it, empty for typed text.

    Looks codes up, and counts those that are not there: raises ``TooManyUnknownCodes``.
    """
    text = text.strip()[:LONGEST_TEXT]
    guessing.admit()
    return (
        _read_code(session, text, is_retail=kind in RETAIL_KINDS)
        or _read_label_address(session, text)
        or _read_gs1(session, text)
        or (_read_slip(text) if not kind else None)
        or _foreign(text)
    )


def read_all(session: Session, found: Iterable[Found]) -> list[Reading]:
    """What the codes of one photo stand for: those of the best rank, one for each page they lead to."""
    readings = [read(session, one.text, "ean_13" if one.is_retail else "photo") for one in found]
    best = min(reading.rank for reading in readings)
    return list({one.url or one.text: one for one in readings if one.rank == best}.values())


def _read_code(session: Session, text: str, *, is_retail: bool) -> Reading | None:
    code = normalise(text)
    if is_retail or not is_well_formed(code):
        return None
    # Thirteen digits may be a stamp or a barcode: a stamp is one that was issued.
    if normalise_gtin(text) is not None and find_code(session, code) is None:
        return None
    return _code(code, text)


def _read_label_address(session: Session, text: str) -> Reading | None:
    """The address on a label: of this service, or of another name it was or will be reached by.

    Under a name we do not know only a code that was issued here counts: anybody may print such an address.
    """
    address = _label_address(text)
    if address is None:
        return None
    code = normalise(address["code"])
    if address["host"].lower() in _our_hosts():
        return _code(code, text) if code.isascii() and code.isalnum() else None
    if not is_well_formed(code):
        return None
    if find_code(session, code) is None:
        guessing.note_unknown()
        return None
    return _code(code, text)


def _our_hosts() -> set[str]:
    public = urlsplit(current_app.config["SETTINGS"].public_url or "").netloc
    return {request.host.lower(), public.lower()}


def _read_gs1(session: Session, text: str) -> Reading | None:
    """A Digital Link of any host, an element string, or a barcode number."""
    link = _link(text)
    if link is None:
        return None
    try:
        item = find_item(session, link)
    except ItemUnknown as unknown:
        guessing.note_unknown()
        return Reading(Rank.UNKNOWN, text, told=str(unknown))
    except GtinContested as contested:
        return Reading(Rank.UNKNOWN, text, told=str(contested))
    return _of_item(text, link, item)


def _link(text: str) -> LinkUri | None:
    if "://" in text:
        try:
            return parse_link(text, short_gtins=True, short_names=True, check_digits=True)
        except MalformedLink:
            return None
    gtin = normalise_gtin(text)
    return LinkUri("01", gtin) if gtin is not None else read_link(text)


def _of_item(text: str, link: LinkUri, item: Item) -> Reading:
    if item.levels:
        return Reading(Rank.LOT, text, url=public_url("public.show_code", code=item.levels[0].code))
    if item.product is None:
        raise NotFound(_l("There is nothing at this address."))
    # The product's page says that the lot asked for is not recorded.
    lot = {"10": item.lot_number} if item.lot_number else {}
    return Reading(Rank.PRODUCT, text, url=public_url("public.show_product", gtin=link.key, **lot))


def _read_slip(text: str) -> Reading | None:
    """Somebody typed a code and missed a key: its page says so, and shows what was typed."""
    code = normalise(text)
    return _code(code, text) if 0 < len(code) <= LONGEST_TYPED and code.isascii() and code.isalnum() else None


def _code(code: str, text: str) -> Reading:
    return Reading(Rank.CODE, text, url=public_url("public.show_code", code=code))


def _foreign(text: str) -> Reading:
    # Control characters show nothing, and could turn the text round.
    shown = "".join(c if c.isprintable() else " " for c in text)[:LONGEST_SHOWN]
    return Reading(Rank.FOREIGN, shown)
