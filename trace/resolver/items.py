"""What a Digital Link address means: the product, the lot, the code or carton, as far down as it is known.

Whatever is finer than what is known is walked up from: an unknown serial leads to its lot, an unknown lot to its
product. What is known of a lot is its verdict, read in the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from producers.models import Product
from trace.batches.queries import find_code
from trace.core.errors import NotFound
from trace.core.short_codes import normalise
from trace.gs1.link_uris import LinkUri
from trace.resolver import queries
from trace.verdict.queries import Known, look_up
from trace.verdict.rules import Verdict, decide

# While one of these stands, nothing else about the goods is worth a scan.
WARNED = frozenset({Verdict.RECALLED, Verdict.HELD, Verdict.UNDER_REVIEW})
SUPPORTED_KEYS = ("00", "01")
_GRAVEST_FIRST = list(Verdict)


class ItemUnknown(NotFound):
    """The address is written well, and names nothing that is recorded here."""

    code = "item-unknown"


class GtinContested(NotFound):
    """Several producers state this GTIN and none is checked: nobody can say whose it is."""

    code = "gtin-contested"


@dataclass(frozen=True)
class Level:
    """A lot, code or carton the address names: ``depth`` is how many qualifiers of the path that takes."""

    depth: int
    code: str
    known: Known
    verdict: Verdict

    @property
    def is_warned(self) -> bool:
        return self.verdict in WARNED


@dataclass(frozen=True)
class Item:
    """What is known of an address. ``levels`` finest first; ``lot_number`` is the one asked for, known or not."""

    products: tuple[Product, ...]
    levels: tuple[Level, ...] = ()
    lot_number: str | None = None

    @property
    def product(self) -> Product | None:
        return self.products[0] if self.products else None


def find_item(session: Session, link: LinkUri) -> Item:
    """What the address means. Raises ``ItemUnknown``, ``GtinContested``."""
    if link.key_ai == "00":
        return _carton(session, link)
    if link.key_ai != "01":
        raise _unknown()
    products = resolved_products(session, link.key)
    lot_number, serial = link.qualifier("10"), link.qualifier("21")
    depths = {ai: number for number, (ai, _value) in enumerate(link.qualifiers, 1)}
    levels: list[Level] = []
    if lot_number is not None:
        lots = queries.list_lots(session, products, link.key, lot_number)
        if lots:
            known = [_level(depths["10"], look_up(session, lot.code)) for lot in lots]
            # Two products of one producer under one GTIN and lot number: the graver one speaks.
            levels.append(min(known, key=lambda level: _GRAVEST_FIRST.index(level.verdict)))
    if serial is not None:
        found = _serial(session, depths["21"], serial, levels, products)
        if found is not None:
            levels.insert(0, found)
    return Item(tuple(products), tuple(levels), lot_number)


def resolved_products(session: Session, gtin: str) -> list[Product]:
    """The products a GTIN stands for, of one producer. Raises ``ItemUnknown``, ``GtinContested``."""
    claims = queries.list_claims(session, gtin)
    checked = [product for product in claims if product.gtin == gtin and product.gtin_checked_at is not None]
    owners = {product.organisation_id for product in checked or claims}
    if not owners:
        raise _unknown()
    if len(owners) > 1:
        raise GtinContested(
            _l(
                "More than one producer states this barcode number, and it is not checked yet whose it is. "
                "Look up the code printed under the QR instead."
            )
        )
    return [product for product in claims if product.organisation_id in owners]


def _carton(session: Session, link: LinkUri) -> Item:
    unit = queries.find_unit(session, link.key)
    if unit is None:
        raise _unknown()
    return Item((), (_level(0, look_up(session, unit.code)),))


def _serial(
    session: Session, depth: int, typed: str, lots: Sequence[Level], products: Sequence[Product]
) -> Level | None:
    """The stamp of this number, where it belongs to the lot the address names; None walks up.

    A stamp that is not in use says so itself, unless the lot has a warning: that must not be hidden behind it.
    """
    code = normalise(typed)
    if find_code(session, code) is None:
        return None
    found = _level(depth, look_up(session, code))
    batch = found.known.batch
    if lots:
        named = lots[0].known.batch
        is_of_lot = batch is not None and named is not None and batch.id == named.id
        return found if is_of_lot or (batch is None and not lots[0].is_warned) else None
    if batch is None:
        return None
    return found if batch.product_id in {product.id for product in products} else None


def _level(depth: int, known: Known) -> Level:
    return Level(depth, known.code, known, decide(known.facts).verdict)


def _unknown() -> ItemUnknown:
    return ItemUnknown(
        _l("No goods with this number are recorded here. If there is a code under the QR, look that up.")
    )
