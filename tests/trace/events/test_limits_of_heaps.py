"""A heap is kept as the most delicate of its lots wants it; a part as its whole."""

from decimal import Decimal

from sqlalchemy.orm import Session

from tests.factories import ActiveBatchFactory, ProductFactory
from tests.trace.events.conftest import Chain
from trace.batches.models import Batch
from trace.events.seals_made import heap_seal, part_seal, soonest
from trace.events.temperatures import Limits, limits_of


def _cooled(session: Session, chain: Chain, lowest: str, highest: str) -> Batch:
    product = ProductFactory.create(
        session=session,
        actor=chain.producer,
        min_temperature=Decimal(lowest),
        max_temperature=Decimal(highest),
    )
    batch: Batch = ActiveBatchFactory.create(session=session, actor=chain.producer, product=product)
    return batch


def test_a_heap_bears_what_all_of_its_lots_bear(session: Session, chain: Chain) -> None:
    lots = [_cooled(session, chain, "0", "8"), _cooled(session, chain, "2", "10"), chain.batch]
    seal = heap_seal(lots, chain.producer.organisation.seat, shelf=soonest(lots), code="X", lot_number="L1")
    assert limits_of(seal) == Limits(Decimal(2), Decimal(8))


def test_a_part_bears_what_its_whole_bears(session: Session, chain: Chain) -> None:
    whole = _cooled(session, chain, "0", "8")
    assert limits_of(part_seal(whole, code="X", lot_number="L1")) == Limits(Decimal(0), Decimal(8))
