"""What the demo shows of the authority's watch: a paused sale, and what was made of recalled goods."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.permissions import Actor
from trace.batches.models import Batch
from trace.core import clock
from trace.core.ids import uuid7
from trace.demo.catalogue import AUTHORITY, DemoProduct
from trace.demo.factories import ActiveBatchFactory, BatchFactory, PartyFactory
from trace.events import services_making, services_outside
from trace.events.seals_made import OutsideFacts
from trace.events.services_observation import measure
from trace.events.services_outside import TakenIn
from trace.events.temperatures import Reading
from trace.recalls import holds
from trace.recalls import services as recalls
from trace.recalls.hold_rules import HoldReason
from trace.recalls.rules import RecallClass, RecallReason


def tell_watching(
    session: Session, actors: Mapping[str, Actor], products: Mapping[str, tuple[DemoProduct, Product]]
) -> list[Batch]:
    """Let it happen; returns the lots made for it."""
    by_id = {actor.organisation_id: actor for actor in actors.values()}
    officer = actors[AUTHORITY.key]
    greens, sausage = products["cai"][1], products["giolua"][1]
    return [
        _paused(session, officer, by_id[greens.organisation_id], greens),
        *_under_review(session, officer, by_id[sausage.organisation_id], sausage),
    ]


def _paused(session: Session, officer: Actor, producer: Actor, product: Product) -> Batch:
    """A lot whose sale waits for a test result."""
    paused: Batch = ActiveBatchFactory.create(
        session=session, actor=producer, product=product, quantity=Decimal(40)
    )
    holds.pause_sale(session, officer, paused.id, HoldReason.TEST_RESULT, typed_lot_number=paused.lot_number)
    return paused


def _under_review(session: Session, officer: Actor, processor: Actor, product: Product) -> list[Batch]:
    """Meat whose recall came after it was processed: what was made of it waits for a decision."""
    supplier = PartyFactory.create(session=session, actor=processor, name="Lò mổ Minh Họa")
    facts = OutsideFacts("Thịt lợn vai", province="Thành phố Hà Nội")
    stated = TakenIn(supplier.id, Decimal(30), "KGM", None, facts, ocop_set=2)
    (meat,) = services_outside.take_in(session, processor, stated, key=str(uuid7())).batches
    # Measured now: five minutes ago may be yesterday, before the meat was there.
    reading = Reading(time=clock.now(), value=Decimal("3.5"))
    measure(session, processor, [meat.id], [reading], key=str(uuid7()), device="Nhiệt kế Ví Dụ")
    draft = BatchFactory.create(session=session, actor=processor, product=product, quantity=Decimal(25))
    services_making.transform(session, processor, {meat.id: Decimal(30)}, [draft.id], key=str(uuid7()))
    recalls.recall(
        session,
        officer,
        meat.id,
        RecallClass.QUALITY,
        RecallReason.SPOILED,
        None,
        typed_lot_number=meat.lot_number,
    )
    return [meat, draft]
