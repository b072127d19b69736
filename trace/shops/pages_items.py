"""The page on which items with a code of their own are sold, as a frozen dataclass: what was sold here of late."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from trace.accounts.permissions import Actor
from trace.batches import stamp_queries
from trace.batches.models import Batch
from trace.batches.stamp_models import StampRange
from trace.batches.stamp_rules import SALE_UNDONE_WITHIN
from trace.core import clock
from trace.core.short_codes import pretty

MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class SoldItem:
    """One item that was sold, with its code as printed; ``batch`` the lot its label stands for."""

    sale: StampRange
    code: str
    batch: Batch | None

    @property
    def name(self) -> str:
        """What the item is, as its lot was sealed."""
        if self.batch is None:
            return ""
        return str((self.batch.seal or {}).get("product_name") or self.batch.product.name)


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """What was sold item by item while it can still be undone, latest first."""

    sold: tuple[SoldItem, ...]
    days: int


def items_page(session: Session, actor: Actor) -> ItemsPage:
    """What this organisation sold item by item, nobody else's."""
    since = clock.now() - SALE_UNDONE_WITHIN
    found = stamp_queries.list_sold(session, actor.organisation_id, since, MOST_SHOWN)
    return ItemsPage(tuple(_sold(session, sale) for sale in found), SALE_UNDONE_WITHIN // timedelta(days=1))


def _sold(session: Session, sale: StampRange) -> SoldItem:
    code = stamp_queries.find_code(session, sale.run_id, sale.first_number)
    stamp = stamp_queries.find_stamp(session, code)
    return SoldItem(sale, pretty(code), stamp.batch if stamp else None)
