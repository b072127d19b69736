"""The pages of a harvest: households with their plots and weights, the lots of a day in one table. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from producers import queries as product_queries
from producers.models import Product
from trace.accounts import queries as account_queries
from trace.accounts.models import Organisation, Party, PartyKind
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.core.ids import parse_uuid
from trace.events import queries_making

EMPTY_ROWS = 3


@dataclass(frozen=True)
class HouseholdRow:
    """One line to weigh: a household of the address book with its plot, or an empty line for a new one."""

    place: int
    party: Party | None
    plot: str = ""

    def field(self, name: str) -> str:
        """The name of one of the line's fields."""
        return f"h{self.place}_{name}"


@dataclass(frozen=True)
class HarvestPage:
    """Households to weigh for one product, as at its last harvest; ``batch`` where more comes into a lot."""

    product: Product
    rows: tuple[HouseholdRow, ...]
    lot_number: str
    today: date
    batch: Batch | None = None


@dataclass(frozen=True)
class TodayRow:
    """One product of today's table; ``missing`` where a lot of it could not be activated."""

    product: Product
    latest: Batch | None
    is_missing_something: bool

    @property
    def field(self) -> str:
        return f"t_{self.product.id}"


@dataclass(frozen=True)
class Delivered:
    """What one household brought of a lot."""

    name: str
    plot: str
    quantity: Decimal


def household_rows(
    session: Session, organisation: Organisation, product_id: UUID
) -> tuple[HouseholdRow, ...]:
    """The households of the last harvest first, in its order; then the rest of the address book; then empty lines."""
    book = {party.id: party for party in account_queries.list_parties(session, organisation.id)}
    rows: list[tuple[Party | None, str]] = []
    for one in queries_making.latest_people(session, organisation.id, product_id):
        found = parse_uuid(one.get("party", ""))
        if found in book:
            rows.append((book[found], one.get("plot", "")))
    named = {party.id for party, _plot in rows if party is not None}
    rows += [(p, "") for p in book.values() if p.kind == PartyKind.HOUSEHOLD and p.id not in named]
    rows += [(None, "")] * EMPTY_ROWS
    return tuple(HouseholdRow(place, party, plot) for place, (party, plot) in enumerate(rows, start=1))


def harvest_page(
    session: Session, organisation: Organisation, product: Product, today: date, batch: Batch | None = None
) -> HarvestPage:
    """The table of a harvest; with ``batch`` of a further delivery into it."""
    lot_number = batch.lot_number if batch else batch_queries.next_lot_number(session, product.id, today)
    return HarvestPage(product, household_rows(session, organisation, product.id), lot_number, today, batch)


def today_rows(session: Session, organisation: Organisation) -> tuple[TodayRow, ...]:
    """The organisation's products with their newest lots: what today may repeat."""
    latest = batch_queries.latest_batches(session, organisation.id)
    return tuple(
        TodayRow(
            product,
            latest.get(product.id),
            not product.picture_sha256 or not (product.standards or product.has_food_safety_commitment),
        )
        for product in product_queries.list_products(session, organisation.id)
    )


def delivered(session: Session, organisation: Organisation, batch: Batch) -> Sequence[Delivered]:
    """Which household brought how much of a lot, of all deliveries; for the organisation that weighed it."""
    book = {str(party.id): party.name for party in account_queries.list_parties(session, organisation.id)}
    return [
        Delivered(book.get(one.get("party", ""), ""), one.get("plot", ""), Decimal(one["quantity"]))
        for one in queries_making.list_people(session, organisation.id, batch.id)
    ]
