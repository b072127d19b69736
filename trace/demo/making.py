"""What the demo shows of making and packing: a harvest by households, parts and cartons, a heap, goods from outside."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import PartyKind
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.batches.unit_models import UnitKind
from trace.core.ids import uuid7
from trace.demo.catalogue import DemoProduct
from trace.demo.factories import BatchFactory, PartyFactory
from trace.events import (
    services_harvest,
    services_making,
    services_outside,
    services_packing,
    services_receiving,
)
from trace.events.seals_made import OutsideFacts
from trace.events.services_activation import Source
from trace.events.services_outside import TakenIn
from trace.events.services_packing import Into
from trace.events.services_shipping import Receiver

_HOUSEHOLDS = (("Hộ Ví Dụ 1", "Thửa 12", "18.5"), ("Hộ Ví Dụ 2", "Thửa 7", "11.5"))
_OUTSIDE = (("VN", "Tỉnh Lâm Đồng", "60"), ("CN", "", "45"))


def tell_making(
    session: Session,
    actors: Mapping[str, Actor],
    products: Mapping[str, tuple[DemoProduct, Product]],
    fresh: Batch,
) -> list[Batch]:
    """Let it happen, beginning with ``fresh``: a lot of today, all of it with its producer. Returns the lots made."""
    by_id = {actor.organisation_id: actor for actor in actors.values()}
    producer, shop, neighbour = by_id[fresh.organisation_id], actors["shop1"], actors["shop2"]
    return [
        *_harvested_and_packed(session, producer, neighbour, fresh),
        *_from_outside(session, shop),
        *_processed(session, by_id, products["giolua"][1]),
    ]


def _harvested_and_packed(session: Session, producer: Actor, shop: Actor, batch: Batch) -> list[Batch]:
    """A second delivery by two households, a part split off, and a pallet of three cartons of which one is missing."""
    sources = []
    for name, plot, weight in _HOUSEHOLDS:
        party = PartyFactory.create(session=session, actor=producer, kind=PartyKind.HOUSEHOLD, name=name)
        sources.append(Source(Decimal(weight), party.id, plot))
    whole = sum((source.quantity for source in sources), Decimal(0))
    services_harvest.add_delivery(session, producer, batch.id, whole, sources=sources, key=_key())
    made = services_making.split(session, producer, batch.id, [Decimal(12)], key=_key())
    cartons = [
        services_packing.pack(session, producer, Into(), {batch.id: Decimal(8)}, key=_key()).unit.id
        for _each in range(3)
    ]
    pallet = services_packing.pack(
        session, producer, Into(kind=UnitKind.PALLET), {}, cartons, key=_key()
    ).unit
    receiver = Receiver(organisation_id=shop.organisation_id)
    shipment = services_packing.ship_units(session, producer, [pallet.id], receiver, key=_key())
    services_receiving.receive(session, shop, shipment.id, missing_units=cartons[2:])
    services_packing.pack(session, producer, Into(), {made.batches[0].id: Decimal(6)}, key=_key())
    return list(made.batches)


def _from_outside(session: Session, shop: Actor) -> list[Batch]:
    """Two lots of dragon fruit without any code, and the heap they lie in."""
    supplier = PartyFactory.create(session=session, actor=shop, name="Thương lái Thanh Long Ví Dụ")
    lots: list[Batch] = []
    for country, province, quantity in _OUTSIDE:
        facts = OutsideFacts("Thanh long ruột đỏ", country=country, province=province)
        stated = TakenIn(supplier.id, Decimal(quantity), "KGM", None, facts)
        lots += services_outside.take_in(session, shop, stated, key=_key()).batches
    heap = services_making.merge(session, shop, {lot.id: Decimal(20) for lot in lots}, key=_key())
    return [*lots, *heap.batches]


def _processed(session: Session, by_id: Mapping[UUID, Actor], product: Product) -> list[Batch]:
    """Meat taken in from outside becomes a lot of the processor's own."""
    processor = by_id[product.organisation_id]
    supplier = PartyFactory.create(session=session, actor=processor, name="Lò mổ Ví Dụ")
    facts = OutsideFacts("Thịt lợn nạc", province="Thành phố Hà Nội")
    stated = TakenIn(supplier.id, Decimal(60), "KGM", None, facts, ocop_set=2)
    (meat,) = services_outside.take_in(session, processor, stated, key=_key()).batches
    draft = BatchFactory.create(session=session, actor=processor, product=product, quantity=Decimal(50))
    services_making.transform(session, processor, {meat.id: Decimal(60)}, [draft.id], key=_key())
    return [meat, draft]


def _key() -> str:
    return str(uuid7())
