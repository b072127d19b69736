"""The pages of the producers' workspace as frozen dataclasses, built from queries. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from producers import queries as product_queries
from producers.face import texts
from producers.models import Certificate, Product
from producers.rules import is_certificate_valid
from trace.accounts.models import Location, Organisation
from trace.batches import queries as batch_queries
from trace.batches.models import Batch
from trace.batches.rules import BatchState, state_of
from trace.core import clock
from trace.core.paging import Page
from trace.core.revisions import list_revisions


@dataclass(frozen=True)
class BatchRow:
    """One batch in a list."""

    batch: Batch
    name: str
    chip_text: str
    chip_tone: str


@dataclass(frozen=True)
class BatchList:
    """The home of a producer: its batches, newest first."""

    organisation: Organisation
    rows: tuple[BatchRow, ...]
    page: Page[Batch]
    state: BatchState | None
    has_products: bool


@dataclass(frozen=True)
class Change:
    """What was changed in a product, and on which day."""

    changed_on: date
    fields: tuple[str, ...]


@dataclass(frozen=True)
class CertificateRow:
    certificate: Certificate
    is_valid: bool


@dataclass(frozen=True)
class ProductPage:
    """One product, as its producer sees it; ``missing_for_label`` are the items a batch of it would lack."""

    product: Product
    certificates: tuple[CertificateRow, ...]
    changes: tuple[Change, ...]
    latest: Batch | None
    lacks_picture: bool
    lacks_standard: bool


@dataclass(frozen=True)
class BatchFormPage:
    """The form of a batch; without ``product`` the page asks for one first.

    ``free_lot_number`` is told when the typed one is taken; ``latest`` is what each product's batch can repeat.
    """

    product: Product | None
    products: tuple[Product, ...]
    latest: Mapping[UUID, Batch]
    locations: tuple[Location, ...]
    today: date
    free_lot_number: str = ""
    repeated: Batch | None = None
    batch: Batch | None = None


def state_of_batch(batch: Batch) -> BatchState:
    """Where a batch stands today."""
    return state_of(
        is_activated=batch.is_activated,
        is_recalled=batch.is_recalled,
        expires_on=batch.expires_on,
        today=clock.today(),
    )


def batch_list(
    session: Session, organisation: Organisation, number: int, state: BatchState | None
) -> BatchList:
    """One page of the organisation's batches."""
    page = batch_queries.list_batches(session, organisation.id, number, state=state)
    rows = []
    for batch in page.rows:
        text, tone = texts.state_chip(batch, state_of_batch(batch))
        rows.append(BatchRow(batch, sealed_name(batch), text, tone))
    has_products = bool(page.rows) or bool(product_queries.list_products(session, organisation.id))
    return BatchList(organisation, tuple(rows), page, state, has_products)


def product_page(session: Session, organisation_id: UUID, product_id: UUID) -> ProductPage:
    """A product of the organisation with its certificates and changes, or ``NotFound``."""
    product = product_queries.get_product(session, organisation_id, product_id)
    today = clock.today()
    certificates = product_queries.list_certificates(session, product.id)
    return ProductPage(
        product=product,
        certificates=tuple(
            CertificateRow(found, is_certificate_valid(found.decided_on, found.expires_on, today))
            for found in certificates
        ),
        changes=changes_of(session, product.id),
        latest=batch_queries.latest_batches(session, organisation_id).get(product.id),
        lacks_picture=not product.picture_sha256,
        lacks_standard=not product.standards and not product.has_food_safety_commitment,
    )


def batch_form_page(
    session: Session,
    organisation: Organisation,
    product: Product | None,
    *,
    repeated: Batch | None = None,
    batch: Batch | None = None,
    free_lot_number: str = "",
) -> BatchFormPage:
    """What the form of a batch offers to choose from."""
    return BatchFormPage(
        product=product,
        products=tuple(product_queries.list_products(session, organisation.id)),
        latest={} if product else batch_queries.latest_batches(session, organisation.id),
        locations=tuple(place for place in organisation.locations if place.closed_at is None),
        today=clock.today(),
        free_lot_number=free_lot_number,
        repeated=repeated,
        batch=batch,
    )


def changes_of(session: Session, product_id: UUID, since: datetime | None = None) -> tuple[Change, ...]:
    """What was changed in a product, newest first; only what people know by a name."""
    found = []
    for revision in list_revisions(session, Product.__tablename__, product_id, since):
        named = [texts.PRODUCT_FIELDS[name] for name in revision.changes if name in texts.PRODUCT_FIELDS]
        if named:
            found.append(
                Change(
                    clock.local(revision.revised_at).date(), tuple(dict.fromkeys(str(name) for name in named))
                )
            )
    return tuple(reversed(found))


def sealed_name(batch: Batch) -> str:
    """The product's name: as sealed, where the batch is."""
    sealed = (batch.seal or {}).get("product_name")
    return sealed if isinstance(sealed, str) and sealed else batch.product.name


def place_name(location: Location) -> str:
    """A place as its own organisation knows it."""
    return location.name or f"{location.address_as_written}, {location.commune.name}".strip(", ") or _("Seat")
