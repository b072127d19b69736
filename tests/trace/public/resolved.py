"""A product with a GTIN, a lot and links, for the tests of the resolver; and how its addresses are asked for."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from producers.models import Product
from tests.factories import ActiveBatchFactory, ProductFactory, actor_of_kind, officer_of
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.recalls import services as recalls
from trace.recalls.rules import RecallClass, RecallReason
from trace.resolver import services
from trace.resolver.models import ProductLink
from trace.resolver.services import LinkFacts

GTIN = "08935001725220"
OTHER_GTIN = "08936001000010"
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5",
}
LINKSET = {"Accept": "application/linkset+json"}


@dataclass(frozen=True)
class Shelf:
    """One producer's product on the shelf: ``path`` is the address of its lot."""

    producer: Actor
    product: Product
    batch: Batch

    @property
    def path(self) -> str:
        return f"/01/{GTIN}/10/{self.batch.lot_number}"


def fill_shelf(session: Session, lot_number: str = "L-7", gtin: str = GTIN) -> Shelf:
    """An approved producer's product with a GTIN, one active lot and a page of its own in two languages."""
    producer = actor_of_kind(session)
    product = ProductFactory.create(session=session, actor=producer, gtin=gtin)
    batch = ActiveBatchFactory.create(session=session, actor=producer, product=product, lot_number=lot_number)
    add_link(session, producer, product)
    add_link(session, producer, product, language="en", href="https://rau.example.vn/en", title="Our greens")
    add_link(
        session, producer, product, link_type="instructions", href="https://rau.example.vn/nau?kieu=luoc"
    )
    return Shelf(producer, product, batch)


def add_link(session: Session, producer: Actor, product: Product, **changed: Any) -> ProductLink:
    facts = {"link_type": "pip", "href": "https://rau.example.vn/", "title": "Rau của chúng tôi", **changed}
    return services.add_link(session, producer, product.id, LinkFacts(**facts))


def call_back(session: Session, batch: Batch) -> None:
    """Recall a lot, as an officer does."""
    recalls.recall(
        session,
        officer_of(session),
        batch.id,
        RecallClass.HEALTH,
        RecallReason.PESTICIDE_RESIDUE,
        None,
        typed_lot_number=batch.lot_number,
    )
